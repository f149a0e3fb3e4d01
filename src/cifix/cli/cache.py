"""The user's cache folder: files that nobody else can write, and that this very program wrote, whole."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

import cifix

LARGEST = 256 * 1024 * 1024
"""Bytes above which nothing is kept."""


class Cache:
    """Kept bytes by name, at most `kept` of them: the ones unused for longest go first. It is safe to delete."""

    def __init__(self, folder: Path, kept: int) -> None:
        self._folder = folder
        self._kept = kept

    @classmethod
    def of(cls, kind: str, kept: int) -> "Cache | None":
        """The cache for one kind of thing, made if need be; None if it belongs to others or they may write to it."""
        home = os.environ.get("HOME")
        above = Path(os.environ.get("XDG_CACHE_HOME") or (Path(home) / ".cache" if home else ""))
        if not above.is_absolute():
            return None
        own = all(_private(folder) for folder in (above / "cifix", above / "cifix" / kind))
        return cls(above / "cifix" / kind, kept) if own else None

    def read(self, *key: str) -> bytes | None:
        """What was kept under a key by this very program; None if there is nothing, or it is not whole."""
        file = self._file(key)
        try:
            data = file.read_bytes()
            file.touch()
        except OSError:
            return None
        check, body = data[:32], data[32:]
        return body if check == sha256(body).digest() else None

    def write(self, data: bytes, *key: str) -> None:
        """Keep something, and not too much; a full disk is no reason to fail."""
        if len(data) > LARGEST:
            return
        with suppress(OSError):
            with NamedTemporaryFile(dir=self._folder, prefix="new-", delete=False) as file:
                file.write(sha256(data).digest() + data)
            os.replace(file.name, self._file(key))  # noqa: PTH105 - one step, whoever reads
            for old in sorted(self._folder.iterdir(), key=lambda one: one.stat().st_mtime_ns)[: -self._kept]:
                old.unlink()

    def _file(self, key: tuple[str, ...]) -> Path:
        words = (*_program(), sys.version, *key)
        return self._folder / sha256("\0".join(words).encode("utf-8", "surrogateescape")).hexdigest()


def _private(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        seen = folder.lstat()
    except OSError:
        return False
    own = not hasattr(os, "getuid") or (seen.st_uid == os.getuid() and not stat.S_IMODE(seen.st_mode) & 0o077)
    return own and stat.S_ISDIR(seen.st_mode)


def _program() -> Iterator[str]:
    """What tells this cifix from any other: where its files lie, rules, facts and all, and when they were written."""
    waiting = [str(Path(cifix.__file__).parent)]
    while waiting:
        for entry in sorted(os.scandir(waiting.pop()), key=lambda one: one.name):
            if entry.is_dir(follow_symlinks=False):
                waiting += [entry.path] if entry.name != "__pycache__" else []
            else:
                seen = entry.stat()
                yield f"{entry.path} {seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns} {seen.st_ino}"
