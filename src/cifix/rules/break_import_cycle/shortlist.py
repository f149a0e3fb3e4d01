"""Modules that need each other in a circle, seen at a glance; most packages have none that matter.

If all modules of a circle fail to be the first import, each one fails because a name is taken from it: then every
step of the circle takes a name, or leads from a package, which always runs first, to a module below it. If only some
of them fail, any import may be a step, and so may the way from a module to the package that runs before it.
"""

from collections.abc import Iterator, Mapping

from cifix.formats.python.imports import glanced
from cifix.formats.python.packages import Package
from cifix.model.text import Opaque


def circles(package: Package, *, entered: bool = False) -> Iterator[frozenset[str]]:
    """Sets of modules that all reach each other by imports at the left margin.

    Those that no import can enter are among them; with `entered`, so are those that some can, and indented imports
    are seen as well, so that nothing else in the package plays a part.
    """
    steps = _reached if entered else _needed
    graph = {name: frozenset(steps(package, name)) for name in package.modules}
    for component in components(graph):
        if len(component) > 1:
            yield component


def _needed(package: Package, module: str) -> Iterator[str]:
    for base, names in _glanced(package, module, indented=False):
        below = [one for one in (base, *(f"{base}.{name}" for name in names)) if one.startswith(f"{module}.")]
        taken = [base] if any(name != "*" and f"{base}.{name}" not in package.modules for name in names) else []
        yield from (one for one in (*taken, *below) if one in package.modules and one != module)


def _reached(package: Package, module: str) -> Iterator[str]:
    for base, names in _glanced(package, module, indented=True):
        for one in (base, *(f"{base}.{name}" for name in names)):
            while one in package.modules and one != module and not module.startswith(f"{one}."):
                yield one
                one = one.rpartition(".")[0]  # noqa: PLW2901 - a package runs before what lies below it
    if (parent := module.rpartition(".")[0]) in package.modules:
        yield parent


def _glanced(package: Package, module: str, *, indented: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The modules that imports name, in full, and what is taken from each."""
    path = package.modules[module]
    try:
        data = b"" if path is None else package.snapshot.read(path)
    except Opaque:
        return
    for target, level, names in glanced(data, indented=indented):
        yield package.absolute(module, level, target or None) or "", names


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
