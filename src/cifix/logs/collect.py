"""Finding the logs in what a user hands over: a file, a folder, a zip archive, or standard input."""

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from cifix.errors import UsageError

_NUMBERED = re.compile(r"(?P<number>-?\d+)_(?P<name>.+)\.txt$", re.DOTALL)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
EXPANDED = 2 << 30
"""Bytes that the members of an archive may have when unpacked; the logs of a run are never that long."""

_PLAIN = 256 << 20
_RATIO = 200
"""How much an archive of more than `_PLAIN` bytes may shrink its logs; text of programs shrinks to a tenth or less."""

MEMBERS = 50_000
"""Logs that an archive or a folder may hold: one for each step of a thousand jobs."""
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)
_UNREADABLE = (*_DAMAGED, NotImplementedError, RuntimeError, ValueError, struct.error)


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
        files = (path for path in place.rglob("*") if path.suffix in (".txt", ".log") and _plain(path))
        found = [(path.relative_to(place).as_posix(), _opened(path)) for path in files]
        return _sorted(str(place), found)
    if not place.exists():
        raise UsageError(f"{place} does not exist; name a log file, a folder of logs, or the zip archive of a run")
    with place.open("rb") as stream:
        zipped = stream.read(4) in _ZIP
    return _sorted(str(place), list(_members(place))) if zipped else [Log(str(place), "", "", _opened(place))]


def _plain(path: Path) -> bool:
    """Whether it is a file of its own: a link may lead to what was never a log."""
    return path.is_file() and not path.is_symlink()


def _opened(path: Path) -> Callable[[], AbstractContextManager[BinaryIO]]:
    return lambda: path.open("rb")


def _members(place: Path) -> Iterator[tuple[str, Callable[[], AbstractContextManager[BinaryIO]]]]:
    try:
        archive = zipfile.ZipFile(place)
    except _UNREADABLE as why:
        raise UsageError(f"{place} is a damaged archive ({why}); download it again") from why
    members = [member for member in archive.infolist() if member.filename.endswith((".txt", ".log"))]
    size = sum(member.file_size for member in members)
    if size > EXPANDED or size > max(_PLAIN, _RATIO * place.stat().st_size):
        raise UsageError(f"{place} unpacks to {size} bytes; that is no archive of logs")
    for member in members:
        if member.flag_bits & 1:
            raise UsageError(f"{place}: {member.filename} is encrypted; unpack the archive first")
        yield member.filename, _Member(place, archive, member)


@dataclass(frozen=True, slots=True)
class _Member:
    """Opens one member of an archive, which all its members share: to read its list takes as long as the list."""

    place: Path
    archive: zipfile.ZipFile
    member: zipfile.ZipInfo

    @contextmanager
    def __call__(self) -> Iterator[BinaryIO]:
        """Its bytes; what is wrong with an archive only shows while it is read."""
        try:
            stream = self.archive.open(self.member)
        except (*_UNREADABLE, OSError) as why:
            raise UsageError(self._complaint(why)) from why
        try:
            with stream:
                yield cast("BinaryIO", stream)
        except _DAMAGED as why:
            raise UsageError(self._complaint(why)) from why

    def _complaint(self, why: BaseException) -> str:
        return f"{self.place}: {self.member.filename} is damaged ({why}); download the archive again"


def _sorted(place: str, found: list[tuple[str, Callable[[], AbstractContextManager[BinaryIO]]]]) -> list[Log]:
    if len(found) > MEMBERS:
        raise UsageError(f"{place} holds {len(found):,} logs; cifix reads up to {MEMBERS:,} of a run")
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
