"""Partial clones: which blobs are missing, and how to fetch many of them at once."""

import os
from collections.abc import Iterable

from cifix.errors import GitError
from cifix.vcs.repository import Repository

TRANSPORTS = "file:git:http:https:ssh"
"""What may carry objects, for GIT_ALLOW_PROTOCOL: nothing that starts a program of the remote's choice."""

_PROGRAMS = (
    r"core\.(sshcommand|gitproxy|askpass|alternaterefscommand)|credential\.(.*\.)?helper|remote\..*\.(uploadpack|vcs)"
)


def promisor(repo: Repository) -> str | None:
    """The remote that promised the objects this clone left out, or None in a complete clone."""
    outcome = repo.attempt("config", "-z", "--get-regexp", r"^remote\..*\.promisor$|^extensions\.partialclone$")
    for entry in os.fsdecode(outcome.out).split("\0")[:-1]:
        key, assigned, value = entry.partition("\n")
        if key == "extensions.partialclone":
            return value
        if not assigned or value.lower() in ("true", "yes", "on", "1"):
            return key.removeprefix("remote.").removesuffix(".promisor")
    return None


def missing(repo: Repository, commit: str) -> frozenset[str]:
    """The ids of all blobs of `commit` that this clone does not hold; asking fetches nothing."""
    listed = repo.run("rev-list", "--objects", "--no-object-names", "--missing=print", "--max-count=1", commit)
    return frozenset(line[1:] for line in listed.decode().splitlines() if line.startswith("?"))


def fetch(repo: Repository, remote: str, oids: Iterable[str]) -> None:
    """Fetch blobs in one go; raises `GitError` if that would run a program the repository itself names."""
    programs = named_programs(repo, _PROGRAMS)
    if programs:
        raise GitError(
            f"blobs are missing in this partial clone, and {', '.join(programs)} in its own configuration would be "
            f"used to fetch them; cifix runs no program of the repository: fetch them with git, then try again"
        )
    repo.run(
        *("-c", "fetch.negotiationAlgorithm=noop", "fetch", "--filter=blob:none", "--stdin", "--no-tags"),
        *("--no-prune", "--no-write-fetch-head", "--recurse-submodules=no", "--", remote),
        stdin="".join(f"{oid}\n" for oid in oids).encode(),
        env={"GIT_ALLOW_PROTOCOL": TRANSPORTS},
    )


def named_programs(repo: Repository, pattern: str) -> list[str]:
    """The settings that match `pattern` and stand in the configuration of the repository, not of its user."""
    outcome = repo.attempt("config", "--show-scope", "-z", "--name-only", "--get-regexp", f"^({pattern})$")
    words = os.fsdecode(outcome.out).split("\0")
    scoped = zip(words[::2], words[1::2], strict=False)
    return sorted({name for scope, name in scoped if scope in ("local", "worktree")})
