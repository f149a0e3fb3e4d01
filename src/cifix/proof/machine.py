"""The verification as JSON, described by `schema.json` beside this file."""

import json
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from cifix import __version__
from cifix.proof.result import Proof, Ran, Timing, Verification

SCHEMA_VERSION = 1
"""Raised when a field is removed or changes its meaning; new fields may come at any time."""


def document(told: Verification) -> str:
    """The verification as JSON text, indented, with a final newline."""
    whole = {
        "schema_version": SCHEMA_VERSION,
        "cifix_version": __version__,
        "branch": told.branch,
        "base": told.base,
        "tip": told.tip,
        "ran_code": list(told.ran),
        "python": told.python,
        "proofs": [_proof(proof) for proof in told.proofs],
        "timings": [_timing(timing) for timing in told.timings],
        "exit_code": int(told.exit),
    }
    return json.dumps(whole, indent=2, ensure_ascii=True) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every document fulfils."""
    loaded: dict[str, Any] = json.loads(files("cifix.proof").joinpath("schema.json").read_text("utf-8"))
    return loaded


def _proof(proof: Proof) -> dict[str, Any]:
    return {
        "name": proof.name,
        "verdict": str(proof.verdict),
        "claim": proof.claim,
        "differences": [asdict(difference) for difference in proof.differences],
        "notes": list(proof.notes),
        "commands": [_ran(one) for one in proof.ran],
    }


def _ran(one: Ran) -> dict[str, Any]:
    return {
        "command": one.command,
        "exit_code": one.code,
        "seconds": round(one.seconds, 3),
        "tolerated": one.tolerated,
        "output": list(one.output),
    }


def _timing(timing: Timing) -> dict[str, Any]:
    return {
        "package": timing.package,
        "milliseconds_before": timing.before,
        "milliseconds_after": timing.after,
        "costs_before": [{"module": name, "milliseconds": own} for name, own in timing.costs_before],
        "costs_after": [{"module": name, "milliseconds": own} for name, own in timing.costs_after],
    }
