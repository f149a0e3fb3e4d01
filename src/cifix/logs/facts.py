"""Lines of failing steps as typed facts: what was said, by which line, with which values."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal

from cifix.errors import UsageError
from cifix.logs.collect import Log
from cifix.logs.lines import Line
from cifix.logs.steps import Step, failed_steps

Kind = Literal["cause", "warning", "wrapper", "context"]

_KEPT = 200
"""Facts that are kept of one step: a log that says one thing ten thousand times says it once."""

STEPS, FACTS = 20_000, 50_000
"""Failed steps, and facts of all of them, that the logs of one run may hold; all are in memory together."""

_PIECE = 5
"""Characters of a needle that are looked for first."""

_WORDS = re.compile(r"[\w-]+")
_RULERS = frozenset({"---", "___", "==="})
_CAPTURED = re.compile(r"-{3,80} ?Captured \w+(?: \w+)? ?-{3,80}$")
_ASSERTED = re.compile(
    r"(?:E\s+)?(?:AssertionError\b|assert\s)|E\s+(?:[-+?\[{(]|where\s|and\s|Regex|Input|Actual|Expected)"
    r"|(?:FAILED|ERROR) \S+ - (?:assert\s|AssertionError\b)"
)
"""What tests compare."""


@dataclass(frozen=True)
class Signature:
    """One wording: the `fact` it states, the literal and the expression that know it, and who prints it."""

    fact: str
    needle: str
    pattern: re.Pattern[str]
    kind: Kind
    tool: str

    @cached_property
    def programs(self) -> frozenset[str]:
        """The words of who prints it."""
        return frozenset(_WORDS.findall(self.tool))

    def read(self, text: str) -> Iterator[dict[str, str]]:
        """The values a line states, by name, for each time it states the fact: runners glue messages together."""
        anchored = self.pattern.pattern.startswith("^")
        for match in filter(None, [self.pattern.match(text)]) if anchored else self.pattern.finditer(text):
            yield {name.rstrip("2"): value for name, value in match.groupdict().items() if value is not None}


@dataclass(frozen=True, slots=True)
class Fact:
    """What one line of a failing step states: `name` and `values`, the line's number, and the line itself."""

    name: str
    values: Mapping[str, str]
    kind: Kind
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that failed, and the facts that its lines state, the first line of each."""

    step: Step
    facts: tuple[Fact, ...] = field(default=())


@cache
def signatures() -> tuple[Signature, ...]:
    """Every wording that is known, from the files in `signatures/`."""
    return tuple(
        Signature(
            entry["fact"], entry["needle"], re.compile(entry["pattern"]), entry.get("class", "cause"), entry["tool"]
        )
        for sheet in sorted((files("cifix.logs") / "signatures").iterdir(), key=lambda sheet: sheet.name)
        if sheet.name.endswith(".toml")
        for entry in tomllib.loads(sheet.read_text("utf-8"))["signature"]
    )


def failures(logs: Iterable[Log]) -> Iterator[Failure]:
    """Every failed step of the logs with what its lines state; lines of steps that did not fail state nothing.

    What tests printed while pytest watched, and what an assertion compares, is about the tests and no fact either.
    Raises `UsageError` beyond `STEPS` and `FACTS`.
    """
    table = tuple(_probes(signatures()))
    told = 0
    for number, step in enumerate(failed_steps(logs, lambda step, line: _note(table, step, line)), 1):
        facts = tuple(note for note in step.notes if isinstance(note, Fact))
        told += len(facts)
        if number > STEPS or told > FACTS:
            raise UsageError(f"{step.log}: more than {STEPS:,} steps failed, or say {FACTS:,} things; name fewer logs")
        yield Failure(step, facts)


def quotes(text: str, *, before: bool) -> bool:
    """Whether a line belongs to what pytest has caught of the output of tests; `before` tells it of the last one."""
    return _CAPTURED.match(text) is not None if text[:3] in _RULERS else before


def _probes(left: Sequence[Signature]) -> Iterator[tuple[str, tuple[Signature, ...]]]:
    """Pieces of needles, each with the signatures whose needle holds it: most lines hold none of these few."""
    while left:
        pieces = Counter(piece for one in left for piece in _pieces(one.needle))
        probe = max(pieces, key=lambda piece: (pieces[piece], piece))
        yield probe, tuple(one for one in left if probe in one.needle)
        left = [one for one in left if probe not in one.needle]


def _pieces(needle: str) -> set[str]:
    return {needle[at : at + _PIECE] for at in range(max(1, len(needle) - _PIECE + 1))}


def _note(table: Iterable[tuple[str, Iterable[Signature]]], step: Step, line: Line) -> None:
    text = line.text
    step.quoting = quotes(text, before=step.quoting)
    if step.quoting:
        return
    step.words.take(line)
    for probe, some in table:
        if probe in text:
            for signature in some:
                if signature.needle in text:
                    _keep(signature, step, line)


def _keep(signature: Signature, step: Step, line: Line) -> None:
    if len(step.notes) >= _KEPT or (signature.fact != "test-failed" and _ASSERTED.match(line.text)):
        return
    kind = "cause" if signature.kind == "warning" and line.level == "error" else signature.kind
    if step.tolerated and kind == "cause" and step.tolerated & signature.programs:
        kind = "warning"
    for values in signature.read(line.text):
        fact = Fact(signature.fact, values, kind, line.number, line.text)
        if not any(_same(fact, note) for note in step.notes):
            step.notes.append(fact)


def _same(fact: Fact, note: object) -> bool:
    return isinstance(note, Fact) and (note.name, note.values) == (fact.name, fact.values)
