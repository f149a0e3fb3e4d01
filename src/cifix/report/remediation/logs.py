"""What the logs of a red run say, as a part of the remediation plan: why the jobs are red, and what would be next."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cifix.report.characters import legible
from cifix.report.markup import code, fenced, inline
from cifix.report.remediation.document import Logs, Seen, Step
from cifix.report.summary import counted

SHOWN = 12
"""Lines of one cause, and findings to come, that are printed; the JSON form has all."""


def summary(logs: Logs) -> Iterator[str]:
    """Which jobs are red and why, in a few points for the executive summary."""
    if not logs.steps:
        yield "- Nothing failed in the logs."
        return
    yield f"- Red: {'; '.join(inline(step.name) for step in logs.steps[:SHOWN])}{_more(logs.steps)}."
    sure = [one for one in logs.causes if one.verdict == "confirmed"]
    yield f"- The logs tell of {counted(len(logs.causes), 'cause')}; this commit confirms {len(sure)} of them."
    yield from (f"- {inline(one.instead)}" for one in logs.causes if one.instead)


def section(logs: Logs) -> Iterator[str]:
    """Every cause with its lines, then what a person has to look at, then what no step has hit yet."""
    yield "## What the logs say\n"
    yield from (f"- {inline(step.name)}: {code(step.place)}{_exit(step)}" for step in logs.steps)
    yield ""
    for one in logs.causes:
        yield from _cause(one)
    if logs.lines is not None:
        yield "### Lines that the green log does not have\n"
        yield fenced("\n".join(f"{place}: {text}" for place, text in logs.lines), "text") + "\n"
    left = [one for one in logs.causes if one.advice]
    if left:
        yield "### For a person\n"
        yield from (f"- {inline(one.title)}: {inline(one.advice)}" for one in left)
        yield ""
    if logs.coming:
        yield "### What would fail next\n"
        yield "No step got as far as these; they are among the findings below.\n"
        yield from (f"- {code(place)}: {inline(message)}" for place, message in logs.coming[:SHOWN])
        yield f"- and {len(logs.coming) - SHOWN} more\n" if len(logs.coming) > SHOWN else ""


def data(logs: Logs | None) -> dict[str, Any] | None:
    """The same for JSON; None without logs."""
    if logs is None:
        return None
    return {
        "steps": [
            {"name": legible(step.name), "place": legible(step.place), "exit_code": step.exit} for step in logs.steps
        ],
        "causes": [_data(one) for one in logs.causes],
        "coming": [{"place": legible(place), "message": legible(message)} for place, message in logs.coming],
        "key_lines": None
        if logs.lines is None
        else [{"place": legible(place), "text": legible(text)} for place, text in logs.lines],
    }


def _cause(one: Seen) -> Iterator[str]:
    yield f"### {inline(one.title)}\n"
    yield f"- Verdict: {one.verdict}, in {'; '.join(inline(step) for step in one.steps[:SHOWN])}{_more(one.steps)}"
    if one.instead:
        yield f"- Against the log: {inline(one.instead)}"
    for place, text in one.lines[:SHOWN]:
        yield f"- {code(place)}: {code(text)}" if place else f"- In this commit: {inline(text)}"
    if one.rules:
        yield f"- Answered by: {', '.join(code(rule) for rule in one.rules)}, see below"
    yield ""


def _data(one: Seen) -> dict[str, Any]:
    return {
        "title": legible(one.title),
        "verdict": one.verdict,
        "instead": one.instead and legible(one.instead),
        "lines": [{"place": legible(place), "text": legible(text)} for place, text in one.lines],
        "steps": [legible(step) for step in one.steps],
        "rules": list(one.rules),
        "advice": legible(one.advice),
    }


def first(logs: Logs | None) -> frozenset[str]:
    """The rules that answer a confirmed cause: what makes the run red today comes before what would."""
    causes: Iterable[Seen] = logs.causes if logs is not None else ()
    return frozenset(rule for one in causes if one.verdict == "confirmed" for rule in one.rules)


def _exit(step: Step) -> str:
    return "" if step.exit is None else f", exit code {step.exit}"


def _more(some: Sequence[object]) -> str:
    return f"; and {len(some) - SHOWN} more" if len(some) > SHOWN else ""
