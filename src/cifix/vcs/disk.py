"""The one place that opens files of a work tree for reading: never through a symbolic link, never a device."""

import os
import stat
from pathlib import Path

from cifix.model.snapshot import EXECUTABLE, REGULAR
from cifix.model.text import Opaque
from cifix.vcs.batch import HUGE

SYMLINK = 0o120000
GITLINK = 0o160000


def stays_inside(path: str) -> bool:
    """Whether a path names something below the root of a tree, and nothing of git's own folder."""
    return not any(part in ("", ".", "..") or part.lower() == ".git" for part in path.split("/"))


class WorkTree:
    """The files below `root`, looked at without following links."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folders: dict[str, bool] = {"": True}

    def status(self, path: str) -> os.stat_result | None:
        """What `lstat` says of a path, or None if there is nothing."""
        try:
            return os.lstat(self.root / path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as why:
            raise Opaque(f"the file cannot be looked at: {why.strerror}") from why

    def inside(self, path: str) -> bool:
        """Whether every folder above `path` is a real folder and no symbolic link leads elsewhere."""
        folder = path.rpartition("/")[0]
        if folder not in self._folders:
            self._folders[folder] = self.inside(folder) and self._real(folder)
        return self._folders[folder]

    def read(self, path: str) -> bytes:
        """The raw bytes of a regular file; raises `Opaque` for anything else."""
        if not self.inside(path):
            raise Opaque("its folder is a symbolic link")
        status = self.status(path)
        if status is None or not stat.S_ISREG(status.st_mode):
            raise Opaque("it is gone" if status is None else "it is not a regular file")
        if status.st_size > HUGE:
            raise Opaque(f"the file has more than {HUGE:,} bytes")
        try:
            handle = os.open(self.root / path, os.O_RDONLY | _SAFELY)
        except OSError as why:
            raise Opaque(f"the file cannot be read: {why.strerror}") from why
        with open(handle, "rb") as file:  # noqa: PTH123 - it is open already
            return file.read()

    def _real(self, folder: str) -> bool:
        try:
            return stat.S_ISDIR(os.lstat(self.root / folder).st_mode)
        except OSError:
            return True


_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def mode_of(status: os.stat_result, known: int | None, *, trusted: bool) -> int:
    """The git mode of a file on disk; `trusted` is core.fileMode, `known` the mode in the index, if any."""
    if stat.S_ISLNK(status.st_mode):
        return SYMLINK
    if known is not None and (known == SYMLINK or not trusted):
        return known
    return EXECUTABLE if trusted and status.st_mode & stat.S_IXUSR else REGULAR
