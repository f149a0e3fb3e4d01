"""The environment of a job as uv builds it, command by command, and the tools that it surely lacks."""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cifix.formats.python.project import normalised
from cifix.formats.python.requirements import Declared, Requirement, requirement
from cifix.formats.shell import Command, commands
from cifix.formats.uv.arguments import Call, call, true
from cifix.formats.uv.project import Conflicting, Undefined, Workspace, reached, selected, workspace
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.sync_uv_groups.environment import Environment, Lack, Outside, Place
from cifix.rules.sync_uv_groups.facts import facts, implied
from cifix.rules.sync_uv_groups.needs import Need, needs, options, peeled, plugins
from cifix.rules.sync_uv_groups.session import Session, arguments_of, assigned, may_be_skipped
from cifix.rules.sync_uv_groups.steps import Visit, inside
from cifix.rules.sync_uv_groups.strangers import brings_anything, installs, installs_elsewhere, vague_name

_OTHER_PLACE = {
    "UV_PROJECT",
    "UV_WORKING_DIR",
    "UV_NO_PROJECT",
    "UV_PROJECT_ENVIRONMENT",
    "UV_CONFIG_FILE",
    "UV_NO_CONFIG",
}
_READ = re.compile(r"(?:(?:/usr)?/bin/)?(?:ba)?sh\b|pwsh\b|powershell\b|cmd\b|$", re.IGNORECASE)
_FROM_FILES = ("-r", "--requirements", "-e", "--editable", "--group", "--with-requirements", "--with-editable")
_ELSEWHERE = ("--system", "--python", "--target", "-t", "--prefix", "--user")


@dataclass(slots=True)
class Machine:
    """One leg of a job while it runs; `read` tells one step after the other what it lacks."""

    snapshot: Snapshot
    environments: dict[str, Environment] = field(default_factory=dict)
    outside: Outside = field(default_factory=Outside)
    checkouts: list[str | None] = field(default_factory=list)
    restored: bool = False
    blind: bool = False

    def read(self, visit: Visit) -> Iterator[Lack]:
        """Do what a step does."""
        if visit.uses is not None or visit.script is None:
            self.action(visit)
        elif _READ.match(visit.shell.strip()):
            yield from self.script(visit, visit.script.value)

    def action(self, visit: Visit) -> None:
        """An action of somebody else may check out, activate, or install anything."""
        used = visit.uses
        if used is None:
            return
        if used.slug == "actions/checkout":
            other = visit.inputs.get("repository", "")
            self.checkouts.append(None if other != "" else visit.inputs.get("path", ""))
        if installs_elsewhere(used):
            self.open()
        self.outside.names |= {used.slug, used.path}
        self.outside.activated |= _activates(used.slug, used.ref, visit.inputs)
        if any("venv" in (value or "venv") for value in visit.inputs.values()):
            self.restored = True
            self.outside.activated |= used.slug not in {"actions/cache", "astral-sh/setup-uv"}
            for environment in self.environments.values():
                environment.open = True

    def open(self) -> None:
        """From here on anything may be in every environment and on PATH."""
        self.outside.open = True
        self.restored = True
        for environment in self.environments.values():
            environment.open = True

    def script(self, visit: Visit, text: str) -> Iterator[Lack]:
        """Run the commands of a script in the order of writing."""
        try:
            found = commands(text)
        except Opaque:
            self.open()
            return
        if re.search(r"GITHUB_(?:ENV|PATH)", text):
            self.outside.activated |= bool(re.search(r"venv|VIRTUAL_ENV|\bPATH=|env find|activate", text))
            self.blind |= "UV_" in text
        self.outside.activated |= any(name in visit.env for name in ("PATH", "VIRTUAL_ENV"))
        tolerant = bool(re.search(r"^\s*set \+e", text, re.MULTILINE))
        shell = Session(visit, [(0, self.located(visit.folder))], tolerant=tolerant, piping="pipefail" in text)
        before: Command | None = None
        for command in found:
            if command.words:
                yield from self.command(shell, command, before)
            elif command.env:
                shell.variables |= {one.name: one.value if one.literal else None for one in command.env}
            before = command

    def located(self, folder: str | None) -> str | None:
        """The folder inside the repository that a folder of the runner is, if the repository is checked out there."""
        homes = [home for home in self.checkouts if home is not None]
        if folder is None or not homes or (None in self.checkouts and homes != [""]):
            return None
        home = homes[-1]
        if not home:
            return folder
        inner = f"{folder}/".removeprefix(f"{home.strip('./')}/")
        return inner.strip("/") if inner != f"{folder}/" else None

    def command(self, shell: Session, command: Command, before: Command | None) -> Iterator[Lack]:
        """One command: change folder or variables, or hand it to what knows its program."""
        arguments = tuple(arguments_of(command, shell.visit))
        skipped = peeled([argument.text for argument in arguments])
        arguments = arguments[skipped:]
        if not arguments or arguments[0].text is None:
            self.open()
            return
        name = arguments[0].text
        place = Place(shell.visit, command, arguments)
        shell.enter(command)
        if name == "cd":
            shell.change(command, arguments)
        elif name in {"pushd", "popd"}:
            shell.scopes[-1] = (shell.scopes[-1][0], None)
        elif name == "export":
            shell.export(arguments)
        elif name in {"source", "."} and any("activate" in (one.text or "") for one in arguments[1:]):
            shell.active = True
        elif name in {"sh", "bash"} and len(arguments) == 1 and before and before.words[0].text in {"curl", "wget"}:
            pass
        elif name.rpartition("/")[2] == "uv":
            yield from self.uv(shell, place, maybe=shell.visit.maybe or may_be_skipped(command, before))
        else:
            yield from self.other(shell, place, name)

    def other(self, shell: Session, place: Place, name: str) -> Iterator[Lack]:
        """A command that is none of uv: it installs, it may do anything, or it is a tool."""
        texts = [argument.text or "" for argument in place.arguments]
        if installs(name) or texts[1:3] == ["-m", "pip"]:
            self.outside.open |= any(
                one in {"-r", "--requirement", "-e"} or one.startswith((".", "-r", "$")) for one in texts
            )
            self.outside.names |= {
                other for text in texts for other in (text, *implied(normalised(text.partition("[")[0])))
            }
            for environment in self.environments.values() if shell.active or self.outside.activated else ():
                environment.open = True
        elif brings_anything(name):
            self.open()
        else:
            yield from self.bare(shell, place, name)

    def uv(self, shell: Session, place: Place, *, maybe: bool) -> Iterator[Lack]:
        """A command of uv."""
        variables = {**shell.visit.env, **shell.variables, **assigned(place.command)}
        found = call(place.arguments, {name: value or "" for name, value in variables.items()})
        if found is None:
            return
        place = replace(place, call=found)
        folder = shell.scopes[-1][1]
        for other in found.values("--project", "--directory"):
            folder = inside("", inside(folder, other)) if folder is not None else None
        unknown = found.vague or any(value is None for name, value in variables.items() if name.startswith("UV_"))
        unknown |= self.blind or any(name in variables for name in _OTHER_PLACE)
        space = _space(self.snapshot, folder)
        if space is None or unknown:
            if found.command in {"sync", "run", "pip install", "pip sync", "add", ""}:
                self.open()
            return
        here = self.environments.setdefault(space.root, Environment(open=self.restored))
        match found.command:
            case "sync" if not found.has("--dry-run", "--check", "--script"):
                yield from self.sync(place, space, here, found, maybe=maybe)
            case "run":
                yield from self.run(shell, place, space, here, variables)
            case "pip install":
                self.install(
                    here,
                    found,
                    elsewhere=found.has(*_ELSEWHERE) or "UV_SYSTEM_PYTHON" in variables or "UV_PYTHON" in variables,
                )
            case "pip sync" | "add":
                here.open = True
            case "tool install":
                self.outside.names |= {argument.text or "" for argument in found.rest} | set(found.values("--with"))

    def sync(self, place: Place, space: Workspace, here: Environment, found: Call, *, maybe: bool) -> Iterator[Lack]:
        """`uv sync` removes what is not selected, unless it is told to keep it."""
        roots = yield from _roots(place, space, found)
        if roots is None:
            here.open = True
            return
        got = reached(space, roots, implied)
        if maybe or found.has("--inexact"):
            here.add(got)
            here.syncs += (place,)
        else:
            here.present, here.open, here.syncs = got, False, (place,)
        here.open |= _unclear(space, roots)
        here.synced |= not maybe

    def run(
        self, shell: Session, place: Place, space: Workspace, here: Environment, variables: Mapping[str, str | None]
    ) -> Iterator[Lack]:
        """`uv run` adds what it selects to the environment, and starts a program in it."""
        found = place.call or Call("run", 0)
        if found.has("--no-project", "--script", "--gui-script", "--active"):
            return
        frozen = found.has("--no-sync") or true(variables.get("UV_NO_SYNC"))
        isolated = found.has("--isolated") or true(variables.get("UV_ISOLATED"))
        seen = here
        if not frozen:
            roots = yield from _roots(place, space, found)
            got = reached(space, roots, implied) if roots is not None else frozenset()
            unclear = roots is None or _unclear(space, roots)
            if isolated or found.has("--exact"):
                seen = Environment(got, open=unclear)
            else:
                here.add(got)
                here.open |= unclear
            if found.has("--exact") and not isolated:
                here.present, here.open, here.syncs = got, unclear, ()
        lines = [requirement(line) for text in found.values("--with") for line in text.split(",")]
        beside = reached(space, [line for line in lines if line], implied)
        program = found.rest
        if (
            not program
            or program[0].text is None
            or found.has("--with-requirements", "--with-editable")
            or None in lines
        ):
            return
        words = [argument.text for argument in program]
        name, module = program[0].text, found.has("--module")
        missing = list(self.missing(shell, space, words, replace(seen, present=seen.present | beside), module=module))
        on_path = not module and not re.fullmatch(r"python[\d.]*", name)
        missing = [
            need for need in missing if need.plugin or not (on_path and self.outside.may_have(need.distribution))
        ]
        if any(name in member.declared.scripts for member in space.members):
            missing = []
        if missing and not seen.open:
            targets = here.syncs if not isolated and seen is here else ()
            targets = targets or (() if frozen else (place,))
            yield _lack(place, space, missing, targets, here, tolerated=shell.tolerates(place.command))
        if brings_anything(name.rpartition("/")[2]):
            self.open()

    def bare(self, shell: Session, place: Place, name: str) -> Iterator[Lack]:
        """A tool without `uv run` is found only if the environment of uv is on PATH, or if something else brings it."""
        words = [argument.text for argument in place.arguments]
        space = _space(self.snapshot, shell.scopes[-1][1])
        here = self.environments.get(space.root) if space else None
        if space is None or here is None or ("/" in name and "venv" not in name):
            return
        needed = list(needs(words))
        if (
            not needed
            or self.blind
            or not here.synced
            or here.open
            or any(name in one.declared.scripts for one in space.members)
        ):
            return
        missing = list(self.missing(shell, space, words, here, module=False))
        within = shell.active or "venv" in name
        if (
            not within
            and not self.outside.activated
            and not any(self.outside.may_have(need.distribution) for need in needed)
        ):
            lack = _lack(
                place,
                space,
                missing or needed,
                here.syncs if missing else (),
                here,
                tolerated=shell.tolerates(place.command),
            )
            yield replace(lack, bare=True)
        elif shell.active and missing and not any(self.outside.may_have(need.distribution) for need in missing):
            yield _lack(place, space, missing, here.syncs, here, tolerated=shell.tolerates(place.command))

    def missing(
        self, shell: Session, space: Workspace, words: Sequence[str | None], seen: Environment, *, module: bool
    ) -> Iterator[Need]:
        """What a program needs and an environment lacks; plugins only if the project knows them."""
        found = list(needs(words, module=module))
        given = options(words, module=module)
        if given is not None:
            found += plugins(given, self.snapshot, shell.scopes[-1][1] or "", space.root)
        known = {line.name for member in space.members for line in _every(member.declared)} if found else set()
        for need in found:
            if need.distribution not in seen.present and (not need.plugin or need.distribution in known):
                yield need

    def install(self, here: Environment, found: Call, *, elsewhere: bool) -> None:
        """`uv pip install` fills the environment, or another one that may be on PATH."""
        lines = [requirement(argument.text or "") for argument in found.rest]
        vague = None in lines or found.has(*_FROM_FILES)
        names = {line.name for line in lines if line}
        names |= {other for name in names for other in implied(name)}
        here.add(names)
        here.open |= vague
        if elsewhere:
            self.outside.names |= names
            self.outside.open |= vague


def _every(declared: Declared) -> Iterator[Requirement]:
    yield from declared.dependencies
    for bundle in (*declared.extras.values(), *declared.groups.values()):
        yield from bundle.requirements


def _lack(
    place: Place,
    space: Workspace,
    missing: Sequence[Need],
    targets: tuple[Place, ...],
    here: Environment,
    *,
    tolerated: bool,
) -> Lack:
    """The record of a command that fails."""
    known = {member.declared.name for member in space.members} | facts().distributions
    sure = space.locked is not None or here.present <= known
    return Lack(place, space, tuple(missing), targets, sure=sure, tolerated=tolerated)


def _roots(place: Place, space: Workspace, found: Call) -> Generator[Lack, None, tuple[Requirement, ...] | None]:
    """What a call selects; None if uv stops, which is told."""
    try:
        return selected(space, found.selection)
    except Undefined as why:
        if not space.dynamic:
            yield Lack(place, space, kind=why.kind, name=why.name)
    except Conflicting:
        yield Lack(place, space, kind="conflict")
    return None


def _unclear(space: Workspace, roots: Sequence[Requirement]) -> bool:
    """Whether what is selected may bring tools by ways that are not written down."""
    own = {member.declared.name for member in space.members}
    return space.locked is None and (
        space.dynamic or any(vague_name(line.name) for line in roots if line.name not in own)
    )


def _space(snapshot: Snapshot, folder: str | None) -> Workspace | None:
    try:
        return workspace(snapshot, folder) if folder is not None else None
    except Opaque:
        return None


def _activates(slug: str, ref: str, inputs: Mapping[str, str | None]) -> bool:
    """Whether an action may put the environment of uv on PATH."""
    if slug != "astral-sh/setup-uv":
        return False
    wanted = inputs.get("activate-environment", "false")
    old = re.fullmatch(r"v?[1-5](?:\..*)?", ref) or not re.fullmatch(r"v?\d+(?:\..*)?", ref)
    return wanted != "false" or bool(old and "python-version" in inputs)
