"""The environment of a job as uv builds it, command by command, and the tools that it surely lacks."""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cifix.formats.python.project import normalised
from cifix.formats.python.requirements import Declared, Requirement, requirement
from cifix.formats.shell import Command
from cifix.formats.uv.arguments import Call, call, true
from cifix.formats.uv.project import Conflicting, Undefined, Workspace, chosen, selected
from cifix.rules.sync_uv_groups.environment import Environment, Lack, Outside, Place
from cifix.rules.sync_uv_groups.facts import facts, implied
from cifix.rules.sync_uv_groups.needs import Need, needs, options, peeled, plugins
from cifix.rules.sync_uv_groups.projects import Projects
from cifix.rules.sync_uv_groups.session import Session, arguments_of, assigned, may_be_skipped
from cifix.rules.sync_uv_groups.steps import Visit, inside
from cifix.rules.sync_uv_groups.strangers import activates, brings_anything, installs, installs_elsewhere, vague_name

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

    projects: Projects
    environments: dict[str, Environment] = field(default_factory=dict)
    outside: Outside = field(default_factory=Outside)
    checkouts: list[tuple[str | None, bool]] = field(default_factory=list)
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
            self.checkouts.append((inside("", visit.inputs.get("path", "")), visit.inputs.get("repository", "") == ""))
        if installs_elsewhere(used):
            self.open()
        self.outside.names |= {used.slug, used.path}
        self.outside.activated |= activates(used.slug, used.ref, visit.inputs)
        path = visit.inputs.get("path", "")
        if path is None or "venv" in path:
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
        found = self.projects.commands(text)
        if found is None:
            self.open()
            return
        if re.search(r"GITHUB_(?:ENV|PATH)", text):
            self.outside.activated |= bool(re.search(r"venv|VIRTUAL_ENV|\bPATH=|env find|activate", text))
            self.blind |= "UV_" in text
        self.outside.activated |= any(name in visit.env for name in ("PATH", "VIRTUAL_ENV"))
        tolerant = bool(re.search(r"^\s*set \+e", text, re.MULTILINE))
        shell = Session(visit, [(0, visit.folder)], tolerant=tolerant, piping="pipefail" in text)
        before: Command | None = None
        for command in found:
            if command.words:
                yield from self.command(shell, command, before)
            elif command.env:
                shell.variables |= {one.name: one.value if one.literal else None for one in command.env}
            before = command

    def located(self, folder: str | None) -> str | None:
        """The folder inside the repository that a folder of the runner is, if the repository is checked out there."""
        if folder is None or any(path is None or not (own or path) for path, own in self.checkouts):
            return None
        homes = sorted((path or "" for path, own in self.checkouts if own), key=len, reverse=True)
        for home in homes:
            if not home or f"{folder}/".startswith(f"{home}/"):
                return folder[len(home) :].strip("/")
        return None

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
            shell.export(command)
        elif name in {"source", "."} and any("activate" in (one.text or "") for one in arguments[1:]):
            shell.active = True
        elif name in {"sh", "bash"} and len(arguments) == 1 and before and _downloads(before):
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
        space = self.projects.at(self.located(folder))
        unknown |= space is not None and len(chosen(space, found.selection)) < len(set(found.selection.packages))
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
        if roots is None or found.has("--active"):
            here.open = True
            return
        got = self.projects.brought(space, roots)
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
        seen = here
        if not frozen:
            seen = yield from self.synced(place, space, here, alone=true(variables.get("UV_ISOLATED")))
        program = found.rest
        lines = [requirement(line) for text in found.values("--with") for line in text.split(",")]
        unseen = found.has("--with-requirements", "--with-editable") or None in lines
        if not program or program[0].text is None or unseen:
            return
        beside = self.projects.brought(space, [line for line in lines if line])
        words, name = [argument.text for argument in program], program[0].text
        with_more = replace(seen, present=seen.present | beside)
        missing = list(self.missing(shell, space, words, with_more, module=found.has("--module")))
        if not found.has("--module") and not re.fullmatch(r"python[\d.]*", name):
            missing = [need for need in missing if need.plugin or not self.outside.may_have(need.distribution)]
        if missing and not seen.open:
            targets = here.syncs if seen is here else ()
            targets = targets or (() if frozen else (place,))
            yield _lack(place, space, missing, targets, here, tolerated=shell.tolerates(place.command))
        if brings_anything(name.rpartition("/")[2]):
            self.open()

    def synced(
        self, place: Place, space: Workspace, here: Environment, *, alone: bool
    ) -> Generator[Lack, None, Environment]:
        """The environment that `uv run` makes before it starts the program."""
        found = place.call or Call("run", 0)
        roots = yield from _roots(place, space, found)
        got = self.projects.brought(space, roots or ())
        unclear = roots is None or _unclear(space, roots)
        if alone or found.has("--isolated"):
            return Environment(got, open=unclear)
        if found.has("--exact"):
            here.present, here.open, here.syncs = got, unclear, (place,)
        here.add(got)
        here.open |= unclear
        return here

    def bare(self, shell: Session, place: Place, name: str) -> Iterator[Lack]:
        """A tool without `uv run` is found only if the environment of uv is on PATH, or if something else brings it."""
        words = [argument.text for argument in place.arguments]
        space = self.projects.at(self.located(shell.scopes[-1][1]))
        here = self.environments.get(space.root) if space else None
        if space is None or here is None or ("/" in name and "venv" not in name):
            return
        needed = list(needs(words))
        if not needed or self.blind or not here.synced or here.open:
            return
        missing = list(self.missing(shell, space, words, here, module=False))
        tolerated = shell.tolerates(place.command)
        if shell.active or "venv" in name:
            if missing and not any(self.outside.may_have(need.distribution) for need in missing):
                yield _lack(place, space, missing, here.syncs, here, tolerated=tolerated)
        elif self.outside.activated or name in _scripts(space):
            pass
        elif not any(self.outside.may_have(need.distribution) for need in needed):
            targets = here.syncs if missing else ()
            yield replace(_lack(place, space, missing or needed, targets, here, tolerated=tolerated), bare=True)

    def missing(
        self, shell: Session, space: Workspace, words: Sequence[str | None], seen: Environment, *, module: bool
    ) -> Iterator[Need]:
        """What a program needs and an environment lacks, as far as that is certain.

        A plugin must be known to the project, for another one may have the same option. Without a lock a tool must be
        known to it as well, if there is something that might bring it along.
        """
        found = list(needs(words, module=module))
        given = options(words, module=module)
        if given is not None:
            found += plugins(given, self.projects.snapshot, self.located(shell.scopes[-1][1]) or "", space.root)
        if not found or words[0] in _scripts(space):
            return
        known = {line.name for member in space.members for line in _every(member.declared)}
        known |= {name for names in space.foreign.values() for name in names}
        for need in found:
            doubtful = need.plugin or not _is_sure(space, seen)
            if need.distribution not in seen.present and (not doubtful or need.distribution in known):
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
    return Lack(place, space, tuple(missing), targets, sure=_is_sure(space, here), tolerated=tolerated)


def _is_sure(space: Workspace, seen: Environment) -> bool:
    """Whether nothing in an environment can bring along what is not known."""
    known = {member.declared.name for member in space.members} | facts().distributions
    return space.locked is not None or seen.present <= known


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


def _scripts(space: Workspace) -> set[str]:
    return {script for member in space.members for script in member.declared.scripts}


def _downloads(command: Command) -> bool:
    """Whether a command gets the installer of a tool, which the next one runs."""
    return bool(command.words) and command.words[0].text in {"curl", "wget"}
