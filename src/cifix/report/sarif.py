"""SARIF 2.1.0 for code scanning and for editors that can apply a fix.

Sources: OASIS SARIF 2.1.0 with errata 01; the limits of GitHub's upload from "SARIF support for code
scanning", docs.github.com; read 2026-11.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from textwrap import shorten
from typing import Any

from cifix import __version__
from cifix.errors import Exit
from cifix.model.finding import Fix
from cifix.model.rule import Rule
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text
from cifix.report.characters import legible
from cifix.report.entry import Entry, Severity, day, entries
from cifix.report.fingerprint import line_hashes
from cifix.report.outcome import Outcome
from cifix.report.page import link, manual, why
from cifix.report.replacement import InexpressibleError, replacements, uri

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RESULTS = 25_000
"""Results of one run that the service takes."""
BYTES = 10_000_000
"""Size of the compressed file that the service takes."""

DESCRIPTION = 1000
"""Characters of a rule's description that the service shows."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "note"}
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")

Json = dict[str, Any]


def document(outcome: Outcome, *, results: int = RESULTS, size: int = BYTES) -> str:
    """The log on one line; without fixes if it were larger than `size` compressed bytes with them."""
    text = _text(outcome, results, fixes=True)
    if len(text) > size and len(gzip.compress(text.encode(), mtime=0)) > size:
        text = _text(outcome, results, fixes=False)
    return text


def _text(outcome: Outcome, limit: int, *, fixes: bool) -> str:
    every = list(entries(outcome))
    notes = [f"Only the first {limit} of {len(every)} results are listed."] if len(every) > limit else []
    notes += [] if fixes else ["The fixes are left out: with them the file would be too large to upload."]
    told = _fixes(outcome) if fixes else {}
    run = {
        "tool": {"driver": _driver(outcome.rules)},
        "invocations": [_invocation(outcome, notes)],
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "defaultEncoding": "UTF-8",
        "artifacts": list(_artifacts(outcome, every[:limit])),
        "results": list(_results(outcome, every[:limit], told)),
        "properties": {
            "mode": outcome.mode,
            "base": outcome.base,
            "branch": outcome.branch,
            "state": outcome.state,
            "suppressed": outcome.proven.plan.suppressed,
        },
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, separators=(",", ":"), ensure_ascii=True) + "\n"


def _driver(rules: tuple[Rule, ...]) -> Json:
    return {"name": "cifix", "semanticVersion": __version__, "rules": [_rule(rule) for rule in rules]}


def _rule(rule: Rule) -> Json:
    address = link(rule)
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": shorten(why(rule) or rule.summary, DESCRIPTION, placeholder=" ...")},
        "help": {"text": manual(rule), "markdown": manual(rule)},
        **({"helpUri": address} if address else {}),
        "defaultConfiguration": {"level": "error"},
        "properties": {"safety": rule.safety.word, "tags": ["ci"]},
    }


def _invocation(outcome: Outcome, notes: list[str]) -> Json:
    told = [("warning", note) for note in notes] + [("note", note) for note in outcome.remarks]
    for failure in outcome.proven.failures:
        proofs = "; ".join(f"{proof.name}: {proof.detail or 'it does not hold'}" for proof in failure.proofs)
        told.append(("error", f"The fix of {failure.rule} was thrown away; a proof failed: {proofs}"))
    told += [("error", f"The rule {crash.rule} crashed: {crash.detail}") for crash in outcome.crashes]
    return {
        "executionSuccessful": outcome.exit is not Exit.CRASHED,
        "exitCode": int(outcome.exit),
        "toolExecutionNotifications": [{"level": level, "message": _message(text)} for level, text in told],
    }


def _artifacts(outcome: Outcome, every: list[Entry]) -> Iterator[Json]:
    """The files that are not UTF-8, each with its encoding: new text has to be written in it."""
    for path in sorted({entry.path for entry in every} | {path for patch in outcome.patches for path in patch.paths}):
        text = _text_of(outcome.proven.plan.before, path)
        if text is not None and text.encoding != "utf-8":
            yield {"location": {"uri": uri(path)}, "encoding": text.encoding}


def _results(outcome: Outcome, every: list[Entry], told: Mapping[Fix, Json]) -> Iterator[Json]:
    """The results; a fix that several findings share stands in full at the first, the others name its number."""
    numbers = {rule.id: number for number, rule in enumerate(outcome.rules)}
    texts = {path: _text_of(outcome.proven.plan.before, path) for path in {entry.path for entry in every}}
    hashes = {path: line_hashes(text.raw) for path, text in texts.items() if text is not None}
    first: dict[Fix, int] = {}
    for number, entry in enumerate(every):
        ending = entry.placed.finding.outcome
        result = _result(entry, numbers[entry.rule])
        if entry.path in hashes:
            result["partialFingerprints"] = {"primaryLocationLineHash": hashes[entry.path][entry.placed.line - 1]}
        if isinstance(ending, Fix) and ending in told:
            told_of = told[ending] if ending not in first else {"properties": {"fixedWith": first[ending]}}
            first.setdefault(ending, number)
            result = {**result, **told_of, "properties": {**result["properties"], **told_of.get("properties", {})}}
        yield result


def _result(entry: Entry, number: int) -> Json:
    placed = entry.placed
    span = {
        "startLine": placed.line,
        "startColumn": placed.column,
        "endLine": placed.end_line,
        "endColumn": placed.end_column,
    }
    location = {"artifactLocation": {"uri": uri(entry.path)}, "region": span}
    fix = isinstance(placed.finding.outcome, Fix)
    return {
        "ruleId": entry.rule,
        "ruleIndex": number,
        "level": _LEVELS[entry.level],
        "message": _message(entry.words),
        "locations": [{"physicalLocation": location}],
        "properties": {
            "severity": entry.severity,
            "redFrom": day(placed.finding.red_from),
            "state": entry.state,
            "safety" if fix else "refusal": entry.key,
        },
    }


def _fixes(outcome: Outcome) -> dict[Fix, Json]:
    """What to say of each proven fix: its replacements, or why there are none. Nothing once the files have it."""
    told: dict[Fix, Json] = {}
    for number, patch in enumerate(outcome.patches if outcome.mode != "in-place" else ()):
        for fix in patch.fixes:
            try:
                told[fix] = {"fixes": [replacements(fix, outcome.patches[:number], outcome.proven.plan.before)]}
            except InexpressibleError as why_not:
                told[fix] = {"properties": {"unexpressed": f"the fix {legible(str(why_not))}"}}
    return told


def _text_of(before: Snapshot, path: str) -> Text | None:
    try:
        return before.text(path)
    except (Opaque, KeyError):
        return None


def _message(text: str) -> Json:
    """A message in which nothing looks like a link of SARIF's own syntax."""
    return {"text": _LINK.sub(r"\\[", legible(text))}
