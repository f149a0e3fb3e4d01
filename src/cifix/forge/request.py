"""What a forge is to cifix: a place that holds requests to merge a branch."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Runs(StrEnum):
    """What CI does after a request was opened or its branch pushed."""

    START = "start"
    """Runs start by themselves."""
    WAIT = "wait"
    """Runs are made and wait until somebody with write access approves them."""
    NONE = "none"
    """No run is made: the forge does not let this token start any."""
    UNKNOWN = "unknown"


WORKFLOWS = ".github/workflows/"
"""The folder whose files GitHub lets nobody push without a permission for them."""
EDITS = ("stop", "append", "recreate")
"""What to do where our branch holds commits of others."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user wants of every request: `kind` is the way to the forge, `edits` one of `EDITS`.

    `split` keeps the rules that change files below `WORKFLOWS` apart from the others.
    """

    kind: str = "auto"
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    draft: bool = False
    edits: str = EDITS[0]
    split: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the forge shows it; `state` is `open`, `closed` or `merged`, `author` may be empty.

    `labels` and `reviewers` are those that it has now, as far as the forge needs calls of their own to add them.
    """

    number: str
    url: str
    title: str
    body: str
    state: str
    base: str
    author: str = ""
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request to open; `patch` is what it changes, for a forge that is only a folder.

    `reviewers` are names of users; on GitHub `organisation/team` is a team.
    """

    branch: str
    base: str
    title: str
    body: str
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    draft: bool = False
    patch: bytes = b""


class Forge(Protocol):
    """A project on a forge. Methods raise `GitError` where the forge refuses or does not answer."""

    @property
    def name(self) -> str:
        """The forge and the way to it, such as `github`."""

    def requests(self, branch: str) -> Sequence[Request]:
        """All requests of the project's own branch, newest first, whatever became of them."""

    def open(self, wanted: Wanted) -> Request:
        """Open a request, or give the one that somebody has opened for the branch meanwhile.

        Where labels and reviewers need calls of their own, they are for `decorate`.
        """

    def update(self, request: Request, wanted: Wanted) -> None:
        """Give an open request the title and body, and add the labels and reviewers."""

    def decorate(self, request: Request, labels: Sequence[str], reviewers: Sequence[str]) -> None:
        """Add to a request that `open` has opened those labels and reviewers that it never had."""

    def close(self, request: Request, body: str) -> None:
        """Close an open request without a merge and give it this body."""

    def workflows(self) -> bool | None:
        """Whether our credential may push workflow files; None where only the push tells."""

    def runs(self, request: Request) -> Runs:
        """What CI does for the request."""
