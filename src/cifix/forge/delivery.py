"""What became of one branch and its request: the record, and its reports."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any

from cifix import __version__
from cifix.errors import Exit
from cifix.forge.request import Request, Runs
from cifix.report import machine, markdown, text
from cifix.report.characters import legible, single_line
from cifix.report.markup import inline
from cifix.report.outcome import Outcome
from cifix.report.summary import counted
from cifix.report.text import Line

SCHEMA_VERSION = 1
"""Raised when a field is removed or changes its meaning; new fields may come at any time."""

_RUNS = {
    Runs.START: "CI runs start by themselves.",
    Runs.WAIT: "CI runs wait: the token is that of Actions, so somebody with write access must approve them first.",
    Runs.NONE: "No CI run starts by itself: a token of an App or a person would start some.",
    Runs.UNKNOWN: "",
}


class State(StrEnum):
    """How a delivery ended."""

    NOTHING = "nothing-to-do"
    OPENED = "opened"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DECLINED = "declined"
    """A person has closed the request for this very plan."""
    HELD = "held"
    """A person must do something first; `reason` says what."""
    WOULD_OPEN = "would-open"
    WOULD_UPDATE = "would-update"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One branch, the run that made it, and its request.

    `reason` says why it is held, with a key for machines in `held`, or what the request still lacks.
    """

    state: State
    branch: str
    base: str
    outcome: Outcome
    request: Request | None = None
    runs: Runs | None = None
    held: str = ""
    reason: str = ""

    @property
    def exit(self) -> Exit:
        """The exit code: crash, failed proof, held, then that of the run."""
        if self.outcome.exit in (Exit.CRASHED, Exit.UNPROVEN):
            return self.outcome.exit
        if self.state is State.HELD or self.reason:
            return Exit.HELD
        return Exit.DONE if self.state is State.DECLINED else self.outcome.exit


def worst(deliveries: Iterable[Delivery]) -> Exit:
    """The exit code of all of them."""
    order = (Exit.CRASHED, Exit.UNPROVEN, Exit.HELD, Exit.REMAIN, Exit.FOUND, Exit.DONE)
    codes = [one.exit for one in deliveries]
    return min(codes, key=order.index, default=Exit.DONE)


def lines(deliveries: Sequence[Delivery]) -> Iterator[Line]:
    """The report for people."""
    for one in deliveries:
        yield from text.lines(one.outcome)
        yield from (Line(single_line(legible(sentence)).encode(), "bold") for sentence in sentences(one))


def sentences(one: Delivery) -> Iterator[str]:
    """What became of the branch and the request."""
    place = f"{one.request.url}" if one.request is not None else ""
    if one.state is State.NOTHING and one.request is not None:
        yield f"Nothing is left to fix on {one.base}, so request {place} can be closed."
    elif one.state is State.HELD:
        yield f"Held ({one.held}): {one.reason}"
        yield from [f"The request stays as it is: {place}"] if place else []
    elif one.state is State.DECLINED:
        yield f"Turned down: {place} was closed without a merge, so nothing was pushed; a new plan gets a new request."
    elif one.state is not State.NOTHING:
        yield f"Request {one.state.replace('-', ' ')}: {place or f'{one.branch} into {one.base}'}"
        yield from [f"It lacks labels or reviewers: {one.reason}"] if one.reason else []
    if one.runs is not None and one.state in (State.OPENED, State.UPDATED):
        yield _RUNS[one.runs]


def document(deliveries: Sequence[Delivery]) -> str:
    """The report as JSON text, with the report of each run inside."""
    told = {
        "schema_version": SCHEMA_VERSION,
        "cifix_version": __version__,
        "deliveries": [_delivery(one) for one in deliveries],
        "exit_code": int(worst(deliveries)),
    }
    return json.dumps(told, indent=2) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every document fulfils."""
    loaded: dict[str, Any] = json.loads(files("cifix.forge").joinpath("schema.json").read_text("utf-8"))
    return loaded


def summary(deliveries: Sequence[Delivery]) -> str:
    """Markdown for the summary of a step."""
    parts = []
    for one in deliveries:
        told = "".join(f"- {inline(sentence)}\n" for sentence in sentences(one))
        parts.append(f"{told}\n{markdown.document(one.outcome, markdown.LIMIT // max(len(deliveries), 1))}")
    return "\n".join(parts) or f"{counted(0, 'request')}\n"


def _delivery(one: Delivery) -> dict[str, Any]:
    request = one.request
    return {
        "state": one.state,
        "held": one.held or None,
        "reason": legible(one.reason) or None,
        "branch": one.branch,
        "base": one.base,
        "commits": list(one.outcome.commits),
        "request": {"number": request.number, "url": request.url, "title": request.title} if request else None,
        "runs": one.runs,
        "report": json.loads(machine.document(one.outcome)),
    }
