"""The verification for people: what ran, what was proven, every difference, and what could not be checked."""

from collections.abc import Iterator

from cifix.proof.result import Difference, Proof, Timing, Verdict, Verification
from cifix.report.characters import printable
from cifix.report.text import Line

_STYLE = {Verdict.PROVEN: "green", Verdict.DIFFERENT: "bold red", Verdict.UNKNOWN: "yellow"}
_WORD = {Verdict.PROVEN: "proven", Verdict.DIFFERENT: "NOT TRUE", Verdict.UNKNOWN: "not checked"}
_SHOWN = 20
"""Differences of one proof that are printed; JSON holds all."""


def warning(branch: str) -> str:
    """What the user must know before code of the repository runs."""
    return (
        f"This runs the module-level code of the repository, as it is on {branch} and on its base, without a sandbox."
    )


def lines(told: Verification) -> Iterator[Line]:
    """The whole report, line by line."""
    if told.ran:
        yield _line(f"Ran the module-level code of the repository ({', '.join(told.ran)}) with {told.python}.", "bold")
    base = told.base[:12] if told.base else "nothing"
    yield _line(f"{told.branch} ({told.tip[:12]}) against {base}", "bold cyan")
    for proof in told.proofs:
        yield from proof_lines(proof)
    for timing in told.timings:
        yield from _timing(timing)
    yield _line(_summary(told), "bold")


def proof_lines(proof: Proof) -> Iterator[Line]:
    """One proof, with what speaks against it."""
    yield _line(f"  {proof.name}: {_WORD[proof.verdict]}: {proof.claim}", _STYLE[proof.verdict])
    for difference in proof.differences[:_SHOWN]:
        yield from _difference(difference)
    if len(proof.differences) > _SHOWN:
        yield _line(f"    and {len(proof.differences) - _SHOWN} more; --format json lists all")
    yield from (_line(f"    note: {note}") for note in proof.notes)


def _difference(difference: Difference) -> Iterator[Line]:
    yield _line(f"    {difference.subject}", "red")
    yield _line(f"      base:   {difference.before}")
    yield _line(f"      branch: {difference.after}")


def _timing(timing: Timing) -> Iterator[Line]:
    ratio = timing.after / timing.before if timing.before else 1.0
    yield _line(
        f"  import {timing.package}: {timing.before:.1f} ms before, {timing.after:.1f} ms after ({ratio:.2f} of it)"
    )
    for when, costs in (("before", timing.costs_before), ("after", timing.costs_after)):
        told = ", ".join(f"{name} {own:.1f}" for name, own in costs)
        yield _line(f"    most costly {when}, by themselves: {told}")


def _summary(told: Verification) -> str:
    counted = {verdict: sum(proof.verdict is verdict for proof in told.proofs) for verdict in Verdict}
    parts = [f"{counted[Verdict.PROVEN]} proven"]
    parts += [f"{counted[Verdict.DIFFERENT]} not true"] if counted[Verdict.DIFFERENT] else []
    parts += [f"{counted[Verdict.UNKNOWN]} not checked"] if counted[Verdict.UNKNOWN] else []
    if not told.ran:
        parts.append("no code of the repository ran; --import and --simulate do")
    if any(proof.verdict is Verdict.UNKNOWN for proof in told.proofs) and told.ran == ("--import",):
        parts.append("name an interpreter that has the dependencies with --python, or try --simulate")
    return f"{', '.join(parts)}."


def _line(text: str, style: str = "") -> Line:
    return Line(printable(text).replace("\n", "\\n").encode(), style)
