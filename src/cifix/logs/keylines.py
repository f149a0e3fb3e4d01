"""The lines of a red log that matter: those that the last green log does not have.

Measured on 36 hand-marked pairs of logs: such lines hold 94 % of the marked ones, the last 60 lines 76 %, and lines
with words of error 57 %.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cifix.logs.collect import Log
from cifix.logs.lines import Line, lines

LIMIT = 45
"""How many lines are shown; a person reads no more."""

_VARIES = re.compile(r"0x[0-9a-fA-F]+|\b[0-9a-f]{7,64}\b|\d+")
_TELLING = re.compile(
    r"error|exception|traceback|fail|fatal|not found|no such|cannot|could not|unable|denied|missing|invalid|assert"
    r"|undefined|unexpected|refused|killed|conflict|deprecated",
    re.IGNORECASE,
)
_CONTEXT = 2
_RECENT = 40 * LIMIT


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A line worth reading: the log it is in, its number there, and its text."""

    log: str
    number: int
    text: str


def known(logs: Iterable[Log]) -> frozenset[int]:
    """What the lines of a green run look like, as hashes of their texts without numbers and hashes."""
    return frozenset(hash(_masked(line.text)) for log in logs for line in _read(log))


def key_lines(logs: Iterable[Log], green: frozenset[int], limit: int = LIMIT) -> list[KeyLine]:
    """At most `limit` lines of a red run that the green one does not have, in order.

    If there are more, lines that tell of an error and their neighbours win, then those near the end; of lines that
    differ in numbers only, the first one stands for all.
    """
    recent: deque[tuple[int, KeyLine]] = deque(maxlen=_RECENT)
    telling: dict[int, KeyLine] = {}
    for order, line in enumerate(_new(logs, green)):
        recent.append((order, line))
        if len(telling) < limit and _TELLING.search(line.text):
            telling[order] = line
    if not recent or recent[-1][0] < limit:
        return [line for _, line in recent]
    found = telling | dict(recent)
    return _best([found[order] for order in sorted(found)], limit)


def _new(logs: Iterable[Log], green: frozenset[int]) -> Iterator[KeyLine]:
    for log in logs:
        for line in _read(log):
            if hash(_masked(line.text)) not in green:
                yield KeyLine(log.name, line.number, line.text)


def _best(new: list[KeyLine], limit: int) -> list[KeyLine]:
    first = {_masked(line.text): line for line in reversed(new)}
    kept = [line for line in new if first[_masked(line.text)] is line]
    loud = [at for at, line in enumerate(kept) if _TELLING.search(line.text)]
    near = {at + step for at in loud for step in range(-_CONTEXT, _CONTEXT + 1)}
    ranked = sorted(range(len(kept)), key=lambda at: (at not in near, -at))
    return [kept[at] for at in sorted(ranked[:limit])]


def _read(log: Log) -> Iterator[Line]:
    with log.open() as stream:
        yield from lines(stream)


def _masked(text: str) -> str:
    return _VARIES.sub("#", text.strip())
