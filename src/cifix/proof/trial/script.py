"""What a job does, as scripts that can be run here, and what of it cannot be, each with its reason."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cifix.errors import UsageError
from cifix.formats.actions.workflow import WORKFLOWS, Job, Workflow, workflow
from cifix.formats.shell import Command, commands
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.sync_uv_groups.steps import WORKSPACE, Visit, rendered, visits

_SHELLS: Mapping[str, tuple[str, ...]] = {
    "": ("bash", "-e"),
    "bash": ("bash", "--noprofile", "--norc", "-eo", "pipefail"),
    "sh": ("sh", "-e"),
}
"""How the runner starts the shells, by what a step says."""

_TEMPLATE = re.compile(r"(?P<shell>bash|sh)(?P<options>(?: +(?:-[euxv]+|-o +pipefail|-e?o +pipefail))*) +\{0\}")
"""A shell with options of its own; others, such as a login shell, would change more."""

_ELSEWHERE = frozenset(
    {"sudo", "su", "doas", "apt", "apt-get", "yum", "dnf", "apk", "brew", "choco", "snap", "systemctl", "service"}
    | {"docker", "docker-compose", "podman", "gh", "codecov", "ssh", "scp"}
)
"""Programs that change the machine, or what others see."""

_PUBLISHING = frozenset(
    {("git", "push"), ("twine", "upload"), ("uv", "publish"), ("poetry", "publish"), ("npm", "publish")}
)
_SETTING_UP = frozenset({"actions/setup-python", "astral-sh/setup-uv"})
_REPLACED = _SETTING_UP | {"actions/checkout", "actions/cache"}
"""Actions whose work the clean clone, the new environment and uv's own cache do."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script as the job runs it: in a folder of the checkout, with variables, by a shell that is a command.

    Those of a job can all be read; what cannot be is left out.
    """

    text: str
    folder: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    shell: tuple[str, ...] = _SHELLS[""]
    tolerated: bool = False

    @property
    def title(self) -> str:
        """The script on one line: the first of its own."""
        first, *more = [line.strip() for line in self.text.splitlines() if line.strip()] or [""]
        return f"{first} ..." if more else first

    @property
    def commands(self) -> tuple[Command, ...]:
        """The commands of the script; raises `Opaque` if it cannot be read."""
        return commands(self.text)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A step that is not run here, and why."""

    title: str
    reason: str

    @property
    def words(self) -> str:
        """Both in one line."""
        return f"left out: {self.title}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Planned:
    """A job, with the steps of the first leg of its matrix.

    `pythons` are the versions that it sets up, `notes` say in what a runner would be another place than this one.
    """

    path: str
    job: str
    steps: tuple[Script | LeftOut, ...]
    pythons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """How reports name it."""
        return f"job {self.job} of {self.path}"

    @property
    def scripts(self) -> tuple[Script, ...]:
        """The steps that can be run."""
        return tuple(step for step in self.steps if isinstance(step, Script))


def planned(snapshot: Snapshot, named: str) -> Planned:
    """The job that is called `named` by its id or name, after a file name and a colon if several are.

    Raises `UsageError` if there is none, or more than one.
    """
    file, _, name = named.rpartition(":")
    every = [(path, whole, job) for path, whole, job in _jobs(snapshot) if not file or path.endswith(f"/{file}")]
    found = [one for one in every if name in (one[2].id, one[2].node.word("name"))]
    if not found:
        known = ", ".join(sorted({job.id for _, _, job in every})) or "none"
        raise UsageError(f"no workflow of the branch has a job {named}; known: {known}")
    if len(found) > 1:
        known = ", ".join(f"{path.rpartition('/')[2]}:{job.id}" for path, _, job in found)
        raise UsageError(f"{len(found)} jobs are called {named}; say which: {known}")
    return _planned(snapshot, *found[0])


def every_job(snapshot: Snapshot) -> Iterator[Planned]:
    """All jobs of all workflows that can be read."""
    return (_planned(snapshot, *one) for one in _jobs(snapshot))


def _jobs(snapshot: Snapshot) -> Iterator[tuple[str, Workflow, Job]]:
    for path in sorted(snapshot.matching(WORKFLOWS)):
        try:
            whole = snapshot.parsed(path, workflow)
        except Opaque:
            continue
        yield from ((path, whole, job) for job in whole.jobs)


def _planned(snapshot: Snapshot, path: str, whole: Workflow, job: Job) -> Planned:
    if job.uses is not None:
        return Planned(path, job.id, (LeftOut(f"uses {job.node.word('uses')}", "it is another workflow"),))
    steps = tuple(next(visits(snapshot, path, whole, job), iter(())))
    found = tuple(step for visit in steps if (step := _step(visit)))
    setting_up = [visit.inputs for visit in steps if visit.uses and visit.uses.slug in _SETTING_UP]
    pythons = [inputs.get("python-version") or "" for inputs in setting_up]
    plain = dict.fromkeys(version for version in pythons if version.replace(".", "").isdigit())
    return Planned(path, job.id, found, tuple(plain), tuple(_notes(job)))


def _notes(job: Job) -> Iterator[str]:
    if len(job.matrix.legs) > 1:
        yield f"this is the first of the {len(job.matrix.legs)} legs of its matrix"
    if job.node.entry("container"):
        yield "a runner runs it in a container"
    if job.node.entry("services"):
        yield "its services were not started"


def _step(visit: Visit) -> Script | LeftOut | None:
    """What to do for a step; None if it is done already."""
    if visit.script is None:
        used = visit.uses
        if used is not None and used.slug in _REPLACED:
            return None
        return LeftOut(f"uses {visit.node.word('uses')}", "actions are run by --act only")
    written = Script(visit.script.value).title
    if visit.maybe:
        return LeftOut(written, "only a run can tell whether it is skipped")
    text = rendered(visit.script.value, visit.leg)
    if text is None or visit.folder is None:
        return LeftOut(written, "it holds an expression that only a run can tell")
    interpreter = _interpreter(visit.shell.strip())
    if interpreter is None or (not visit.shell and visit.leg.system == "Windows"):
        return LeftOut(written, f"its shell is {visit.shell or 'that of Windows'}")
    env = {name: value for name, value in visit.leg.env.items() if value is not None}
    tolerated = visit.node.word("continue-on-error") == "true"
    script = Script(text, visit.folder, env, interpreter, tolerated)
    reason = _foreign(script)
    return LeftOut(written, reason) if reason else script


def _interpreter(written: str) -> tuple[str, ...] | None:
    """The command that a step names as its shell; None if it is not started here."""
    template = _TEMPLATE.fullmatch(written)
    return (template["shell"], *template["options"].split()) if template else _SHELLS.get(written)


def _foreign(script: Script) -> str:
    """Why a script is not for this machine; empty if it is."""
    try:
        found = script.commands
    except Opaque as why:
        return f"it cannot be read ({why})"
    for command in found:
        words = [word.text for word in command.words]
        program = words[0].rpartition("/")[2] if words else ""
        if program in _ELSEWHERE or (program, *words[1:2]) in _PUBLISHING or _system_python(words):
            return f"`{' '.join((program, *words[1:2]))}` would reach beyond the clone"
    return ""


def _system_python(words: Sequence[str]) -> bool:
    """Whether uv is told to install into an interpreter of the machine; without a name it takes the room's own."""
    return words[:2] == ["uv", "pip"] and "--system" in words and any(one in ("-p", "--python") for one in words)


def placed(text: str, folder: str) -> str:
    """A text of the job with the place of the checkout put in."""
    return text.replace(WORKSPACE, folder)
