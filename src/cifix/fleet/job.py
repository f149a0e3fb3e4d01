"""What is handed to a worker, and what it hands back: plain values that cross processes and machines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from cifix.run.examine import Selection
from cifix.vcs.commit import Draft


class Mode(StrEnum):
    """How far a run goes."""

    PLAN = "plan"
    APPLY = "apply"
    CLOSE = "close"


class State(StrEnum):
    """Where a repository stands."""

    QUEUED = "queued"
    """Nothing is known of it yet."""
    CLEAN = "clean"
    """Nothing was found."""
    LEFT = "left"
    """All that was found is for a person; there is nothing to commit."""
    PLANNED = "planned"
    """There is something to commit."""
    APPLIED = "applied"
    """The branch of the remote holds it."""
    HELD = "held"
    """The remote turned it down, or its branch holds commits of others: a person must look."""
    FAILED = "failed"
    """It could not be looked at."""
    CLOSED = "closed"
    """Our branch was taken away again."""


@dataclass(frozen=True, slots=True)
class Target:
    """A repository as it was listed: where it is, what reports call it, and the branch to start from, if named."""

    url: str
    slug: str
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found in one commit and how it is answered: the same for the same commit, rules and options.

    `run` is what the report keeps of it, `patch` the diff of all fixes, `drafts` the commits.
    """

    base: str
    run: Mapping[str, Any]
    patch: bytes = b""
    drafts: tuple[Draft, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One repository's turn.

    `digest` stands for the rules, the options and the day. `known` is an analysis by the same that still holds if the
    base has not moved, and `pushed` says that the branch held its commits when we left it; `commits` are those of our
    branch then, from whatever analysis. `tokens` name the variable of the worker's environment that holds the token for
    a host: one that the user has named, such as `git.example.org`, where the variable must be set, or an address such
    as `https://github.com`, where git's own helpers are asked otherwise. `scratch` is the folder to work in. With
    `history` all commits are fetched, for the rules that follow moved files.
    """

    target: Target
    mode: Mode
    branch: str
    asked: Selection
    today: date
    digest: str
    known: Analysis | None = None
    pushed: bool = False
    commits: tuple[str, ...] = ()
    tokens: Mapping[str, str] = field(default_factory=dict)
    scratch: str | None = None
    history: bool = False

    @property
    def tip(self) -> str | None:
        """Where our branch stood when we left it."""
        return self.commits[-1] if self.commits else None


@dataclass(frozen=True, slots=True)
class Result:
    """How a turn ended. `reason` says why a repository is held or failed, or what there is to know besides.

    `base` is the branch that was looked at, `commits` those on our branch, oldest first. `analysis` is None where the
    known one still holds, which `looked` tells too, or none could be made. `seconds` are by step.
    """

    state: State
    reason: str = ""
    base: str | None = None
    commits: tuple[str, ...] = ()
    analysis: Analysis | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
