"""Commits of ours that were merged and then reverted: their rules are not wanted."""

import re
from collections.abc import Iterator

from cifix.vcs.repository import Repository

_MOST = 1000
"""Reverts that are looked at, the newest first."""

_REVERTS = re.compile(r"^This reverts commit ([0-9a-f]{7,64})", re.MULTILINE)
_RULE = re.compile(r"^Cifix-Rule: (\S+)$", re.MULTILINE)
_PLAN = re.compile(r"^Cifix-Plan: (\S+)$", re.MULTILINE)


def reverted(repo: Repository, base: str) -> frozenset[tuple[str, str]]:
    """The rule and the plan of every commit of ours that history up to `base` takes back and does not bring again.

    A squashed merge counts with all rules that its message names, a reverted merge with all commits that it brought.
    What a shallow clone has cut off is not seen.
    """
    told = repo.run(
        "log", f"--max-count={_MOST}", "--extended-regexp", "--grep=^This reverts commit", "-z", "--format=%H%n%B", base
    )
    undone: set[str] = set()
    found: set[tuple[str, str]] = set()
    for record in told.decode("utf-8", "replace").split("\0"):
        oid, _, message = record.partition("\n")
        if not oid or oid in undone:
            continue
        for named in _REVERTS.findall(message):
            commit = repo.oid(f"{named}^{{commit}}")
            if commit is not None:
                undone.add(commit)
                found.update(_made(repo, commit))
    return frozenset(found)


def _made(repo: Repository, commit: str) -> Iterator[tuple[str, str]]:
    """The rules and plans of a commit, or of all that a merge brought."""
    span = repo.attempt("log", f"--max-count={_MOST}", "-z", "--format=%B", commit, f"^{commit}^1")
    for message in span.out.decode("utf-8", "replace").split("\0"):
        for plan in set(_PLAN.findall(message)):
            yield from ((rule, plan) for rule in _RULE.findall(message))
