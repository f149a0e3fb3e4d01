"""The diagnosis as JSON, described by `schema.json` beside this file."""

import json
from importlib.resources import files
from typing import Any

from cifix import __version__
from cifix.diagnosis.diagnose import Cause, Diagnosis
from cifix.engine.plan import Placed
from cifix.logs.facts import Failure
from cifix.logs.redact import redact
from cifix.model.finding import Fix
from cifix.report.outcome import Outcome

SCHEMA_VERSION = 1
"""Raised when a field is removed or changes its meaning; new fields may come at any time."""


def document(told: Diagnosis, outcome: Outcome | None = None) -> str:
    """The diagnosis as JSON text, indented, with a final newline; `outcome` is what applying its fixes did."""
    whole = {
        "schema_version": SCHEMA_VERSION,
        "cifix_version": __version__,
        "checked": told.checked,
        "base": told.base,
        "failures": [_failure(failure) for failure in told.failures],
        "causes": [_cause(cause) for cause in told.causes],
        "coming": [_finding(placed) for placed in told.coming],
        "rules": list(told.rules),
        "applied": None if outcome is None else _applied(outcome),
        "key_lines": None
        if told.key_lines is None
        else [{"log": line.log, "line": line.number, "text": redact(line.text)} for line in told.key_lines],
    }
    return json.dumps(whole, indent=2, ensure_ascii=True) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every document fulfils."""
    loaded: dict[str, Any] = json.loads(files("cifix.diagnosis").joinpath("schema.json").read_text("utf-8"))
    return loaded


def _applied(outcome: Outcome) -> dict[str, Any]:
    made = zip(outcome.patches, outcome.commits, strict=True)
    commits = [{"rule": patch.rule.id, "commit": sha} for patch, sha in made]
    return {"branch": outcome.branch, "state": outcome.state, "commits": commits}


def _failure(failure: Failure) -> dict[str, Any]:
    step = failure.step
    facts = [
        {"fact": fact.name, "values": {name: redact(value) for name, value in fact.values.items()}, "line": fact.number}
        for fact in failure.facts
    ]
    return {
        "log": step.log,
        "job": step.job,
        "step": step.name,
        "line": step.line,
        "exit_code": step.exit,
        "facts": facts,
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "id": redact(cause.id),
        "title": cause.title,
        "verdict": str(cause.verdict),
        "instead": cause.instead,
        "later": cause.later,
        "evidence": [{"place": one.place, "text": one.text, "command": one.command} for one in cause.evidence],
        "steps": list(cause.steps),
        "findings": [_finding(placed) for placed in cause.findings],
        "advice": cause.advice,
    }


def _finding(placed: Placed) -> dict[str, Any]:
    one, ending = placed.finding, placed.finding.outcome
    return {
        "rule": one.rule,
        "path": one.path,
        "line": placed.line,
        "column": placed.column,
        "message": one.message,
        "fix": {"title": ending.title, "safety": ending.safety.word} if isinstance(ending, Fix) else None,
        "refusal": None if isinstance(ending, Fix) else {"key": ending.key, "detail": ending.detail},
    }
