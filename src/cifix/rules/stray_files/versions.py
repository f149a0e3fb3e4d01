"""Modules that hold a project's version because its build writes them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cifix.formats import toml
from cifix.formats.python.imports import imports, mentions
from cifix.formats.python.packages import Packages
from cifix.model.finding import Safety
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_KEYS = (
    ("setuptools_scm", "write_to"),
    ("setuptools_scm", "version_file"),
    ("setuptools-scm", "version_file"),
    ("hatch", "build", "hooks", "vcs", "version-file"),
    ("hatch", "build", "targets", "wheel", "hooks", "vcs", "version-file"),
    ("versioningit", "write", "file"),
    ("pdm", "version", "write_to"),
)
"""Where `pyproject.toml` names the file; versioningit's `onbuild` is not among them, for it changes a tracked file."""

_USERS = (
    "**/*.{py,pyx,c,cc,cpp,h,hpp,rs,sh,in,yml,yaml,mk}",
    "**/{Makefile,Dockerfile,meson.build,CMakeLists.txt,justfile}",
)
_SETUP = re.compile(
    rb"""use_scm_version\s*=\s*(?:dict\(|\{)[^})]*?["']?(?:write_to|version_file)["']?\s*[:=]\s*["']([^"']+)"""
)


def written_versions(snapshot: Snapshot) -> Iterator[tuple[str, Safety]]:
    """Each tracked file that a build writes the version to; it needs a person's eye if something may need it."""
    found: set[str] = set()
    for manifest in snapshot.containing(
        (b"write_to", b"version_file", b"version-file", b"versioningit"), ("**/pyproject.toml",)
    ):
        folder = manifest.rpartition("/")[0]
        try:
            tools = snapshot.parsed(manifest, toml.parse).get("tool", {})
        except Opaque:
            continue
        for keys in _KEYS:
            found |= _tracked(snapshot, folder, _at(tools, keys))
    for script in snapshot.containing((b"use_scm_version",), ("**/setup.py",)):
        for named in _SETUP.findall(snapshot.read(script)):
            found |= _tracked(snapshot, script.rpartition("/")[0], named.decode(errors="replace"))
    for path in sorted(found):
        needed = _named(snapshot, path) or _imported(snapshot, path)
        yield path, Safety.REVIEW if needed else Safety.SAFE


def _at(table: Any, keys: tuple[str, ...]) -> object:  # noqa: ANN401 - TOML data
    for key in keys:
        table = table.get(key) if isinstance(table, Mapping) else None
    return table


def _tracked(snapshot: Snapshot, folder: str, name: object) -> set[str]:
    if not isinstance(name, str):
        return set()
    places = (f"{folder}/{name.removeprefix('./')}".lstrip("/"), f"{folder}/src/{name}".lstrip("/"))
    return {path for path in places[:1] if path in snapshot} or {path for path in places if path in snapshot}


def _named(snapshot: Snapshot, path: str) -> bool:
    """Whether a source, script or list of files speaks of the file by its name."""
    name = path.rpartition("/")[2].encode("utf-8", "surrogateescape")
    return any(user != path for user in snapshot.containing((name,), _USERS))


def _imported(snapshot: Snapshot, path: str) -> bool:
    """Whether an import that must not fail asks for the file."""
    stem = path.rpartition(".")[0]
    word = stem.rpartition("/")[2].encode()
    packages = Packages(snapshot.paths)
    for importer in snapshot.containing((word,), ("**/*.py",)):
        try:
            if not mentions(snapshot.read(importer), (word,)):
                continue
            statements = snapshot.parsed(importer, imports)
        except Opaque:
            return True
        for statement in statements:
            if not statement.guarded and any(target.stem == stem for target in packages.targets(importer, statement)):
                return True
    return False
