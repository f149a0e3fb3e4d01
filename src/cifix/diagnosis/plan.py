"""A diagnosis as a part of the remediation plan."""

from cifix.diagnosis.diagnose import Cause, Diagnosis, where
from cifix.engine.plan import Placed
from cifix.report.remediation.document import Logs, Seen, Step


def logs(told: Diagnosis) -> Logs:
    """The same causes in the words of the plan; what has a finding below needs no advice of its own."""
    steps = tuple(Step(where(one), f"{one.step.log}:{one.step.line}", one.step.exit) for one in told.failures)
    return Logs(steps, tuple(map(_seen, told.causes)), tuple(map(_coming, told.coming)))


def _seen(cause: Cause) -> Seen:
    return Seen(
        cause.title,
        str(cause.verdict),
        tuple((one.place, one.text) for one in cause.evidence),
        cause.steps,
        tuple(sorted({placed.finding.rule for placed in cause.findings})),
        cause.instead,
        "" if cause.findings else cause.advice,
    )


def _coming(placed: Placed) -> tuple[str, str]:
    return f"{placed.finding.path}:{placed.line}", placed.finding.message
