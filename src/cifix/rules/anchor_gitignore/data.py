"""Files beside the sources that code loads, or that a wheel should hold, and that ignore patterns keep out."""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from cifix.formats.gitignore import Ignores
from cifix.formats.python.hatch import left_out
from cifix.formats.python.imports import Import
from cifix.formats.python.packages import SOURCES, Packages
from cifix.formats.python.resources import NEEDLES, READS, At, loads
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.anchor_gitignore.masked import Masked, Role, State, Use

_WRITERS = (
    "**/setup.py",
    "**/{noxfile,tasks,conftest,hatch_build,build}.py",
    "**/{Makefile,makefile,GNUmakefile,justfile,meson.build,CMakeLists.txt,package.json,Dockerfile,tox.ini}",
    "**/*.{sh,mk,js,mjs,ts,nix}",
    ".github/**/*.{yml,yaml}",
)
"""Files that may say how a missing file is made."""

_PRODUCT = re.compile(r"(^|/)(__pycache__|[^/]*\.egg-info|\.[^/]+)/|(^|/)\.[^/]+$|\.(py[co]|so|pyd|dylib|log)$")
_ASIDE = re.compile(r"(^|/)(docs?|examples?|samples?|demos?|vendor|_vendor|third_party|benchmarks?)/")


def masked_data(snapshot: Snapshot, ignores: Ignores, loose: Iterable[str] = ()) -> Iterator[Masked]:
    """The ignored files that are in no commit although code surely loads them, each with its first load.

    Code is what git tracks, and the `loose` modules.
    """
    seen: set[str] = set()
    for path, target, use, template in _loaded(snapshot, tuple(loose)):
        match = ignores.explain(target)
        if target in seen or match is None or match.pattern.negated or target.endswith(SOURCES):
            continue
        if not match.pattern.floating:
            continue  # ignored by its place, so that is meant
        seen.add(target)
        role = Role.TEMPLATE if template else Role.DATA
        if target in snapshot.disk:
            yield Masked(target, State.LOOSE, match, use, role=role)
        elif not _ASIDE.search(path) and not _made(snapshot, path, target):
            yield Masked(target, State.MISSING, match, use, hidden=False, role=role)


def unpacked(snapshot: Snapshot) -> Iterator[Masked]:
    """The tracked files that hatchling leaves out of a wheel for a pattern, products of builds and tools aside."""
    for match in left_out(snapshot):
        if _PRODUCT.search(match.path) and not _vendored(snapshot, match.path):
            continue
        role = Role.SOURCE if match.path.endswith((*SOURCES, "py.typed")) else Role.DATA
        yield Masked(match.path, State.TRACKED, match, role=role, unpacked=True)


def _vendored(snapshot: Snapshot, path: str) -> bool:
    """Whether it is a compiled file without a source beside it, from which a build could make it."""
    folder, slash, name = path.rpartition("/")
    stem = f"{folder}{slash}{name.partition('.')[0]}."
    binary = name.endswith((".so", ".pyd", ".dylib"))
    return binary and not any(other.startswith(stem) and other != path for other in snapshot.paths)


def _loaded(snapshot: Snapshot, loose: tuple[str, ...]) -> Iterator[tuple[str, str, Use, bool]]:
    packages = Packages(snapshot.paths, loose)
    for path in chain(snapshot.containing(NEEDLES, ("**/*.py",)), loose):
        try:
            found = snapshot.derived(path, loads) if READS.search(snapshot.read(path)) else ()
        except Opaque:
            continue
        for load in found:
            target = _target(path, load.at, packages)
            if target is not None and target not in snapshot:
                yield path, target, Use(path, load.start, load.end, verb="loads"), load.template


def _target(importer: str, at: At, packages: Packages) -> str | None:
    """The path that a module means; None for one outside the repository, or below another distribution."""
    folders = importer.split("/")[:-1]
    if at.package is not None:
        base = packages.base(importer, Import(at.package, 0, (), 0, 0, guarded=False))
        if base is None:
            return None
        folders = [part for part in (*base.split("/"), *at.package.split(".")) if part]
    if at.up > len(folders):
        return None
    return "/".join((*folders[: len(folders) - at.up], *at.parts))


def _made(snapshot: Snapshot, importer: str, target: str) -> bool:
    """Whether the file may be no source: something speaks of making it, or a link or submodule stands above it."""
    name = target.rpartition("/")[2]
    parts = target.split("/")
    above = {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
    if not snapshot.links.isdisjoint(above):
        return True
    return any(path != importer for path in _mentioning(snapshot, name))


def _mentioning(snapshot: Snapshot, name: str) -> Iterable[str]:
    return snapshot.containing((name.encode("utf-8", "surrogateescape"),), _WRITERS)
