"""Which jobs of the workflows a finding stands in the way of, and which jobs wait for those."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from cifix.engine.plan import Placed
from cifix.formats.actions import workflow as actions
from cifix.formats.gitignore import is_ignore_file
from cifix.formats.precommit import CONFIG
from cifix.model.glob import matches
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.report.remediation.document import Job

_PYTHON = re.compile(
    r"(?<![\w./-])(?:python[\d.]*|py\.test|pytest|tox|nox|coverage|mypy|pyright|hatch)(?=\s|$)"
    r"|(?<![\w./-])(?:uv|poetry|pdm|pipenv) run(?=\s|$)"
    r"|pip3? install (?:[^|;&\n]* )?(?:-e )?\.(?=[\s\[]|$)",
    re.MULTILINE,
)
_PRECOMMIT = re.compile(r"(?<![\w./-])(?:pre-commit|prek)(?=\s|$)")


class Jobs:
    """The jobs of a snapshot; a workflow that cannot be read counts as one job without a name."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def of(self, placed: Placed) -> tuple[Job, ...]:
        """The jobs whose run meets a finding, sorted: by its place in a workflow, or by what their steps run."""
        path = placed.finding.path
        if matches(path, actions.WORKFLOWS):
            found = set(self._standing(path, placed))
            found |= set(self._calling(path))
        elif matches(path, actions.ACTIONS):
            found = set(self._calling(path.rpartition("/")[0]))
        elif path == CONFIG:
            found = set(self._running(_PRECOMMIT, "pre-commit/action"))
        elif path.endswith((".py", ".pyi")) or is_ignore_file(path) or path == "pyproject.toml":
            found = set(self._running(_PYTHON))
        else:
            found = set()
        return tuple(sorted(found))

    def waiting(self, jobs: Iterable[Job]) -> tuple[Job, ...]:
        """The other jobs that wait for one of `jobs`, directly or through others, sorted."""
        told = set(jobs)
        reached = set(told)
        todo = list(told)
        while todo:
            before = todo.pop()
            for job in self._read.get(before.workflow, ()):
                after = Job(before.workflow, job.id)
                if before.name in job.needs and after not in reached:
                    reached.add(after)
                    todo.append(after)
        return tuple(sorted(reached - told))

    @cached_property
    def _read(self) -> Mapping[str, tuple[actions.Job, ...]]:
        found: dict[str, tuple[actions.Job, ...]] = {}
        for path in self._snapshot.matching(actions.WORKFLOWS):
            try:
                found[path] = self._snapshot.parsed(path, actions.workflow).jobs
            except Opaque:
                found[path] = ()
        return found

    def _standing(self, path: str, placed: Placed) -> Iterator[Job]:
        """The job that the place lies in, or else all jobs of the file."""
        jobs = self._read.get(path, ())
        if not jobs:
            yield Job(path, "")
            return
        text = self._snapshot.text(path)
        offset = text.line_starts[placed.line - 1] + placed.column - 1
        inside = [job for job in jobs if job.node.start <= offset < job.node.end]
        yield from (Job(path, job.id) for job in inside or jobs)

    def _calling(self, local: str) -> Iterator[Job]:
        """The jobs that use a file of the repository itself, as a workflow or in a step."""
        for path, jobs in self._read.items():
            for job in jobs:
                used = [job.uses, *(step.uses for step in job.steps)]
                if any(one is not None and one.local is not None and one.local == local for one in used):
                    yield Job(path, job.id)

    def _running(self, program: re.Pattern[str], action: str = "") -> Iterator[Job]:
        for path, jobs in self._read.items():
            for job in jobs:
                commands = (step.node.word("run") or "" for step in job.steps)
                used = {step.uses.slug for step in job.steps if step.uses is not None}
                if (action and action in used) or any(map(program.search, commands)):
                    yield Job(path, job.id)
