"""Break import cycles that nothing can enter, by importing later in one place.

Why:
    Two modules that need each other's names while they are imported cannot be imported at all, whichever comes first:
    "ImportError: cannot import name 'Engine' from partially initialized module 'car.engine' (most likely due to a
    circular import)". The rule plays through the import of each module of such a circle, without running any. If all
    of them fail, it looks for the import statement whose delay changes the fewest places: it moves into the functions
    that use its names, or under `TYPE_CHECKING` if only annotations do that nobody evaluates. All modules of the circle
    must then be importable first, and no other module may become one that is not.

    Cycles through the re-exports of a package are the business of `lazy-init`, which runs before. A circle that can be
    entered at one of its modules is left alone, and so is a file that is in no commit, although Python 3.9 to 3.13
    report it in the very words above: see `missing-first-party-module`.

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

import ast
from collections.abc import Iterator

from cifix.formats.python.order import Failure, Order
from cifix.formats.python.packages import Package, packages
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.rules.break_import_cycle.moves import Edge
from cifix.rules.break_import_cycle.shortlist import circles


@declare(
    __doc__,
    reads=("**/*.py",),
    needles=(b"import",),
    safety=Safety.REVIEW,
    after=("lazy-init", "missing-first-party-module"),
    refusals={
        "annotations-run": "only annotations use the names, and something evaluates annotations",
        "conditional": "the import stands in a condition, a `try` or a class",
        "cycle-remains": "no single statement can be put off so that all modules become importable",
        "mixed": "functions and annotations use the names, so that neither place is enough",
        "re-export": "other code takes the names from the module, or may do so",
        "rebound": "the names have another meaning somewhere in the module",
        "runs-at-import": "a function that would do the import is called while modules are imported",
        "shared-line": "other statements stand on the same line",
        "unused": "nothing uses the names, so the import may be there for its effect",
        "used-at-import": "the module needs the names while it is imported",
    },
)
def rule(snapshot: Snapshot, _options: NoOptions) -> Iterator[Finding]:
    """Yield the circles of modules of which none can be imported first."""
    for package in packages(snapshot):
        for circle in circles(package):
            yield from _broken(package, circle)


def _broken(package: Package, circle: frozenset[str]) -> Iterator[Finding]:
    """One finding for each set of modules that stand in each other's way, as long as they share none."""
    order = Order(package)
    failures = order.failures(circle)
    done: set[str] = set()
    for failure in failures.values():
        members = _members(failure)
        if members <= failures.keys() and done.isdisjoint(members):
            done |= members
            yield _told(order, failure, members)


def _members(failure: Failure) -> frozenset[str]:
    """The modules from the one that is asked for a name to the one that asks."""
    running = [name for name, _ in failure.chain]
    return frozenset(running[running.index(failure.half) :])


def _told(order: Order, failure: Failure, members: frozenset[str]) -> Finding:
    steps = [(name, line) for name, line in failure.chain if name in members]
    found = [_edge(order.package, name, line) for name, line in steps]
    edges = [one for one in found if isinstance(one, Edge)]
    free = sorted((edge for edge in edges if edge.refusal is None), key=lambda edge: edge.cost)
    cure = next((edge for edge in free if _cures(order, edge, members)), None)
    outcome: Fix | Refusal
    if cure is not None:
        where = "only for type checkers" if cure.uses.annotations else "where it is used"
        outcome = Fix(f"Import {', '.join(sorted(cure.names))} in {cure.module} {where}", Safety.REVIEW, cure.edits())
    elif free:
        outcome = Refusal("cycle-remains", f"{' -> '.join(name for name, _ in steps)} is not the only circle here")
    else:
        reasons = [one if isinstance(one, Refusal) else one.refusal for one in found]
        told = [reason for reason in reasons if reason is not None]
        outcome = Refusal(told[-1].key, "; ".join(reason.detail for reason in told))
    return _finding(order.package, failure, cure or (edges[-1] if edges else None), outcome)


def _finding(package: Package, failure: Failure, edge: Edge | None, outcome: Fix | Refusal) -> Finding:
    message = (
        f"import {failure.half} fails, wherever its circle is entered: {failure.importer} line {failure.line} needs "
        f"{failure.name}, which {failure.half} has not bound by then"
    )
    path = edge.path if edge is not None else str(package.modules[failure.importer])
    start, end = edge.source.span(edge.statement) if edge is not None else (0, 0)
    return Finding("break-import-cycle", path, start, end, message, outcome, ALREADY)


def _edge(package: Package, name: str, line: int) -> Edge | Refusal:
    module, path = package.source(name), package.modules[name]
    for statement in module.tree.body if module is not None else ():
        if isinstance(statement, ast.Import | ast.ImportFrom) and statement.lineno == line:
            assert module is not None  # noqa: S101 - it has statements
            return Edge(package, name, str(path), module, statement)
    return Refusal("conditional", f"{path} line {line}: the import does not stand on its own at the top")


def _cures(order: Order, edge: Edge, members: frozenset[str]) -> bool:
    """Whether all of `members` can be imported first if `edge` is put off, and no module fails that did not before."""
    package = order.package
    after = Order(package.at(package.snapshot.with_changes(edge.edits()))).failures()
    return members.isdisjoint(after) and set(after) <= set(order.failures())
