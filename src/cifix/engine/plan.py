"""Rounds of rules over an overlay, each rule seeing what the one before it left, until nothing changes."""

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from cifix.engine.ahead import ahead
from cifix.engine.config import Config, options_for
from cifix.engine.look import look
from cifix.engine.registry import Crash
from cifix.engine.resolve import Locked, resolve
from cifix.errors import GitError, UnprovenError
from cifix.model.change import Change, Edit, inverse, origin
from cifix.model.finding import Finding, Fix, Safety
from cifix.model.rule import Rule
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

ROUNDS = 5
"""Passes over all rules after which a plan that still changes is given up."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is narrowed: the safety floor, the configuration, the rules named by the user.

    `overrides` are options by field that win over the configuration in every rule that has them. `locked` tells
    for paths that must not be changed why that is so. `today` is what rules that ask take for the day of the run,
    unless an option says another; None leaves it to them. `jobs` processes look at the files at once.
    """

    floor: Safety = Safety.SAFE
    config: Config = field(default_factory=Config)
    selected: frozenset[str] = frozenset()
    overrides: Mapping[str, object] = field(default_factory=dict)
    locked: Locked = lambda _paths: {}
    today: date | None = None
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding with its place in lines and columns, all from 1, in the file as it is without any fix."""

    finding: Finding
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Patch:
    """What one rule does in one round: one commit."""

    rule: Rule
    findings: tuple[Placed, ...]
    fixes: tuple[Fix, ...]
    before: Snapshot
    after: Snapshot

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """All changes of all fixes, each once, in a stable order."""
        unique = dict.fromkeys(change for fix in self.fixes for change in fix.changes)
        return tuple(sorted(unique, key=lambda change: (change.path, type(change).__name__, _start(change))))

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The files that the patch changes, sorted; that these and no others differ is one of the proofs."""
        return tuple(sorted({change.path for change in self.changes}))

    @cached_property
    def edits(self) -> Mapping[str, tuple[Edit, ...]]:
        """The edits of each file that has any, in order."""
        found: dict[str, list[Edit]] = {}
        for change in self.changes:
            if isinstance(change, Edit):
                found.setdefault(change.path, []).append(change)
        return {path: tuple(edits) for path, edits in found.items()}


@dataclass(frozen=True, slots=True)
class Plan:
    """All patches in order, and the findings that are left: refusals, and fixes below the floor."""

    before: Snapshot
    after: Snapshot
    patches: tuple[Patch, ...] = ()
    remaining: tuple[Placed, ...] = ()
    suppressed: int = 0
    crashes: tuple[Crash, ...] = ()
    rounds: int = 0


def plan(
    snapshot: Snapshot, rules: Sequence[Rule], settings: Settings, progress: Callable[[str], None] = lambda _rule: None
) -> Plan:
    """Run `rules` until a whole round fixes nothing; `progress` is told the id of each rule before it runs.

    A rule that raises is dropped and named in `crashes`; the others go on. Raises `UnprovenError` if
    the fixes do not come to rest, `UsageError` for wrong options and `GitError` if the snapshot cannot be read.
    """
    options = {rule.id: _options(rule, settings) for rule in rules}
    crashes: dict[str, Crash] = {}
    patches: list[Patch] = []
    looks = ahead(rules, snapshot, options, settings.jobs)
    current = snapshot
    for number in range(1, ROUNDS + 1):
        remaining: list[Placed] = []
        suppressed = 0
        changed = False
        for rule in rules:
            if rule.id in crashes:
                continue
            progress(rule.id)
            current.trim()
            try:
                if rule.id not in looks or looks[rule.id].outdated(current):
                    looks[rule.id] = look(rule, current, options[rule.id])
                found = looks[rule.id].findings
                resolution = resolve(
                    found, current, floor=settings.floor, exclude=settings.config.exclude, locked=settings.locked
                )
                after = current.with_changes(change for fix in resolution.fixes for change in fix.changes)
            except GitError:
                raise  # not the fault of the rule: the repository cannot be read
            except Exception as why:  # noqa: BLE001 - one broken rule must not stop the others
                crashes[rule.id] = Crash(rule.id, _trace(why))
                continue
            remaining += _placed(resolution.remaining, current, patches)
            suppressed += resolution.suppressed
            if resolution.fixes:
                placed = _placed(resolution.fixed, current, patches)
                patches.append(Patch(rule, placed, resolution.fixes, current, after))
                current, changed = after, True
        if not changed:
            crashed = tuple(crashes.values())
            return Plan(snapshot, current, tuple(patches), tuple(remaining), suppressed, crashed, number)
    busy = ", ".join(dict.fromkeys(patch.rule.id for patch in patches[-len(rules) :]))
    raise UnprovenError(
        f"The fixes do not come to rest after {ROUNDS} rounds: {busy} keeps changing its own result.\n"
        f"Nothing was written. Leave the rule out with --ignore and report it."
    )


def _options(rule: Rule, settings: Settings) -> Any:  # noqa: ANN401 - each rule has a type of its own
    selected = rule.id in settings.selected
    return options_for(rule, settings.config, selected=selected, overrides=settings.overrides, today=settings.today)


def _placed(findings: Iterable[Finding], snapshot: Snapshot, patches: Sequence[Patch]) -> tuple[Placed, ...]:
    return tuple(_place(finding, snapshot, patches) for finding in findings)


def _place(finding: Finding, snapshot: Snapshot, patches: Sequence[Patch]) -> Placed:
    span = [finding.start, finding.end]
    for patch in reversed(patches):
        if edits := patch.edits.get(finding.path):
            undone = inverse(patch.before.text(finding.path).text, edits)
            span = [origin(offset, undone) for offset in span]
            snapshot = patch.before
    try:
        text = snapshot.text(finding.path)
    except (Opaque, KeyError):
        return Placed(finding, 1, 1, 1, 1)
    (line, column), (end_line, end_column) = (text.line_column(min(offset, len(text.text))) for offset in span)
    return Placed(finding, line, column, end_line, end_column)


def _start(change: Change) -> int:
    return change.start if isinstance(change, Edit) else 0


def _trace(why: Exception) -> str:
    frames = traceback.extract_tb(why.__traceback__)
    last = frames[-1]
    return f"{type(why).__name__}: {why} (in {last.name}, {last.filename}:{last.lineno})"
