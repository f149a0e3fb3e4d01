"""Which shell really runs a step."""

from collections.abc import Iterable

from cifix.formats.actions.workflow import Job, Step, Workflow, run_default
from cifix.model.text import Opaque

_FAMILIES = {
    "bash": "posix",
    "sh": "posix",
    "pwsh": "pwsh",
    "powershell": "powershell",
    "cmd": "cmd",
    "python": "python",
}


def family(step: Step, job: Job | None = None, workflow: Workflow | None = None) -> str:
    """The shell of a step: its own, the default of job or workflow, or that of the system.

    One of `posix`, `pwsh`, `powershell`, `cmd` and `python`.

    Without a job it is a step of a composite action, which must name its shell. Raises `Opaque` if that is not known.
    """
    top = workflow.document.at(()) if workflow else None
    above = (run_default(node, "shell") for node in (job.node if job else None, top))
    for shell in (step.node.word("shell"), *(found.value for found in above if found)):
        if shell:
            return _named(shell)
    if job is None:
        raise Opaque("the step names no shell")
    if job.node.entry("container"):
        return "posix"
    found = {_system(labels) for labels in job.labels}
    if len(found) != 1 or "" in found:
        raise Opaque("the job names no shell, and runs on several systems, or on one that is not known")
    return found.pop()


def _named(shell: str) -> str:
    found = _FAMILIES.get(shell.split(" ", maxsplit=1)[0].lower())
    if found is None:
        raise Opaque(f"the step is run by {shell!r}")
    return found


def _system(labels: Iterable[str]) -> str:
    """The default shell's family for a runner with these labels."""
    names = {label.partition("-")[0] for label in labels}
    if names & {"ubuntu", "macos", "linux"}:
        return "posix"
    return "pwsh" if "windows" in names and "self" not in names else ""
