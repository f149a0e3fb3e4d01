"""Folders that belong to one process: the system takes the claim away with the process, however that ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NAME = "claim"


@contextmanager
def claim(folder: Path) -> Iterator[bool]:
    """Whether the folder is ours alone meanwhile: no other process claims it, and it has not been removed.

    It holds a file for that. Raises `OSError` where that cannot be made or locked. Without such locks in the system,
    as on Windows, every claim is granted.
    """
    if sys.platform == "win32":
        yield folder.is_dir()
        return
    import fcntl  # noqa: PLC0415 - Windows has none

    handle = os.open(folder / _NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield _still(folder / _NAME, handle)
    finally:
        os.close(handle)


def _still(file: Path, handle: int) -> bool:
    try:
        return os.path.samestat(os.lstat(file), os.fstat(handle))
    except FileNotFoundError:
        return False
