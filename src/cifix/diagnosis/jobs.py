"""Which jobs of the workflows a log tells of: it names them as the run's page does.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idname, read 2026-11.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cifix.formats.actions.workflow import WORKFLOWS, Job, Step, Workflow, workflow
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_LEFT_OUT = re.compile(r"[/:\s]+")
_LEG = r"(?: ?\([^()]{0,200}\))?"
_LONGEST = 400
"""Characters of a name that is looked for; that of a job on the run's page is never that long."""


@dataclass(frozen=True, slots=True)
class Site:
    """A job in the workflow file at `path`; `title` is what its name may be."""

    path: str
    workflow: Workflow
    job: Job
    title: re.Pattern[str]

    @property
    def scripts(self) -> str:
        """All that its steps run, in order."""
        return "\n".join(step.node.word("run") or "" for step in self.job.steps)

    @property
    def closed(self) -> bool:
        """Whether all that it does is written in it: it calls nothing of the repository that does more."""
        return self.job.uses is None and not any(
            step.uses is not None and step.uses.local is not None for step in self.job.steps
        )

    def line(self, offset: int) -> int:
        """The line of a place in the workflow file."""
        return self.workflow.document.text.line_column(offset)[0]


def sites(snapshot: Snapshot) -> Iterator[Site]:
    """Every job of every workflow that can be read."""
    for path in snapshot.matching(WORKFLOWS):
        try:
            whole = snapshot.parsed(path, workflow)
        except Opaque:
            continue
        yield from (Site(path, whole, job, _title(job)) for job in whole.jobs)


def named(every: Sequence[Site], name: str) -> tuple[Site, ...]:
    """The jobs that the run's page shows as `name`; with `caller / inner` both, none if nothing fits.

    Archives of logs leave slashes and colons out of it, so that these and spaces do not count.
    """
    wanted = _bare(name)
    if not 0 < len(wanted) <= _LONGEST:
        return ()
    found = [site for site in every if site.title.fullmatch(wanted)]
    for caller in (site for site in every if site.job.uses is not None and site.job.uses.local is not None):
        if caller.title.match(wanted):
            for inner in (site for site in every if caller.job.uses and site.path == caller.job.uses.local):
                if re.fullmatch(f"{caller.title.pattern} ?{inner.title.pattern}", wanted):
                    found += [caller, inner]
    return tuple({(site.path, site.job.id): site for site in found}.values())


def tolerant(chosen: Iterable[Site], step: str) -> bool:
    """Whether the jobs go on when the step of this name, or with this first line, fails."""
    alike = [one for site in chosen for one in site.job.steps if step.strip() in _names(one)]
    return bool(alike) and all(one.node.word("continue-on-error") == "true" for one in alike)


def _names(step: Step) -> tuple[str, ...]:
    told = (step.node.word("name"), step.node.word("uses"), (step.node.word("run") or "").strip().partition("\n")[0])
    return tuple(name.strip() for name in told if name)


def spans(chosen: Iterable[Site], path: str) -> Iterator[tuple[int, int]]:
    """Where the jobs of the file at `path` stand in it."""
    yield from ((site.job.node.start, site.job.node.end) for site in chosen if site.path == path)


def _title(job: Job) -> re.Pattern[str]:
    """What its name may be: every expression is anything, and a matrix puts its values behind.

    What stands between two expressions counts at its first place only, so that a name of many takes no more time.
    """
    given = job.node.word("name")
    if given is None:
        return re.compile(re.escape(_bare(job.id)) + _LEG)
    first, *parts = [re.escape(_bare(part)) for part in _EXPRESSION.split(given)]
    between = "".join(f"(?>.*?{part})" for part in parts[:-1])
    return re.compile(first + between + (f".*{parts[-1]}" if parts else "") + _LEG)


def _bare(name: str) -> str:
    return _LEFT_OUT.sub(" ", name).strip()
