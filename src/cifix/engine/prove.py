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
    """A plan that may be written, and what was thrown away on the way to it."""

    plan: Plan
    failures: tuple[Failure, ...] = ()


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
        guilty = _first_failure(made.patches, ignored)
        if guilty is None:
            return Proven(replace(made, remaining=(*made.remaining, *lost)), tuple(failures))
        patch, failure = guilty
        failures.append(failure)
        lost += [_unproven(placed, failure) for placed in patch.findings]
        lost += [placed for placed in made.remaining if placed.finding.rule == failure.rule]
        left = [rule for rule in left if rule.id != failure.rule]


def _first_failure(patches: Sequence[Patch], ignored: Ignored) -> tuple[Patch, Failure] | None:
    for patch in patches:
        broken = tuple(proof for proof in verify(patch, ignored) if not proof.ok)
        if broken:
            return patch, Failure(patch.rule.id, broken)
    return None


def _unproven(placed: Placed, failure: Failure) -> Placed:
    detail = "; ".join(f"{proof.name}: {proof.detail or 'it does not'}" for proof in failure.proofs)
    return replace(placed, finding=replace(placed.finding, outcome=Refusal("unproven", detail)))
