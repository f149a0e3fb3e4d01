"""Whether a package may be asked for a name while it is half imported: found without reading most of its modules."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from cifix.formats.python.circles import glimpses
from cifix.formats.python.glance import Place
from cifix.formats.python.order import Order
from cifix.formats.python.packages import Package
from cifix.formats.python.programs import Bind, Drop, Event, Load, loads


def entangled(order: Order, inits: Sequence[str]) -> bool:
    """Whether a module that one of `inits` loads may take a name from it that it binds later; right when it says no.

    Modules that load others by names in no import statement are not understood.
    """
    package = order.package
    asked = _asked(package)

    @cache
    def loaded(name: str) -> frozenset[str]:
        return frozenset(_loaded(package, name, glimpses(package, name, Place.BLOCK)))

    for init in inits:
        askers = asked.get(init, {})
        for targets, unbound in _steps(order, init) if askers else ():
            eager = [module for module, names in askers.items() if names & unbound]
            if eager and not _reached(init, targets, loaded).isdisjoint(eager):
                return True
    return False


def _asked(package: Package) -> dict[str, dict[str, set[str]]]:
    """By module: who takes which names from it that are not modules."""
    found: dict[str, dict[str, set[str]]] = {}
    for module in package.modules:
        for base, names in glimpses(package, module, Place.BLOCK):
            taken = {name for name in names if name != "*" and f"{base}.{name}" not in package.modules}
            if taken and base in package.modules:
                found.setdefault(base, {}).setdefault(module, set()).update(taken)
    return found


def _steps(order: Order, init: str) -> Iterator[tuple[frozenset[str], set[str]]]:
    """What each import statement of a package loads, and the names that it has not surely bound by then."""
    program = order.program(init)
    unbound = set(program.known)
    for event in program.events:
        for load in loads([event]):
            if not load.local:
                base = order.package.absolute(init, load.level, load.module) or ""
                taken = tuple(name for name, _ in load.names or ())
                yield frozenset(_loaded(order.package, init, [(base, taken)])), unbound
        unbound = _left(event, unbound)


def _left(event: Event, unbound: set[str]) -> set[str]:
    match event:
        case Bind(names=bound):
            return unbound.difference(bound)
        case Load(names=tuple(taken), local=False):
            return unbound.difference(bound for _, bound in taken)
        case Drop(names=dropped):
            return unbound.union(dropped)
    return unbound


def _loaded(package: Package, importer: str, taken: Iterable[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    """The modules that imports can load, their parents included; those of the importer run already."""
    for base, names in taken:
        for one in (base, *(f"{base}.{name}" for name in names)):
            while one in package.modules and not f"{importer}.".startswith(f"{one}."):
                yield one
                one = one.rpartition(".")[0]  # noqa: PLW2901 - a package runs before what lies below it


def _reached(init: str, targets: Iterable[str], loaded: Callable[[str], frozenset[str]]) -> set[str]:
    """All that runs for `targets`, and `init` itself, which does not run again, nor do its parents."""
    reached, waiting = {init}, list(targets)
    while waiting:
        name = waiting.pop()
        if name not in reached and not f"{init}.".startswith(f"{name}."):
            reached.add(name)
            waiting += loaded(name)
    return reached
