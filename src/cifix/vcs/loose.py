"""Files on disk that are not tracked, and the bytes git would store for them, computed outside the repository."""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from cifix.errors import GitError
from cifix.model.text import LIMIT, Opaque
from cifix.vcs.attributes import FILTERED, filtered_on_disk
from cifix.vcs.disk import WorkTree, mode_of
from cifix.vcs.private import quarantine
from cifix.vcs.quoting import quoted
from cifix.vcs.repository import Repository
from cifix.vcs.scratch import scratch


class Loose:
    """The untracked regular files of a work tree; none in a bare repository."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._tree = WorkTree(repo.place)
        self._known: dict[str, bytes | Opaque] = {}

    @cached_property
    def modes(self) -> Mapping[str, int]:
        """Git mode by path; symbolic links, devices and repositories inside this one are left out."""
        if self._repo.root is None:
            return {}
        trusted = trusts_modes(self._repo)
        listed = os.fsdecode(self._repo.run("ls-files", "-o", "-z")).split("\0")
        statuses = ((path, _status(self._tree, path)) for path in listed if path and not path.endswith("/"))
        return {
            path: mode_of(status, None, trusted=trusted)
            for path, status in statuses
            if status is not None and stat.S_ISREG(status.st_mode)
        }

    def read(self, path: str) -> bytes:
        """The bytes `git add` would store; raises `Opaque`, and `KeyError` if the path is not here."""
        if path not in self._known:
            self.prefetch([path])
        data = self._known[path]
        if isinstance(data, Opaque):
            raise Opaque(*data.args)
        return data

    def prefetch(self, paths: Sequence[str]) -> None:
        """Convert many files at once."""
        wanted = [path for path in paths if path in self.modes and path not in self._known]
        programs = filtered_on_disk(self._repo, wanted)
        self._known.update((path, Opaque(f"{FILTERED}; add it with `git add -f {path}`")) for path in programs)
        readable: list[str] = []
        for path in wanted:
            if path not in programs:
                try:
                    self._check(path)
                    readable.append(path)
                except Opaque as why:
                    self._known[path] = why
        self._convert(readable)

    def _check(self, path: str) -> None:
        status = self._tree.status(path)
        if status is not None and status.st_size > LIMIT:
            raise Opaque(f"it has more than {LIMIT:,} bytes")
        self._tree.read(path)

    def _convert(self, paths: Sequence[str]) -> None:
        """Let git apply line endings, encodings and ident into an object folder that is thrown away."""
        if not paths:
            return
        with scratch() as folder:
            env = quarantine(self._repo, folder)
            names = "".join(f"{quoted(path)}\n" for path in paths)
            try:
                oids = self._repo.run("hash-object", "-w", "--stdin-paths", stdin=os.fsencode(names), env=env).split()
            except GitError as why:
                self._blame(paths, why)
                return
            answer = self._repo.run("cat-file", "--batch", stdin=b"\n".join((*oids, b"")), env=env)
            self._known.update(zip(paths, _contents(answer), strict=True))

    def _blame(self, paths: Sequence[str], why: GitError) -> None:
        """One bad file fails the whole batch; find it by asking for each alone."""
        if len(paths) == 1:
            self._known[paths[0]] = Opaque(f"git cannot store it: {why}")
        else:
            for path in paths:
                self._convert([path])


def trusts_modes(repo: Repository) -> bool:
    """Whether the executable bit on disk means something: core.fileMode."""
    return repo.attempt("config", "--type=bool", "--get", "core.fileMode").out.strip() != b"false"


def _status(tree: WorkTree, path: str) -> os.stat_result | None:
    try:
        return tree.status(path)
    except Opaque:
        return None


def _contents(answer: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(answer):
        end = answer.index(b"\n", position)
        size = int(answer[position:end].rpartition(b" ")[2])
        yield answer[end + 1 : end + 1 + size]
        position = end + size + 2
