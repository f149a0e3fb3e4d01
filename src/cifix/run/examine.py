"""Open, select, plan, prove: what every command that looks for fixes has in common."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date

from cifix.engine.config import Config, choose, load
from cifix.engine.plan import Settings
from cifix.engine.prove import Proven, prove
from cifix.engine.registry import Crash, discover
from cifix.engine.resolve import Locked
from cifix.model.finding import Refusal, Safety
from cifix.model.glob import compiled, matches
from cifix.model.learned import Learned
from cifix.model.rule import Rule
from cifix.model.snapshot import Snapshot, Source
from cifix.report.outcome import Outcome
from cifix.vcs.commit import filtered
from cifix.vcs.disk import SYMLINK
from cifix.vcs.ignores import ignored
from cifix.vcs.repository import Repository

_NAMED = 10

SOURCES = (".py", ".pyi", ".yml", ".yaml", ".toml", ".ini", ".cfg")
"""How the names of the files end that rules parse."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user asked for: rule ids to run and to leave out, the safety floor's name, and options of rules.

    `target` and `allow_locked` are as the user gave them: None and false leave the choice to the configuration.
    `today` is the day to judge by if the user names one.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    safety: str = "safe"
    target: str | None = None
    allow_locked: bool = False
    today: date | None = None

    @property
    def arguments(self) -> tuple[str, ...]:
        """The choice as it is typed, without what is the default."""
        named = [part for rule in self.select for part in ("--select", rule)]
        named += [part for rule in self.ignore for part in ("--ignore", rule)]
        named += ["--safety", self.safety] if self.safety != "safe" else []
        named += ["--target", self.target] if self.target else []
        named += ["--allow-locked"] if self.allow_locked else []
        return (*named, *(["--today", str(self.today)] if self.today else []))

    @property
    def overrides(self) -> Mapping[str, object]:
        """The options of rules among them, by field."""
        today = self.today and self.today.isoformat()
        given = {"target": self.target, "allow_locked": self.allow_locked, "today": today}
        return {field: value for field, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Examined:
    """The proven plan for a repository, what made it, the rules that broke, and what the user should know."""

    proven: Proven
    rules: tuple[Rule, ...]
    settings: Settings
    crashes: tuple[Crash, ...]
    notes: tuple[str, ...]
    today: date

    def outcome(self, mode: str, path: str, arguments: tuple[str, ...]) -> Outcome:
        """The record for the reports, of a run that has written nothing so far."""
        return Outcome(
            mode,
            self.proven,
            self.today,
            crashes=self.crashes,
            notes=self.notes,
            unread=_unread(self.proven, self.settings.config.exclude),
            path=path,
            arguments=arguments,
            rules=self.rules,
        )


def _unwatched(_snapshot: Snapshot, _rules: int) -> AbstractContextManager[Callable[[str], None]]:
    return nullcontext(lambda _rule: None)


def examine(
    repository: Repository,
    source: Source,
    asked: Selection,
    today: date,
    watched: Callable[[Snapshot, int], AbstractContextManager[Callable[[str], None]]] = _unwatched,
    *,
    jobs: int = 1,
    learned: Learned | None = None,
) -> Examined:
    """Plan and prove the fixes for the files of `source`; raises `UsageError` for unknown rules or options.

    `today` is the day to judge by unless `asked` names one. `watched` is given the files and the number of rules;
    what it opens is told the id of each rule before that runs. `learned` is what is known of the files
    already, and `jobs` processes look at many of them.
    """
    snapshot = Snapshot(source, learned=learned)
    config = load(snapshot)
    registry = discover()
    rules = choose(registry.rules, registry.plugins, config, select=asked.select, ignore=asked.ignore)
    floor, locked = Safety[asked.safety.upper()], _locked(repository, source.base)
    today = asked.today or today
    settings = Settings(floor, config, frozenset(asked.select), asked.overrides, locked, today, jobs)
    with watched(snapshot, len(rules)) as advance:
        proven = prove(snapshot, rules, settings, ignored, advance)
    crashes = (*registry.crashes, *proven.plan.crashes)
    return Examined(proven, rules, settings, crashes, tuple(_notes(snapshot, config, asked, rules)), today)


def _notes(snapshot: Snapshot, config: Config, asked: Selection, rules: Iterable[Rule]) -> Iterator[str]:
    """What the user may have meant and did not get."""
    for rule in dict.fromkeys(asked.select):
        if rule in asked.ignore or rule in config.ignore:
            by = "--ignore" if rule in asked.ignore else config.origin
            yield f"{rule} did not run, for {by} leaves it out."
    if "cifix.toml" in snapshot.disk:
        yield "cifix.toml has no say, for it is not tracked: `git add` it, and commit it for `apply`."
    wanted = compiled(tuple(dict.fromkeys(glob for rule in rules for glob in rule.reads)))
    links = sorted(path for path in snapshot.links if snapshot.mode(path) == SYMLINK and wanted.fullmatch(path))
    if links:
        more = f" and {len(links) - _NAMED} more" if len(links) > _NAMED else ""
        yield f"Symbolic links are not followed, so these were not looked at: {', '.join(links[:_NAMED])}{more}."


def _unread(proven: Proven, exclude: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The sources that no rule could read, with the reason, unless a refusal says so or the user leaves them out."""
    said = {placed.finding.path for placed in proven.plan.remaining if isinstance(placed.finding.outcome, Refusal)}
    found = proven.plan.before.unread.items()
    return tuple(
        sorted(
            (path, reason)
            for path, reason in found
            if path.endswith(SOURCES) and path not in said and not matches(path, exclude)
        )
    )


def _locked(repository: Repository, base: str | None) -> Locked:
    """Asks git once for each path, however many fixes there are for it."""
    why = "its .gitattributes filter would have to run; change the file by hand"
    known: dict[str, bool] = {}

    def locked(paths: Iterable[str]) -> Mapping[str, str]:
        asked = tuple(paths)
        new = [path for path in asked if path not in known]
        held = filtered(repository, base, new)
        known.update((path, path in held) for path in new)
        return {path: why for path in asked if known[path]}

    return locked
