"""The diagnosis as Markdown, for an issue or a pull request."""

from collections.abc import Iterator

from cifix.diagnosis.diagnose import LATER, Cause, Diagnosis, where
from cifix.diagnosis.text import SHOWN, applied, finding, sentences
from cifix.logs.redact import redact
from cifix.report.markup import code, fenced, inline
from cifix.report.outcome import Outcome


def document(told: Diagnosis, again: str, outcome: Outcome | None = None) -> str:
    """The whole report; `again` is the command that applies the fixes, `outcome` what that did."""
    return "\n".join(_blocks(told, again, outcome)) + "\n"


def _blocks(told: Diagnosis, again: str, outcome: Outcome | None) -> Iterator[str]:
    yield "# Diagnosis\n"
    yield from (f"{inline(sentence)}\n" for sentence in sentences(told))
    if told.failures:
        yield "## Failed steps\n"
        yield from (f"- {inline(where(one))} ({code(f'{one.step.log}:{one.step.line}')})" for one in told.failures)
        yield ""
    for number, cause in enumerate(told.causes, 1):
        yield from _cause(number, cause)
    if told.coming:
        yield "## What comes next\n"
        yield "No step got as far as these.\n"
        yield from (f"- {inline(finding(placed))}" for placed in told.coming[:SHOWN])
        rest = len(told.coming) - SHOWN
        yield f"- and {rest} more\n" if rest > 0 else ""
    if told.key_lines is not None:
        yield "## Lines that the green log does not have\n"
        yield fenced("\n".join(f"{line.number}: {redact(line.text)}" for line in told.key_lines), "text") + "\n"
    if outcome is not None:
        yield "## Applied\n"
        yield from (f"- {inline(sentence)}" for sentence in applied(outcome))
    elif told.rules:
        yield "## Next\n"
        yield fenced(again, "sh")


def _cause(number: int, cause: Cause) -> Iterator[str]:
    yield f"## {number}. {inline(cause.title)}\n"
    yield f"Verdict: **{cause.verdict}**\n"
    if cause.later:
        yield f"{LATER}\n"
    if cause.instead:
        yield f"{inline(cause.instead)}\n"
    for one in cause.evidence[:SHOWN]:
        shown = f" (`{one.command}`)" if one.command else ""
        yield f"- {code(one.place)}: {code(one.text)}" if one.place else f"- {inline(one.text)}{shown}"
    yield from (f"- {inline(finding(placed))}" for placed in cause.findings[:SHOWN])
    yield f"- in {inline('; '.join(cause.steps[:SHOWN]))}"
    yield f"- what to do: {inline(cause.advice)}\n" if cause.advice else ""
