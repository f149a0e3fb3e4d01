"""Push one branch to a remote, only if it still stands where we saw it; every refusal has a name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cifix.errors import GitError
from cifix.logs.redact import redact
from cifix.vcs.branch import checked_name
from cifix.vcs.exchange import NETWORK, REMOTE
from cifix.vcs.partial import promisor
from cifix.vcs.repository import Repository


class Landing(StrEnum):
    """What became of a push."""

    PUSHED = "pushed"
    UP_TO_DATE = "up-to-date"
    STALE = "stale"
    """Somebody else has moved, made or deleted the branch since it was looked at."""
    WORKFLOWS = "needs-workflow-permission"
    """The credential may push, but not files below `.github/workflows`."""
    AUTH = "not-authorized"
    PROTECTED = "protected"
    OTHER = "refused"


@dataclass(frozen=True, slots=True)
class Pushed:
    """A push: how it ended, and what git or the remote said, without secrets."""

    landing: Landing
    said: str = ""

    @property
    def landed(self) -> bool:
        """Whether the branch is now what was pushed."""
        return self.landing in (Landing.PUSHED, Landing.UP_TO_DATE)


# What git and the forges say, read in git's transport.c and in public threads about each of these lines, 2026-11.
_REASONS: tuple[tuple[Landing, re.Pattern[str]], ...] = (
    (Landing.WORKFLOWS, re.compile(r"refusing to allow .*(workflow|\.github/)", re.IGNORECASE)),
    (
        Landing.STALE,
        re.compile(r"stale info|fetch first|non-fast-forward|but expected|reference already exists|remote ref updated"),
    ),
    (
        Landing.PROTECTED,
        re.compile(r"protected branch|GH006|GH013|rule violations|not allowed to (force )?push", re.IGNORECASE),
    ),
    (
        Landing.AUTH,
        re.compile(
            r"Authentication failed|could not read (Username|Password)|terminal prompts disabled|Permission denied"
            r"|returned error: 40[13]|Repository not found|Permission to \S+ denied|HTTP Basic: Access denied"
            r"|not authorized|You are not allowed|Write access to repository not granted",
            re.IGNORECASE,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a remote shows: the branch its HEAD names, if it says so, and the tips of the branches asked for."""

    head: str | None
    tips: dict[str, str]


def look(between: Repository, branches: Sequence[str] = ()) -> Seen:
    """Ask the remote of an exchange where `branches` stand; raises `GitError`, also if it cannot be reached."""
    refs = [checked_name(between, branch) for branch in branches]
    told = between.attempt("ls-remote", "--symref", "--", REMOTE, "HEAD", *refs, env=NETWORK)
    if told.status:
        raise GitError(_unreachable(told.error))
    head, tips = None, {}
    for line in told.out.decode("utf-8", "replace").splitlines():
        value, _, name = line.partition("\t")
        if name == "HEAD" and value.startswith("ref: refs/heads/"):
            head = value.removeprefix("ref: refs/heads/")
        elif name in refs:
            tips[name.removeprefix("refs/heads/")] = value
    return Seen(head, tips)


def bring(between: Repository, branch: str, oid: str) -> None:
    """Make the private branch stand at `oid`, the tip that the remote's branch was seen at; fetches what is missing.

    Raises `GitError` if the remote does not give it.
    """
    ref = checked_name(between, branch)
    if not _complete(between, oid):
        partial = ("--filter=blob:none",) if promisor(between) is not None else ()
        told = between.attempt(
            *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", *partial),
            *("--", REMOTE, f"+{ref}:{ref}"),
            env=NETWORK,
        )
        if told.status:
            raise GitError(_unreachable(told.error))
    between.run("update-ref", ref, oid)


def push(between: Repository, branch: str, oid: str, expected: str | None) -> Pushed:
    """Point the remote's branch to `oid` if it stands at `expected`, or does not exist where that is None."""
    ref = checked_name(between, branch)
    told = between.attempt(
        *("push", "--porcelain", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no"),
        *(f"--force-with-lease={ref}:{expected or ''}", "--", REMOTE, f"{oid}:{ref}"),
        env=NETWORK,
    )
    flag, reason = _answer(told.out.decode("utf-8", "replace"), ref)
    if told.status == 0 and flag != "!":
        return Pushed(Landing.UP_TO_DATE if flag == "=" else Landing.PUSHED)
    said = redact(_plain(told.error) or reason)
    landing = next((kind for kind, form in _REASONS if form.search(reason) or form.search(told.error)), Landing.OTHER)
    return Pushed(landing, said)


def _answer(told: str, ref: str) -> tuple[str, str]:
    """The flag and the summary that `git push --porcelain` gives for a ref."""
    for line in told.splitlines():
        flag, tab, rest = line.partition("\t")
        names, _, summary = rest.partition("\t")
        if tab and names.endswith(f":{ref}"):
            return flag, summary
    return "", ""


def _complete(between: Repository, oid: str) -> bool:
    """Whether the commit and all it stands on are here, so that nothing need be fetched."""
    if between.attempt("cat-file", "-e", f"{oid}^{{commit}}").status:
        return False
    return between.attempt("rev-list", "--quiet", "--max-count=200", oid).status == 0


def _plain(error: str) -> str:
    """What the remote and git said, without progress, hints and the repetition of the address."""
    lines = [line.removeprefix("remote:").strip() for line in error.splitlines()]
    dull = ("hint:", "To ", "error: failed to push some refs")
    return " ".join(line for line in lines if line and not line.startswith(dull))


def _unreachable(error: str) -> str:
    said = redact(_plain(error)) or "it gave no reason"
    kind = next((kind for kind, form in _REASONS if form.search(error)), Landing.OTHER)
    advice = "; give a token that may read it, or log in with git" if kind is Landing.AUTH else ""
    return f"the remote does not answer: {said}{advice}"
