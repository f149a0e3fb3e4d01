"""Whether what an import asks for is in the tree: quick where it is, slow only where it seems not to be."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from cifix.formats.python.glance import Glimpse, glance
from cifix.formats.python.imports import Import, binds, imports, package_binds
from cifix.formats.python.packages import Packages, module_stem
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_OPEN = re.compile(
    rb"\b(?:globals|locals|vars|setattr|exec|eval|__import__|import_module|lazy\w*|attach\w*)[ \t]*\("
    rb"|__getattr__|__dict__|__path__|sys\.modules|pkgutil|import[ \t]*+\(?[ \t]*+\*|^[ \t]+global\b",
    re.MULTILINE,
)
"""Signs of names or submodules that a source does not show."""

_FINDERS = re.compile(rb"__path__|sys\.modules|pkgutil|meta_path|path_hooks|\blazy_?\w*[ \t]*\(|lazy_loader|LazyModule")
"""Signs of submodules that lie elsewhere."""

_OWN = re.compile(rb"^[ \t]*from[ \t]+\.[ \t]+import[ \t]*(?:\([^)]*\)|[^\r\n]*)", re.MULTILINE)
_BINDING = (b"\n", b"def ", b"class ", b"import ", b", ", b"  ", b"\t", b" as ", b",", b"(", b"\r", b";", b": ")
"""What stands before a name where it is bound."""

_IMPLICIT = re.compile(r"__\w+__$")


@dataclass(frozen=True, slots=True)
class Missing:
    """`name` is not to be found in `folder`, a package, or, if `module` is given, in the source at that path.

    `position` says which of the statement's names it is, or which part of the dotted name if `dotted`.
    """

    folder: str
    name: str
    position: int
    dotted: bool = False
    module: str | None = None

    @property
    def stem(self) -> str:
        """Where a module of the name would lie, without its ending."""
        return f"{self.folder}/{self.name}".lstrip("/")


class Lookup:
    """The modules of a snapshot and the names that their sources bind."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.packages = Packages(snapshot.paths)
        self._bases: dict[tuple[str, str, int], str | None] = {}
        self._data: dict[str, bytes] = {}
        self._binders: dict[str, bytes] = {}
        self._mentioned: dict[tuple[str, str], bool] = {}
        self._shut: dict[str, bool] = {}
        self._answers: dict[tuple[str, str, tuple[str, ...]], Missing | None] = {}

    def suspects(self, judges: Callable[[str], bool]) -> Iterator[str]:
        """Those of the modules that `judges` chooses that at a glance import something that is missing."""
        for path in self.snapshot.containing((b"import",), ("**/*.py",)):
            if judges(path) and any(self._seems_missing(path, one) for one in self._glimpses(path)):
                yield path

    def missing(self, importer: str, statement: Import | Glimpse) -> Missing | None:
        """The first thing that `statement` asks first-party code for and that is surely not in the tree."""
        base = self.base(importer, statement)
        if base is None:
            return None
        key = (base, statement.module, statement.names)
        if key not in self._answers:
            self._answers[key] = self._sought(base, statement)
        return self._answers[key]

    def exists(self, stem: str) -> bool:
        """Whether anything lies at `stem` that Python, or a build, may make a module of."""
        if self.packages.exists(stem) or stem in self.snapshot.folders:
            return True
        return any(stem == link.partition(".")[0] or f"{stem}/".startswith(f"{link}/") for link in self.snapshot.links)

    def siblings(self, folder: str) -> Iterator[str]:
        """The names of the modules and packages that lie right in `folder`."""
        prefix = f"{folder}/" if folder else ""
        found = {path.removeprefix(prefix) for path in self.snapshot.paths if path.startswith(prefix)}
        for rest in sorted(found):
            first, slash, inside = rest.partition("/")
            stem = first if slash and inside == "__init__.py" else None if slash else module_stem(rest)
            if stem and stem.isidentifier() and stem != "__init__":
                yield stem

    def bound(self, path: str) -> frozenset[str] | None:
        """The names that the source at `path` can bind; None if it does not show them all."""
        try:
            data = self.data(path)
            told = package_binds if path.endswith("/__init__.py") else binds
            return None if _OPEN.search(data) else self.snapshot.derived(path, told)
        except Opaque:
            return None

    def source(self, stem: str) -> str | None:
        """The tracked Python source of the module or package at `stem`."""
        return next((path for path in (f"{stem}/__init__.py", f"{stem}.py") if path in self.snapshot), None)

    def data(self, path: str) -> bytes:
        """The bytes of a tracked source, read once."""
        if path not in self._data:
            self._data[path] = self.snapshot.read(path)
        return self._data[path]

    def base(self, importer: str, statement: Import | Glimpse) -> str | None:
        """The folder that the dotted name starts from; None if it is not surely first-party."""
        here = importer.rpartition("/")[0]
        key = (here, "" if statement.level else statement.module.partition(".")[0], statement.level)
        if key not in self._bases:
            base = self.packages.base(importer, statement)
            # A package of that name that lies elsewhere may be another one than the installed.
            near = base is not None and (statement.level or not base or f"{here}/".startswith(f"{base}/"))
            self._bases[key] = base if near or (base or "").rpartition("/")[2] == "src" else None
        return self._bases[key]

    def _glimpses(self, path: str) -> tuple[Glimpse, ...]:
        try:
            return self.snapshot.derived(path, glance)
        except Opaque:
            return ()

    def _seems_missing(self, path: str, one: Glimpse) -> bool:
        known = one.level or one.module.partition(".")[0] in self.packages.names
        return bool(known) and self.missing(path, one) is not None

    def _sought(self, base: str, statement: Import | Glimpse) -> Missing | None:
        stem = base
        for position, part in enumerate(statement.module.split(".") if statement.module else ()):
            above, stem = stem, f"{stem}/{part}".lstrip("/")
            if not self.exists(stem):
                return Missing(above, part, position, dotted=True) if self._closed(above) else None
        for position, name in enumerate(statement.names):
            if name != "*" and not _IMPLICIT.match(name) and (found := self._name(stem, name, position)):
                return found
        return None

    def _name(self, stem: str, name: str, position: int) -> Missing | None:
        path = self.source(stem)
        if path is None or self.exists(f"{stem}/{name}"):
            return None
        package = path.endswith("/__init__.py")
        if self._mentions(path, name):
            return None
        if (package and not self._closed(stem)) or (not package and not self._alone(stem)):
            return None
        bound = self.bound(path)
        if bound is None or name in bound:
            return None
        return Missing(stem, name, position, module=None if package else path)

    def _mentions(self, path: str, name: str) -> bool:
        """Whether a word of the source looks as if it was bound there; right when it says no.

        A package does not bind what it asks itself for: that must be a module.
        """
        if path not in self._binders:
            try:
                data = self.data(path)
                self._binders[path] = _OWN.sub(b"", data) if path.endswith("/__init__.py") else data
            except Opaque:
                return True
        if (path, name) not in self._mentioned:
            data, word = self._binders[path], name.encode()
            self._mentioned[path, name] = any(before + word in data for before in _BINDING) or data.startswith(word)
        return self._mentioned[path, name]

    def _closed(self, folder: str) -> bool:
        """Whether the modules of a package are its files: it is a regular one, and no finder is told otherwise."""
        if folder not in self._shut:
            self._shut[folder] = self._is_closed(folder)
        return self._shut[folder]

    def _is_closed(self, folder: str) -> bool:
        if f"{folder}/__init__.py" not in self.snapshot or f"{folder}.py" in self.snapshot:
            return False
        while f"{folder}/__init__.py" in self.snapshot:
            if self._finds(f"{folder}/__init__.py"):
                return False
            folder = folder.rpartition("/")[0]
        return not any(f"{folder}/".startswith(f"{link}/") for link in self.snapshot.links)

    def _finds(self, path: str) -> bool:
        try:
            return _FINDERS.search(self.data(path)) is not None
        except Opaque:
            return True

    def _alone(self, stem: str) -> bool:
        """Whether a module is one Python source and nothing else: no stub, no compiled twin, no folder."""
        return self._places.get(stem) == 1

    @cached_property
    def _places(self) -> dict[str, int]:
        count: dict[str, int] = {}
        for path in self.snapshot.paths:
            if stem := module_stem(path):
                count[stem] = count.get(stem, 0) + 1
        return count


def judged(lookup: Lookup, path: str) -> Iterator[tuple[Import, Missing]]:
    """The unguarded statements of a module, as Python parses it, that ask for something missing."""
    try:
        statements = lookup.snapshot.derived(path, imports)
    except Opaque:
        return
    for statement in statements:
        found = None if statement.guarded else lookup.missing(path, statement)
        if found is not None:
            yield statement, found
