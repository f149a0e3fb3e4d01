"""The diagnosis for people at a terminal."""

from collections.abc import Iterator

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.diagnose import LATER, Cause, Diagnosis, where
from cifix.engine.plan import Placed
from cifix.logs.redact import redact
from cifix.model.finding import Fix
from cifix.report.characters import single_line
from cifix.report.message import subject
from cifix.report.outcome import Outcome
from cifix.report.text import Line

STYLES = {
    Verdict.CONFIRMED: "bold red",
    Verdict.LIKELY: "red",
    Verdict.UNCONFIRMED: "yellow",
    Verdict.NOT_MECHANICAL: "magenta",
    Verdict.RETRY: "cyan",
}
SHOWN = 12
"""Places of one cause, and findings to come, that are printed; JSON holds all."""


def lines(told: Diagnosis, again: str, outcome: Outcome | None = None) -> Iterator[Line]:
    """The whole report, line by line; `again` is the command that applies the fixes, `outcome` what that did."""
    for failure in told.failures:
        code = "" if failure.step.exit is None else f", exit code {failure.step.exit}"
        yield _line(f"failed: {where(failure)} ({failure.step.log}:{failure.step.line}{code})")
    for number, cause in enumerate(told.causes, 1):
        yield Line(b"")
        yield from _cause(number, cause)
    yield from _coming(told)
    yield from _key_lines(told)
    yield Line(b"")
    yield from (_line(sentence, "bold") for sentence in sentences(told))
    if outcome is not None:
        yield from (_line(sentence, "green") for sentence in applied(outcome))
    elif told.rules:
        yield _line(f"Next: {again}", "bold")


def sentences(told: Diagnosis) -> Iterator[str]:
    """What it comes down to."""
    if not told.failures:
        yield "Nothing failed in these logs."
        return
    fixable = [cause for cause in told.causes if cause.fixes and cause.verdict is Verdict.CONFIRMED]
    steps = f"{len(told.failures)} failed {_word('step', told.failures)}"
    if not told.causes:
        yield f"{steps}: no line says anything that is known here; read the end of the log."
        return
    yield f"{steps}, {len(told.causes)} {_word('cause', told.causes)}, {len(fixable)} with a fix that is ready."
    if not told.checked:
        yield "A cause needs a checkout to be confirmed: run this in the repository, or name it with --repo."


def applied(outcome: Outcome) -> Iterator[str]:
    """What became of the fixes, commit by commit."""
    for patch, sha in zip(outcome.patches, outcome.commits, strict=True):
        yield f"Committed {sha[:12]} on {outcome.branch}: {subject(patch)}"
    if not outcome.patches:
        yield "Nothing was committed: the fixes are below the safety level; --safety review takes them."
    for one in outcome.held:
        yield f"Held back: {finding(one)}"


def _cause(number: int, cause: Cause) -> Iterator[Line]:
    yield _line(f"{number}. {cause.title} [{cause.verdict}]", STYLES[cause.verdict])
    if cause.later:
        yield _line(f"   {LATER}", "bold")
    if cause.instead:
        yield _line(f"   {cause.instead}", "bold")
    for evidence in cause.evidence[:SHOWN]:
        yield _line(f"   {evidence.place}: {evidence.text}" if evidence.place else f"   {evidence.text}")
        if evidence.command:
            yield _line(f"     $ {evidence.command}", "dim")
    if len(cause.evidence) > SHOWN:
        yield _line(f"   and {len(cause.evidence) - SHOWN} more lines")
    yield _line(f"   in {'; '.join(cause.steps[:SHOWN])}", "dim")
    for placed in cause.findings[:SHOWN]:
        yield _line(f"   {finding(placed)}", "green" if isinstance(placed.finding.outcome, Fix) else "yellow")
    if cause.advice:
        yield _line(f"   what to do: {cause.advice}")


def finding(placed: Placed) -> str:
    """A finding and its ending in one line."""
    one = placed.finding
    ending = one.outcome
    told = (
        f"fix ({ending.safety.word}): {ending.title}" if isinstance(ending, Fix) else f"{ending.key}: {ending.detail}"
    )
    return f"{one.path}:{placed.line}: {one.message} [{one.rule}, {told}]"


def _coming(told: Diagnosis) -> Iterator[Line]:
    if not told.coming:
        return
    yield Line(b"")
    yield _line("What comes next: no step got as far as these.", "bold")
    for placed in told.coming[:SHOWN]:
        yield _line(f"   {finding(placed)}")
    if len(told.coming) > SHOWN:
        yield _line(f"   and {len(told.coming) - SHOWN} more; cifix check lists all")


def _key_lines(told: Diagnosis) -> Iterator[Line]:
    if told.key_lines is None:
        return
    yield Line(b"")
    yield _line("Lines that the green log does not have:", "bold")
    for line in told.key_lines:
        yield _line(f"   {line.log}:{line.number}: {redact(line.text)}")


def _word(noun: str, many: tuple[object, ...]) -> str:
    return noun if len(many) == 1 else f"{noun}s"


def _line(text: str, style: str = "") -> Line:
    return Line(single_line(text).encode(), style)
