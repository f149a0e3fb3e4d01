"""Which artifacts are surely there, or may be there, when a download asks for everything."""

import re
from dataclasses import dataclass

from cifix.formats.actions.artifacts import Repository, Site
from cifix.formats.actions.expression import Parts, literal
from cifix.formats.actions.runs import Occurrence, Run
from cifix.formats.actions.workflow import Job, Workflow

_STATUS = re.compile(r"\b(?:always|cancelled|failure)\s*\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Artifacts:
    """What a download finds: surely `several` artifacts or one that it names, or the `only` one there can be.

    Neither is set where that is not known. An upload counts as possible even if it comes later.
    """

    several: bool = False
    only: str | None = None


def artifacts(repository: Repository, run: Run, download: Occurrence) -> Artifacts:
    """What one execution of a download finds in its run, as far as its own workflow file tells."""
    if download.name is not None and not _may_be_empty(run, download.name):
        return Artifacts(several=True)
    workflow = repository.workflows.get(download.site.path)
    if workflow is None or download.calls:
        return Artifacts()
    uploads = [one for one in run.occurrences if one.site.upload]
    certain = [one for one in uploads if _precedes(workflow, one, download)]
    if len({one.name for one in certain}) > 1:
        return Artifacts(several=True)
    elsewhere = run.outside or any(job.uses and job.uses.local is None for job in workflow.jobs)
    if len(uploads) > 1 or not certain or elsewhere or certain[0].open_axes or download.name is not None:
        return Artifacts()
    return Artifacts(only=literal(certain[0].name or ()))


def _may_be_empty(run: Run, name: Parts) -> bool:
    """Whether a name that only a run can tell may turn out empty, which asks for everything."""
    uploaded = any(one.name == name for one in run.occurrences if one.site.upload)
    return not uploaded and not any(isinstance(part, str) for part in name)


def _precedes(workflow: Workflow, upload: Occurrence, download: Occurrence) -> bool:
    """Whether an upload has surely stored something by the time the download runs."""
    if upload.calls or upload.site.path != download.site.path or not _always(upload.site):
        return False
    jobs = {job.id: job for job in workflow.jobs}
    here, there = jobs[download.job], jobs[upload.job]
    if any(_STATUS.search(text or "") for text in (here.condition, download.site.step.condition)):
        return False
    if upload.job == download.job:
        return upload.leg == download.leg and _place(upload.site) < _place(download.site)
    return _plain(there) and there.id in _needed(jobs, here)


def _always(upload: Site) -> bool:
    """Whether a step stores an artifact whenever its job succeeds."""
    missing = upload.step.inputs.get("if-no-files-found")
    ignored = missing is not None and missing.value == "ignore"
    return upload.step.condition is None and upload.step.node.get("continue-on-error") is None and not ignored


def _plain(job: Job) -> bool:
    """Whether a job always runs when those it needs have succeeded, and must succeed itself."""
    return job.condition is None and job.node.get("continue-on-error") is None


def _needed(jobs: dict[str, Job], job: Job) -> set[str]:
    """The jobs that have ended before a job starts, as far as plain ones lead to them."""
    found: set[str] = set()
    waiting = list(job.needs)
    while waiting:
        name = waiting.pop()
        if name in jobs and name not in found:
            found.add(name)
            waiting += jobs[name].needs if _plain(jobs[name]) else ()
    return found


def _place(site: Site) -> tuple[int, ...]:
    """The position of a step in its job; those in one parallel block share the block's."""
    position = site.step.route[3]
    return (position,) if isinstance(position, int) else ()
