"""A finding as every report tells it: how grave it is, and what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cifix.engine.plan import Placed
from cifix.model.finding import Refusal
from cifix.report.outcome import Outcome


class Level(StrEnum):
    """How grave a finding is now; the words are those of SARIF."""

    ERROR = "error"
    """A cause of red CI for which a proven fix is ready."""
    WARNING = "warning"
    """Something that a person has to decide."""
    NOTE = "note"
    """Fixed by this run."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding and its ending in words: `state` of `key`, such as `fixable` of `safe`, and the `answer`.

    `key` is the safety level of the fix or the key of the refusal; `answer` the title of the fix or the
    detail of the refusal.
    """

    placed: Placed
    level: Level
    state: str
    key: str
    answer: str

    @property
    def rule(self) -> str:
        """The id of the rule."""
        return self.placed.finding.rule

    @property
    def path(self) -> str:
        """The file, relative to the root of the repository, as it is named there."""
        return self.placed.finding.path

    @property
    def place(self) -> str:
        """Path, line and column."""
        return f"{self.path}:{self.placed.line}:{self.placed.column}"

    @property
    def message(self) -> str:
        """What the rule says."""
        return self.placed.finding.message

    @property
    def title(self) -> str:
        """Rule, state and key in one phrase."""
        return f"{self.rule}: {self.state} ({self.key})"

    @property
    def ending(self) -> str:
        """State, key and answer in one sentence."""
        return f"{self.state} ({self.key}): {self.answer}"


def entries(outcome: Outcome) -> Iterator[Entry]:
    """Every finding of a run, those with a fix first."""
    for placed, in_patch in outcome.findings:
        yield _entry(placed, in_patch=in_patch, written=outcome.written)


def _entry(placed: Placed, *, in_patch: bool, written: bool) -> Entry:
    ending = placed.finding.outcome
    if isinstance(ending, Refusal):
        return Entry(placed, Level.WARNING, "left for a person", ending.key, ending.detail)
    if not in_patch:
        return Entry(placed, Level.WARNING, "held back", ending.safety.word, ending.title)
    level, state = (Level.NOTE, "fixed") if written else (Level.ERROR, "fixable")
    return Entry(placed, level, state, ending.safety.word, ending.title)
