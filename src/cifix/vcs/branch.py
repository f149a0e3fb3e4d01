"""What a branch holds: whether all its commits are ours, and whether somebody is working on it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cifix.errors import GitError
from cifix.vcs.partial import named_programs
from cifix.vcs.patches import patch_digest
from cifix.vcs.private import quarantine
from cifix.vcs.repository import Repository
from cifix.vcs.scratch import scratch

NO_BASE = "none"
"""The value of `Cifix-Base` for a branch that starts without a commit."""

_NAMED = 5
_MOST = 100
"""Commits of a branch that are looked at; one with more is not only ours."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A commit as git stores it; `trailers` are the `Key: value` lines of its last paragraph."""

    oid: str
    tree: str
    parents: tuple[str, ...]
    subject: str
    trailers: Mapping[str, str]

    @property
    def ours(self) -> bool:
        """Whether cifix made it: then the message names the tree, and no later hand has changed that."""
        return self.trailers.get("Cifix-Tree") == self.tree and "Cifix-Base" in self.trailers


@dataclass(frozen=True, slots=True)
class Chain:
    """Commits on top of each other, oldest first, that start at `base`."""

    base: str | None
    commits: tuple[Recorded, ...]


def tip_of(repo: Repository, branch: str) -> str | None:
    """The commit a branch points to, or None if there is no such branch."""
    return repo.oid(f"refs/heads/{branch}")


def checked_name(repo: Repository, branch: str) -> str:
    """The full name of the branch's ref; raises `GitError` for names git does not allow and for symbolic refs."""
    ref = f"refs/heads/{branch}"
    if branch.startswith("-") or branch == "HEAD" or repo.attempt("check-ref-format", ref).status:
        raise GitError(f"git does not allow a branch to be called {branch!r}; choose another name with --branch")
    if repo.attempt("symbolic-ref", "--quiet", ref).status == 0:
        raise GitError(f"branch {branch} is only another name for a branch; choose another one with --branch")
    return ref


def chain_of(repo: Repository, tip: str) -> Chain | None:
    """The commits from `tip` back to the base their trailers name, if cifix made every one of them."""
    found: list[Recorded] = []
    oid: str | None = tip
    while oid is not None:
        commit = recorded(repo, oid)
        named = commit.trailers.get("Cifix-Base", "")
        parent = commit.parents[0] if commit.parents else None
        if not commit.ours or len(commit.parents) > 1 or (found and named != found[0].trailers["Cifix-Base"]):
            return None
        found.append(commit)
        if (parent or NO_BASE) == named:
            return Chain(parent, tuple(reversed(found)))
        oid = parent
    return None


def refuse_strangers(repo: Repository, branch: str, tip: str, base: str | None) -> None:
    """Raise `GitError` if the branch holds commits that neither `base` holds nor cifix made."""
    commits = strangers(repo, tip, base)
    if commits:
        raise GitError(
            f"branch {branch} holds commits that cifix did not make ({named(commits)}); they stay as they are: "
            f"choose another branch with --branch, or delete this one if it is not needed"
        )


def strangers(repo: Repository, tip: str, upstream: str | None) -> tuple[Recorded, ...]:
    """The commits from `tip` down to what `upstream` holds that others made or changed, newest first.

    Ours are the commits as cifix made them, their copies on another base that do the same, and merges that git makes
    again without a hand: the forge's button to update a branch. The last needs git 2.38; an older one takes every
    merge for the work of others.
    """
    excluded = (f"^{upstream}",) if upstream else ()
    oids = repo.run("rev-list", "--topo-order", f"--max-count={_MOST}", tip, *excluded).decode().split()
    return tuple(
        commit
        for number, commit in enumerate(recorded(repo, oid) for oid in oids)
        if number == _MOST - 1 or not (_own(repo, commit) or _mechanical(repo, commit))
    )


def named(commits: Sequence[Recorded]) -> str:
    """The first few of the commits, by short id and subject."""
    told = "; ".join(f"{commit.oid[:10]} {commit.subject}" for commit in commits[:_NAMED])
    return f"{told} and {len(commits) - _NAMED} more" if len(commits) > _NAMED else told


def _own(repo: Repository, commit: Recorded) -> bool:
    """Whether cifix made the commit, or one that does the same on another base."""
    base = commit.trailers.get("Cifix-Base", "")
    if len(commit.parents) > 1 or (base != NO_BASE and not _above(repo, base, commit.oid)):
        return False
    return commit.ours or copied(repo, commit)


def copied(repo: Repository, commit: Recorded) -> bool:
    """Whether the commit does, on another base, what one that cifix made did on its own."""
    if len(commit.parents) != 1 or "Cifix-Patch" not in commit.trailers:
        return False
    parent = recorded(repo, commit.parents[0])
    return patch_digest(repo.attempt, parent.tree, commit.tree) == commit.trailers["Cifix-Patch"]


def _above(repo: Repository, base: str, oid: str) -> bool:
    known = repo.oid(f"{base}^{{commit}}") if len(base) == len(oid) else None
    return known is not None and repo.attempt("merge-base", "--is-ancestor", known, oid).status == 0


def _mechanical(repo: Repository, commit: Recorded) -> bool:
    """Whether git merges the two parents to the same tree, so that nobody has edited anything in between."""
    if len(commit.parents) != 2 or named_programs(repo, r"merge\..*\.driver"):  # noqa: PLR2004 - two parents
        return False
    with scratch() as folder:
        again = repo.attempt("merge-tree", "--write-tree", *commit.parents, env=quarantine(repo, folder))
    return again.status == 0 and again.out.decode().split("\n")[0] == commit.tree


def refuse_if_held(repo: Repository, branch: str) -> None:
    """Raise `GitError` if a work tree has the branch checked out, or a rebase or bisect will come back to it."""
    ref = f"refs/heads/{branch}"
    place = ""
    for line in os.fsdecode(repo.run("worktree", "list", "--porcelain")).split("\n"):
        place = line.removeprefix("worktree ") if line.startswith("worktree ") else place
        if line == f"branch {ref}":
            raise GitError(f"branch {branch} is checked out in {place}; switch it to another one, or use --branch")
    if repo.root is None and repo.attempt("symbolic-ref", "--quiet", "HEAD").out.strip().decode() == ref:
        raise GitError(f"branch {branch} is the HEAD of {repo.git_dir}; choose another one with --branch")
    for state in _unfinished(repo.common_dir):
        if state.read_text("utf-8", "surrogateescape").strip() in (branch, ref):
            raise GitError(f"branch {branch} is in the middle of a rebase or bisect ({state.parent}); finish it first")


def recorded(repo: Repository, oid: str) -> Recorded:
    """A commit, read and taken apart."""
    text = repo.objects([oid])[oid].decode("utf-8", "replace")
    head, _, message = text.partition("\n\n")
    fields = [line.partition(" ") for line in head.split("\n")]
    paragraphs = message.strip("\n").split("\n\n")
    pairs = [line.partition(": ") for line in paragraphs[-1].split("\n")]
    return Recorded(
        oid,
        next(value for key, _, value in fields if key == "tree"),
        tuple(value for key, _, value in fields if key == "parent"),
        "".join(letter if letter.isprintable() else "?" for letter in paragraphs[0].split("\n")[0]),
        {key: value.strip() for key, colon, value in pairs if colon},
    )


def _unfinished(common_dir: Path) -> Iterator[Path]:
    for git_dir in (common_dir, *common_dir.glob("worktrees/*")):
        for name in ("rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START"):
            if (git_dir / name).is_file():
                yield git_dir / name
