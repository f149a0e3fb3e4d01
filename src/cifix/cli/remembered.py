"""Reports of earlier runs, for as long as nothing that they depend on has changed."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points

from cifix.cli.cache import Cache
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
    cache = Cache.of("reports", KEPT)
    if cache is None or entry_points(group="cifix.rules"):
        return made()
    state = State(repository, rev)
    key = state.digest, repr(asked)
    known = cache.read(*key)
    if known is not None:
        return _read(known)
    report = made()
    after = State(repository, rev)
    whole = report.exit in (Exit.DONE, Exit.FOUND)
    data = _written(report)
    settled = after.digest == state.digest and after.newest + SETTLED < time.time_ns()
    if whole and settled and len(data) <= LARGEST:
        cache.write(data, *key)
    return report


def _read(data: bytes) -> Report:
    lines, document, code = json.loads(data)
    told = tuple(Line(text.encode("latin-1"), style) for text, style in lines)
    return Report(told, None if document is None else document.encode("latin-1"), code)


def _written(report: Report) -> bytes:
    lines = [(line.data.decode("latin-1"), line.style) for line in report.lines]
    document = None if report.document is None else report.document.decode("latin-1")
    return json.dumps([lines, document, report.exit]).encode()
