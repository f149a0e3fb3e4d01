"""What the rules say about a clone: the same plan, proofs and commits that `cifix apply` would make there."""

import json

from cifix.engine.registry import discover
from cifix.fleet.job import Analysis, Job
from cifix.model.snapshot import Snapshot
from cifix.report import diff, machine
from cifix.run.drafts import drafts_of
from cifix.run.examine import Selection, examine
from cifix.vcs.attributes import attribute_files
from cifix.vcs.repository import Repository
from cifix.vcs.source import Stored, commit_source

_CONFIGURATION = ("cifix.toml", "pyproject.toml")


def analysed(repo: Repository, branch: str, job: Job) -> Analysis:
    """Plan and prove for the tip of `branch`; raises `GitError`, `UsageError` and `UnprovenError`."""
    source = commit_source(repo, f"refs/heads/{branch}")
    _fetch(source, job.asked)
    examined = examine(repo, source, job.asked, job.today)
    outcome = examined.outcome("dry-run", job.target.url, job.asked.arguments)
    plan = examined.proven.plan
    return Analysis(
        plan.before.base or "",
        json.loads(machine.document(outcome)),
        diff.patch(plan.before, plan.after),
        drafts_of(examined),
    )


def _fetch(source: Stored, asked: Selection) -> None:
    """Fetch in one go every file that a rule can start from; rules that look at further ones fetch those."""
    rules = discover().rules.values()
    reads = {glob for rule in rules if rule.id in (asked.select or (rule.id,)) for glob in rule.reads}
    wanted = Snapshot(source).matching(tuple(reads))
    source.fetch({*wanted, *attribute_files(source.modes), *(path for path in _CONFIGURATION if path in source.modes)})
