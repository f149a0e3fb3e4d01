"""The JSON report: one document per run, described by `schema.json` beside this file."""

import json
from datetime import date
from importlib.resources import files
from typing import Any

from cifix import __version__
from cifix.engine.plan import Placed
from cifix.model.finding import Fix, Refusal
from cifix.report.characters import legible
from cifix.report.entry import day, severity
from cifix.report.message import subject
from cifix.report.outcome import Outcome

SCHEMA_VERSION = 1
"""Raised when a field is removed or changes its meaning; new fields may come at any time."""


def document(outcome: Outcome) -> str:
    """The report as JSON text, indented, with a final newline; the same run gives the same text."""
    ids = outcome.commits or (None,) * len(outcome.patches)
    told = {
        "schema_version": SCHEMA_VERSION,
        "cifix_version": __version__,
        "mode": outcome.mode,
        "today": outcome.today.isoformat(),
        "base": outcome.base,
        "branch": outcome.branch,
        "state": outcome.state,
        "commits": [
            {"rule": patch.rule.id, "sha": sha, "subject": subject(patch), "files": [legible(p) for p in patch.paths]}
            for patch, sha in zip(outcome.patches, ids, strict=True)
        ],
        "findings": [
            _finding(placed, outcome.today, applied=fixed and outcome.written) for placed, fixed in outcome.findings
        ],
        "suppressed": outcome.proven.plan.suppressed,
        "failed_proofs": [
            {"rule": failure.rule, "proof": legible(proof.name), "detail": legible(proof.detail)}
            for failure in outcome.proven.failures
            for proof in failure.proofs
        ],
        "crashes": [{"rule": crash.rule, "detail": crash.detail} for crash in outcome.crashes],
        "notes": list(outcome.notes),
        "unread": [{"path": legible(path), "reason": legible(reason)} for path, reason in outcome.unread],
        "exit_code": int(outcome.exit),
    }
    return json.dumps(told, indent=2, ensure_ascii=True) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every document fulfils."""
    loaded: dict[str, Any] = json.loads(files("cifix.report").joinpath("schema.json").read_text("utf-8"))
    return loaded


def _finding(placed: Placed, today: date, *, applied: bool) -> dict[str, Any]:
    finding = placed.finding
    outcome = finding.outcome
    return {
        "rule": finding.rule,
        "path": legible(finding.path),
        "line": placed.line,
        "column": placed.column,
        "end_line": placed.end_line,
        "end_column": placed.end_column,
        "message": legible(finding.message),
        "severity": severity(finding.red_from, today),
        "red_from": day(finding.red_from),
        "safety": outcome.safety.word if isinstance(outcome, Fix) else None,
        "outcome": "fix" if isinstance(outcome, Fix) else "refusal",
        "title": legible(outcome.title) if isinstance(outcome, Fix) else None,
        "applied": applied,
        "refusal": {"key": outcome.key, "detail": legible(outcome.detail)} if isinstance(outcome, Refusal) else None,
    }
