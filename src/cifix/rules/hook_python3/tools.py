"""Programs that a hook takes from PATH and that no step of a job puts there."""

import re
from collections.abc import Iterator

from cifix.formats import toml
from cifix.formats.actions.workflow import WORKFLOWS, Job, workflow
from cifix.formats.python.project import normalised
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_OWN = {"actions/checkout", "actions/setup-python", "actions/cache", "actions/setup-node", "pre-commit/action"}
_RUNS = re.compile(r"^[^\S\n]*(?:python3? -m )?pre-commit run\b", re.MULTILINE)
_HARMLESS = re.compile(
    r"\s*(?:(?:python3? -m )?pip3? install (?:-U |--upgrade |-q )*(?:pip |pre-commit(?:[=<>~]\S+)? ?)*"
    r"|(?:python3? -m )?pre-commit (?:run|install)\b.*|git .*|echo .*|#.*)?"
)


def bare_jobs(snapshot: Snapshot) -> Iterator[str]:
    """The jobs that run the hooks in an environment where nothing but pre-commit was installed."""
    for path in snapshot.matching(WORKFLOWS):
        try:
            jobs = snapshot.parsed(path, workflow).jobs
        except Opaque:
            continue
        yield from (f"{job.id} in {path}" for job in jobs if _is_bare(job))


def provider(snapshot: Snapshot, tool: str) -> str | None:
    """The extra or group of the project that alone asks for a tool; None if it is asked for by the project itself."""
    try:
        data = snapshot.parsed("pyproject.toml", toml.parse) if "pyproject.toml" in snapshot else {}
    except Opaque:
        return None
    project = data.get("project", {})
    extras, groups = project.get("optional-dependencies", {}), data.get("dependency-groups", {})
    if tool in _names(project.get("dependencies")):
        return None
    named = [
        f"the {kind} {name}"
        for kind, table in (("extra", extras), ("group", groups))
        for name in table
        if tool in _names(table[name])
    ]
    return named[0] if named else None


def _names(lines: object) -> set[str]:
    listed = lines if isinstance(lines, list) else []
    return {normalised(re.split(r"[^\w.-]", line.strip())[0]) for line in listed if isinstance(line, str)}


def _is_bare(job: Job) -> bool:
    uses = [step.uses for step in job.steps if step.uses]
    runs = [step.node.word("run") or "" for step in job.steps if not step.uses]
    starts = any(one.slug == "pre-commit/action" for one in uses) or any(_RUNS.search(run) for run in runs)
    lines = [line for run in runs for line in run.splitlines()]
    plain = all(one.slug in _OWN for one in uses) and all(_HARMLESS.fullmatch(line) for line in lines)
    return starts and plain and job.node.get("container") is None
