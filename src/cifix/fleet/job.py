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
    REQUEST = "apply --pr"
    CLOSE = "close"
    ADOPT = "adopt"


PUSHING = (Mode.APPLY, Mode.REQUEST)
"""The modes that write commits."""


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
    REQUESTED = "requested"
    """There is an open request for it."""
    DECLINED = "declined"
    """A person has closed the request for this very plan."""
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

    `run` is what the report keeps of it, `patch` the diff of all fixes, `drafts` the commits. `plan` is the digest by
    which requests know it, `title` and `text` are theirs. `history` says that all commits were there to look at. `left`
    are rules whose fixes are left out, for they change workflow files.
    """

    base: str
    run: Mapping[str, Any]
    patch: bytes = b""
    drafts: tuple[Draft, ...] = ()
    plan: str = ""
    title: str = ""
    text: str = ""
    history: bool = False
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One repository's turn.

    `digest` stands for the rules, the options and the day. `known` is an analysis by the same that still holds if the
    base has not moved, and `pushed` says that the branch held its commits when we left it; `commits` are those of our
    branch then, from whatever analysis. `tokens` name the variable of the worker's environment that holds the token for
    a host: one that the user has named, such as `git.example.org`, where the variable must be set, or an address such
    as `https://github.com`, where git's own helpers are asked otherwise. `scratch` is the folder to work in. With
    `history` all commits are fetched, for the rules that follow moved files and to see what was reverted. `edits` says
    what to do with commits of others on our branch; `declined` are the plans that a person has turned down, each with
    the address of the request. With `split` the rest is pushed where workflow files may not be. `requested` says
    that a request of the branch is open.
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
    edits: str = "stop"
    split: bool = False
    requested: bool = False
    declined: Mapping[str, str] = field(default_factory=dict)

    @property
    def tip(self) -> str | None:
        """Where our branch stood when we left it."""
        return self.commits[-1] if self.commits else None


@dataclass(frozen=True, slots=True)
class Result:
    """How a turn ended. `reason` says why a repository is held or failed, or what there is to know besides.

    `base` is the branch that was looked at, `commits` those on our branch, oldest first. `analysis` is None where the
    known one still holds, or none could be made. `seconds` are by step. `plan` is that of the commits, where no
    analysis tells. `request` is the address of the request, `wrote` whether it was opened or brought up to date.
    """

    state: State
    reason: str = ""
    base: str | None = None
    commits: tuple[str, ...] = ()
    analysis: Analysis | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    plan: str = ""
    request: str = ""
    wrote: bool = False
