"""Python sources of a repository that ignore patterns keep out of its commits."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import chain, pairwise

from cifix.formats.gitignore import Ignores, Match
from cifix.formats.python.imports import imports, mentions, package_binds
from cifix.formats.python.packages import SOURCES, Packages, module_stem
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_MARKERS = ("py.typed",)
_PRODUCTS = {"__pycache__", "node_modules", "site-packages", "dist-packages"}
_ENVIRONMENT = "pyvenv.cfg"
_GENERATED = re.compile(r"_pb2(_grpc)?$")
_IMPLICIT = re.compile(r"__\w+__$")
_BUILD_FILES = ("**/setup.py", "**/setup.cfg", "**/pyproject.toml", "**/meson.build")
_FEW = 50
"""Words that are found faster one by one than the import statements of a file."""
_COMPILER_FILES = ("**/CMakeLists.txt", "**/Cargo.toml", "**/meson.build")


class State(Enum):
    """Where a masked source is."""

    TRACKED = "in the tree, put there by force"
    LOOSE = "on disk only"
    MISSING = "in neither, although tracked code imports it"


@dataclass(frozen=True, slots=True)
class Use:
    """Where the module at `path` imports a source, or loads data: the characters `start:end`.

    `certain` if what it asks for can only be a module or file.
    """

    path: str
    start: int
    end: int
    certain: bool = True
    verb: str = "imports"


class Role(Enum):
    """What a masked file is to the code."""

    SOURCE = "a module, or the source of one"
    TEMPLATE = "rendered by the code"
    DATA = "read by the code, or part of a wheel"


@dataclass(frozen=True, slots=True)
class Masked:
    """A file that git ignores because of `match`; `use` is one import or load that fails without it, if any.

    A wheel lacks it for that if `unpacked`. A missing one need not be ignored any more: then `hidden` is
    False, and `match` is a pattern with the name of its folder, which may have kept it out in the past.
    """

    path: str
    state: State
    match: Match
    use: Use | None = None
    hidden: bool = True
    role: Role = Role.SOURCE
    unpacked: bool = False


def names_folder(match: Match, path: str) -> bool:
    """Whether a fixed name without a place, such as `lib/`, ignores a folder above the file at `path`."""
    pattern = match.pattern
    return match.path != path and pattern.floating and pattern.name is not None and not pattern.negated


def masked_sources(snapshot: Snapshot, ignores: Ignores) -> tuple[Masked, ...]:
    """The masked sources that belong to first-party code, sorted by path.

    Tracked ones count if they lie in a package and below a folder that a fixed name such as `lib/` ignores;
    loose ones if first-party code imports them, or if they lie below such a folder beside a module that is
    tracked or counts; missing ones in a folder that a pattern names if an unguarded import asks for them.
    """
    names = frozenset(name for name in ignores.names if name.isidentifier())
    loose = {one.path: one for one in _loose_sources(snapshot, ignores)}
    if not names and not loose:
        return ()
    packages = Packages(snapshot.paths, loose)
    asked = _asked(snapshot, packages, _importers(snapshot, names, loose))
    found = {one.path: one for one in _tracked(snapshot, ignores, packages, names)}
    found |= {one.path: one for one in _wanted(snapshot, packages, loose, asked)}
    found |= {one.path: one for one in _missing(snapshot, ignores, packages, asked)}
    return tuple(found[path] for path in sorted(found))


def _loose_sources(snapshot: Snapshot, ignores: Ignores) -> Iterator[Masked]:
    environments = {path.rpartition("/")[0] for path in snapshot.disk if path.endswith(_ENVIRONMENT)}
    for path in sorted(snapshot.disk):
        if path.endswith(SOURCES + _MARKERS) and not _product(path, environments):
            match = ignores.explain(path)
            if match and match.pattern.floating and not match.pattern.negated:
                yield Masked(path, State.LOOSE, match)


def _product(path: str, environments: Collection[str]) -> bool:
    """Whether `path` lies in what tools install or build, never in a source folder."""
    parts = path.split("/")[:-1]
    above = {"/".join(parts[:count]) for count in range(len(parts) + 1)}
    built = any(pair[0] == "build" and pair[1].startswith(("lib", "bdist")) for pair in pairwise(parts))
    return built or not _PRODUCTS.isdisjoint(parts) or not above.isdisjoint(environments)


def _importers(snapshot: Snapshot, names: Collection[str], loose: Iterable[str]) -> Iterator[str]:
    """Tracked modules with an import that can ask for something below `names` or for one of `loose`."""
    words = {*names, *(_stem(path).rpartition("/")[2] for path in loose)}
    needles = tuple(sorted(word.encode() for word in words if word.isidentifier()))
    quick = needles if len(needles) <= _FEW else (b"import",)
    for path in snapshot.containing(quick, ("**/*.py",)) if needles else ():
        try:
            if mentions(snapshot.read(path), needles):
                yield path
        except Opaque:
            continue
    yield from (path for path in snapshot.paths if path.endswith(".py") and _below(path, names))


def _asked(snapshot: Snapshot, packages: Packages, importers: Iterable[str]) -> dict[str, Use]:
    """The first use of each stem that an unguarded import asks for, one that surely means a module if there is any."""
    asked: dict[str, Use] = {}
    for importer in importers:
        try:
            statements = snapshot.derived(importer, imports)
        except Opaque:
            continue
        for statement in statements:
            for target in () if statement.guarded else packages.targets(importer, statement):
                if target.stem not in asked or (target.certain and not asked[target.stem].certain):
                    asked[target.stem] = Use(importer, statement.start, statement.end, target.certain)
    return asked


def _tracked(snapshot: Snapshot, ignores: Ignores, packages: Packages, names: Collection[str]) -> Iterator[Masked]:
    for path in snapshot.paths:
        if path.endswith(SOURCES + _MARKERS) and _below(path, names):
            match = ignores.explain(path)
            if match and names_folder(match, path) and _packaged(packages, match):
                yield Masked(path, State.TRACKED, match)


def _wanted(
    snapshot: Snapshot, packages: Packages, loose: Mapping[str, Masked], asked: dict[str, Use]
) -> Iterator[Masked]:
    """The loose sources that count; what they import is added to `asked`."""
    tracked = {_folder(path) for path in snapshot.paths if path.endswith(SOURCES)}
    beside = {path for path, one in loose.items() if _folder(path) in tracked and _packaged(packages, one.match)}
    needed: set[str] = set()
    waiting = dict(loose)
    while new := [
        one
        for path, one in waiting.items()
        if _stem(path) in asked or (names_folder(one.match, path) and (path in beside or _folder(path) in needed))
    ]:
        for one in new:
            del waiting[one.path]
            needed.add(_folder(one.path))
            yield replace(one, use=asked.get(_stem(one.path)))
        for stem, use in _asked(snapshot, packages, (one.path for one in new if one.path.endswith(".py"))).items():
            asked.setdefault(stem, use)


def _packaged(packages: Packages, match: Match) -> bool:
    """Whether the masked folder is a regular package or lies right in one: data for tests often does not."""
    return not packages.regular.isdisjoint((match.path, _folder(match.path)))


def _missing(snapshot: Snapshot, ignores: Ignores, packages: Packages, asked: Mapping[str, Use]) -> Iterator[Masked]:
    for stem, use in sorted(asked.items()):
        known = packages.exists(stem) or packages.exists(_GENERATED.sub("", stem)) or _IMPLICIT.search(stem)
        if known or packages.plain(_folder(stem)) or _linked(snapshot, stem):
            continue
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            masked = _missing_at(path, use, ignores)
            if masked is not None:
                below = [other for other in asked if other.startswith(f"{stem}/") and asked[other].certain]
                built = all(_built(snapshot, other) for other in below or [stem])
                if not built and _is_module(snapshot, packages, stem, use):
                    yield masked
                break


def _linked(snapshot: Snapshot, stem: str) -> bool:
    """Whether a symbolic link or a submodule stands for the module, or for a folder above it."""
    parts = stem.split("/")
    above = {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return not snapshot.links.isdisjoint({*above, f"{stem}.py"})


def _missing_at(path: str, use: Use, ignores: Ignores) -> Masked | None:
    match = ignores.explain(path)
    if match and not match.pattern.negated:
        return Masked(path, State.MISSING, match, use) if names_folder(match, path) else None
    named = ignores.naming(path)
    return Masked(path, State.MISSING, named, use, hidden=False) if named else None


def _is_module(snapshot: Snapshot, packages: Packages, stem: str, use: Use) -> bool:
    """Whether what is asked for can only be a module, since the package above it does not bind the name."""
    package, _, name = stem.rpartition("/")
    init = f"{package}/__init__.py"
    if not packages.exists(init.removesuffix(".py")):
        return use.certain or packages.exists(package)
    if init not in snapshot and init not in snapshot.disk:
        return use.certain
    try:
        bound = snapshot.derived(init, package_binds)
    except Opaque:
        return use.certain
    return "__path__" not in (bound or ()) and (use.certain or (bound is not None and name not in bound))


def _built(snapshot: Snapshot, stem: str) -> bool:
    """Whether a build file speaks of the module, so that it is compiled or written during the build."""
    parts = stem.split("/")
    spellings = {_raw(mark.join(parts[first:])) for mark in "./" for first in range(len(parts) - 1)}
    target = (_raw(parts[-1]),)
    named = chain(
        snapshot.containing(tuple(sorted(spellings)), _BUILD_FILES), snapshot.containing(target, _COMPILER_FILES)
    )
    return next(named, None) is not None


def _raw(name: str) -> bytes:
    """The bytes of a name on disk, which need not be UTF-8."""
    return name.encode("utf-8", "surrogateescape")


def _below(path: str, names: Collection[str]) -> bool:
    return not set(path.split("/")[:-1]).isdisjoint(names)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _stem(path: str) -> str:
    return (module_stem(path) or path).removesuffix("/__init__")
