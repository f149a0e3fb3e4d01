"""The commit transaction: a chain of commits on a branch, visible only when all of it is there.

Blobs, trees and commits are written from a private index; the last step alone moves the branch, and only if it
still stands where it stood at the start. Work tree, index, HEAD, stash and all other refs are not touched.
"""

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cifix.errors import GitError
from cifix.model.snapshot import EXECUTABLE, REGULAR, File
from cifix.vcs.attributes import FILTERED, attribute_files
from cifix.vcs.branch import NO_BASE, Chain, chain_of, checked_name, recorded, refuse_if_held, refuse_strangers, tip_of
from cifix.vcs.disk import stays_inside
from cifix.vcs.partial import named_programs
from cifix.vcs.patches import patch_digest
from cifix.vcs.private import PrivateIndex, private_index
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source

_SIGNERS = r"gpg\.program|gpg\..*\.program|gpg\.ssh\.defaultkeycommand"


class State(StrEnum):
    """What became of the branch."""

    CREATED = "created"
    UPDATED = "updated"
    ALREADY_DONE = "already-done"
    NOTHING_TO_DO = "nothing-to-do"


@dataclass(frozen=True, slots=True)
class Draft:
    """A commit to make: `files` holds the new state of each changed path, None for a deleted one."""

    subject: str
    body: str
    trailers: Mapping[str, str]
    files: Mapping[str, File | None]


@dataclass(frozen=True, slots=True)
class Result:
    """The branch and its commits, oldest first; after a dry run there are none."""

    state: State
    branch: str
    commits: tuple[str, ...]


def filtered(repo: Repository, base: str | None, paths: Iterable[str]) -> frozenset[str]:
    """The paths that `commit` would refuse because the attribute files of `base` hand them to a filter program."""
    wanted = list(paths)
    if not wanted:
        return frozenset()
    _modes(repo, base)
    with private_index(repo, base) as index:
        return index.filtered(wanted)


def commit(repo: Repository, base: str | None, branch: str, drafts: Sequence[Draft], *, dry: bool = False) -> Result:
    """Put `drafts`, one commit each, on `base` and point `branch` there.

    With `dry`, only find out what would become of the branch and write nothing at all; nobody needs to be known to
    git for that. A branch that holds exactly
    this already is left alone; one that holds only commits of ours, or none that `base` lacks, is moved. Raises
    `GitError` for a branch with other commits or in use, for paths that cannot be committed byte for byte, without a
    git identity, and if somebody else moves the branch meanwhile.
    """
    ref = checked_name(repo, branch)
    tip = tip_of(repo, branch)
    standing = _standing(repo, branch, tip, base)
    modes = _modes(repo, base)
    with private_index(repo, base, dry=dry) as index:
        planned = _trees(repo, index, modes, drafts)
        if not planned:
            return Result(State.NOTHING_TO_DO, branch, ())
        if _same(standing, base, planned):
            return Result(State.ALREADY_DONE, branch, _oids(standing))
        refuse_if_held(repo, branch)
        if dry:
            return Result(State.UPDATED if tip else State.CREATED, branch, ())
        signing = _signing(repo)
        _refuse_anonymous(repo)
        commits = _chained(repo, index, base, planned, signing)
        if not _moved(repo, ref, commits[-1], tip, planned[0][0].subject):
            standing = _standing(repo, branch, tip_of(repo, branch), base)
            if _same(standing, base, planned):
                return Result(State.ALREADY_DONE, branch, _oids(standing))
            raise GitError(f"branch {branch} was moved by somebody else meanwhile; nothing was written, try again")
    return Result(State.UPDATED if tip else State.CREATED, branch, commits)


def _standing(repo: Repository, branch: str, tip: str | None, base: str | None) -> Chain | None:
    if tip is None:
        return None
    chain = chain_of(repo, tip)
    if chain is None or _is_only_here(repo, branch, chain.base, base):
        refuse_strangers(repo, branch, tip, base)
    return chain


def _is_only_here(repo: Repository, branch: str, below: str | None, base: str | None) -> bool:
    """Whether moving the branch would lose what its commits stand on, which then is a person's.

    What another branch or tag holds is not lost, nor what another branch once stood at, before it was amended or
    rebased. A shallow repository cannot tell, and says no.
    """
    if below in (None, base) or (repo.common_dir / "shallow").is_file():
        return False
    others = (f"--exclude=refs/heads/{branch}", f"--exclude=refs/remotes/*/{branch}", "--all")
    if not repo.run("rev-list", "--max-count=1", below or "", "--not", *filter(None, [base]), *others):
        return False
    heads = repo.run("for-each-ref", "--format=%(refname)", "refs/heads").decode("utf-8", "surrogateescape").split()
    logs = (repo.attempt("log", "-g", "--format=%H", ref, "--") for ref in heads if ref != f"refs/heads/{branch}")
    return not any((below or "").encode() in log.out.split() for log in logs)


def _same(standing: Chain | None, base: str | None, planned: Sequence[tuple[Draft, str]]) -> bool:
    if standing is None or standing.base != base:
        return False
    return [commit.tree for commit in standing.commits] == [tree for _, tree in planned]


def _oids(standing: Chain | None) -> tuple[str, ...]:
    return tuple(commit.oid for commit in standing.commits) if standing else ()


def _modes(repo: Repository, base: str | None) -> Mapping[str, int]:
    """The paths of `base`; its attribute files are fetched, for git would ask for each on its own."""
    if base is None:
        return {}
    source = commit_source(repo, base)
    source.fetch(attribute_files(source.modes))
    return source.modes


def _trees(
    repo: Repository, index: PrivateIndex, modes: Mapping[str, int], drafts: Sequence[Draft]
) -> list[tuple[Draft, str]]:
    """Each draft that changes something, with the tree it leads to."""
    for draft in drafts:
        modes = _shaped(modes, draft.files)
    paths = {path for draft in drafts for path in draft.files}
    _refuse_filtered(index, paths)
    oids = index.store(file.data for draft in drafts for file in draft.files.values() if file is not None)
    planned: list[tuple[Draft, str]] = []
    before = index.tree()
    for draft in drafts:
        index.update(
            [(path, 0, repo.zero) for path, file in draft.files.items() if file is None]
            + [(path, file.mode, oids[file.data]) for path, file in draft.files.items() if file is not None]
        )
        tree = index.tree()
        if tree != before:
            planned.append((draft, tree))
        before = tree
    _refuse_filtered(index, paths)
    return planned


def _refuse_filtered(index: PrivateIndex, paths: Iterable[str]) -> None:
    refused = sorted(index.filtered(paths))
    if refused:
        raise GitError(f"cannot commit {', '.join(refused)}: {FILTERED}; leave it out, or change it by hand")


def _shaped(modes: Mapping[str, int], files: Mapping[str, File | None]) -> dict[str, int]:
    """The modes after `files`; only regular files are written, and none over a link, a submodule or a folder."""
    after = {path: mode for path, mode in modes.items() if path not in files}
    after |= {path: file.mode for path, file in files.items() if file is not None}
    folders = _folders(after)
    for path, file in files.items():
        if not stays_inside(path):
            raise GitError(f"cannot commit {path!r}: it is not a path inside the tree")
        for taken in (path, *_parents(path)):
            if modes.get(taken, REGULAR) not in (REGULAR, EXECUTABLE):
                raise GitError(f"cannot commit {path}: {taken} is a symbolic link or a submodule; change it by hand")
        if file is None:
            continue
        if file.mode not in (REGULAR, EXECUTABLE):
            raise GitError(f"cannot commit {path}: mode {file.mode:o} is not that of a regular file")
        for taken in _parents(path):
            if taken in after:
                raise GitError(f"cannot commit {path}: {taken} is a file; rename one of them")
        if path in folders:
            raise GitError(f"cannot commit {path}: it is a folder; rename one of them")
    return after


def _folders(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        for parent in _parents(path):
            if parent in found:
                break
            found.add(parent)
    return found


def _parents(path: str) -> Iterable[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _chained(
    repo: Repository,
    index: PrivateIndex,
    base: str | None,
    planned: Sequence[tuple[Draft, str]],
    signing: Sequence[str],
) -> tuple[str, ...]:
    commits: list[str] = []
    parent = base
    before = recorded(repo, base).tree if base else index.empty()
    for draft, tree in planned:
        patch = patch_digest(index.attempt, before, tree)
        message = _message(draft, base, tree, patch).encode("utf-8", "surrogateescape")
        above = ("-p", parent) if parent else ()
        command = ("-c", "i18n.commitEncoding=UTF-8", "commit-tree", tree, *above, *signing, "-F", "-")
        parent = index.run(*command, stdin=message).decode().strip()
        commits.append(parent)
        before = tree
    return tuple(commits)


def _message(draft: Draft, base: str | None, tree: str, patch: str | None) -> str:
    trailers = {**draft.trailers, "Cifix-Base": base or NO_BASE, "Cifix-Tree": tree}
    trailers |= {"Cifix-Patch": patch} if patch else {}
    lines = (f"{key}: {' '.join(value.split())}" for key, value in trailers.items())
    paragraphs = (" ".join(draft.subject.split()), draft.body.strip("\n"), "\n".join(lines))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def _signing(repo: Repository) -> tuple[str, ...]:
    """`-S` if commit.gpgSign says so, which `git commit-tree` does not look at."""
    if repo.attempt("config", "--type=bool", "--get", "commit.gpgSign").out.strip() != b"true":
        return ()
    programs = named_programs(repo, _SIGNERS)
    if programs:
        raise GitError(
            f"commits are to be signed by a program that the repository itself names ({', '.join(programs)}), and "
            f"cifix runs none of those; set it with `git config --global`, or turn commit.gpgSign off"
        )
    return ("-S",)


def _refuse_anonymous(repo: Repository) -> None:
    for who in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        if repo.attempt("-c", "user.useConfigOnly=true", "var", who).status:
            raise GitError(
                "git does not know who commits; type: git config --global user.name 'Your Name' "
                "and: git config --global user.email you@example.org"
            )


def _moved(repo: Repository, ref: str, new: str, old: str | None, subject: str) -> bool:
    """Move the branch from `old` to `new` in one step; False if it is not at `old` any more."""
    steps = f"start\noption no-deref\nupdate {ref} {new} {old or repo.zero}\nprepare\ncommit\n"
    reason = f"cifix: {' '.join(subject.split())}"
    outcome = repo.attempt("update-ref", "--create-reflog", "-m", reason, "--stdin", stdin=steps.encode())
    if outcome.status == 0:
        return True
    if lock := re.search(r"'([^']+\.lock)': File exists", outcome.error):
        age = _age(Path(lock.group(1)))
        raise GitError(
            f"{lock.group(1)} ({age}) locks the branch; if no git is running, delete that file and try again"
        )
    if taken := re.search(r"'refs/heads/([^']+)' exists; cannot create", outcome.error):
        raise GitError(
            f"branch {taken.group(1)} exists, so git cannot have a branch {ref.removeprefix('refs/heads/')}; "
            f"choose another name with --branch, or rename {taken.group(1)}"
        )
    if "but expected" in outcome.error or "already exists" in outcome.error or "unable to resolve" in outcome.error:
        return False
    raise GitError(f"git did not move {ref}: {outcome.error.strip()}")


def _age(file: Path) -> str:
    try:
        return f"{max(time.time() - file.stat().st_mtime, 0):.0f} s old"
    except OSError:
        return "gone by now"
