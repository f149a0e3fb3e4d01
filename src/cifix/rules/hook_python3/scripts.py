"""The script that a hook runs: whether it is there, where it went, and whether it needs nothing but Python."""

import re
import sys
from collections.abc import Iterator, Mapping
from posixpath import normpath

from cifix.formats.python.imports import imports
from cifix.formats.python.project import project_of
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

NEWER: Mapping[str, tuple[int, int]] = {
    "graphlib": (3, 9),
    "zoneinfo": (3, 9),
    "tomllib": (3, 11),
    "annotationlib": (3, 14),
    "compression": (3, 14),
}
"""Modules of the standard library by the Python that first had them."""

GONE = frozenset(
    {
        "aifc",
        "asynchat",
        "asyncore",
        "audioop",
        "binhex",
        "cgi",
        "cgitb",
        "chunk",
        "crypt",
        "distutils",
        "formatter",
        "imghdr",
        "imp",
        "lib2to3",
        "mailcap",
        "msilib",
        "nis",
        "nntplib",
        "ossaudiodev",
        "parser",
        "pipes",
        "smtpd",
        "sndhdr",
        "spwd",
        "sunau",
        "symbol",
        "telnetlib",
        "uu",
        "xdrlib",
    }
)
"""Modules that some Python since 3.9 no longer has."""

_RUNS_OTHERS = re.compile(
    rb"sys\.executable|\bsubprocess\b|\bos\.(system|popen|exec|spawn|posix_spawn)|\brunpy\b|\bimportlib\b|__import__"
    rb"|\bpkgutil\b|VIRTUAL_ENV|\bsys\.prefix|\bshutil\.which|\bsite\b"
)
"""What depends on the environment that the interpreter belongs to."""

_ODD = re.compile(r"[$*?~{}<>|;&`\"'\\]|^/|^\.\.(/|$)|^-")
_DASHES = re.compile(r"[-_]+")


def tracked(name: str) -> str | None:
    """The path from the root that a word of an entry names; None if it is no plain path inside the repository."""
    return None if not name or _ODD.search(name) or normpath(name).startswith("..") else normpath(name)


def absent(snapshot: Snapshot, path: str) -> bool:
    """Whether no commit holds the file; symbolic links and submodules may stand for it."""
    parts = path.split("/")
    above = {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return path not in snapshot and path not in snapshot.folders and snapshot.links.isdisjoint(above)


def moved(snapshot: Snapshot, path: str) -> str | None:
    """Where the file is now: as git tells, or the only file that is named alike."""
    now = snapshot.history.moved.get(path)
    if now is not None and now in snapshot:
        return now
    alike = [other for other in snapshot.paths if _folded(other) == _folded(path)]
    return alike[0] if len(alike) == 1 else None


def self_contained(snapshot: Snapshot, path: str) -> bool:
    """Whether the script needs nothing but the standard library of every Python that the project supports."""
    if path not in snapshot or not path.endswith(".py"):
        return False
    try:
        data = snapshot.read(path)
        found = [*snapshot.derived(path, imports)]
    except Opaque:
        return False
    known = frozenset(_standard(project_of(snapshot, path).lowest))
    plain = all(not one.level and one.module.partition(".")[0] in known for one in found)
    return plain and _complete(data, len(found)) and not _RUNS_OTHERS.search(data)


def _complete(data: bytes, count: int) -> bool:
    """Whether the imports that were read are all there are: none of them stands in a file that cannot be parsed."""
    return bool(count) or b"import" not in data


def _standard(lowest: tuple[int, int]) -> Iterator[str]:
    yield from sys.stdlib_module_names - GONE - NEWER.keys()
    yield from (name for name, since in NEWER.items() if since <= lowest)


def _folded(path: str) -> str:
    return _DASHES.sub("-", path.rpartition("/")[2]).lower()
