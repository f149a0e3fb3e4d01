"""Finding the logs in what a user hands over: a file, a folder, a zip archive, or standard input."""

import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from cifix.errors import UsageError

_NUMBERED = re.compile(r"(?P<number>-?\d+)_(?P<name>.+)\.txt$", re.DOTALL)
_ZIP = b"PK\x03\x04"
_EXPANDED = 2 << 30
"""Bytes that one member of an archive may have when unpacked; a log is never that long."""


@dataclass(frozen=True, slots=True)
class Log:
    """One log: where it is (`name`), the job and the step it belongs to if its place says so, and how to open it."""

    name: str
    job: str
    step: str
    open: Callable[[], AbstractContextManager[BinaryIO]]


def collect(place: Path) -> list[Log]:
    """The logs at `place`, a file, a folder or an archive with one file a step or one a job, in order of the run.

    Where an archive has both, the whole log of a job is left out in favour of those of its steps. Raises `UsageError`
    if nothing that could be a log is there, and `OSError` if it cannot be read.
    """
    if place.is_dir():
        files = (path for path in place.rglob("*") if path.is_file() and path.suffix in (".txt", ".log"))
        found = [(path.relative_to(place).as_posix(), _opened(path)) for path in files]
        return _sorted(str(place), found)
    if not place.exists():
        raise UsageError(f"{place} does not exist; name a log file, a folder of logs, or the zip archive of a run")
    with place.open("rb") as stream:
        zipped = stream.read(4) == _ZIP
    return _sorted(str(place), list(_members(place))) if zipped else [Log(str(place), "", "", _opened(place))]


def _opened(path: Path) -> Callable[[], AbstractContextManager[BinaryIO]]:
    return lambda: path.open("rb")


def _members(place: Path) -> Iterator[tuple[str, Callable[[], AbstractContextManager[BinaryIO]]]]:
    try:
        with zipfile.ZipFile(place) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith((".txt", ".log"))]
    except (zipfile.BadZipFile, NotImplementedError) as why:
        raise UsageError(f"{place} is a damaged archive ({why}); download it again") from why
    for member in members:
        if member.file_size > _EXPANDED:
            raise UsageError(f"{place}: {member.filename} unpacks to {member.file_size} bytes; that is not a log")
        if member.flag_bits & 1:
            raise UsageError(f"{place}: {member.filename} is encrypted; unpack the archive first")
        yield member.filename, _Member(place, member.filename)


@dataclass(frozen=True, slots=True)
class _Member:
    """Opens one member of an archive."""

    place: Path
    name: str

    def __call__(self) -> "_Opened":
        return _Opened(self)


class _Opened(AbstractContextManager[BinaryIO]):
    """A member of an archive while it is read; the archive closes with it."""

    def __init__(self, member: _Member) -> None:
        self._archive = zipfile.ZipFile(member.place)
        self._stream = self._archive.open(member.name)

    def __enter__(self) -> BinaryIO:
        return self._stream  # type: ignore[return-value]

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._archive.close()


def _sorted(place: str, found: list[tuple[str, Callable[[], AbstractContextManager[BinaryIO]]]]) -> list[Log]:
    if not found:
        raise UsageError(f"{place} holds no .txt or .log file; name a log file, a folder of logs, or a run's archive")
    logs = [_log(f"{place}/{name}", PurePosixPath(name), opened) for name, opened in sorted(found, key=_order)]
    stepped = {log.job for log in logs if log.step and log.step != "system"}
    return [log for log in logs if (log.step != "system" and (log.step or log.job not in stepped))]


def _order(entry: tuple[str, object]) -> tuple[tuple[int, str], ...]:
    return tuple(_key(part) for part in PurePosixPath(entry[0]).parts)


def _key(part: str) -> tuple[int, str]:
    match = _NUMBERED.match(part)
    return (int(match["number"]), part) if match else (0, part)


def _log(name: str, inner: PurePosixPath, opened: Callable[[], AbstractContextManager[BinaryIO]]) -> Log:
    """A file in a folder is one step of the job that the folder is named after; one at the top is a whole job."""
    match = _NUMBERED.match(inner.name)
    title = match["name"] if match else inner.stem
    if len(inner.parts) == 1:
        return Log(name, title, "", opened)
    return Log(name, inner.parent.name, title if match or title == "system" else "", opened)
