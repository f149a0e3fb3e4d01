"""A plan of which every patch is proven: a rule whose proof fails is left out and named."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cifix.engine.plan import Patch, Placed, Plan, Settings, plan
from cifix.engine.verify import Ignored, Proof, verify
from cifix.model.finding import Refusal
from cifix.model.rule import Rule
from cifix.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Failure:
    """The proofs of one rule's patch that did not hold."""

    rule: str
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Proven:
    """A plan that may be written, the proofs that held for each of its patches, and what was thrown away before."""

    plan: Plan
    failures: tuple[Failure, ...] = ()
    proofs: tuple[tuple[Proof, ...], ...] = ()


def prove(
    snapshot: Snapshot,
    rules: Sequence[Rule],
    settings: Settings,
    ignored: Ignored,
    progress: Callable[[str], None] = lambda _rule: None,
) -> Proven:
    """Plan and verify; when a proof fails, plan again without that rule, since later ones built on it.

    The findings of a rule left out are kept, as refusals with the key `unproven`.
    """
    failures: list[Failure] = []
    lost: list[Placed] = []
    left = list(rules)
    while True:
        made = plan(snapshot, left, settings, progress)
        proofs = _proofs(made.patches, ignored)
        broken = tuple(proof for proof in proofs[-1] if not proof.ok) if proofs else ()
        if not broken:
            return Proven(replace(made, remaining=(*made.remaining, *lost)), tuple(failures), proofs)
        patch = made.patches[len(proofs) - 1]
        failure = Failure(patch.rule.id, broken)
        failures.append(failure)
        lost += [_unproven(placed, failure) for placed in patch.findings]
        lost += [placed for placed in made.remaining if placed.finding.rule == failure.rule]
        left = [rule for rule in left if rule.id != failure.rule]


def _proofs(patches: Sequence[Patch], ignored: Ignored) -> tuple[tuple[Proof, ...], ...]:
    """What was proven about each patch, up to the first one with a proof that does not hold."""
    proofs: list[tuple[Proof, ...]] = []
    for patch in patches:
        proofs.append(verify(patch, ignored))
        if not all(proof.ok for proof in proofs[-1]):
            break
    return tuple(proofs)


def _unproven(placed: Placed, failure: Failure) -> Placed:
    detail = "; ".join(f"{proof.name}: {proof.detail or 'it does not'}" for proof in failure.proofs)
    return replace(placed, finding=replace(placed.finding, outcome=Refusal("unproven", detail)))
