"""Where snapshots read from: a commit, the index or the work tree of a repository."""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cifix.errors import GitError
from cifix.model.text import LIMIT, Opaque
from cifix.vcs.attributes import filtered
from cifix.vcs.disk import GITLINK, WorkTree, mode_of
from cifix.vcs.excludes import excludes
from cifix.vcs.loose import FILTERED, Loose, trusts_modes
from cifix.vcs.partial import fetch, missing, promisor
from cifix.vcs.repository import Repository

_KEPT = 128 * 1024 * 1024
"""Bytes of blobs that a source keeps after a prefetch; the rest is read again when asked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a tree or the index says of a path; `state` is the letter of `git ls-files -t`."""

    mode: int
    oid: str
    state: str = "H"


def commit_source(repo: Repository, rev: str) -> "Stored":
    """The files of the commit `rev`; an empty tree if `rev` is HEAD and no commit exists yet."""
    base = repo.oid(f"{rev}^{{commit}}")
    if base is None and (rev != "HEAD" or repo.oid("HEAD") is not None):
        raise GitError(f"no commit is called {rev} in {repo.place}; `git log --oneline --all` lists what there is")
    entries = {} if base is None else dict(_tree(repo, base))
    return Stored(repo, base, entries)


def index_source(repo: Repository) -> "Stored":
    """The files of the index, as `git commit` would take them."""
    return Stored(repo, repo.oid("HEAD^{commit}"), _index(repo))


def worktree_source(repo: Repository) -> "Checkout":
    """The tracked files as they are on disk, edits included; raises `GitError` in a bare repository."""
    if repo.root is None:
        raise GitError(f"{repo.git_dir} is bare and has no work tree; read a commit instead, for example HEAD")
    return Checkout(repo, repo.oid("HEAD^{commit}"), _index(repo), WorkTree(repo.root))


class Stored:
    """The files of a tree or of the index, read as git has stored them."""

    def __init__(self, repo: Repository, base: str | None, entries: Mapping[str, Entry]) -> None:
        self.base = base
        self._repo = repo
        self._entries = entries
        self._blobs: dict[str, bytes] = {}
        self._room = _KEPT

    @cached_property
    def modes(self) -> Mapping[str, int]:
        """Git mode of every tracked path."""
        return {path: entry.mode for path, entry in self._entries.items()}

    @cached_property
    def disk(self) -> Mapping[str, int]:
        """Git mode of every regular file on disk that neither this tree nor the index tracks."""
        return {path: mode for path, mode in self._loose.modes.items() if path not in self._entries}

    @cached_property
    def excludes(self) -> Mapping[str, bytes]:
        """Ignore files from outside the tree, weakest first."""
        return excludes(self._repo)

    def read(self, path: str) -> bytes:
        """The bytes git stores, or would store; raises `Opaque`, and `KeyError` for unknown paths."""
        entry = self._entries.get(path)
        if entry is None:
            return self._loose.read(path)
        if entry.mode == GITLINK:
            raise Opaque("it is a submodule")
        if entry.state == "M":
            raise Opaque("it has merge conflicts")
        if entry.oid in self._blobs:
            return self._blobs[entry.oid]
        self._fetch([entry.oid])
        return self._repo.blobs([entry.oid])[entry.oid]

    def prefetch(self, paths: Sequence[str]) -> None:
        """Read many files at once, and fetch them at once where a partial clone has left them out."""
        entries = [self._entries[path] for path in paths if path in self._entries]
        wanted = [entry.oid for entry in entries if entry.mode != GITLINK and entry.oid not in self._blobs]
        self._fetch(wanted)
        self._keep(wanted)
        self._loose.prefetch([path for path in paths if path not in self._entries])

    def _keep(self, oids: Sequence[str]) -> None:
        for start in range(0, len(oids), 256):
            if self._room <= 0:
                return
            for oid, data in self._repo.blobs(oids[start : start + 256]).items():
                if len(data) <= LIMIT:
                    self._blobs[oid] = data
                    self._room -= len(data)

    def _fetch(self, oids: Sequence[str]) -> None:
        lacking = [oid for oid in dict.fromkeys(oids) if oid in self._missing]
        if lacking and self._promisor is not None:
            fetch(self._repo, self._promisor, lacking)
            self._missing.difference_update(lacking)

    @cached_property
    def _promisor(self) -> str | None:
        return promisor(self._repo)

    @cached_property
    def _missing(self) -> set[str]:
        if self.base is None or self._promisor is None:
            return set()
        return set(missing(self._repo, self.base))

    @cached_property
    def _loose(self) -> Loose:
        return Loose(self._repo)


class Checkout:
    """The tracked files of a work tree, read raw from disk; what a sparse checkout left out comes from the index."""

    def __init__(self, repo: Repository, base: str | None, entries: Mapping[str, Entry], tree: WorkTree) -> None:
        self.base = base
        self._repo = repo
        self._entries = entries
        self._tree = tree
        self._stored = Stored(repo, base, entries)

    @cached_property
    def modes(self) -> Mapping[str, int]:
        """Git mode of every tracked path that has not been deleted on disk."""
        trusted = trusts_modes(self._repo)
        found: dict[str, int] = {}
        for path, entry in self._entries.items():
            mode = self._mode(path, entry, trusted=trusted)
            if mode is not None:
                found[path] = mode
        return found

    @property
    def disk(self) -> Mapping[str, int]:
        """Git mode of every regular file on disk that is not tracked."""
        return self._stored.disk

    @property
    def excludes(self) -> Mapping[str, bytes]:
        """Ignore files from outside the tree, weakest first."""
        return self._stored.excludes

    def read(self, path: str) -> bytes:
        """The raw bytes on disk, or for untracked paths those git would store; raises `Opaque`."""
        entry = self._entries.get(path)
        if entry is None or entry.state == "S" or entry.mode == GITLINK:
            return self._stored.read(path)
        if path in self._filtered:
            raise Opaque(FILTERED)
        return self._tree.read(path)

    def prefetch(self, paths: Sequence[str]) -> None:
        """Read what lies in git's store at once; the disk is fast enough as it is."""
        self._stored.prefetch([path for path in paths if path not in self._entries or self._entries[path].state == "S"])

    def _mode(self, path: str, entry: Entry, *, trusted: bool) -> int | None:
        if entry.state == "S" or entry.mode == GITLINK:
            return entry.mode
        if not self._tree.inside(path):
            return entry.mode
        try:
            status = self._tree.status(path)
        except Opaque:
            return entry.mode
        if status is None or stat.S_ISDIR(status.st_mode):
            return None
        return mode_of(status, entry.mode, trusted=trusted)

    @cached_property
    def _filtered(self) -> frozenset[str]:
        return filtered(self._repo, self._entries)


def _tree(repo: Repository, commit: str) -> Iterator[tuple[str, Entry]]:
    for record in os.fsdecode(repo.run("ls-tree", "-r", "-z", commit)).split("\0"):
        if record:
            described, _, path = record.partition("\t")
            mode, _, oid = described.split(" ")
            yield path, Entry(int(mode, 8), oid)


def _index(repo: Repository) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    if repo.root is None:
        return entries
    for record in os.fsdecode(repo.run("ls-files", "-s", "-t", "-z")).split("\0"):
        if record:
            described, _, path = record.partition("\t")
            state, mode, oid, _ = described.split(" ")
            entries[path] = Entry(int(mode, 8), oid, state)
    return entries
