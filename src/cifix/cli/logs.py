"""The logs that a user names on the command line."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from cifix.errors import UsageError
from cifix.logs.collect import Log, collect
from cifix.logs.download import download
from cifix.logs.facts import Failure
from cifix.logs.keylines import KeyLine, key_lines, known

STDIN = Path("-")

_CHUNK = 1 << 20
LIMIT = 2 << 30
"""Bytes of standard input that are kept while they are read; the log of a run is never that long."""


def named(places: Iterable[Path], run: str | None, folder: Path) -> Iterator[Log]:
    """The logs at `places` and those of a run, which gh downloads into `folder`; standard input is kept there too."""
    if run is not None:
        yield from (replace(log, name=f"run {run}") for log in collect(download(run, folder)))
    for place in places:
        yield from collect(place) if place != STDIN else _standard_input(folder)


def compared(red: Iterable[Log], baseline: Sequence[Path], found: Iterable[Failure]) -> list[KeyLine] | None:
    """The lines of red logs, in which these failures were found, that the green logs do not have; None without any."""
    green = [log for place in baseline for log in collect(place)]
    return key_lines(red, known(green), failed=[one.step for one in found]) if green else None


def _standard_input(folder: Path) -> Iterator[Log]:
    """It is read more than once, so it goes into a file."""
    kept = folder / "standard-input.log"
    if not kept.exists():
        with kept.open("wb") as stream:
            while chunk := sys.stdin.buffer.read(_CHUNK):
                if stream.tell() > LIMIT:
                    raise UsageError("standard input does not end; name the file of the log")
                stream.write(chunk)
    yield from (replace(log, name="standard input") for log in collect(kept))
