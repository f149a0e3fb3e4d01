"""Circles of modules that fail, cut out of their package so that each can be played through by itself."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cifix.formats.python.circles import circles, tight
from cifix.formats.python.order import Failure, Order
from cifix.formats.python.packages import Package


@dataclass(frozen=True)
class Knot:
    """Modules of one circle that stand in each other's way; `failures` says for each why it cannot come first.

    `view` are the modules of the circle without the rest of their package, which none of them waits for: no module
    beyond the circle imports one of it and is imported by another. `picky` are the modules of other circles of which
    some may come first and some may not, if any import can enter the knot.
    """

    view: Package
    failures: Mapping[str, Failure]
    picky: frozenset[str] = frozenset()

    @cached_property
    def allowed(self) -> frozenset[str]:
        """All modules of the circle that fail."""
        return frozenset(Order(self.view).failures())


def knots(package: Package, *, entered: bool) -> Iterator[Knot]:
    """The knots that no import can enter; with `entered`, also those that some can."""
    yield from _entered(package) if entered else _closed(package)


def _closed(package: Package) -> Iterator[Knot]:
    narrow = list(tight(package))
    for circle in circles(package) if narrow else ():
        inside = [one for one in narrow if one <= circle]
        view = _view(package, circle)
        failures = Order(view).failures(name for one in inside for name in one)
        shut = {name: failure for name, failure in failures.items() if failures.keys() >= set(segment(failure))}
        for group in _groups(shut, inside):
            yield Knot(view, {name: failures[name] for name in sorted(group & failures.keys())})


def _entered(package: Package) -> Iterator[Knot]:
    views = [_view(package, circle) for circle in circles(package)]
    found = [(view, Order(view).failures()) for view in views]
    picky = frozenset(name for view, failures in found if _picky(view, failures) for name in view.modules)
    for view, failures in found:
        for group in _groups(failures, ()):
            chosen = {name: failures[name] for name in sorted(group & failures.keys())}
            yield Knot(view, chosen, picky - view.modules.keys())


def segment(failure: Failure) -> tuple[str, ...]:
    """The modules from the one that is asked for a name to the one that asks."""
    running = [name for name, _ in failure.chain]
    return tuple(running[running.index(failure.half) :])


def _view(package: Package, circle: frozenset[str]) -> Package:
    """The package as if its other modules were empty, and all names that they are asked for there."""
    modules: dict[str, str | None] = {name: package.modules[name] for name in sorted(circle)}
    for name in circle:
        while name := name.rpartition(".")[0]:
            modules.setdefault(name, None)
    return Package(package.snapshot, package.name, modules, package.root)


def _picky(view: Package, failures: Collection[str]) -> bool:
    sources = {name for name, path in view.modules.items() if path is not None}
    return bool(failures) and not sources <= set(failures)


def _groups(failures: Mapping[str, Failure], tight: Collection[frozenset[str]]) -> Iterator[frozenset[str]]:
    """Modules that fail for reasons that overlap, or that meet in one of the circles `tight`."""
    groups: list[set[str]] = []
    for failure in failures.values():
        reason = set(segment(failure))
        reason |= {name for circle in tight if not circle.isdisjoint(reason) for name in circle}
        met = [group for group in groups if not group.isdisjoint(reason)]
        groups = [group for group in groups if group not in met] + [reason.union(*met)]
    yield from sorted(map(frozenset, groups), key=min)
