"""Which packages an import cycle could catch half imported, read off the bytes: most trees need no parsing at all.

Every answer errs on one side: a package that is not named here cannot be caught, one that is may still be safe.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cifix.formats.python.packages import INIT, Package
from cifix.model.text import Opaque

_GAP = rb"(?:[ \t\f]|\\\r?\n|\\\r)"
_FROM = re.compile(
    rb"\bfrom%b*((?:\.%b*)*)([\w.\x80-\xff]*)%b*\bimport\b%b*(\((?:[^)#]|#[^\r\n]*)*|(?:\\\r?\n|\\\r|[^\r\n;#])*)"
    % (_GAP, _GAP, _GAP, _GAP)
)
_PLAIN = re.compile(rb"\bimport%b+([\w., \t\x80-\xff]+)" % _GAP)
_COMMENT = re.compile(rb"#[^\r\n]*")
_LATER = re.compile(rb"(?:async[ \t]+)?def\b|if[ \t]+(?:\w+\.)?TYPE_CHECKING[ \t]*:")
_INDIRECT = (b"_LAZY", b"lazy")
"""Where these stand in an `__init__.py`, a name may lead on to other packages."""


@dataclass
class _Graph:
    """`edges`: what each module may load; `takers`: the modules that take a name, no submodule, from each package."""

    edges: dict[str, set[str]] = field(default_factory=dict)
    takers: dict[str, set[str]] = field(default_factory=dict)


def endangered(package: Package, inits: Sequence[str]) -> frozenset[str]:
    """Those of `inits` whose import may meet a package of which a module wants a name too early."""
    sources = dict(_sources(package))
    folders = {name for name, path in package.modules.items() if path and path.endswith(f"/{INIT}")}
    graph = _Graph()
    for module, data in sources.items():
        graph.edges[module] = set(_loaded(package, module, data, folders, graph.takers))
    if any(word in sources.get(name, b"") for name in folders for word in _INDIRECT):
        return frozenset(inits)
    caught = {name for name, takers in graph.takers.items() if takers & {name, *_reached(graph.edges, name)}}
    return frozenset((caught | _reached(_turned(graph.edges), *caught)).intersection(inits))


def _sources(package: Package) -> Iterator[tuple[str, bytes]]:
    for module, path in package.modules.items():
        try:
            yield module, package.snapshot.read(path) if path else b""
        except Opaque:
            yield module, b""


def _loaded(
    package: Package, module: str, data: bytes, folders: set[str], takers: dict[str, set[str]]
) -> Iterator[str]:
    """What a module may load when it is imported itself, its parents included."""
    if parent := module.rpartition(".")[0]:
        yield parent
    if b"import" not in data:
        return
    for found in _FROM.finditer(data):
        dots, target, listed = found.groups()
        base = package.absolute(module, dots.count(b"."), _text(target) or None)
        if base is None or not package.contains(base) or _runs_later(data, found.start()):
            continue
        yield base
        for name in _names(listed):
            if (full := f"{base}.{name}") in package.modules:
                yield full
            elif name != "*" and base in folders:
                takers.setdefault(base, set()).add(module)
    for found in _PLAIN.finditer(data):
        inside = [name for part in found[1].split(b",") if package.contains(name := _text(part.split()[:1]))]
        if inside and not _runs_later(data, found.start()):
            yield from inside


def _names(listed: bytes) -> Iterator[str]:
    plain = _COMMENT.sub(b"", listed).replace(b"\\", b" ").lstrip(b"(")
    yield from (_text(part.split()[:1]) for part in plain.split(b",") if part.strip())


def _text(name: bytes | Iterable[bytes]) -> str:
    return (name if isinstance(name, bytes) else b"".join(name)).decode("utf-8", "replace")


def _runs_later(data: bytes, place: int) -> bool:
    """Whether a statement lies in the body of a function, or where only type checkers look."""
    start = _line_start(data, place)
    depth = _depth(data[start:place])
    while depth and start:
        end, start = start, _line_start(data, start - 1)
        line = data[start:end].strip()
        inner = _depth(data[start:end])
        if not line or line[:1] in b"#)]}" or inner >= depth:
            continue
        depth = inner
        if _LATER.match(line):
            # With an odd number of quotation marks between the two, the line is part of a string.
            return not any(data.count(mark, start, place) % 2 for mark in (b'"""', b"'''"))
    return False


def _line_start(data: bytes, place: int) -> int:
    return max(data.rfind(b"\n", 0, place), data.rfind(b"\r", 0, place)) + 1


def _depth(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" \t\f"))


def _reached(edges: Mapping[str, Iterable[str]], *starts: str) -> set[str]:
    """All that can be reached from some modules in one step or more, and a start itself only by a way back."""
    seen: set[str] = set()
    todo = [target for start in starts for target in edges.get(start, ())]
    while todo:
        if (name := todo.pop()) not in seen:
            seen.add(name)
            todo.extend(edges.get(name, ()))
    return seen


def _turned(edges: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    turned: dict[str, set[str]] = {}
    for source, targets in edges.items():
        for target in targets:
            turned.setdefault(target, set()).add(source)
    return turned
