"""The checkout that a log is held against: what rules find in it, and which finding speaks of what the log names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from cifix.diagnosis.catalogue import Answer
from cifix.diagnosis.jobs import Site, named, sites, spans
from cifix.engine.plan import Placed, Plan
from cifix.formats import toml
from cifix.formats.actions.workflow import WORKFLOWS
from cifix.formats.python.packages import Packages
from cifix.model.glob import matches
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque


class Checkout:
    """A repository at the commit that failed, looked at by every rule."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.findings: tuple[Placed, ...] = (
            *(placed for patch in plan.patches for placed in patch.findings),
            *plan.remaining,
        )

    @property
    def snapshot(self) -> Snapshot:
        """The files as they are without any fix."""
        return self.plan.before

    def answering(self, answer: Answer, values: Mapping[str, str], job: str = "") -> list[Placed]:
        """The findings that speak of everything the answer asks for; none if a value for that is not known.

        Those in workflows must stand in the way of the job of this name, if the workflows have such a job.
        """
        try:
            wanted = [self._forms(template, values) for template in answer.about]
        except KeyError:
            return []
        told = [placed for placed in self.findings if placed.finding.rule in answer.rules and _speaks(placed, wanted)]
        return self.concerning(told, job)

    def concerning(self, findings: Iterable[Placed], job: str) -> list[Placed]:
        """Those of the findings that a job of this name can meet."""
        chosen = self.jobs(job)
        return [placed for placed in findings if not chosen or self._meets(placed, chosen)]

    def jobs(self, name: str) -> tuple[Site, ...]:
        """The jobs of the workflows that are shown under this name."""
        return named(self.sites, name)

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """Every job of every workflow."""
        return tuple(sites(self.snapshot))

    def toml(self, path: str) -> Mapping[str, Any]:
        """The data of a TOML file; empty if it is not there or cannot be read."""
        try:
            return self.snapshot.parsed(path, toml.parse) if path in self.snapshot else {}
        except Opaque:
            return {}

    def source(self, path: str) -> str:
        """The text of a file; empty if it is not there or is no text."""
        try:
            return self.snapshot.text(path).text if path in self.snapshot else ""
        except Opaque:
            return ""

    def tracked(self, path: str) -> str | None:
        """A path of a log as git knows it, without the folders of the machine; None if git does not have it."""
        return next((form for form in tails(path) if form in self.snapshot), None)

    def stems(self, module: str) -> list[str]:
        """Where a module of this dotted name can lie: paths without ending, one for each folder it may start from."""
        inner = module.replace(".", "/")
        return [f"{root}/{inner}".lstrip("/") for root in sorted(self.packages.roots, key=len)]

    @cached_property
    def packages(self) -> Packages:
        """The first-party modules that are tracked."""
        return Packages(self.snapshot.paths)

    def _meets(self, placed: Placed, chosen: Sequence[Site]) -> bool:
        """Whether a finding stands in one of these jobs, in a part of their file that all share, or in no workflow."""
        path = placed.finding.path
        if not matches(path, WORKFLOWS):
            return True
        mine = list(spans(chosen, path))
        every = list(spans(self.sites, path))
        inside = [span for span in every if span[0] <= placed.finding.start < span[1]]
        return bool(mine) and (not inside or any(span in mine for span in inside))

    def _forms(self, template: str, values: Mapping[str, str]) -> frozenset[str]:
        kind, _, value = template.format_map(values).partition(":")
        if kind == "module":
            return frozenset(form for stem in self.stems(value) for form in (f"{stem}.py", f"{stem}/__init__.py"))
        return frozenset(tails(value)) if kind == "path" else frozenset({folded(value)})


def folded(word: str) -> str:
    """A word as it is compared: logs write `Ubuntu 20.04` for the label `ubuntu-20.04`."""
    return word.strip().casefold().replace(" server", "").replace(" ", "-")


def tails(path: str) -> Iterator[str]:
    """A path in all the ways that a checkout may know it: without the folders of the machine it was printed on."""
    path = path.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    starts: Iterable[int] = range(len(parts)) if path.startswith("/") or path[1:2] == ":" else (0,)
    for start in starts:
        yield "/".join(parts[start:])


def _speaks(placed: Placed, wanted: Sequence[frozenset[str]]) -> bool:
    finding = placed.finding
    said = {*finding.about, finding.path, *map(folded, finding.about)}
    return all(said & forms for forms in wanted)
