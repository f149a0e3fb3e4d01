"""A diagnosis as a part of the remediation plan."""

from cifix.diagnosis.diagnose import LATER, Cause, Diagnosis, where
from cifix.engine.plan import Placed
from cifix.logs.redact import redact
from cifix.report.remediation.document import Logs, Seen, Step


def logs(told: Diagnosis) -> Logs:
    """The same causes in the words of the plan; what has a finding below needs no advice of its own."""
    steps = tuple(Step(where(one), f"{one.step.log}:{one.step.line}", one.step.exit) for one in told.failures)
    lines = told.key_lines
    shown = None if lines is None else tuple((f"{one.log}:{one.number}", redact(one.text)) for one in lines)
    return Logs(steps, tuple(map(_seen, told.causes)), tuple(map(_coming, told.coming)), shown)


def _seen(cause: Cause) -> Seen:
    return Seen(
        cause.title,
        str(cause.verdict),
        tuple((one.place, one.text) for one in cause.evidence),
        cause.steps,
        tuple(sorted({placed.finding.rule for placed in cause.findings})),
        LATER if cause.later else cause.instead,
        "" if cause.findings else cause.advice,
    )


def _coming(placed: Placed) -> tuple[str, str]:
    return f"{placed.finding.path}:{placed.line}", placed.finding.message
