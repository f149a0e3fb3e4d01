"""The verification as a section of a pull request."""

from collections.abc import Iterator

from cifix.proof.result import Proof, Ran, Verdict, Verification
from cifix.proof.text import ended, ran_code, summary
from cifix.report.markup import code, fenced, inline

_WORD = {Verdict.PROVEN: "proven", Verdict.DIFFERENT: "**not true**", Verdict.UNKNOWN: "not checked"}
_SHOWN = 10
"""Differences of one proof that are printed; JSON holds all."""


def document(told: Verification) -> str:
    """The section, with a final newline."""
    return "\n".join(_lines(told)) + "\n"


def _lines(told: Verification) -> Iterator[str]:
    yield "## How verified\n"
    base = code(told.base[:12]) if told.base else "nothing"
    yield f"{code(told.branch)} at {code(told.tip[:12])} against {base}. {inline(summary(told))}"
    if told.ran:
        yield f"{inline(ran_code(told))}"
    yield ""
    for proof in told.proofs:
        yield from _proof(proof)
    for timing in told.timings:
        yield f"- import of {code(timing.package)}: {timing.before:.1f} ms before, {timing.after:.1f} ms after"


def _proof(proof: Proof) -> Iterator[str]:
    yield f"- {proof.name}: {_WORD[proof.verdict]}: {inline(proof.claim)}"
    for difference in proof.differences[:_SHOWN]:
        yield f"  - {code(difference.subject)}: {inline(difference.before)}; on the branch: {inline(difference.after)}"
    if len(proof.differences) > _SHOWN:
        yield f"  - and {len(proof.differences) - _SHOWN} more"
    for one in proof.ran:
        yield from _ran(one)
    yield from (f"  - note: {inline(note)}" for note in proof.notes)


def _ran(one: Ran) -> Iterator[str]:
    yield f"  - {code(one.command)}: {ended(one)}"
    if one.output:
        yield ""
        yield from (f"    {line}" for line in fenced("\n".join(one.output), "text").splitlines())
        yield ""
