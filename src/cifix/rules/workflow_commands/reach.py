"""Which files of the repository the steps of its workflows and actions run."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from cifix.formats.actions.shells import family
from cifix.formats.actions.workflow import ACTIONS, WORKFLOWS, Job, Step, Workflow, action, run_default, workflow
from cifix.formats.shell import Command, commands
from cifix.formats.yaml import Map, Scalar
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_PYTHON = re.compile(r"(?:python|pypy)[\d.]*|py")
_PROGRAMS = {"bash", "sh", "node", "source", "."}
_LEADING = {"sudo", "time", "exec", "command", "xvfb-run", "env"}
_RUNNERS = {"uv", "poetry", "pdm", "pipenv", "hatch", "rye"}
_VALUED = {"-W", "-X", "--with", "--python", "-p"}
_ROOT = re.compile(r"(?:\$\{\{\s*github\.workspace\s*\}\}|\$\{?GITHUB_WORKSPACE\}?)/")
_ACTION = re.compile(r"(?:\$\{\{\s*github\.action_path\s*\}\}|\$\{?GITHUB_ACTION_PATH\}?)/")
_LINE = re.compile(
    r"^[ \t]*(?:&[ \t]+)?(?P<program>[\w.]+)[ \t]+(?:-u[ \t]+)?(?P<path>[\w./\\-]+)[ \t]*(?:[\w-][^|>;&]*)?$"
)


def started(snapshot: Snapshot) -> Mapping[str, str]:
    """Every tracked file that a step runs, with the program that runs it: `python`, `bash`, `sh`, `node`, or empty.

    A file whose output a step catches or redirects is not among them: the runner does not see what it prints.
    """
    found: dict[str, str] = {}
    for path in snapshot.matching(WORKFLOWS):
        found |= _by_workflow(snapshot, path)
    for path in snapshot.matching(ACTIONS):
        found |= _by_action(snapshot, path)
    return found


def _by_workflow(snapshot: Snapshot, path: str) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        whole = snapshot.parsed(path, workflow)
    except Opaque:
        return found
    for job in whole.jobs:
        for step in job.steps if not _elsewhere(job) else ():
            found |= _run(snapshot, step, job, whole, "")
    return found


def _by_action(snapshot: Snapshot, path: str) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        called = snapshot.parsed(path, action)
    except Opaque:
        return found
    folder = posixpath.dirname(path)
    for step in called.steps:
        found |= _run(snapshot, step, None, None, folder)
    runs = called.document.at(("runs",))
    names = (runs.word(key) for key in ("pre", "main", "post")) if isinstance(runs, Map) else ()
    for name in names:
        found |= _tracked(snapshot, posixpath.join(folder, name), "node") if name else {}
    return found


def _elsewhere(job: Job) -> bool:
    """Whether a job checks out another repository, or this one into a folder."""
    checkouts = (step for step in job.steps if step.uses and step.uses.slug == "actions/checkout")
    return any(key in step.inputs for step in checkouts for key in ("repository", "path"))


def _run(snapshot: Snapshot, step: Step, job: Job | None, whole: Workflow | None, folder: str) -> dict[str, str]:
    """The files that one step runs; `folder` is that of its action."""
    script = step.node.get("run")
    if not isinstance(script, Scalar):
        return {}
    default = run_default(job.node, "working-directory") if job else None
    base = step.node.word("working-directory") or (default.value if default else "")
    found: dict[str, str] = {}
    for program, name in _programs(script.value, _shell(step, job, whole)):
        path, rooted = _ROOT.subn("", name, count=1)
        path, own = _ACTION.subn("", path, count=1)
        start = folder if own else "" if rooted else base
        if program == "-m":
            module = posixpath.join(base, path.replace(".", "/"))
            for option in (f"{module}.py", f"{module}/__main__.py", f"src/{module}.py", f"src/{module}/__main__.py"):
                found |= _tracked(snapshot, option, "python")
        else:
            found |= _tracked(snapshot, posixpath.join(start, path), program)
    return found


def _shell(step: Step, job: Job | None, whole: Workflow | None) -> str:
    try:
        return family(step, job, whole)
    except Opaque:
        return ""


def _tracked(snapshot: Snapshot, path: str, program: str) -> dict[str, str]:
    path = posixpath.normpath(path)
    return {path: program} if path in snapshot.tracked else {}


def _programs(script: str, shell: str) -> Iterator[tuple[str, str]]:
    """The programs that a script starts with a file, and the file as the script names it."""
    if shell != "posix":
        for line in script.splitlines():
            if found := _LINE.fullmatch(line):
                words = (found["program"], found["path"].replace("\\", "/"))
                yield from _program(words)
        return
    try:
        read = commands(script)
    except Opaque:
        return
    for command in read:
        if not _caught(command):
            yield from _program([word.text for word in command.words])


def _caught(command: Command) -> bool:
    """Whether what a command prints does not reach the runner, or may not."""
    signs = (one.operator for one in command.redirections)
    out = any(">" in sign and not sign.startswith("2") for sign in signs)
    return out or command.after in {"|", "|&"} or "function" in command.inside


def _program(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    while words and (words[0] in _LEADING or "=" in words[0]):
        words = words[1:]
    if words and words[0] in _RUNNERS and words[1:2] == ["run"]:
        words = _after_options(words[2:])
        if words and words[0].endswith(".py"):
            yield "python", words[0]
            return
    name = words[0].rpartition("/")[2] if words else ""
    if _PYTHON.fullmatch(name):
        rest = _after_options(words[1:])
        if "-m" in words[1 : len(words) - len(rest)] and rest:
            yield "-m", rest[0]
        elif rest:
            yield "python", rest[0]
    elif name in _PROGRAMS or words[:1] == ["."]:
        rest = _after_options(words[1:])
        if rest:
            yield "sh" if words[0] == "." else "bash" if name == "source" else name, rest[0]
    elif words and "/" in words[0]:
        yield "", words[0]


def _after_options(words: Sequence[str]) -> Sequence[str]:
    """The words behind options; nothing behind `-c`, whose value is a program itself."""
    while words and words[0].startswith("-") and words[0] != "-":
        if words[0] == "-c":
            return ()
        words = words[2 if words[0] in _VALUED else 1 :]
    return words
