"""Temporary folders; what a killed run could not remove, the next one does."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from cifix.vcs.claim import claim

_OURS = "cifix-run-"


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder, without a link in its path, that is removed at the end."""
    _sweep(gettempdir())
    with ExitStack() as stack:
        while True:
            made = TemporaryDirectory(prefix=_OURS, ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(made)).resolve()
            with suppress(FileNotFoundError):
                if stack.enter_context(claim(folder)):
                    break  # else another run has swept it away before it was claimed
        (folder / "work").mkdir()
        yield folder / "work"


@cache
def _sweep(place: str) -> None:
    """Remove our user's folders that no process claims; once in a process."""
    if sys.platform == "win32":
        return
    with suppress(OSError), os.scandir(place) as found:
        for entry in [entry for entry in found if entry.name.startswith(_OURS)]:
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
                    with claim(Path(entry.path)) as unclaimed:
                        if unclaimed:
                            shutil.rmtree(entry.path, ignore_errors=True)
