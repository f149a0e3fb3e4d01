"""Whether the shell of a step ends at the first failure."""

import re

from cifix.formats.actions.shells import family
from cifix.formats.actions.workflow import Job, Step, Workflow
from cifix.formats.yaml import Map
from cifix.model.text import Opaque

_ERREXIT = re.compile(r"\s-[a-zA-Z]*e[a-zA-Z]*\b|\berrexit\b")


def ends_at(step: Step, job: Job, found: Workflow) -> tuple[bool, bool] | None:
    """Whether a failure ends the script, and one inside a pipe too; None for shells that are not of the POSIX kind."""
    try:
        if family(step, job, found) != "posix":
            return None
    except Opaque:
        return None
    shell = _named(step.node) or _default(job.node) or _default(found.document.at(()))
    if shell in {None, "sh"}:
        return True, False
    if shell == "bash":
        return True, True
    return _ERREXIT.search(shell or "") is not None, "pipefail" in (shell or "")


def _default(node: object) -> str | None:
    for key in ("defaults", "run"):
        node = node.get(key) if isinstance(node, Map) else None
    return _named(node)


def _named(node: object) -> str | None:
    return node.word("shell") if isinstance(node, Map) else None
