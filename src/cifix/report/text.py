"""The report for people: findings by rule, the diff, what is left and why, and what to type next.

Piped into `git apply` the text of a dry run is a valid patch: git passes over the prose between diffs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cifix.engine.plan import Patch, Placed
from cifix.model.finding import Refusal
from cifix.report import diff
from cifix.report.characters import single_line
from cifix.report.entry import HELD, NEVER, Entry, entry
from cifix.report.message import subject
from cifix.report.outcome import Outcome
from cifix.report.proposal import proposals
from cifix.report.summary import following, sentences

INDENT = b"    "
"""What keeps `git apply` from a diff that is only shown."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end; `style` is a rich style, empty for plain text."""

    data: bytes
    style: str = ""


def lines(outcome: Outcome) -> Iterator[Line]:
    """The whole report, line by line; bytes of the diff are those of the files."""
    ids = outcome.commits or (None,) * len(outcome.patches)
    for patch, sha in zip(outcome.patches, ids, strict=True):
        yield from _patch(outcome, patch, sha)
        yield from _diff(outcome, patch) if outcome.mode == "dry-run" else ()
        yield Line(b"")
    if outcome.proven.plan.remaining:
        yield from _left(outcome)
    yield from _troubles(outcome)
    for sentence in (*outcome.remarks, *sentences(outcome)):
        yield _line(sentence)
    command = following(outcome)
    if command:
        yield _line(f"Next: {command}", "bold")


def _patch(outcome: Outcome, patch: Patch, sha: str | None) -> Iterator[Line]:
    yield _line(f"{patch.rule.id}: {patch.rule.summary}", "bold cyan")
    found: dict[object, list[Placed]] = {}
    for placed in patch.findings:
        found.setdefault(placed.finding.outcome, []).append(placed)
    for fix in patch.fixes:
        for placed in found.get(fix, ()):
            yield _finding(entry(placed, outcome, in_patch=True))
        yield _line(f"    fix ({fix.safety.word}): {fix.title}", "green")
    if sha is not None:
        yield _line(f"    commit {sha[:12]} {subject(patch)}")


def _diff(outcome: Outcome, patch: Patch) -> Iterator[Line]:
    after = patch.before.with_changes(outcome.changes(patch))
    for line in diff.patch(patch.before, after).split(b"\n")[:-1]:
        yield Line(line, _diff_style(line))


def _left(outcome: Outcome) -> Iterator[Line]:
    yield _line("Left for a person", "bold yellow")
    for placed in (*outcome.refused, *outcome.held):
        told = entry(placed, outcome, in_patch=False)
        yield _finding(told)
        key = f"[{told.key}]" if isinstance(placed.finding.outcome, Refusal) else f"({HELD}, {told.key})"
        yield _line(f"    {told.rule} {key}: {told.answer}", "yellow")
    for placed, text in zip(outcome.shown, proposals(outcome, outcome.shown), strict=True):
        told = entry(placed, outcome, in_patch=False)
        yield _finding(told)
        yield _line(f"    {told.rule} ({NEVER}): {told.answer}", "yellow")
        yield from (Line(INDENT + line, _diff_style(line)) for line in text.split(b"\n")[:-1])
    yield Line(b"")


def _troubles(outcome: Outcome) -> Iterator[Line]:
    for failure in outcome.proven.failures:
        yield _line(f"The fix of {failure.rule} was thrown away; a proof failed:", "bold red")
        for proof in failure.proofs:
            yield _line(f"  {proof.name}: {proof.detail or 'it does not hold'}", "red")
        yield Line(b"")
    for crash in outcome.crashes:
        yield _line(f"The rule {crash.rule} crashed; the other rules ran:", "bold red")
        yield _line(f"  {crash.detail}", "red")
        yield Line(b"")


def _finding(told: Entry) -> Line:
    return _line(f"  {told.place}: {told.grave}: {told.message}")


def _line(text: str, style: str = "") -> Line:
    return Line(single_line(text).encode(), style)


def _diff_style(line: bytes) -> str:
    styles: Sequence[tuple[bytes, str]] = ((b"+++", "bold"), (b"---", "bold"), (b"diff ", "bold"), (b"@@", "cyan"))
    for start, style in (*styles, (b"+", "green"), (b"-", "red")):
        if line.startswith(start):
            return style
    return ""
