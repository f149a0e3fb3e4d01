"""One rule's look at a snapshot: what it found, and whether it would find the same in another one."""

from dataclasses import dataclass
from typing import Any

from cifix.model.finding import Finding, Fix, Refusal
from cifix.model.rule import Rule
from cifix.model.snapshot import Snapshot
from cifix.model.trace import Trace


@dataclass(frozen=True, slots=True)
class Look:
    """The findings of a rule in `snapshot`, in order, and all that it asked that for."""

    snapshot: Snapshot
    findings: tuple[Finding, ...]
    trace: Trace

    def outdated(self, snapshot: Snapshot) -> bool:
        """Whether the rule may find something else in `snapshot`, another one of the same source."""
        return self.trace.touched(self.snapshot.changes(snapshot))


def look(rule: Rule, snapshot: Snapshot, options: Any) -> Look:  # noqa: ANN401 - each rule has a type of its own
    """Let a rule look; raises `ValueError` for findings that break its promises, and whatever the rule raises."""
    watched, trace = snapshot.traced()
    found = () if next(rule.candidates(watched), None) is None else tuple(rule.find(watched, options))
    for finding in found:
        _check(rule, finding)
    ordered = sorted(found, key=lambda finding: (finding.path, finding.start, finding.end, finding.message))
    return Look(snapshot, tuple(ordered), trace)


def _check(rule: Rule, finding: Finding) -> None:
    match finding.outcome:
        case Refusal(key=key) if key not in rule.refusals:
            raise ValueError(f"the refusal {key!r} is not declared by {rule.id}")
        case Fix(changes=()):
            raise ValueError(f"the fix {finding.outcome.title!r} changes nothing")
    if finding.rule != rule.id:
        raise ValueError(f"{rule.id} gave a finding of {finding.rule!r}")
