"""Modules that hold a project's version because its build writes them."""

import re
from collections.abc import Mapping
from typing import Any

from cifix.formats import toml
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

_SETUP = re.compile(
    rb"""use_scm_version\s*=\s*(?:dict\(|\{)[^})]*?["']?(?:write_to|version_file)["']?\s*[:=]\s*["']([^"']+)"""
)


def written_versions(snapshot: Snapshot) -> list[str]:
    """Each tracked file that a build writes the version to."""
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
    return sorted(found)


def _at(table: Any, keys: tuple[str, ...]) -> object:  # noqa: ANN401 - TOML data
    for key in keys:
        table = table.get(key) if isinstance(table, Mapping) else None
    return table


def _tracked(snapshot: Snapshot, folder: str, name: object) -> set[str]:
    if not isinstance(name, str):
        return set()
    places = (f"{folder}/{name.removeprefix('./')}".lstrip("/"), f"{folder}/src/{name}".lstrip("/"))
    return {path for path in places[:1] if path in snapshot} or {path for path in places if path in snapshot}
