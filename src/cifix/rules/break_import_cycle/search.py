"""The cheapest set of imports whose delay makes modules importable, proven by playing the imports through."""

import ast
import heapq
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import count

from cifix.formats.python.order import Failure, Order
from cifix.formats.python.packages import Package
from cifix.model.change import Edit
from cifix.model.finding import Refusal
from cifix.model.snapshot import Snapshot
from cifix.model.text import Text
from cifix.rules.break_import_cycle.knots import Knot, segment
from cifix.rules.break_import_cycle.moves import Edge, Move
from cifix.rules.break_import_cycle.surroundings import Surroundings

_TRIES = 80
"""Sets of statements that are played through before a circle is given up."""


@dataclass(frozen=True)
class Cure:
    """What to do, by the `titles` of single statements of which `first` is one, and by the edits of all files."""

    first: Edge
    titles: tuple[str, ...]
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class _Trial:
    """The statements put off so far, each with the way, and the files as they are then."""

    snapshot: Snapshot
    done: tuple[tuple[Edge, Move], ...] = ()

    @property
    def cost(self) -> tuple[int, tuple[int, ...]]:
        """Changed lines, then the ranks of the ways."""
        return sum(move.lines for _, move in self.done), tuple(sorted(move.rank for _, move in self.done))

    @property
    def key(self) -> Hashable:
        """The same for the same set of statements, in whatever order they were put off."""
        return frozenset((edge.path, edge.loaded, move.rank) for edge, move in self.done)


def cheapest(package: Package, knot: Knot, around: Surroundings) -> Cure | Refusal:
    """The set of statements with the fewest changed lines after which every module of the knot can come first."""
    serial, seen, reasons = count(), set[Hashable](), list[Refusal]()
    start = _Trial(package.snapshot)
    waiting = [(start.cost, next(serial), start)]
    for _ in range(_TRIES):
        if not waiting:
            break
        trial = heapq.heappop(waiting)[-1]
        order = Order(knot.view.at(trial.snapshot))
        failure = _first(order, knot.failures)
        if failure is None and not _harms(package, order, knot, trial):
            return _cure(package, trial)
        for edge in edges(package.at(trial.snapshot), failure, around) if failure else ():
            for following in _tried(trial, edge, failure, reasons):
                if following.key not in seen:
                    seen.add(following.key)
                    heapq.heappush(waiting, (following.cost, next(serial), following))
    return _left(knot, reasons, tried=bool(seen))


def _tried(trial: _Trial, edge: Edge | Refusal, failure: Failure | None, reasons: list[Refusal]) -> Iterator[_Trial]:
    """The trial with one more statement put off, in each way there is; if there is none, that is a reason."""
    if isinstance(edge, Edge) and any((edge.path, edge.loaded) == (one.path, one.loaded) for one, _ in trial.done):
        return
    asks = failure is not None and isinstance(edge, Edge) and edge.module == failure.importer
    ways = edge.moves(asks=asks) if isinstance(edge, Edge) else edge
    if isinstance(ways, Refusal):
        reasons += [ways] if ways not in reasons else []
        return
    assert isinstance(edge, Edge)  # noqa: S101 - only an edge has ways
    for way in ways:
        yield _Trial(trial.snapshot.with_changes(way.edits), (*trial.done, (edge, way)))


def edges(package: Package, failure: Failure, around: Surroundings) -> Iterator[Edge | Refusal]:
    """The statements on the way from the module that is asked for a name to the one that asks."""
    inside = segment(failure)
    for name, line in failure.chain:
        if name in inside:
            yield _edge(package, name, line, around)


def _edge(package: Package, name: str, line: int, around: Surroundings) -> Edge | Refusal:
    module, path = package.source(name), package.modules[name]
    for statement in module.tree.body if module is not None else ():
        if isinstance(statement, ast.Import | ast.ImportFrom) and statement.lineno == line:
            assert module is not None  # noqa: S101 - it has statements
            return Edge(package, around, name, str(path), module, statement)
    return Refusal("conditional", f"{path} line {line}: the import does not stand on its own at the top")


def _first(order: Order, members: Iterable[str]) -> Failure | None:
    found = (order.first(name).failure for name in sorted(members))
    return next((failure for failure in found if failure is not None), None)


def _harms(package: Package, after: Order, knot: Knot, trial: _Trial) -> bool:
    """Whether a module fails that did not before.

    In the circle that is played through. Beyond it nothing changes but that what the statements loaded is loaded later,
    or from elsewhere. That can only hurt where one module of another circle may come first, and another may not.
    """
    if not after.failures().keys() <= knot.allowed:
        return True
    before, loaded = Order(package), {name for edge, _ in trial.done for name in edge.loaded}
    if not knot.picky or knot.picky.isdisjoint(before.closure(loaded, "")):
        return False
    return not Order(package.at(trial.snapshot)).failures().keys() <= before.failures().keys()


def _cure(package: Package, trial: _Trial) -> Cure:
    by_path: dict[str, list[Move]] = {}
    for edge, move in trial.done:
        by_path.setdefault(edge.path, []).append(move)
    edits: list[Edit] = []
    for path, moves in by_path.items():
        edits += moves[0].edits if len(moves) == 1 else _between(package.snapshot, trial.snapshot, path)
    first = trial.done[0][0]
    return Cure(first, tuple(move.title for _, move in trial.done), tuple(edits))


def _between(before: Snapshot, after: Snapshot, path: str) -> Iterator[Edit]:
    """The lines of a file that several moves changed."""
    old, new = (_lines(snapshot.text(path)) for snapshot in (before, after))
    starts = [before.text(path).start]
    for line in old:
        starts.append(starts[-1] + len(line))
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield Edit(path, starts[i], starts[j], "".join(new[k:m]))


def _lines(text: Text) -> list[str]:
    ends = [*text.line_starts[1:], len(text.text)]
    return [text.text[start:end] for start, end in zip((text.start, *text.line_starts[1:]), ends, strict=True)]


def _left(knot: Knot, reasons: list[Refusal], *, tried: bool) -> Refusal:
    """Why a knot stays: what holds each statement, or that putting off the others does not help."""
    if tried or not reasons:
        last = next(iter(knot.failures.values()))
        way = " -> ".join((*segment(last), last.half))
        detail = "; ".join(reason.detail for reason in reasons) or "too many ways to try"
        return Refusal("cycle-remains", f"{way}: {detail}")
    return Refusal(reasons[-1].key, "; ".join(reason.detail for reason in reasons))
