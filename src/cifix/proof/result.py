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
class Proof:
    """A claim about the branch. Where it is unknown, `claim` says why."""

    name: str
    verdict: Verdict
    claim: str
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()


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
