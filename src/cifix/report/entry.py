"""A finding as every report tells it: how grave it is, and what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cifix.engine.plan import Placed
from cifix.model.finding import ALREADY, Refusal, Safety
from cifix.report.outcome import Outcome

FIXED, FIXABLE, HELD, LEFT = "fixed", "fixable", "held back", "left for a person"
NEVER = "shown, never applied"
SHOWS = "cifix shows this fix and never writes it"


class Severity(StrEnum):
    """How grave a finding is on the day of the report; the words are those of workflow commands."""

    ERROR = "error"
    """The run fails for it."""
    WARNING = "warning"
    """The run will fail for it, from a day that is known."""
    NOTICE = "notice"
    """The run does not fail for this alone, or nobody can know."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding and its ending in words: `state` of `key`, such as `fixable` of `safe`, and the `answer`.

    `key` is the safety level of the fix or the key of the refusal; `answer` the title of the fix or the
    detail of the refusal.
    """

    placed: Placed
    severity: Severity
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
    def left(self) -> bool:
        """Whether no fix of this run is for it."""
        return self.state in {LEFT, HELD}

    @property
    def answered(self) -> str:
        """The answer, and for a fix that this run does not apply, why."""
        if self.state != HELD:
            return self.answer
        return f"{NEVER if self.shown else 'held back by the safety floor'}: {self.answer}"

    @property
    def shown(self) -> bool:
        """Whether it ends in a fix that no run applies."""
        return self.state == HELD and self.key == Safety.SHOWN.word

    @property
    def level(self) -> Severity:
        """How loudly to tell it: what this run fixed is no more than a notice."""
        return Severity.NOTICE if self.state == FIXED else self.severity

    @property
    def grave(self) -> str:
        """The severity, and the day if it lies ahead."""
        ahead = self.severity is Severity.WARNING
        return f"{self.severity} (error from {self.placed.finding.red_from})" if ahead else self.severity.value

    @property
    def words(self) -> str:
        """Message and ending on a line each, and the day from which the run fails if that lies ahead."""
        ahead = self.severity is Severity.WARNING
        day = f"\nThe run fails for it from {self.placed.finding.red_from} on." if ahead else ""
        return f"{self.message}\n{self.ending}{day}"

    @property
    def title(self) -> str:
        """Rule and fate in one phrase."""
        return f"{self.rule}: {self.fate}"

    @property
    def fate(self) -> str:
        """State and key, such as `fixable (safe)`; or that no run ever applies the fix."""
        return NEVER if self.shown else f"{self.state} ({self.key})"

    @property
    def ending(self) -> str:
        """Fate and answer in one sentence."""
        return f"{SHOWS if self.shown else self.fate}: {self.answer}"


def entries(outcome: Outcome) -> Iterator[Entry]:
    """Every finding of a run, those with a fix first."""
    for placed, in_patch in outcome.findings:
        yield entry(placed, outcome, in_patch=in_patch)


def entry(placed: Placed, outcome: Outcome, *, in_patch: bool) -> Entry:
    """One finding of a run; `in_patch` says that its fix is among the patches."""
    ending, grave = placed.finding.outcome, severity(placed.finding.red_from, outcome.today)
    if isinstance(ending, Refusal):
        return Entry(placed, grave, LEFT, ending.key, ending.detail)
    state = (FIXED if outcome.written else FIXABLE) if in_patch else HELD
    return Entry(placed, grave, state, ending.safety.word, ending.title)


def day(red_from: date | None) -> str | None:
    """The first red day for programs: `always` where there is none to tell."""
    if red_from is None:
        return None
    return "always" if red_from == ALREADY else red_from.isoformat()


def severity(red_from: date | None, today: date) -> Severity:
    """How grave something is on the day `today` that makes runs fail from the day `red_from`."""
    if red_from is None:
        return Severity.NOTICE
    return Severity.ERROR if red_from <= today else Severity.WARNING
