"""What a verification found out: proofs, each with the differences that speak against it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from cifix.errors import Exit


class Verdict(StrEnum):
    """How a proof ended."""

    PROVEN = "proven"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Difference:
    """What `subject` (a statement, a commit, a rule) gives on the base and on the branch."""

    subject: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Ran:
    """A command of the branch that was run: `code` is None if it had to be stopped, `output` the end of what it said.

    Where it is `tolerated`, the job goes on although it failed.
    """

    command: str
    code: int | None
    seconds: float
    output: tuple[str, ...] = ()
    tolerated: bool = False

    @property
    def good(self) -> bool:
        """Whether the job goes on."""
        return self.code == 0 or (self.tolerated and self.code is not None)


@dataclass(frozen=True, slots=True)
class Proof:
    """A claim about the branch, and the commands `ran` for it. Where it is unknown, `claim` says why."""

    name: str
    verdict: Verdict
    claim: str
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    ran: tuple[Ran, ...] = ()


@dataclass(frozen=True, slots=True)
class Timing:
    """Import time of a package in milliseconds, the median of several runs, and the modules that cost most."""

    package: str
    before: float
    after: float
    costs_before: tuple[tuple[str, float], ...]
    costs_after: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """All proofs about `branch`, whose tip is `tip`, against `base`; `ran` names what ran code of the repository."""

    branch: str
    base: str | None
    tip: str
    proofs: tuple[Proof, ...]
    timings: tuple[Timing, ...] = ()
    ran: tuple[str, ...] = ()
    python: str | None = None

    @property
    def exit(self) -> Exit:
        """Zero unless something differs; what could not be checked is told and is no difference."""
        different = any(proof.verdict is Verdict.DIFFERENT for proof in self.proofs)
        return Exit.UNPROVEN if different else Exit.DONE


def judged(name: str, claim: str, differences: Iterable[Difference], notes: Iterable[str] = ()) -> Proof:
    """A proof that holds exactly if there are no differences."""
    found = tuple(differences)
    return Proof(name, Verdict.DIFFERENT if found else Verdict.PROVEN, claim, found, tuple(notes))


def unknown(name: str, why: str, notes: Iterable[str] = ()) -> Proof:
    """A proof that could not be tried."""
    return Proof(name, Verdict.UNKNOWN, why, (), tuple(notes))


def tried(name: str, claim: str, ran: Iterable[Ran], notes: Iterable[str] = ()) -> Proof:
    """A proof that holds exactly if every command ended well; unknown if the last one had to be stopped."""
    found = tuple(ran)
    if found and found[-1].code is None:
        why = f"`{found[-1].command}` had to be stopped; allow more time with --timeout"
        return Proof(name, Verdict.UNKNOWN, why, (), tuple(notes), found)
    verdict = Verdict.PROVEN if all(one.good for one in found) else Verdict.DIFFERENT
    return Proof(name, verdict, claim, (), tuple(notes), found)
