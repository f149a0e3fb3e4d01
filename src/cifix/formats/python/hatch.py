"""What hatchling puts into a wheel, and which tracked files it leaves out because an ignore pattern matches them.

Hatchling reads one ignore file, the nearest one at or above the project, and takes its patterns as if they
stood at the project's root. Setuptools, flit-core, poetry-core, pdm-backend and uv_build do not ask ignore
files about tracked files.

Sources: https://hatch.pypa.io/latest/config/build/ and hatchling 1.33, `builders/config.py`, read 2026-11.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cifix.formats import toml
from cifix.formats.gitignore import NAME, Ignores, Match
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_BACKEND = "hatchling.build"
_KNOWN_HOOKS = {"vcs", "version"}
"""Build hooks that add one file, which they write: any other may put what it likes into the wheel."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What goes into the wheel of the project in `folder`: files below `kept`, and those that `chosen` matches."""

    folder: str
    kept: tuple[str, ...]
    chosen: Ignores | None
    dropped: Ignores
    rescued: Ignores
    forced: tuple[str, ...]

    def ships(self, path: str) -> bool:
        """Whether the file, relative to the project, goes into the wheel if no ignore file has a say."""
        wanted = any(_inside(path, one) for one in self.kept) or (self.chosen is not None and self.chosen.ignored(path))
        return wanted and not self.dropped.ignored(path)

    def rescues(self, path: str) -> bool:
        """Whether the file goes in even if an ignore pattern matches it."""
        return self.rescued.ignored(path) or any(_inside(path, one) for one in self.forced)


def left_out(snapshot: Snapshot) -> Iterator[Match]:
    """The deciding pattern of each tracked file that a wheel lacks for it; the match's path is that of the file."""
    for manifest in snapshot.containing((_BACKEND.encode(),), ("**/pyproject.toml",)):
        folder = manifest.rpartition("/")[0]
        source = _ignore_file(snapshot, folder)
        try:
            selection = _selection(snapshot, folder, snapshot.parsed(manifest, toml.parse))
            ignores = Ignores.of({NAME: snapshot.read(source)}, {}) if source else None
        except Opaque:
            continue
        if selection is None or ignores is None or source is None:
            continue
        above = f"{folder}/" if folder else ""
        for path in snapshot.paths:
            inside = path.removeprefix(above)
            if path.startswith(above) and _leaves_out(selection, ignores, inside):
                match = ignores.explain(inside)
                if match is not None:
                    yield Match(source, match.pattern, path)


def _leaves_out(selection: Selection, ignores: Ignores, path: str) -> bool:
    """Whether a pattern drops the file, whatever the library that hatchling asks makes of negated ones."""
    if not ignores.ignored(path) or not selection.ships(path) or selection.rescues(path):
        return False
    folder = path.rpartition("/")[0]
    matches = list(ignores.applying(path, directory=False))
    while folder:
        matches += ignores.applying(folder, directory=True)
        folder = folder.rpartition("/")[0]
    return not any(match.pattern.negated for match in matches)


def _ignore_file(snapshot: Snapshot, folder: str) -> str | None:
    """The nearest ignore file at or above `folder`."""
    while True:
        path = f"{folder}/{NAME}".lstrip("/")
        if path in snapshot:
            return path
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


def _selection(snapshot: Snapshot, folder: str, data: Mapping[str, Any]) -> Selection | None:
    """What the project selects; None if it asks no ignore file, or if that cannot be told."""
    if _table(data, "build-system").get("build-backend") != _BACKEND:
        return None
    build = _table(data, "tool", "hatch", "build")
    wheel = _table(build, "targets", "wheel")
    hooks = {*_table(build, "hooks"), *_table(wheel, "hooks")}
    told = {**build, **wheel}
    if told.get("ignore-vcs") or not hooks <= _KNOWN_HOOKS:
        return None
    only, packages, include = (_words(told, key) for key in ("only-include", "packages", "include"))
    kept = only or packages or (() if include else _default(snapshot, folder, _table(data, "project").get("name")))
    if not (kept or include) or (only and (packages or include)):
        return None
    return Selection(
        folder,
        tuple(one.strip("/") for one in kept),
        None if kept else _patterns(include),
        _patterns(_words(told, "exclude")),
        _patterns(_words(told, "artifacts")),
        tuple(one.removeprefix("./").strip("/") for one in (*_table(told, "force-include"), *_written(build, wheel))),
    )


def _written(*builds: Mapping[str, Any]) -> Iterator[str]:
    """The files that known build hooks write, and name as artifacts."""
    for build in builds:
        for hook, key in (("vcs", "version-file"), ("version", "path")):
            yield str(_table(build, "hooks", hook).get(key, ""))


def _default(snapshot: Snapshot, folder: str, name: object) -> tuple[str, ...]:
    """The package or module that bears the project's name."""
    above = f"{folder}/" if folder else ""
    raw = re.sub(r"[^\w.]+", "_", str(name))
    for word in dict.fromkeys((raw, re.sub(r"[-_.]+", "_", raw).lower())):
        for found in (word, f"src/{word}"):
            if f"{above}{found}/__init__.py" in snapshot:
                return (found,)
        if f"{above}{word}.py" in snapshot:
            return (f"{word}.py",)
        namespaces = [
            path.removeprefix(above).split("/")[0] for path in snapshot.matching((f"{above}*/{word}/__init__.py",))
        ]
        if len(namespaces) == 1:
            return (namespaces[0],)
    return ()


def _inside(path: str, above: str) -> bool:
    return bool(above) and (path == above or path.startswith(f"{above}/"))


def _patterns(lines: tuple[str, ...]) -> Ignores:
    return Ignores.of({NAME: "\n".join(lines).encode()}, {})


def _words(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _table(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        inner = data.get(key)
        data = inner if isinstance(inner, dict) else {}
    return data
