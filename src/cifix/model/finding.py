"""What a rule found at one place, and its ending: a fix, or a named reason why not."""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from cifix.model.change import Change
from cifix.model.expect import Expect

ALREADY = date.min
"""The `red_from` of what has always failed, or for so long that nobody needs the day."""


class Safety(IntEnum):
    """How much a person must look at a fix; the user sets the floor below which none is applied."""

    SHOWN = 0
    """Printed for a person to judge, never applied."""
    REVIEW = 1
    """Applied on the branch when the user allows it: read it before you merge."""
    SAFE = 2
    """Keeps behaviour, and that is proven: merge without worry."""

    @property
    def word(self) -> str:
        """The level as users write it: `shown`, `review` or `safe`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Fix:
    """A set of changes, done whole or not at all; `title` is an imperative sentence without a full stop.

    `expects` says what the changes mean to the data; whatever they do beyond that fails verification.
    """

    title: str
    safety: Safety
    changes: tuple[Change, ...]
    expects: tuple[Expect, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a finding is left to a person: a `key` that the rule declares, and the `detail` of this case."""

    key: str
    detail: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One place (`start:end`, half-open characters of the file at `path`) where `rule` sees a cause of red CI.

    Several findings may share one `Fix`: then it is done for all of them or for none. `red_from` is the first day
    on which the run fails for this, `ALREADY` if there is none to tell; None if it does not fail for this alone,
    or if nobody can know. How grave the finding is follows from it and from the day of the report. `about` holds what
    the log of a run that fails for this would name: a path, a tool, an action with its version, a label.
    """

    rule: str
    path: str
    start: int
    end: int
    message: str
    outcome: Fix | Refusal
    red_from: date | None = None
    about: tuple[str, ...] = ()
