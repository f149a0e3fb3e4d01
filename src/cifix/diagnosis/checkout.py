"""The checkout that a log is held against: what rules find in it, and which finding speaks of what the log names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from cifix.diagnosis.catalogue import Answer
from cifix.engine.plan import Placed, Plan
from cifix.formats.python.packages import Packages
from cifix.model.snapshot import Snapshot


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

    def answering(self, answer: Answer, values: Mapping[str, str]) -> list[Placed]:
        """The findings that speak of everything the answer asks for; none if a value for that is not known."""
        try:
            wanted = [self._forms(template, values) for template in answer.about]
        except KeyError:
            return []
        return [placed for placed in self.findings if placed.finding.rule in answer.rules and _speaks(placed, wanted)]

    def stems(self, module: str) -> list[str]:
        """Where a module of this dotted name can lie: paths without ending, one for each folder it may start from."""
        inner = module.replace(".", "/")
        return [f"{root}/{inner}".lstrip("/") for root in sorted(self.packages.roots, key=len)]

    @cached_property
    def packages(self) -> Packages:
        """The first-party modules that are tracked."""
        return Packages(self.snapshot.paths)

    def _forms(self, template: str, values: Mapping[str, str]) -> frozenset[str]:
        kind, _, value = template.format_map(values).partition(":")
        if kind == "module":
            return frozenset(form for stem in self.stems(value) for form in (f"{stem}.py", f"{stem}/__init__.py"))
        return frozenset(tails(value)) if kind == "path" else frozenset({folded(value)})


def folded(word: str) -> str:
    """A word as it is compared: logs write `Ubuntu 20.04` for the label `ubuntu-20.04`."""
    return word.strip().casefold().replace(" ", "-")


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
