"""Break import cycles that nothing can enter, by importing later in one place.

Why:
    Two modules that need each other's names while they are imported cannot be imported at all, whichever comes first:
    "ImportError: cannot import name 'Engine' from partially initialized module 'car.engine' (most likely due to a
    circular import)". The rule plays through the import of each module of such a circle, without running any. If all
    of them fail, it looks for the import statements, one or more, whose delay changes the fewest lines: each moves
    under `TYPE_CHECKING` if only annotations use its names that nobody evaluates, into the functions that use them, or
    becomes an import of the module that they are taken from. All modules of the circle must then be importable first,
    and no other module may become one that is not.

    A circle that can be entered at one of its modules works as long as everybody enters it there; its other modules
    fail when they come first, in a test that runs alone for example. The rule mends those when it is named.

    Cycles through the re-exports of a package are the business of `lazy-init`, which runs before. A file that is in no
    commit is left alone, although Python 3.9 to 3.13 report it in the very words above: see
    `missing-first-party-module`.

When this is wrong:
    A function that runs while modules are imported, in a way that cannot be seen, still meets the cycle. What importing
    the other module registers elsewhere happens later than the author meant. Tests that replace the name in the module
    that used to import it no longer find it there.

What it will not touch:
    Names that the module needs to be imported, that others take from it, or that are bound more than once.

Sources:
    https://docs.python.org/3/faq/programming.html, read 2026-11
    https://docs.python.org/3/library/typing.html#typing.TYPE_CHECKING, read 2026-11
    https://peps.python.org/pep-0563/, read 2026-11
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cifix.formats.python.packages import Package, packages
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import declare
from cifix.model.snapshot import Snapshot
from cifix.rules.break_import_cycle.knots import Knot, knots, segment
from cifix.rules.break_import_cycle.moves import Edge
from cifix.rules.break_import_cycle.search import cheapest, edges
from cifix.rules.break_import_cycle.surroundings import Surroundings


@dataclass(frozen=True, slots=True)
class Options:
    """What the engine tells the rule.

    selected: the user named the rule, and so asks for circles too that can be entered at one of their modules.
    """

    selected: bool = False


@declare(
    __doc__,
    reads=("**/*.py",),
    needles=(b"import",),
    safety=Safety.REVIEW,
    after=("lazy-init", "missing-first-party-module"),
    options=Options,
    refusals={
        "annotations-run": "only annotations use the names, and something evaluates annotations",
        "conditional": "the import stands in a condition, a `try` or a class",
        "cycle-remains": "putting off all statements that can be put off does not make every module importable",
        "re-export": "other code takes the names from the module, or may do so",
        "rebound": "the names have another meaning somewhere in the module",
        "runs-at-import": "a function that would do the import is called while modules are imported",
        "shared-line": "other statements stand on the same line",
        "unused": "nothing uses the names, so the import may be there for its effect",
        "used-at-import": "the module needs the names while it is imported",
    },
)
def rule(snapshot: Snapshot, options: Options) -> Iterator[Finding]:
    """Yield the circles of modules that stand in each other's way."""
    for package in packages(snapshot):
        found = list(knots(package, entered=options.selected))
        around = Surroundings(
            package, {name for knot in found for name in knot.view.modules if name in package.modules}
        )
        for knot in found:
            yield _told(package, knot, around)


def _told(package: Package, knot: Knot, around: Surroundings) -> Finding:
    cure = cheapest(package, knot, around)
    if isinstance(cure, Refusal):
        return _finding(package, knot, _last_edge(package, knot, around), cure)
    fix = Fix(f"Import {', and '.join(cure.titles)}", Safety.REVIEW, cure.edits)
    return _finding(package, knot, cure.first, fix)


def _last_edge(package: Package, knot: Knot, around: Surroundings) -> Edge | None:
    """The statement that asks for too much, if it stands at the top of its module."""
    failure = next(iter(knot.failures.values()))
    found = [edge for edge in edges(package, failure, around) if isinstance(edge, Edge)]
    return found[-1] if found else None


def _finding(package: Package, knot: Knot, edge: Edge | None, outcome: Fix | Refusal) -> Finding:
    name, failure = next(iter(knot.failures.items()))
    whole = knot.allowed.issuperset(segment(failure))
    what = f"import {failure.half} fails, wherever its circle is entered"
    message = (
        f"{what if whole else f'import {name} fails if it comes first'}: {failure.importer} line {failure.line} needs "
        f"{failure.name}, which {failure.half} has not bound by then"
    )
    path = edge.path if edge is not None else str(package.modules[failure.importer])
    start, end = edge.source.span(edge.statement) if edge is not None else (0, 0)
    since = ALREADY if whole else None
    about = tuple(filter(None, (package.modules[failure.half], package.modules[failure.importer])))
    return Finding("break-import-cycle", path, start, end, message, outcome, since, about)
