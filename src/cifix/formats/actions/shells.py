"""Which shell really runs a step."""

from collections.abc import Iterable, Iterator

from cifix.formats.actions.expression import Lookup, Unknown, dynamic, literal, render
from cifix.formats.actions.matrix import at
from cifix.formats.actions.workflow import Job, Step, Workflow, run_default
from cifix.formats.yaml import Scalar, Seq, resolved
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
    found = set(_systems(job))
    if len(found) != 1 or "" in found:
        raise Opaque("the job names no shell, and runs on several systems, or on one that is not known")
    return found.pop()


def _named(shell: str) -> str:
    found = _FAMILIES.get(shell.split(" ", maxsplit=1)[0].lower())
    if found is None:
        raise Opaque(f"the step is run by {shell!r}")
    return found


def _systems(job: Job) -> Iterator[str]:
    """The family of the default shell for each leg of the job's matrix; empty where it is not known."""
    node = job.node.get("runs-on")
    labels = [resolved(item) for item in node.items] if isinstance(node, Seq) else [node]
    texts = [label.value for label in labels if isinstance(label, Scalar)]
    for leg in job.matrix.legs if any(map(dynamic, texts)) else job.matrix.legs[:1]:

        def lookup(path: str, leg: object = leg) -> str | float | bool | Unknown | None:
            context, _, name = path.partition(".")
            known = context == "matrix" and job.matrix.unknown is not None
            found = at(leg, name) if known else Unknown(path)  # type: ignore[arg-type]
            return Unknown(path) if isinstance(found, list | dict) else found

        yield _system(_words(texts, lookup))


def _words(texts: Iterable[str], lookup: Lookup) -> Iterator[str]:
    for text in texts:
        yield (literal(render(text, lookup)) or "").lower()


def _system(labels: Iterable[str]) -> str:
    """The default shell's family for a runner with these labels."""
    names = {label.partition("-")[0] for label in labels}
    if names & {"ubuntu", "macos", "linux"}:
        return "posix"
    return "pwsh" if "windows" in names and "self" not in names else ""
