"""Reports of earlier runs, for as long as nothing that they depend on has changed."""

import json
import os
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import NamedTemporaryFile

import cifix
from cifix.errors import Exit
from cifix.report.text import Line
from cifix.vcs.repository import Repository
from cifix.vcs.state import SETTLED, State

KEPT = 100
"""Reports that stay; the ones unused for longest go first."""

LARGEST = 16 * 1024 * 1024
"""Bytes above which a report is not worth keeping."""


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report: lines with their styles, or a document; and the exit code of the run."""

    lines: tuple[Line, ...]
    document: bytes | None
    exit: int


def remembered(repository: Repository, rev: str, asked: object, made: Callable[[], Report]) -> Report:
    """The report for `asked` on a repository in the state it is in, from an earlier run or else `made` now.

    Nothing is kept of a run in which something broke, while files are so new that another change to them might not
    show, where plugins take part, or where the folder could be written by somebody else. `asked` must show in its
    `repr` all that the report depends on.
    """
    folder = _folder()
    if folder is None or entry_points(group="cifix.rules"):
        return made()
    state = State(repository, rev)
    name = sha256("\0".join((_program(), sys.version, state.digest, repr(asked))).encode()).hexdigest()
    known = _read(folder / f"{name}.json")
    if known is not None:
        return known
    report = made()
    after = State(repository, rev)
    whole = report.exit in (Exit.DONE, Exit.FOUND)
    if whole and after.digest == state.digest and after.newest + SETTLED < time.time_ns():
        _write(folder, f"{name}.json", report)
    return report


def _program() -> str:
    """The digest of everything that cifix is made of: rules, facts and all."""
    digest = sha256()
    package = Path(cifix.__file__).parent
    for path in sorted(package.rglob("*")):
        if path.suffix not in {".pyc", ""}:
            digest.update(f"{path.relative_to(package)}\0".encode())
            digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _folder() -> Path | None:
    """The user's own folder for reports, made if need be; None if it belongs to others or they may write to it."""
    home = os.environ.get("HOME")
    above = Path(os.environ.get("XDG_CACHE_HOME") or (Path(home) / ".cache" if home else ""))
    if not above.is_absolute():
        return None
    folder = above / "cifix"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        seen = folder.lstat()
    except OSError:
        return None
    own = not hasattr(os, "getuid") or (seen.st_uid == os.getuid() and not stat.S_IMODE(seen.st_mode) & 0o077)
    return folder if own and stat.S_ISDIR(seen.st_mode) else None


def _read(file: Path) -> Report | None:
    """A kept report; None if there is none, or if it is not whole."""
    try:
        check, _, body = file.read_text("ascii").partition("\n")
        if check != sha256(body.encode()).hexdigest():
            return None
        lines, document, code = json.loads(body)
        file.touch()
    except (OSError, ValueError):
        return None
    told = tuple(Line(data.encode("latin-1"), style) for data, style in lines)
    return Report(told, None if document is None else document.encode("latin-1"), code)


def _write(folder: Path, name: str, report: Report) -> None:
    """Keep a report, and not too many; a full disk is no reason to fail."""
    lines = [(line.data.decode("latin-1"), line.style) for line in report.lines]
    document = None if report.document is None else report.document.decode("latin-1")
    body = json.dumps([lines, document, report.exit])
    if len(body) > LARGEST:
        return
    with suppress(OSError):
        with NamedTemporaryFile("w", encoding="ascii", dir=folder, prefix="new-", delete=False) as file:
            file.write(f"{sha256(body.encode()).hexdigest()}\n{body}")
        os.replace(file.name, folder / name)  # noqa: PTH105 - one step, whoever reads
        kept = sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime_ns, reverse=True)
        for old in kept[KEPT:]:
            old.unlink()
