"""The verification for people: what ran, what was proven, every difference, and what could not be checked."""

from collections.abc import Iterator

from cifix.proof.result import Difference, Proof, Ran, Timing, Verdict, Verification
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


def trial_warning(branch: str) -> str:
    """What the user must know before commands of the branch run."""
    return (
        f"This runs commands of the repository as it is on {branch}: its installation with its build backend, its "
        "jobs and its code, in a clean clone, without your environment and without a sandbox."
    )


def lines(told: Verification) -> Iterator[Line]:
    """The whole report, line by line."""
    if told.ran:
        yield _line(ran_code(told), "bold")
    base = told.base[:12] if told.base else "nothing"
    yield _line(f"{told.branch} ({told.tip[:12]}) against {base}", "bold cyan")
    for proof in told.proofs:
        yield from proof_lines(proof)
    for timing in told.timings:
        yield from _timing(timing)
    yield _line(summary(told), "bold")


def ran_code(told: Verification) -> str:
    """Which code of the repository ran, for which options."""
    what = "the module-level code" if set(told.ran) <= {"--import", "--simulate"} else "code and commands"
    return f"Ran {what} of the repository ({', '.join(told.ran)}) with {told.python}."


def proof_lines(proof: Proof) -> Iterator[Line]:
    """One proof, with what speaks against it."""
    yield _line(f"  {proof.name}: {_WORD[proof.verdict]}: {proof.claim}", _STYLE[proof.verdict])
    for difference in proof.differences[:_SHOWN]:
        yield from _difference(difference)
    if len(proof.differences) > _SHOWN:
        yield _line(f"    and {len(proof.differences) - _SHOWN} more; --format json lists all")
    for one in proof.ran:
        yield from _ran(one)
    yield from (_line(f"    note: {note}") for note in proof.notes)


def _ran(one: Ran) -> Iterator[Line]:
    yield _line(f"    $ {one.command} ({ended(one)})", "" if one.code == 0 else "red")
    yield from (_line(f"      {line}") for line in one.output)


def ended(one: Ran) -> str:
    """How a command ended, and how long it took."""
    code = "stopped" if one.code is None else f"exit code {one.code}"
    return f"{code}, {one.seconds:.1f} s{', the job goes on' if one.tolerated and one.code else ''}"


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


def summary(told: Verification) -> str:
    """What it comes down to, in one sentence."""
    counted = {verdict: sum(proof.verdict is verdict for proof in told.proofs) for verdict in Verdict}
    parts = [f"{counted[Verdict.PROVEN]} proven"]
    parts += [f"{counted[Verdict.DIFFERENT]} not true"] if counted[Verdict.DIFFERENT] else []
    parts += [f"{counted[Verdict.UNKNOWN]} not checked"] if counted[Verdict.UNKNOWN] else []
    if not told.ran:
        parts.append("no code of the repository ran; --import, --simulate, --uv, --run, --job and --act do")
    if any(proof.verdict is Verdict.UNKNOWN for proof in told.proofs) and told.ran == ("--import",):
        parts.append("name an interpreter that has the dependencies with --python, or try --simulate")
    return f"{', '.join(parts)}."


def _line(text: str, style: str = "") -> Line:
    return Line(printable(text).replace("\n", "\\n").encode(), style)
