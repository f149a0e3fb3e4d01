"""Modules that need each other in a circle, seen at a glance; most packages have none that matter.

If all modules of a circle fail to be the first import, each one fails because a name is taken from it: then every
step of the circle takes a name, or leads from a package, which always runs first, to a module below it. If only some
of them fail, any import may be a step, and so may the way from a module to the package that runs before it.
"""

from collections.abc import Iterator, Mapping

from cifix.formats.python.glance import Place, glance
from cifix.formats.python.packages import Package
from cifix.model.text import Opaque


def tight(package: Package) -> Iterator[frozenset[str]]:
    """Sets of modules that all need each other by imports at the left margin: those that no import can enter."""
    return _components({name: frozenset(_needed(package, name)) for name in package.modules})


def circles(package: Package, upto: Place = Place.LATER) -> Iterator[frozenset[str]]:
    """Sets of modules that all reach each other by imports at places `upto` one.

    With Place.BLOCK, what runs while a module is imported: whoever fails half-imported is in one of them. With
    Place.LATER, functions are seen as well, so that nothing else in the package plays a part.
    """
    return _components({name: frozenset(_reached(package, name, upto)) for name in package.modules})


def _components(graph: Mapping[str, frozenset[str]]) -> Iterator[frozenset[str]]:
    for component in components(graph):
        if len(component) > 1:
            yield component


def _needed(package: Package, module: str) -> Iterator[str]:
    for base, names in glimpses(package, module, Place.MARGIN):
        below = [one for one in (base, *(f"{base}.{name}" for name in names)) if one.startswith(f"{module}.")]
        taken = [base] if any(name != "*" and f"{base}.{name}" not in package.modules for name in names) else []
        yield from (one for one in (*taken, *below) if one in package.modules and one != module)


def _reached(package: Package, module: str, upto: Place) -> Iterator[str]:
    for base, names in glimpses(package, module, upto):
        for one in (base, *(f"{base}.{name}" for name in names)):
            while one in package.modules and one != module and not module.startswith(f"{one}."):
                yield one
                one = one.rpartition(".")[0]  # noqa: PLW2901 - a package runs before what lies below it
    if (parent := module.rpartition(".")[0]) in package.modules:
        yield parent


def glimpses(package: Package, module: str, upto: Place) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The modules that imports at places `upto` one name, in full, and what is taken from each."""
    path = package.modules[module]
    try:
        seen = () if path is None else package.snapshot.derived(path, glance)
    except Opaque:
        return
    for one in seen:
        if one.place <= upto:
            yield package.absolute(module, one.level, one.module or None) or "", one.names


def components(graph: Mapping[str, frozenset[str]]) -> Iterator[frozenset[str]]:
    """Strongly connected components, by Tarjan's algorithm without recursion."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: dict[str, None] = {}
    for root in graph:
        waiting = [] if root in index else [root]
        rest: dict[str, Iterator[str]] = {}
        while waiting:
            node = waiting[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack[node] = None
                rest[node] = iter(sorted(graph[node]))
            following = next((one for one in rest[node] if one not in index or one in stack), None)
            if following is None:
                waiting.pop()
                if waiting:
                    low[waiting[-1]] = min(low[waiting[-1]], low[node])
                if low[node] == index[node]:
                    yield _popped(stack, node)
            elif following not in index:
                waiting.append(following)
            else:
                low[node] = min(low[node], index[following])


def _popped(stack: dict[str, None], node: str) -> frozenset[str]:
    """Everything on the stack from `node` up."""
    component = {node}
    while (top := stack.popitem()[0]) != node:
        component.add(top)
    return frozenset(component)
