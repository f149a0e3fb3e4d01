"""Where the files went that earlier commits held."""

import os
from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from cifix.model.history import History
from cifix.vcs.partial import promisor
from cifix.vcs.repository import Repository

_COMMITS = 10_000
"""How many commits are looked at, the newest first."""

_PLAIN = ("-r", "-z", "--name-status", "--no-ext-diff", "--no-textconv")


@dataclass(slots=True)
class Step:
    """What one commit did: paths it took away, whether it added any, and its renames by old path."""

    commit: str
    removed: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    adds: bool = False

    def add(self, letter: str, tokens: Iterator[str]) -> None:
        """Note one change by git's `letter` for it; its one or two paths come next in `tokens`."""
        path = next(tokens)
        if letter.startswith("R"):
            self.renamed[path] = next(tokens)
        elif letter == "D":
            self.removed.append(path)
        else:
            self.adds = True


def history(repo: Repository, base: str | None, tracked: Container[str]) -> History:
    """The fate of every path that a commit before `base` held and that is not `tracked` now.

    In a partial clone only renames of unchanged files are seen: no file is fetched for this.
    """
    if base is None:
        return History()
    steps = [step for step in _steps(repo, "log", *_limits(), "--no-renames", "--diff-filter=AD", base) if step.removed]
    moves = _renames(repo, [step.commit for step in steps if step.adds])
    moved: dict[str, str] = {}
    removed: dict[str, str] = {}
    for step in steps:
        renames = moves.get(step.commit, {})
        for path in step.removed:
            if path in tracked or path in removed:
                continue
            removed[path] = step.commit[:10]
            target = renames.get(path, path)
            now = target if target in tracked else moved.get(target)
            if now is not None:
                moved[path] = now
    return History(moved, removed)


def _limits() -> tuple[str, ...]:
    return f"--max-count={_COMMITS}", "--format=format:%x01%H", *_PLAIN


def _renames(repo: Repository, commits: list[str]) -> dict[str, dict[str, str]]:
    if not commits:
        return {}
    likeness = "--find-renames=100%" if promisor(repo) is not None else "--find-renames"
    options = ("--stdin", "--root", "--format=format:%x01%H", likeness, "-l400", "--diff-filter=R", *_PLAIN)
    steps = _steps(repo, "diff-tree", *options, stdin="".join(f"{commit}\n" for commit in commits).encode())
    return {step.commit: step.renamed for step in steps}


def _steps(repo: Repository, *arguments: str, stdin: bytes = b"") -> Iterator[Step]:
    """The commits of an answer of git, in its order; merges are passed over, their branches are not."""
    tokens = iter(os.fsdecode(repo.run(*arguments, stdin=stdin)).split("\0"))
    step: Step | None = None
    for token in tokens:
        letter = token
        if token.startswith("\1"):
            if step is not None:
                yield step
            commit, _, letter = token[1:].partition("\n")
            step = Step(commit)
        if letter and step is not None:
            step.add(letter, tokens)
    if step is not None:
        yield step
