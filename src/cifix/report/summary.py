"""A run in a few sentences, and the command to type next."""

import shlex
import string
from collections.abc import Iterable, Iterator

from cifix.report.outcome import Outcome

_SHOWN = (string.ascii_letters + string.digits + "/._-").encode()


def sentences(outcome: Outcome) -> Iterator[str]:
    """What was done, then what was not, in numbers."""
    fixed = sum(len(patch.findings) for patch in outcome.patches)
    paths = {path for patch in outcome.patches for path in patch.paths}
    files = {change.path for patch in outcome.patches for change in outcome.changes(patch)}
    if fixed:
        yield f"{_done(outcome)} {counted(fixed, 'finding')} in {counted(len(files), 'file')}{_where(outcome)}."
    else:
        yield f"{_done(outcome)} nothing." if outcome.proven.plan.remaining else "Nothing to fix."
    if len(files) < len(paths):
        yield f"Yours to `git add`: {counted(len(paths) - len(files), 'file')} hidden until now."
    if outcome.refused:
        yield f"{counted(len(outcome.refused), 'finding')} left for a person, each with its reason."
    if outcome.held:
        yield f"{counted(len(outcome.held), 'fix', 'fixes')} held back by the safety floor."
    if outcome.shown:
        yield f"{counted(len(outcome.shown), 'fix', 'fixes')} shown, never applied."
    if outcome.proven.plan.suppressed:
        yield f"{counted(outcome.proven.plan.suppressed, 'finding')} turned down by `cifix: ignore` comments."


def following(outcome: Outcome) -> str:
    """The next command, ready for a shell; empty if there is nothing left to do."""
    again = [outcome.path, *outcome.arguments] if outcome.path != "." else list(outcome.arguments)
    if outcome.mode == "check" and outcome.base is None:
        again.append("--in-place")
    if outcome.held:
        return _typed(["cifix", *outcome.command, "--dry-run", *again, "--safety", "review"])
    if not outcome.patches:
        return ""
    if outcome.mode in ("check", "dry-run"):
        return _typed(["cifix", *outcome.command, *(["--dry-run"] if outcome.mode == "check" else []), *again])
    if outcome.command == ("pr",):
        return ""
    git = ["git", *(["-C", outcome.path] if outcome.path != "." else [])]
    if outcome.mode == "in-place":
        return _typed([*git, "diff"])
    span = f"{outcome.base}..{outcome.branch}" if outcome.base else outcome.branch or ""
    return _typed([*git, "log", "-p", span])


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun; the plural adds an `s` unless it is given."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _done(outcome: Outcome) -> str:
    return "Fixed" if outcome.written else "Would fix"


def _where(outcome: Outcome) -> str:
    if outcome.in_place:
        return " in the work tree; nothing was committed" if outcome.written else " in the work tree, without a commit"
    if outcome.branch is None:
        return f" with {counted(len(outcome.patches), 'commit')}"
    already = ", which holds them already" if outcome.state == "already-done" else ""
    return f" with {counted(len(outcome.patches), 'commit')} on branch {outcome.branch}{already}"


def _typed(words: Iterable[str]) -> str:
    """A command line that a shell takes apart into `words`, whatever characters they hold."""
    return " ".join(shlex.quote(word) if word.isprintable() else _octal(word) for word in words)


def _octal(word: str) -> str:
    """The shell's `$'...'`, in which a byte that cannot be shown stands as its number."""
    raw = word.encode("utf-8", "surrogateescape")
    return "$'" + "".join(chr(byte) if byte in _SHOWN else f"\\{byte:03o}" for byte in raw) + "'"
