"""The commits that a verification is about: from the base, exclusive, to the tip of the branch."""

from dataclasses import dataclass

from cifix.errors import GitError
from cifix.vcs.branch import NO_BASE, Recorded, recorded
from cifix.vcs.repository import Repository

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Span:
    """A branch, oldest commit first; `base` is None if it starts without one."""

    branch: str
    base: str | None
    tip: str
    commits: tuple[Recorded, ...]

    @property
    def ours(self) -> tuple[Recorded, ...]:
        """The commits that say of themselves that cifix made them."""
        return tuple(commit for commit in self.commits if "Cifix-Tree" in commit.trailers)


def span(repo: Repository, branch: str, base: str | None) -> Span:
    """The commits of `branch` since `base`, or since the commit that its own trailers name.

    Raises `GitError` if there is no such branch or commit, or no trailer to go by.
    """
    tip = repo.oid(f"refs/heads/{branch}^{{commit}}") or repo.oid(f"{branch}^{{commit}}")
    if tip is None:
        raise GitError(f"no branch is called {branch} in {repo.place}; `cifix apply` makes cifix/fixes")
    start = _named(repo, base) if base is not None else _recorded_base(repo, branch, tip)
    excluded = (f"^{start}",) if start else ()
    oids = repo.run("rev-list", "--topo-order", "--reverse", tip, *excluded).decode().split()
    return Span(branch, start, tip, tuple(recorded(repo, oid) for oid in oids[-_MOST:]))


def _named(repo: Repository, base: str) -> str:
    oid = repo.oid(f"{base}^{{commit}}")
    if oid is None:
        raise GitError(f"no commit is called {base} in {repo.place}; `git log --oneline --all` lists what there is")
    return oid


def _recorded_base(repo: Repository, branch: str, tip: str) -> str | None:
    for oid in repo.run("rev-list", "--first-parent", f"--max-count={_MOST}", tip).decode().split():
        base = recorded(repo, oid).trailers.get("Cifix-Base")
        if base is not None:
            return None if base == NO_BASE else _named(repo, base)
    raise GitError(f"no commit of {branch} was made by cifix, so nothing names its base; name it with --base")
