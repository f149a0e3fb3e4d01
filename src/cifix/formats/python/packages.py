"""First-party Python: which folders are packages, where their modules lie, and what an import in them means."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, takewhile

from cifix.formats import python
from cifix.formats.python import Module
from cifix.formats.python.glance import Glimpse, glance
from cifix.formats.python.imports import Import
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

INIT = "__init__.py"

SOURCES = (".py", ".pyi", ".pyx", ".pxd", ".pxi")
"""Endings of the files that a package is written in."""

COMPILED = (".so", ".pyd", ".pyx")
"""Endings of modules whose source is not Python; a tag such as `.cpython-312-darwin` may stand before them."""

_MODULES = {"py", "pyi", "pyx", "pxd", "pxi", "so", "pyd", "c", "cc", "cpp", "cu", "f", "f90", "i", "proto", "rs"}
"""Endings, anywhere after the first dot, of modules and of what a build makes modules from."""

_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg")


@dataclass(frozen=True, slots=True)
class Target:
    """What an import asks for: `stem` is the path of a module without its ending, or of a package's folder.

    `certain` is False for `name` in `from package import name`, which may be a module or an attribute.
    """

    stem: str
    certain: bool


def module_stem(path: str) -> str | None:
    """`path` without its endings if it is a module, a compiled one or the source of one; else None."""
    folder, slash, name = path.rpartition("/")
    stem, *endings = name.split(".")
    return folder + slash + stem if _MODULES.intersection(endings) else None


class Packages:
    """The modules and packages of a repository: `tracked` files say which are first-party, `loose` ones add to them."""

    def __init__(self, tracked: Iterable[str], loose: Iterable[str] = ()) -> None:
        self._tracked = frozenset(tracked)
        self._loose = frozenset(loose)
        self._bases: dict[tuple[str, int, str], str | None] = {}

    @cached_property
    def regular(self) -> frozenset[str]:
        """Folders with a tracked `__init__` module."""
        stems = (stem for path in self._tracked if (stem := module_stem(path)))
        return frozenset(stem.removesuffix("/__init__") for stem in stems if stem.endswith("/__init__"))

    @cached_property
    def tops(self) -> frozenset[str]:
        """The outermost of them, which a namespace may surround."""
        return frozenset(self._top(folder) for folder in self.regular)

    @cached_property
    def projects(self) -> frozenset[str]:
        """Folders with the build file of a distribution; a workspace has several."""
        return frozenset(path.rpartition("/")[0] for path in self._tracked if path.rpartition("/")[2] in _PROJECT)

    @cached_property
    def roots(self) -> frozenset[str]:
        """Folders that top-level packages lie in, as `sys.path` would list them; the repository is the empty one."""
        return frozenset({"", *(top.rpartition("/")[0] for top in self.tops), *self.projects, *self.sources})

    @cached_property
    def sources(self) -> frozenset[str]:
        """The `src` folders of projects."""
        return frozenset({f"{folder}/src".lstrip("/") for folder in self.projects} & self._folders)

    def importable(self, folder: str) -> bool:
        """Whether `folder` is, or lies in, a package: a regular one, or any below the `src` of a project."""
        while folder and folder.rpartition("/")[2].isidentifier():
            if folder in self.regular:
                return True
            folder = folder.rpartition("/")[0]
            if folder.rpartition("/")[2] == "src" and folder in self.roots:
                return True
        return False

    def exists(self, stem: str) -> bool:
        """Whether a module, compiled module, source of one, or package lies at `stem`."""
        return stem in self._modules or stem in self._folders

    def plain(self, stem: str) -> bool:
        """Whether a module that is not a package lies at `stem`: it has attributes but no submodules."""
        return stem in self._modules and stem not in self._folders

    def targets(self, importer: str, statement: Import | Glimpse) -> Iterator[Target]:
        """What `statement` in the module at `importer` asks for, if that is first-party; outermost first."""
        base = self.base(importer, statement)
        if base is None:
            return
        parts = statement.module.split(".") if statement.module else []
        stem = base
        for part in parts:
            stem = f"{stem}/{part}".lstrip("/")
            yield Target(stem, certain=True)
            if self.plain(stem):
                return
        for name in statement.names:
            if name != "*":
                yield Target(f"{stem}/{name}".lstrip("/"), certain=False)

    def base(self, importer: str, statement: Import | Glimpse) -> str | None:
        """The folder that the module's dotted name starts from; None if it is not first-party."""
        here = importer.rpartition("/")[0]
        key = here, statement.level, "" if statement.level else statement.module.partition(".")[0]
        if key not in self._bases:
            self._bases[key] = self._base(here, statement)
        return self._bases[key]

    def _base(self, here: str, statement: Import | Glimpse) -> str | None:
        if statement.level:
            folders = [here, *filter(None, _parents(here))]
            inside = statement.level <= len(folders) and f"{here}/__init__" in self._modules
            return folders[statement.level - 1] if inside else None
        top = statement.module.partition(".")[0]
        roots = self._holding.get(top, frozenset[str]())
        # A module of a package does not see its own folder, a script does.
        if not self.importable(here) and self.exists(f"{here}/{top}".lstrip("/")):
            roots |= {here}
        return min(roots, key=lambda root: (not _below(here, root), -len(root), root), default=None)

    @cached_property
    def _holding(self) -> Mapping[str, frozenset[str]]:
        """The roots in which something lies, by its name."""
        found: dict[str, set[str]] = {}
        for folder, _, name in (stem.rpartition("/") for stem in self._modules | self._folders):
            if folder in self.roots:
                found.setdefault(name, set()).add(folder)
        return {name: frozenset(folders) for name, folders in found.items()}

    def _top(self, folder: str) -> str:
        above = folder.rpartition("/")[0]
        while above in self.regular:
            folder, above = above, above.rpartition("/")[0]
        return folder

    @cached_property
    def _modules(self) -> frozenset[str]:
        return frozenset(stem for path in self._tracked | self._loose if (stem := module_stem(path)))

    @cached_property
    def names(self) -> frozenset[str]:
        """The last parts of all stems: an absolute import of anything else leads out of the repository."""
        return frozenset(stem.rpartition("/")[2] for stem in self._modules | self._folders)

    @cached_property
    def _folders(self) -> frozenset[str]:
        """Folders that hold a module at any depth."""
        found: set[str] = set()
        for stem in self._modules:
            while (stem := stem.rpartition("/")[0]) and stem not in found:
                found.add(stem)
        return frozenset(found)


@dataclass(frozen=True)
class Package:
    """All modules below one top-level package of a snapshot.

    `name` is what users import, so that a namespace such as `google` may precede the package's own folder; `root`
    is the folder that this name is looked up in. `modules` maps the dotted name of each module to the path of its
    source; to None if it has none, which is a folder without `__init__.py` or a compiled module. The namespace
    itself is no module of the package.
    """

    snapshot: Snapshot
    name: str
    modules: Mapping[str, str | None]
    root: str = ""

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
        return Package(snapshot, self.name, self.modules, self.root)


def packages(snapshot: Snapshot) -> Iterator[Package]:
    """Every top-level package: a folder with `__init__.py` whose parent has none, with an importable name."""
    known = Packages(snapshot.paths)
    for folder in sorted(known.tops):
        root, _, name = folder.rpartition("/")
        if name.isidentifier() and f"{folder}/{INIT}" in snapshot:
            yield _named(snapshot, known, root, name)


def _named(snapshot: Snapshot, known: Packages, root: str, name: str) -> Package:
    """The package with the namespace that its own modules spell before its name, or that a `src` folder holds."""
    plain = Package(snapshot, name, dict(sorted(_modules(snapshot, root, name))), root)
    parts = root.split("/") if root and root not in known.projects else []
    for depth in range(len(parts)):
        above, space = "/".join(parts[:depth]), parts[depth:]
        if not all(part.isidentifier() for part in space):
            continue
        full = ".".join([*space, name])
        if _spells(plain, full) or (above in known.sources and not _spells(plain, name)):
            modules = {f"{full}{module.removeprefix(name)}": path for module, path in plain.modules.items()}
            return Package(snapshot, full, modules, above)
    return plain


def _spells(package: Package, full: str) -> bool:
    """Whether the package's own modules import from it as `full`."""
    below = f"{full}."
    for path in package.modules.values():
        try:
            seen = package.snapshot.derived(path, glance) if path else ()
        except Opaque:
            continue
        if any(not one.level and (one.module == full or one.module.startswith(below)) for one in seen):
            return True
    return False


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


def _below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _parents(folder: str) -> Iterator[str]:
    """The folders above one, up to the root, which is the empty one."""
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder
