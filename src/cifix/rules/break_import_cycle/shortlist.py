"""Modules that need each other's names in a circle, seen at a glance; most packages have none that matter.

If all modules of a circle fail to be the first import, each one fails because a name is taken from it: then every
step of the circle takes a name, or leads from a package, which always runs first, to a module below it.
"""

from collections.abc import Iterator, Mapping

from cifix.formats.python.imports import glanced
from cifix.formats.python.packages import Package
from cifix.model.text import Opaque


def circles(package: Package) -> Iterator[frozenset[str]]:
    """Sets of modules that all reach each other by such steps, looking at imports at the left margin only."""
    graph = {name: frozenset(_needed(package, name)) for name in package.modules}
    for component in _components(graph):
        if len(component) > 1:
            yield component


def _needed(package: Package, module: str) -> Iterator[str]:
    path = package.modules[module]
    try:
        data = b"" if path is None else package.snapshot.read(path)
    except Opaque:
        return
    for target, level, names in glanced(data, indented=False):
        base = package.absolute(module, level, target or None) or ""
        below = [one for one in (base, *(f"{base}.{name}" for name in names)) if one.startswith(f"{module}.")]
        taken = [base] if any(name != "*" and f"{base}.{name}" not in package.modules for name in names) else []
        yield from (one for one in (*taken, *below) if one in package.modules and one != module)


def _components(graph: Mapping[str, frozenset[str]]) -> Iterator[frozenset[str]]:
    """Strongly connected components, by Tarjan's algorithm without recursion."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for root in graph:
        if root in index:
            continue
        work = [(root, iter(sorted(graph[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, rest = work[-1]
            following = next(rest, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    place = stack.index(node)
                    component = stack[place:]
                    del stack[place:]
                    on_stack.difference_update(component)
                    yield frozenset(component)
            elif following not in index:
                index[following] = low[following] = len(index)
                stack.append(following)
                on_stack.add(following)
                work.append((following, iter(sorted(graph[following]))))
            elif following in on_stack:
                low[node] = min(low[node], index[following])
