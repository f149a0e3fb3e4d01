"""One fix for everything that a job lacks: which calls of uv get which options."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cifix.formats.actions.workflow import Job
from cifix.formats.python.project import normalised
from cifix.formats.uv.arguments import true
from cifix.formats.uv.project import chosen
from cifix.formats.yaml import Scalar
from cifix.formats.yaml.values import Change, changed, edits
from cifix.model.change import Edit
from cifix.model.expect import Value
from cifix.model.finding import Fix, Refusal, Safety
from cifix.model.text import Opaque
from cifix.rules.sync_uv_groups.declaring import declare_in_dev
from cifix.rules.sync_uv_groups.environment import Lack, Place
from cifix.rules.sync_uv_groups.projects import Projects
from cifix.rules.sync_uv_groups.remedy import Flags, Unable, flags, in_default_dev, member_flags

Key = tuple[str, int, int]


@dataclass(slots=True)
class Plan:
    """The lacks of a job over all legs of its matrix, and what happens to the calls that could end them.

    With `projects`, what is declared nowhere may be added to a group `dev`.
    """

    path: str
    job: Job
    lacks: dict[tuple[Key, bool, str, str], list[Lack]] = field(default_factory=dict)
    wanted: dict[Key, set[str]] = field(default_factory=dict)
    places: dict[Key, list[tuple[Lack, Place]]] = field(default_factory=dict)
    refused: dict[tuple[Key, bool, str, str], Refusal] = field(default_factory=dict)
    members: set[Key] = field(default_factory=set)
    projects: Projects | None = None
    declared: dict[str, list[str]] = field(default_factory=dict)

    def add(self, lack: Lack) -> None:
        """Take in what one leg lacks."""
        self.lacks.setdefault(_key(lack), []).append(lack)

    def outcomes(self) -> Mapping[tuple[Key, bool, str, str], Fix | Refusal]:
        """The fix that all curable lacks share, and the refusals of the others."""
        for key, legs in self.lacks.items():
            try:
                for lack in legs:
                    self.aim(lack)
            except Unable as why:
                self.refused[key] = Refusal(why.key, why.detail)
        curable = {key: legs for key, legs in self.lacks.items() if key not in self.refused}
        shared = self.fix(curable) if curable else None
        return self.refused | {key: shared for key in curable if shared is not None}

    def aim(self, lack: Lack) -> None:
        """Decide which calls shall install what is missing; raises `Unable`."""
        if lack.kind:
            _swapped(lack)
        elif lack.targets:
            self.aim_at_calls(lack)
        elif not lack.bare:
            raise Unable("elsewhere", "the command does not sync, and no `uv sync` of the job could install it")
        if (lack.kind or lack.bare) and lack.place.visit.leg.path != self.path:
            raise Unable("elsewhere", "the command stands in an action that other jobs may use")

    def aim_at_calls(self, lack: Lack) -> None:
        """Prefer the `uv sync` that the environment comes from; else the call that starts the program."""
        for need in lack.missing:
            wanted = frozenset({need.distribution})
            mine = [place for place in lack.targets if place.visit.leg.path == self.path]
            try:
                _reachable(lack, mine, wanted)
            except Unable as why:
                if why.key == "nowhere" and self.declares(lack, need.distribution):
                    continue
                mine = self.other_call(lack, wanted, why)
            for place in mine:
                self.wanted.setdefault(place.key, set()).update(wanted)
                self.places.setdefault(place.key, []).append((lack, place))

    def other_call(self, lack: Lack, wanted: frozenset[str], why: Unable) -> list[Place]:
        """The `uv run` that starts the program, where it can bring what is missing; raises `why` where it cannot."""
        call = lack.place.call
        runs = call is not None and call.command == "run" and not call.has("--no-sync")
        if not runs or call is None or why.key == "conflict" or lack.place.visit.leg.path != self.path:
            raise why
        if why.key not in {"nowhere", "foreign"}:
            flags(lack.space, [lack.place], wanted)
            return [lack.place]
        try:
            member_flags(lack.space, call, wanted | self.wanted.get(lack.place.key, set()))
        except Unable:
            raise why from None
        self.members.add(lack.place.key)
        return [lack.place]

    def declares(self, lack: Lack, name: str) -> bool:
        """Whether the distribution may be added to the group `dev`, and then it is; raises `Unable`."""
        if self.projects is None or len(lack.space.current) != 1:
            return False
        (member,) = lack.space.current
        calls = [place.call for place in (*lack.targets, lack.place) if place.call is not None]
        if not all(in_default_dev(member, call) for call in calls):
            return False
        variables = lack.place.visit.env
        fixed = true(variables.get("UV_LOCKED")) or true(variables.get("UV_FROZEN"))
        if lack.space.locked is not None and (fixed or any(call.has("--locked", "--frozen") for call in calls)):
            raise Unable("relock", f"{name} is nowhere in the project, and `uv.lock` must be made anew to add it")
        names = self.declared.setdefault(f"{member.folder}/pyproject.toml".lstrip("/"), [])
        names += [] if name in names else [name]
        return True

    def fix(self, curable: Mapping[tuple[Key, bool, str, str], Sequence[Lack]]) -> Fix | Refusal:
        """All edits of the job."""
        scripts: dict[int, tuple[Place, list[Change]]] = {}
        told: list[str] = []
        try:
            for place, change in self.changes(curable, told):
                script = place.visit.script
                if script is not None:
                    scripts.setdefault(script.start, (place, []))[1].append(change)
            made: list[Edit] = []
            expects: list[Value] = []
            for place, found in scripts.values():
                done, claims = _written(self.path, place, found)
                made += done
                expects += claims
            for path, names in self.declared.items():
                added, values = self.declare(path, names)
                made += added
                expects += values
                told.append(f"add {', '.join(names)} to the group dev")
        except Unable as why:
            return Refusal(why.key, why.detail)
        except Opaque as why:
            return Refusal("opaque", str(why))
        every = [lack for legs in curable.values() for lack in legs]
        safe = all(lack.sure and not lack.tolerated and not _marked(lack) for lack in every) and not self.members
        safe = safe and not self.declared
        what = " and ".join(dict.fromkeys(told))
        title = f"{what[:1].upper()}{what[1:]} in job {self.job.id} of {self.path}"
        return Fix(title, Safety.SAFE if safe else Safety.REVIEW, tuple(made), tuple(expects))

    def declare(self, path: str, names: Sequence[str]) -> tuple[tuple[Edit, ...], tuple[Value, ...]]:
        """The edits of a `pyproject.toml`; raises `Unable`."""
        return declare_in_dev(path, self.projects.snapshot.text(path), names) if self.projects else ((), ())

    def changes(
        self, curable: Mapping[tuple[Key, bool, str, str], Sequence[Lack]], told: list[str]
    ) -> Iterable[tuple[Place, Change]]:
        """Each change of a script, and in `told` what they do."""
        for key, wanted in self.wanted.items():
            lack, place = self.places[key][0]
            every = frozenset(wanted)
            if key in self.members and place.call is not None:
                found: Flags = member_flags(lack.space, place.call, every)
            else:
                found = flags(lack.space, [each for _, each in self.places[key]], every)
            text = "".join(f" {name} {value}".rstrip() for name, value in found)
            if text:
                told.append(f"add{text} to `uv {place.call.command if place.call else ''}`")
                yield place, _inserted(place, text)
        for legs in curable.values():
            lack = legs[0]
            if lack.kind:
                change, title = _swapped(lack)
                told.append(title)
                yield lack.place, change
            elif lack.bare:
                word = lack.place.command.words[lack.place.arguments[0].word]
                first = _source(lack.place)[word.start]
                told.append(f"start {word.text} with `uv run --no-sync`")
                yield lack.place, (word.start, word.start + 1, f"uv run --no-sync {first}")


def _key(lack: Lack) -> tuple[Key, bool, str, str]:
    return lack.place.key, lack.bare, lack.kind, lack.name


def _reachable(lack: Lack, mine: Sequence[Place], wanted: frozenset[str]) -> None:
    """Raises `Unable` if a call that counts stands elsewhere, or if no option helps one."""
    if len(mine) < len(lack.targets):
        raise Unable("elsewhere", "the `uv sync` stands in an action that other jobs may use")
    for place in mine:
        flags(lack.space, [place], wanted)


def _marked(lack: Lack) -> bool:
    """Whether something that is missing is asked for on certain systems or Pythons only."""
    wanted = {need.distribution for need in lack.missing}
    bundles = [
        bundle
        for member in lack.space.members
        for bundle in (*member.declared.extras.values(), *member.declared.groups.values())
    ]
    return any(line.marker for bundle in bundles for line in bundle.requirements if line.name in wanted)


def _source(place: Place) -> str:
    script = place.visit.script
    return script.value if script else ""


def _inserted(place: Place, text: str) -> Change:
    """Options stand behind the last word of `uv sync`, and behind the `run` of `uv run`."""
    words = place.command.words
    call = place.call
    last = words[call.word] if call and call.command == "run" else words[-1]
    return last.end, last.end, text


def _swapped(lack: Lack) -> tuple[Change, str]:
    """The change of an option that names the right thing by the wrong kind; raises `Unable`."""
    call, words = lack.place.call, lack.place.command.words
    if lack.kind == "conflict" or call is None:
        raise Unable("conflict", "uv stops, because what is chosen conflicts by `tool.uv.conflicts`")
    old, new = f"--{lack.kind}", "--group" if lack.kind == "extra" else "--extra"
    for option in call.options:
        word = words[option.word]
        start = word.start
        if option.name != old or option.value != lack.name or not _source(lack.place).startswith(old, start):
            continue
        trial = replace(lack, kind="extra" if lack.kind == "group" else "group")
        if _defined(trial):
            return (start, start + len(old), new), f"use {new} for {lack.name}"
    raise Unable("undefined", f"the project has no {lack.kind} `{lack.name}`, and nothing of another kind by that name")


def _defined(lack: Lack) -> bool:
    call = lack.place.call
    members = chosen(lack.space, call.selection) if call else ()
    tables = (member.declared.extras if lack.kind == "extra" else member.declared.groups for member in members)
    return any(normalised(lack.name) in table for table in tables)


def _written(path: str, place: Place, found: Sequence[Change]) -> tuple[list[Edit], list[Value]]:
    script, document = place.visit.script, place.visit.leg.document
    if not isinstance(script, Scalar):
        return [], []
    routes = document.routes(script)
    if len(routes) != 1 or place.visit.leg.path != path:
        raise Unable("alias", "the script is shared with other steps, by an anchor or an action")
    value = changed(script.value, found)
    return list(edits(path, document, script, found)), [Value(path, route, value) for route in routes]
