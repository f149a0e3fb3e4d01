"""What is asked of the guard, and what the parts need to know of the rules."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cifix.engine.plan import Plan
from cifix.model.finding import Finding, Fix, Safety
from cifix.model.rule import Rule
from cifix.model.snapshot import Snapshot

LESSONS = 8
"""Rules that the section for contributors explains at most: it must be read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The names of the `parts`, the ids of rules that the hook has to leave out, and the rules to explain."""

    parts: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    lessons: tuple[Rule, ...] = ()


Part = Callable[[Snapshot, Wanted], Iterator[Finding]]


def wanted(parts: tuple[str, ...], plan: Plan, rules: tuple[Rule, ...]) -> Wanted:
    """What follows from a run of `rules`: those that find something that its patches do not fix are left out.

    Explained are the rules that found something, then those that have files to look at.
    """
    stays = [one.finding for one in plan.remaining if not _is_applied(one.finding)]
    left_out = tuple(sorted({finding.rule for finding in stays}))
    matched = {patch.rule.id for patch in plan.patches} | {one.finding.rule for one in plan.remaining}
    first = [rule for rule in rules if rule.id in matched]
    second = [rule for rule in rules if rule.id not in matched and any(rule.candidates(plan.before))]
    return Wanted(parts, left_out, tuple((*first, *second)[:LESSONS]))


def _is_applied(finding: Finding) -> bool:
    return isinstance(finding.outcome, Fix) and finding.outcome.safety >= Safety.REVIEW
