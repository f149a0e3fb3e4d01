"""Files that are there as a whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def write_whole(file: Path, data: bytes) -> None:
    """Give a file this content in one step, whoever reads it and whenever this process ends.

    What a process that died has left beside it is written over. Raises `OSError`, with the file as it was.
    """
    part = file.with_name(f"{file.name}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | NO_FOLLOW, 0o666), "wb") as opened:  # noqa: PTH123
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(file)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
