"""The report for people: findings by rule, the diff, what is left and why, and what to type next.

Piped into `git apply` the text of a dry run is a valid patch: git passes over the prose between diffs.
"""

import shlex
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cifix.engine.plan import Patch, Placed
from cifix.model.finding import Fix, Refusal, Safety
from cifix.report import diff
from cifix.report.message import subject
from cifix.report.outcome import Outcome

_SHOWN = (string.ascii_letters + string.digits + "/._-").encode()


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end; `style` is a rich style, empty for plain text."""

    data: bytes
    style: str = ""


def lines(outcome: Outcome) -> Iterator[Line]:
    """The whole report, line by line; bytes of the diff are those of the files."""
    ids = outcome.commits or (None,) * len(outcome.patches)
    for patch, sha in zip(outcome.patches, ids, strict=True):
        yield from _patch(patch, sha, with_diff=outcome.mode == "dry-run")
    if outcome.refused or outcome.held:
        yield from _left(outcome)
    yield from _troubles(outcome)
    for sentence in (*outcome.notes, *_summary(outcome)):
        yield _line(sentence)
    following = _next(outcome)
    if following:
        yield _line(f"Next: {following}", "bold")


def _patch(patch: Patch, sha: str | None, *, with_diff: bool) -> Iterator[Line]:
    yield _line(f"{patch.rule.id}: {patch.rule.summary}", "bold cyan")
    for fix in patch.fixes:
        for placed in patch.findings:
            if placed.finding.outcome == fix:
                yield _line(f"  {_place(placed)}: {placed.finding.message}")
        yield _line(f"    fix ({fix.safety.word}): {fix.title}", "green")
    if sha is not None:
        yield _line(f"    commit {sha[:12]} {subject(patch)}")
    if with_diff:
        for line in diff.patch(patch.before, patch.after).split(b"\n")[:-1]:
            yield Line(line, _diff_style(line))
    yield Line(b"")


def _left(outcome: Outcome) -> Iterator[Line]:
    yield _line("Left for a person", "bold yellow")
    for placed in (*outcome.refused, *outcome.held):
        yield _line(f"  {_place(placed)}: {placed.finding.message}")
        rule, ending = placed.finding.rule, placed.finding.outcome
        if isinstance(ending, Refusal):
            yield _line(f"    {rule} [{ending.key}]: {ending.detail}", "yellow")
        else:
            yield _line(f"    {rule} (held back, {ending.safety.word}): {ending.title}", "yellow")
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


def _summary(outcome: Outcome) -> Iterator[str]:
    fixed = sum(len(patch.findings) for patch in outcome.patches)
    files = {path for patch in outcome.patches for path in patch.paths}
    if fixed:
        yield f"{_done(outcome)} {_count(fixed, 'finding')} in {_count(len(files), 'file')}{_where(outcome)}."
    else:
        yield "Nothing to fix."
    if outcome.refused:
        yield f"{_count(len(outcome.refused), 'finding')} left for a person; the reasons stand above."
    if outcome.held:
        yield f"{_count(len(outcome.held), 'fix', 'fixes')} held back by the safety floor."
    if outcome.proven.plan.suppressed:
        yield f"{_count(outcome.proven.plan.suppressed, 'finding')} turned down by `cifix: ignore` comments."


def _done(outcome: Outcome) -> str:
    return "Fixed" if outcome.written else "Would fix"


def _where(outcome: Outcome) -> str:
    if outcome.mode == "in-place":
        return " in the work tree; nothing was committed"
    if outcome.branch is None:
        return f" with {_count(len(outcome.patches), 'commit')}"
    already = ", which holds them already" if outcome.state == "already-done" else ""
    return f" with {_count(len(outcome.patches), 'commit')} on branch {outcome.branch}{already}"


def _next(outcome: Outcome) -> str:
    again = [outcome.path, *outcome.arguments] if outcome.path != "." else list(outcome.arguments)
    if outcome.mode == "check" and outcome.base is None:
        again.append("--in-place")
    if any(_reviewable(placed) for placed in outcome.held):
        return _typed(["cifix", "apply", "--dry-run", *again, "--safety", "review"])
    if not outcome.patches:
        return ""
    if outcome.mode in ("check", "dry-run"):
        return _typed(["cifix", "apply", *(["--dry-run"] if outcome.mode == "check" else []), *again])
    git = ["git", *(["-C", outcome.path] if outcome.path != "." else [])]
    if outcome.mode == "in-place":
        return _typed([*git, "diff"])
    span = f"{outcome.base}..{outcome.branch}" if outcome.base else outcome.branch or ""
    return _typed([*git, "log", "-p", span])


def _typed(words: Iterable[str]) -> str:
    """A command line that a shell takes apart into `words`, whatever characters they hold."""
    return " ".join(shlex.quote(word) if word.isprintable() else _octal(word) for word in words)


def _octal(word: str) -> str:
    """The shell's `$'...'`, in which a byte that cannot be shown stands as its number."""
    raw = word.encode("utf-8", "surrogateescape")
    return "$'" + "".join(chr(byte) if byte in _SHOWN else f"\\{byte:03o}" for byte in raw) + "'"


def _reviewable(placed: Placed) -> bool:
    fix = placed.finding.outcome
    return isinstance(fix, Fix) and fix.safety is Safety.REVIEW


def _place(placed: Placed) -> str:
    return f"{placed.finding.path}:{placed.line}:{placed.column}"


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def printable(text: str) -> str:
    """The text with every control character but newline and tab escaped: a file name may hold any byte.

    Otherwise a repository could write its own sequences to the terminal.
    """
    return "".join(one if one in "\n\t" or one.isprintable() else ascii(one)[1:-1] for one in text)


def _line(text: str, style: str = "") -> Line:
    return Line(printable(text).replace("\n", "\\n").encode(), style)


def _diff_style(line: bytes) -> str:
    styles: Sequence[tuple[bytes, str]] = ((b"+++", "bold"), (b"---", "bold"), (b"diff ", "bold"), (b"@@", "cyan"))
    for start, style in (*styles, (b"+", "green"), (b"-", "red")):
        if line.startswith(start):
            return style
    return ""
