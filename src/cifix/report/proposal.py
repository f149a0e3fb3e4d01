"""The diffs of fixes that a run found and does not apply."""

from collections.abc import Iterable, Iterator

from cifix.engine.plan import Placed
from cifix.model.finding import Fix
from cifix.report import diff
from cifix.report.outcome import Outcome


def proposals(outcome: Outcome, left: Iterable[Placed]) -> Iterator[bytes]:
    """For each of `left` what its fix would change after all that the run fixes.

    Empty for a refusal, where an earlier finding has the same fix, and if a proof of the rule failed.
    """
    after = outcome.proven.plan.after
    failed = {failure.rule for failure in outcome.proven.failures}
    told: set[Fix] = set()
    for placed in left:
        fix = placed.finding.outcome
        if isinstance(fix, Fix) and fix not in told and placed.finding.rule not in failed:
            told.add(fix)
            yield diff.patch(after, after.with_changes(fix.changes))
        else:
            yield b""
