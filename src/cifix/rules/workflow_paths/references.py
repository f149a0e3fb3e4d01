"""The paths that a job names, in the order of its steps, as far as they must lie in the repository."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from cifix.formats.actions.shells import family
from cifix.formats.actions.workflow import Job, Step, Workflow, run_default
from cifix.formats.shell import Command, commands
from cifix.formats.yaml import Map, Scalar
from cifix.model.expect import Route
from cifix.model.text import Opaque
from cifix.rules.workflow_paths.arguments import Argument, arguments, program
from cifix.rules.workflow_paths.facts import facts

_CHECKOUT = "actions/checkout"
_ELSEWHERE = ("repository", "path", "ref", "sparse-checkout")
_PLAIN = re.compile(r"(?:\./)?[\w.+-]+(?:/[\w.+-]+)*/?")
_OTHER_SHELL = re.compile(r"[$`{}\\]|\b[A-Z][a-z]+-[A-Z]")
_HASHED = re.compile(r"hashFiles\(\s*'(?P<path>[^'*?\[\]!]+)'\s*\)")
_OPEN = re.compile(r"hashFiles|steps\.|needs\.|inputs\.|vars\.|secrets\.|env\.|\bfalse\b|failure")
"""What a condition asks where a step or job may never run, or runs only if its files are there."""

_TESTS = {"if", "then", "elif", "else", "while", "until", "case", "function", "for", "do"}


@dataclass(frozen=True, slots=True)
class Reference:
    """The characters `start:end` of the scalar at `route`, which name `path`, seen from the root of the repository.

    `base` is the folder from which they are read, `what` says who reads them. `fatal` says that without it the step
    fails. `before` are the texts of all earlier steps that may have made files, and `inert` that none could.
    """

    scalar: Scalar
    route: Route
    start: int
    end: int
    path: str
    base: str
    what: str
    fatal: bool = True
    inert: bool = True
    before: tuple[str, ...] = ()


@dataclass(slots=True)
class _Before:
    """What a job did so far: the texts of what may have made files, and whether nothing of it could."""

    texts: list[str] = field(default_factory=list)
    inert: bool = True
    there: bool = False

    def known(self, one: Reference) -> Reference:
        """The reference with what came before it."""
        return replace(one, inert=self.inert, before=tuple(self.texts))


def references(found: Workflow, job: Job) -> Iterator[Reference]:
    """Every path that the steps of a job must find in the checkout of this repository."""
    if job.uses is not None:
        yield from _called(job.node, job.route)
        return
    before = _Before()
    if _OPEN.search(job.condition or ""):
        return
    for step in job.steps:
        if step.uses and step.uses.slug == _CHECKOUT:
            if before.there or any(key in step.inputs for key in _ELSEWHERE):
                return
            before.there = True
        elif before.there and not (_OPEN.search(step.condition or "") or step.node.entry("continue-on-error")):
            yield from _of_step(found, job, step, before)
        _remember(step, before)


def _called(node: Map, route: Route) -> Iterator[Reference]:
    written = node.get("uses")
    if isinstance(written, Scalar) and _PLAIN.fullmatch(written.value) and written.value.startswith("./"):
        yield Reference(written, (*route, "uses"), 2, len(written.value), written.value[2:], "", "the job")


def _of_step(found: Workflow, job: Job, step: Step, before: _Before) -> Iterator[Reference]:
    yield from map(before.known, _inputs(step))
    script = step.node.get("run")
    if not isinstance(script, Scalar):
        return
    own = step.node.get("working-directory")
    folder = own if isinstance(own, Scalar) else _working(job.node, found.document.at(()))
    if folder is None:
        base = ""
    elif _PLAIN.fullmatch(folder.value):
        base = posixpath.normpath(folder.value)
    else:
        return
    if folder is not None and folder is own:
        where = (*step.route, "working-directory")
        yield before.known(Reference(folder, where, 0, len(folder.value), base, "", "the step"))
    yield from _in_script(script, _commands(found, job, step, script.value), step.route, base, before)


def _inputs(step: Step) -> Iterator[Reference]:
    """Local actions, inputs that name files, and hashes of files."""
    if step.uses and step.written and step.uses.local is not None and _PLAIN.fullmatch(step.written.value):
        value = step.written.value
        yield Reference(step.written, (*step.route, "uses"), 2, len(value), step.uses.local, "", "the step")
    named = facts().inputs.get(step.uses.slug, frozenset()) if step.uses else frozenset()
    for key, scalar in step.inputs.items():
        where = (*step.route, "with", key)
        if key in named and _PLAIN.fullmatch(scalar.value):
            path = posixpath.normpath(scalar.value)
            yield Reference(scalar, where, 0, len(scalar.value), path, "", step.uses.slug if step.uses else "")
        for spot in _HASHED.finditer(scalar.value):
            path = posixpath.normpath(spot["path"])
            yield Reference(scalar, where, *spot.span("path"), path, "", "hashFiles", fatal=False)


def _in_script(
    script: Scalar, found: Sequence[Command], route: Route, base: str, before: _Before
) -> Iterator[Reference]:
    inner = _Before(list(before.texts), before.inert)
    for command in found:
        texts = [word.text for word in command.words]
        if texts[:1] == ["cd"] and len(texts) > 1:
            if command.inside or not _PLAIN.fullmatch(texts[1]):
                return
            base = posixpath.normpath(posixpath.join(base, texts[1]))
            continue
        if texts[:1] in (["pushd"], ["popd"]):
            return
        for one in _judged(command, script.value):
            path = posixpath.normpath(posixpath.join(base, one.path))
            if not path.startswith(".."):
                where = (*route, "run")
                yield inner.known(Reference(script, where, one.start, one.end, path, base, one.program, one.fatal))
        _remember_command(command, script.value, inner)


def _judged(command: Command, script: str) -> Iterator[Argument]:
    """The paths that a command fails without, where the job fails with the command."""
    if not _TESTS & set(command.inside) and "||" not in {command.before, command.after}:
        yield from arguments(command, script)


def _commands(found: Workflow, job: Job, step: Step, script: str) -> tuple[Command, ...]:
    """The commands of a script, also of one for another shell that reads the same in all of them."""
    try:
        posix = family(step, job, found) == "posix"
    except Opaque:
        posix = False
    if not posix and _OTHER_SHELL.search(script):
        return ()
    try:
        return commands(script)
    except Opaque:
        return ()


def _working(*holders: object) -> Scalar | None:
    """The folder that the first of job and workflow to name one has for all its scripts."""
    return next(filter(None, (run_default(node, "working-directory") for node in holders)), None)


def _remember(step: Step, before: _Before) -> None:
    script = step.node.word("run")
    if script is not None:
        try:
            for command in commands(script):
                _remember_command(command, script, before)
        except Opaque:
            before.texts.append(script)
            before.inert = False
        return
    given = (scalar.value for key, scalar in step.inputs.items() if step.uses and not _reads(step, key))
    before.texts += [_HASHED.sub("", value) for value in given]
    if step.uses is None or step.uses.slug not in facts().inert_actions:
        before.inert = False


def _reads(step: Step, key: str) -> bool:
    return bool(step.uses) and key in facts().inputs.get(step.uses.slug if step.uses else "", frozenset())


def _remember_command(command: Command, script: str, before: _Before) -> None:
    """Keep what a command may have made: not what it reads, without which it fails."""
    written = [one.target.text for one in command.redirections if ">" in one.operator]
    name = program(command)
    if not command.words or name in facts().inert_programs:
        before.texts += written
        return
    read = {one.start for one in _judged(command, script)}
    others = [word.text for word in command.words if not any(word.start <= start < word.end for start in read)]
    before.texts.append(" ".join([*others, *written]))
    before.inert = False
