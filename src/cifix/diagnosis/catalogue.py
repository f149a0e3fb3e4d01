"""What may lie behind each fact, from `causes.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Verdict(StrEnum):
    """How sure a cause is, and whose business it is."""

    CONFIRMED = "confirmed"
    """The checkout shows it: a rule found the very thing that the log names."""
    LIKELY = "likely"
    """The checkout shows something that explains it."""
    UNCONFIRMED = "unconfirmed"
    """The log says so, and nothing in the checkout speaks for or against it."""
    NOT_MECHANICAL = "not mechanical"
    """A person must think: cifix has no fix for it and never will."""
    RETRY = "infrastructure: retry"
    """Nothing in the repository is wrong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Rules that may know a cause, and what their findings must speak of: templates of a kind and a value."""

    rules: tuple[str, ...]
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the cause behind one fact; `title` and `advice` are templates over the fact's values.

    `context` names the fact that lends it values, `beside` those that it is a mere consequence of, and `many` tells
    that however many facts of this kind with one title are one cause. A step that `stops` with it runs no test.
    """

    title: str
    answers: tuple[Answer, ...]
    otherwise: Verdict
    advice: str
    context: str | None = None
    beside: frozenset[str] = frozenset()
    many: bool = False
    stops: bool = False


@cache
def catalogue() -> Mapping[str, Known]:
    """What is known, by the name of the fact."""
    told = tomllib.loads((files("cifix.diagnosis") / "causes.toml").read_text("utf-8"))
    return {
        name: Known(
            entry["title"],
            tuple(Answer(tuple(one["rules"]), tuple(one.get("about", ()))) for one in entry.get("answers", ())),
            Verdict(entry["otherwise"]),
            entry["advice"],
            entry.get("context"),
            frozenset(entry.get("beside", ())),
            entry.get("many", False),
            entry.get("stops", False),
        )
        for name, entry in told.items()
        if name != "checked"
    }
