"""The modules of one importable package, by dotted name, and what an import statement in them means."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, takewhile

from cifix.formats import python
from cifix.formats.python import Module
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

INIT = "__init__.py"
COMPILED = (".so", ".pyd", ".pyx")
"""Endings of modules whose source is not Python; a tag such as `.cpython-312-darwin` may stand before them."""


@dataclass(frozen=True)
class Package:
    """All modules below one top-level package of a snapshot.

    `modules` maps the dotted name of each module to the path of its source; to None if it has none,
    which is a folder without `__init__.py` or a compiled module.
    """

    snapshot: Snapshot
    name: str
    modules: Mapping[str, str | None]

    def is_package(self, name: str) -> bool:
        """Whether a module is a folder, so that relative imports in it start at itself."""
        path = self.modules[name]
        return path is None or path.endswith(f"/{INIT}")

    def source(self, name: str) -> Module | None:
        """The parsed source of a module, or None if there is none that can be read."""
        path = self.modules[name]
        try:
            return None if path is None else self.snapshot.parsed(path, python.parse)
        except Opaque:
            return None

    def absolute(self, module: str, level: int, target: str | None) -> str | None:
        """The absolute name that `from <dots><target> import` means in `module`; None if it leads out of the tree."""
        if not level:
            return target
        parts = module.split(".")
        depth = len(parts) - level + self.is_package(module)
        return ".".join([*parts[:depth], *([target] if target else [])]) if depth > 0 else None

    def contains(self, name: str | None) -> bool:
        """Whether a dotted name lies in this package, present or not."""
        return name is not None and (name == self.name or name.startswith(f"{self.name}."))

    def children(self, name: str) -> Iterator[str]:
        """The last parts of the names of all direct submodules of a package, sorted."""
        for module in self.modules:
            parent, _, leaf = module.rpartition(".")
            if parent == name:
                yield leaf

    def mentions(self, words: Collection[bytes]) -> bool:
        """Whether a source that can be read holds one of `words`, anywhere."""
        for path in self.modules.values():
            try:
                data = self.snapshot.read(path) if path else b""
            except Opaque:
                continue
            if any(word in data for word in words):
                return True
        return False

    def at(self, snapshot: Snapshot) -> "Package":
        """The same modules in a snapshot where some of them have other content."""
        return Package(snapshot, self.name, self.modules)


def packages(snapshot: Snapshot) -> Iterator[Package]:
    """Every top-level package: a folder with `__init__.py` whose parent has none, with an importable name."""
    inits = {path.removesuffix(f"/{INIT}") for path in snapshot.paths if path.endswith(f"/{INIT}")}
    for folder in sorted(inits):
        root, _, name = folder.rpartition("/")
        if root not in inits and name.isidentifier():
            yield Package(snapshot, name, dict(sorted(_modules(snapshot, root, name))))


def _modules(snapshot: Snapshot, root: str, top: str) -> Iterator[tuple[str, str | None]]:
    prefix = f"{root}/" if root else ""
    inside = f"{prefix}{top}/"
    found: dict[str, str | None] = {}
    start = bisect_left(snapshot.paths, inside)
    for path in takewhile(lambda path: path.startswith(inside), islice(snapshot.paths, start, None)):
        folder, _, leaf = path.removeprefix(prefix).rpartition("/")
        parts = folder.split("/")
        stem, ending = leaf.partition(".")[0], leaf[leaf.rfind(".") :]
        if not all(part.isidentifier() for part in parts) or not stem.isidentifier():
            continue
        for depth in range(1, len(parts) + 1):
            found.setdefault(".".join(parts[:depth]), None)
        if leaf == INIT:
            found[".".join(parts)] = path
        elif ending == ".py" and leaf == f"{stem}.py":
            module = ".".join([*parts, stem])
            found[module] = found.get(module) or path
        elif ending in COMPILED:
            found.setdefault(".".join([*parts, stem]), None)
    yield from found.items()
