"""Whether the shell of a step ends at the first failure."""

import re

from cifix.formats.actions.shells import family
from cifix.formats.actions.workflow import Job, Step, Workflow, run_default
from cifix.model.text import Opaque

_ERREXIT = re.compile(r"\s-[a-zA-Z]*e[a-zA-Z]*\b|\berrexit\b")


def ends_at(step: Step, job: Job, found: Workflow) -> tuple[bool, bool] | None:
    """Whether a failure ends the script, and one inside a pipe too; None for shells that are not of the POSIX kind."""
    try:
        if family(step, job, found) != "posix":
            return None
    except Opaque:
        return None
    above = (run_default(node, "shell") for node in (job.node, found.document.at(())))
    of_job, of_workflow = (default.value if default else None for default in above)
    shell = step.node.word("shell") or of_job or of_workflow
    if shell in {None, "sh"}:
        return True, False
    if shell == "bash":
        return True, True
    return _ERREXIT.search(shell or "") is not None, "pipefail" in (shell or "")
