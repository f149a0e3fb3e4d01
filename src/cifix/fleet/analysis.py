"""What the rules say about a clone: the same plan, proofs and commits that `cifix apply` would make there."""

import json
from dataclasses import replace
from typing import Any

from cifix.engine.registry import discover
from cifix.errors import UsageError
from cifix.fleet.job import Analysis, Job
from cifix.fleet.stored import digest_of
from cifix.forge import body
from cifix.model.snapshot import Snapshot
from cifix.report import diff, machine
from cifix.report.entry import FIXABLE, HELD, LEFT, entries
from cifix.report.message import digest
from cifix.report.outcome import Outcome
from cifix.run.drafts import drafts_of
from cifix.run.examine import Selection, examine
from cifix.run.wanted import wanted
from cifix.vcs.attributes import attribute_files
from cifix.vcs.commit import State
from cifix.vcs.repository import Repository
from cifix.vcs.source import Stored, commit_source

KEPT = ("commits", "findings", "suppressed", "failed_proofs", "crashes", "notes")
"""What of one run's JSON report a fleet keeps."""

_ANSWERS = {FIXABLE: "commit", HELD: "held-back", LEFT: "person"}
_CONFIGURATION = ("cifix.toml", "pyproject.toml")


def analysed(
    repo: Repository, branch: str, job: Job, upstream: str | None = None, without: tuple[str, ...] = ()
) -> Analysis:
    """Plan and prove for the tip of `branch`; raises `GitError`, `UsageError`, `UnprovenError` and `MemoryError`.

    What was reverted on `upstream`, by default the branch itself, is left out, and so are the rules `without`. A worker
    with other rules than those of the coordinator, or that cannot load them all, is refused.
    """
    if digest_of(job.asked, job.today, discover().rules) != job.digest:
        raise UsageError(
            "the worker has another version of cifix, or rules that it cannot load; nothing was looked for"
        )
    asked = replace(job.asked, ignore=(*job.asked.ignore, *without))
    source = commit_source(repo, f"refs/heads/{branch}")
    _fetch(source, asked)
    base = upstream or source.base or ""
    examined, notes = wanted(repo, base, asked, lambda some: examine(repo, source, some, job.today))
    if any("MemoryError" in crash.detail for crash in examined.crashes):
        raise MemoryError
    plan = examined.proven.plan
    outcome = examined.outcome("dry-run", ".", job.asked.arguments)
    outcome = replace(outcome, command=("pr",), notes=(*notes, *outcome.notes))
    patch = diff.patch(plan.before, plan.after)
    found = Analysis(
        plan.before.base or "", _told(outcome), patch, drafts_of(examined), history=job.history, left=without
    )
    if not found.drafts:
        return found
    made = replace(outcome, mode="apply", branch=job.branch, state=State.CREATED)
    identity = digest(examined.rules, examined.settings)
    return replace(found, plan=identity, title=body.title(made), text=body.text(made, job.branch))


def _told(outcome: Outcome) -> dict[str, Any]:
    """The part of the report of one run that a fleet keeps; each finding says how it is answered."""
    report = json.loads(machine.document(outcome))
    for finding, entry in zip(report["findings"], entries(outcome), strict=True):
        finding["answer"] = _ANSWERS[entry.state]
        del finding["applied"], finding["outcome"]
    for commit in report["commits"]:
        del commit["sha"]
    return {key: report[key] for key in ("today", *KEPT)}


def _fetch(source: Stored, asked: Selection) -> None:
    """Fetch in one go every file that a rule can start from; rules that look at further ones fetch those.

    A rule that names every file goes by names, and reads few.
    """
    rules = discover().rules.values()
    reads = {glob for rule in rules if rule.id in (asked.select or (rule.id,)) for glob in rule.reads} - {"**"}
    wanted = Snapshot(source).matching(tuple(reads))
    source.fetch({*wanted, *attribute_files(source.modes), *(path for path in _CONFIGURATION if path in source.modes)})
