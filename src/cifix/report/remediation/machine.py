"""The remediation plan as JSON, described by `schema.json` beside this file."""

import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from cifix import __version__
from cifix.report.characters import legible
from cifix.report.entry import Entry, day
from cifix.report.remediation import logs
from cifix.report.remediation.document import Affected, Cause, Evidence, Job, Left, Remediation
from cifix.report.remediation.markdown import commands

SCHEMA_VERSION = 1
"""Raised when a field is removed or changes its meaning; new fields may come at any time."""

Json = dict[str, Any]


def document(plan: Remediation) -> str:
    """The plan as JSON text, indented, with a final newline; the same findings give the same text."""
    told = {
        "schema_version": SCHEMA_VERSION,
        "cifix_version": __version__,
        "base": plan.base,
        "today": plan.today.isoformat(),
        "causes": [_cause(one) for one in plan.causes],
        "left": [_left(one) for one in plan.left],
        "jobs": [_affected(one) for one in plan.affected],
        "packages": list(plan.packages),
        "validation": [legible(command) for command in commands(plan)],
        "actions": [legible(action) for action in plan.actions],
        "suppressed": plan.suppressed,
        "troubles": [legible(trouble) for trouble in plan.troubles],
        "notes": list(plan.notes),
        "logs": logs.data(plan.logs),
    }
    return json.dumps(told, indent=2, ensure_ascii=True) + "\n"


def schema() -> Json:
    """The JSON Schema (draft 2020-12) that every document fulfils."""
    loaded: Json = json.loads(files("cifix.report.remediation").joinpath("schema.json").read_text("utf-8"))
    return loaded


def _cause(one: Cause) -> Json:
    return {
        "rule": one.rule.id,
        "summary": one.rule.summary,
        "cause": one.sentence,
        "findings": [_finding(entry) for entry in one.found],
        "evidence": _evidence(one.evidence),
        "commits": list(one.commits),
        "diffs": [_text(diff) for diff in one.diffs],
        "fixes": {level.word: number for level, number in sorted(one.levels.items())},
        "jobs": _jobs(one.jobs),
        "waiting": _jobs(one.waiting),
    }


def _left(one: Left) -> Json:
    entry = one.entry
    return {
        **_finding(entry),
        "rule": entry.rule,
        "state": entry.state,
        "key": entry.key,
        "evidence": _evidence(one.evidence),
        "diff": _text(one.diff) or None,
        "jobs": _jobs(one.jobs),
    }


def _finding(entry: Entry) -> Json:
    placed = entry.placed
    return {
        "path": legible(entry.path),
        "line": placed.line,
        "column": placed.column,
        "severity": entry.severity,
        "red_from": day(placed.finding.red_from),
        "message": legible(entry.message),
        "answer": legible(entry.answer),
    }


def _evidence(proofs: Iterable[Evidence]) -> list[Json]:
    return [{"command": legible(proof.command), "shows": [legible(line) for line in proof.shows]} for proof in proofs]


def _affected(one: Affected) -> Json:
    return {
        "workflow": legible(one.job.workflow),
        "job": one.job.name or None,
        "fixed": list(one.rules),
        "left": one.left,
        "after": _jobs(one.after),
        "waiting": _jobs(one.waiting),
    }


def _jobs(jobs: Iterable[Job]) -> list[Json]:
    return [{"workflow": legible(job.workflow), "job": job.name or None} for job in jobs]


def _text(diff: bytes) -> str:
    return diff.decode("utf-8", "replace")
