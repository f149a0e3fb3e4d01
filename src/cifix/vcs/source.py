"""Where snapshots read from: a commit, the index or the work tree of a repository."""

import os
import re
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cifix.errors import GitError
from cifix.model.history import History
from cifix.model.text import LIMIT, Opaque
from cifix.vcs.attributes import FILTERED, attribute_files, filtered_on_disk
from cifix.vcs.batch import HUGE
from cifix.vcs.disk import GITLINK, WorkTree, mode_of
from cifix.vcs.excludes import excludes
from cifix.vcs.history import history
from cifix.vcs.loose import Loose, trusts_modes
from cifix.vcs.partial import fetch, missing, promisor
from cifix.vcs.repository import Repository
from cifix.vcs.state import SETTLED

_EMPTY = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)
"""The ids of the empty blob."""

_INTENT_TO_ADD = 1 << 29
"""Git's CE_INTENT_TO_ADD, as `ls-files --debug` prints flags."""

_KEPT = 128 * 1024 * 1024
"""Bytes of blobs that a source keeps after a prefetch; the rest is read again when asked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a tree or the index says of a path; `state` is the letter of `git ls-files -t`."""

    mode: int
    oid: str
    state: str = "H"


def commit_source(repo: Repository, rev: str, around: Repository | None = None) -> "Stored":
    """The files of the commit `rev`; an empty tree if `rev` is HEAD and no commit exists yet.

    `around` is the repository whose work tree and private ignore files count, if that is another one.
    """
    base = repo.oid(f"{rev}^{{commit}}")
    if base is None and (rev != "HEAD" or repo.oid("HEAD") is not None):
        raise GitError(f"no commit is called {rev} in {repo.place}; `git log --oneline --all` lists what there is")
    entries = {} if base is None else dict(_tree(repo, base))
    return Stored(repo, base, entries, around)


def index_source(repo: Repository) -> "Stored":
    """The files of the index, as `git commit` would take them; raises `GitError` in a bare repository."""
    if repo.root is None:
        raise GitError(f"{repo.git_dir} is bare and has no index; read a commit instead, for example HEAD")
    entries = _index(repo)
    announced = _intended(repo, entries)
    taken = {path: entry for path, entry in entries.items() if path not in announced}
    return Stored(repo, repo.oid("HEAD^{commit}"), taken)


def worktree_source(repo: Repository) -> "Checkout":
    """The tracked files as they are on disk, edits included; raises `GitError` in a bare repository."""
    if repo.root is None:
        raise GitError(f"{repo.git_dir} is bare and has no work tree; read a commit instead, for example HEAD")
    return Checkout(repo, repo.oid("HEAD^{commit}"), _index(repo), WorkTree(repo.root))


class Stored:
    """The files of a tree or of the index, read as git has stored them."""

    def __init__(
        self, repo: Repository, base: str | None, entries: Mapping[str, Entry], around: Repository | None = None
    ) -> None:
        self.base = base
        self._repo = repo
        self._around = around or repo
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
        return excludes(self._around)

    @cached_property
    def history(self) -> History:
        """What became of the paths that commits before `base` held and this source does not."""
        return history(self._repo, self.base, self._entries)

    @property
    def stamps(self) -> Mapping[str, str]:
        """For tracked paths, what stays the same for as long as their bytes do; not for those that may not be read."""
        whole = ((path, entry) for path, entry in self._entries.items() if entry.mode != GITLINK)
        return {path: entry.oid for path, entry in whole if entry.state != "M"}

    def read(self, path: str) -> bytes:
        """The bytes git stores, or would store; raises `Opaque`, and `KeyError` for unknown paths."""
        entry = self._entries.get(path)
        if entry is None:
            self.fetch(attribute_files(self._entries))
            return self._loose.read(path)
        if entry.mode == GITLINK:
            raise Opaque("it is a submodule")
        if entry.state == "M":
            raise Opaque("it has merge conflicts")
        if entry.oid in self._blobs:
            return self._blobs[entry.oid]
        self.fetch([path])
        found = self._repo.objects([entry.oid])
        if entry.oid not in found:
            raise Opaque(f"the file has more than {HUGE:,} bytes")
        return found[entry.oid]

    def prefetch(self, paths: Sequence[str]) -> None:
        """Read many files at once, and fetch them at once where a partial clone has left them out."""
        self.fetch(paths)
        self._keep([oid for oid in self._oids(paths) if oid not in self._blobs])
        loose = [path for path in paths if path not in self._entries]
        if loose:
            self.fetch(attribute_files(self._entries))
            self._loose.prefetch(loose)

    def fetch(self, paths: Iterable[str]) -> None:
        """Fetch, in one go, the files that a partial clone has left out."""
        lacking = [oid for oid in self._oids(paths) if oid in self._missing]
        if lacking and self._promisor is not None:
            fetch(self._repo, self._promisor, lacking)
            self._missing.difference_update(lacking)

    def _oids(self, paths: Iterable[str]) -> list[str]:
        entries = (self._entries[path] for path in paths if path in self._entries)
        return list(dict.fromkeys(entry.oid for entry in entries if entry.mode != GITLINK))

    def _keep(self, oids: Sequence[str]) -> None:
        for start in range(0, len(oids), 256):
            if self._room <= 0:
                return
            for oid, data in self._repo.objects(oids[start : start + 256]).items():
                if len(data) <= LIMIT:
                    self._blobs[oid] = data
                    self._room -= len(data)

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
        return Loose(self._around)


class Checkout:
    """The tracked files of a work tree, read raw from disk; what a sparse checkout left out comes from the index."""

    def __init__(self, repo: Repository, base: str | None, entries: Mapping[str, Entry], tree: WorkTree) -> None:
        self.base = base
        self._repo = repo
        self._entries = entries
        self._tree = tree
        self._stored = Stored(repo, base, entries)
        self._seen: dict[str, os.stat_result] = {}
        self._listed = time.time_ns()

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

    @cached_property
    def history(self) -> History:
        """What became of the paths that commits before `base` held and that are not on disk."""
        return history(self._repo, self.base, self.modes)

    @property
    def stamps(self) -> Mapping[str, str]:
        """For paths on disk, what `lstat` told, unless the file is so new that another change might not show."""
        settled = self._listed - SETTLED
        return {
            path: f"{seen.st_mtime_ns} {seen.st_ctime_ns} {seen.st_size} {seen.st_ino} {seen.st_dev} {seen.st_mode}"
            for path in self.modes
            if (seen := self._seen.get(path)) is not None
            and max(seen.st_mtime_ns, seen.st_ctime_ns) < settled
            and path not in self._filtered
        }

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
        self._seen[path] = status
        return mode_of(status, entry.mode, trusted=trusted)

    @cached_property
    def _filtered(self) -> frozenset[str]:
        self._stored.fetch(attribute_files(self._entries))
        return filtered_on_disk(self._repo, self._entries)


def _tree(repo: Repository, commit: str) -> Iterator[tuple[str, Entry]]:
    for record in os.fsdecode(repo.run("ls-tree", "-r", "-z", commit)).split("\0"):
        if record:
            described, _, path = record.partition("\t")
            mode, _, oid = described.split(" ")
            yield path, Entry(int(mode, 8), oid)


def _index(repo: Repository) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for record in os.fsdecode(repo.run("ls-files", "-s", "-t", "-z")).split("\0"):
        if record:
            described, _, path = record.partition("\t")
            state, mode, oid, _ = described.split(" ")
            entries[path] = Entry(int(mode, 8), oid, state)
    return entries


def _intended(repo: Repository, entries: Mapping[str, Entry]) -> set[str]:
    """Paths that `git add -N` only announced: the index shows an empty file that no commit would hold."""
    if not any(entry.oid in _EMPTY for entry in entries.values()):
        return set()
    shown = re.finditer(
        r"([^\0]+)\0(?:  .*\n)+?.*\tflags: ([0-9a-f]+)\n", os.fsdecode(repo.run("ls-files", "--debug", "-z"))
    )
    return {match[1] for match in shown if int(match[2], 16) & _INTENT_TO_ADD}
