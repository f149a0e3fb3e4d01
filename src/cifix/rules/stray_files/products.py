"""Tracked files that tools write: byte code, compiled modules, caches, metadata of builds, leftovers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from cifix.formats.gitignore import literal_line
from cifix.model.finding import Safety
from cifix.model.snapshot import Snapshot
from cifix.rules.stray_files.versions import written_versions


class Kind(Enum):
    """What writes a file, in words for the user."""

    BYTE_CODE = "byte code, which Python writes anew"
    COMPILED = "a compiled module beside its source"
    CACHE = "what a tool keeps for its next run"
    DESKTOP = "what a file manager keeps"
    METADATA = "what an installation writes"
    REPORT = "what a coverage run writes"
    VERSION = "a version that each build writes"
    ASIDE = "put aside"


@dataclass(frozen=True, slots=True)
class Stray:
    """Tracked `paths` of one kind, the line of an ignore file for them, and how far one may go without a person.

    `folder` is the one that they are all that is tracked in, if there is one.
    """

    kind: Kind
    paths: tuple[str, ...]
    line: str
    safety: Safety
    folder: str = ""


_CACHES = re.compile(r"\.(pytest_cache|mypy_cache|ruff_cache|ipynb_checkpoints|tox|nox|pytype)")
_ASIDE = re.compile(r"\.(deleted?|trash|backup|bak|old)")
_DESKTOP = (".DS_Store", "Thumbs.db")
_SAMPLES = re.compile(r"(^|/)(\w*fixtures?|test_?data|data|resources|samples?|examples?|assets|snapshots?)/")
"""Folders whose files are input for tests, whatever they look like."""

_COMPILED = re.compile(r"(?P<stem>.*/[^/.]+|[^/.]+)(\.[\w-]+)*\.(so|pyd|dylib)")
_SOURCES = (".pyx", ".c", ".cc", ".cpp", ".cxx", ".rs", ".f90", ".py")
_MARKED = ((Kind.REPORT, re.compile("htmlcov"), "index.html"), (Kind.METADATA, re.compile(r".*\.egg-info"), "PKG-INFO"))
"""Folders that count only with a file of a certain name."""


def strays(snapshot: Snapshot) -> Iterator[Stray]:
    """The strays of a repository by kind and place; input for tests is not among them."""
    kept = [path for path in snapshot.paths if not _SAMPLES.search(path)]
    yield from _byte_code(kept, snapshot)
    for name in _DESKTOP:
        if found := tuple(path for path in kept if path.rpartition("/")[2] == name):
            yield Stray(Kind.DESKTOP, found, name, Safety.SAFE)
    yield from _folders(kept, Kind.CACHE, _CACHES, Safety.SAFE)
    yield from _folders(kept, Kind.ASIDE, _ASIDE, Safety.SHOWN)
    for kind, expression, mark in _MARKED:
        folders = _folders(kept, kind, expression, Safety.REVIEW)
        yield from (one for one in folders if f"{one.folder}/{mark}" in one.paths)
    if ".coverage" in snapshot:
        yield Stray(Kind.REPORT, (".coverage",), "/.coverage", Safety.SAFE)
    for path in kept:
        compiled = _COMPILED.fullmatch(path)
        if compiled and any(compiled["stem"] + ending in snapshot for ending in _SOURCES):
            yield Stray(Kind.COMPILED, (path,), literal_line(path), Safety.REVIEW)
    for path in written_versions(snapshot):
        yield Stray(Kind.VERSION, (path,), literal_line(path), Safety.REVIEW)


def _byte_code(kept: list[str], snapshot: Snapshot) -> Iterator[Stray]:
    found = [path for path in kept if path.endswith((".pyc", ".pyo")) and _recompiled(path, snapshot)]
    for line, inside in (("__pycache__/", True), ("*.py[co]", False)):
        if paths := tuple(path for path in found if ("__pycache__" in path.split("/")) == inside):
            yield Stray(Kind.BYTE_CODE, paths, line, Safety.SAFE)


def _recompiled(path: str, snapshot: Snapshot) -> bool:
    """Whether Python does not load the file without its source, or has the source."""
    folder, _, name = path.rpartition("/")
    return folder.rpartition("/")[2] == "__pycache__" or f"{folder}/{name[:-1]}".lstrip("/") in snapshot


def _folders(paths: list[str], kind: Kind, expression: re.Pattern[str], safety: Safety) -> Iterator[Stray]:
    """The outermost folders whose name fits, each with all that is tracked below it."""
    found: dict[str, list[str]] = {}
    for path in paths:
        parts = path.split("/")
        at = next((index for index, name in enumerate(parts[:-1]) if expression.fullmatch(name)), None)
        if at is not None:
            found.setdefault("/".join(parts[: at + 1]), []).append(path)
    for folder, inside in found.items():
        yield Stray(kind, tuple(inside), f"{literal_line(folder)}/", safety, folder)
