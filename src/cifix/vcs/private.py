"""An index of our own, in a temporary folder: trees are built in it and the user's index never notices."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cifix.errors import GitError
from cifix.vcs.attributes import filtered_by
from cifix.vcs.quoting import quoted
from cifix.vcs.repository import Outcome, Repository
from cifix.vcs.scratch import scratch


class PrivateIndex:
    """A full index of one commit. With `dry`, objects written through it vanish with it."""

    def __init__(self, repo: Repository, folder: Path, *, dry: bool) -> None:
        self._repo = repo
        self._folder = folder
        self._env = {"GIT_INDEX_FILE": str(folder / "index")}
        if dry:
            self._env |= quarantine(repo, folder)

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Like `Repository.run`, on this index."""
        return self._repo.run(*arguments, stdin=stdin, env=self._env)

    def attempt(self, *arguments: str, stdin: bytes = b"") -> Outcome:
        """Like `Repository.attempt`, on this index."""
        return self._repo.attempt(*arguments, stdin=stdin, env=self._env)

    def filtered(self, paths: Iterable[str]) -> frozenset[str]:
        """The paths that the attribute files of this index hand to a filter program."""
        return filtered_by(
            paths, lambda asked: self.run("check-attr", "--cached", "-z", "--stdin", "filter", stdin=asked)
        )

    def store(self, contents: Iterable[bytes]) -> dict[bytes, str]:
        """Write blobs byte for byte, in one process; object id by content."""
        distinct = list(dict.fromkeys(contents))
        names = []
        for number, data in enumerate(distinct):
            file = self._folder / f"blob-{number}"
            file.write_bytes(data)
            names.append(f"{quoted(str(file))}\n")
        if not names:
            return {}
        stdin = os.fsencode("".join(names))
        oids = self.run("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=stdin).decode().split()
        return dict(zip(distinct, oids, strict=True))

    def update(self, entries: Iterable[tuple[str, int, str]]) -> None:
        """Set entries `(path, mode, object id)`, mode 0 removes one; raises `GitError` for paths git does not allow."""
        records = (b"%o %s\t%s\0" % (mode, oid.encode(), os.fsencode(path)) for path, mode, oid in entries)
        outcome = self._repo.attempt("update-index", "-z", "--index-info", stdin=b"".join(records), env=self._env)
        if outcome.status or "Ignoring path" in outcome.error:
            raise GitError(f"git does not take these paths: {outcome.error.strip()}")

    def tree(self) -> str:
        """The id of the tree that this index holds; blobs a partial clone lacks stay where they are."""
        return self.run("write-tree", "--missing-ok").decode().strip()

    def empty(self) -> str:
        """The id of the tree without files, which is written if need be."""
        return self.run("mktree").decode().strip()


@contextmanager
def private_index(repo: Repository, base: str | None, *, dry: bool = False) -> Iterator[PrivateIndex]:
    """A `PrivateIndex` that holds the commit `base`, or nothing if that is None."""
    with scratch() as folder:
        index = PrivateIndex(repo, folder, dry=dry)
        index.run("read-tree", base or "--empty")
        yield index


def quarantine(repo: Repository, folder: Path) -> dict[str, str]:
    """Variables that send new objects into `folder` while those of the repository stay readable."""
    objects = folder / "objects"
    objects.mkdir()
    known = quoted(str(repo.common_dir / "objects"))
    return {"GIT_OBJECT_DIRECTORY": str(objects), "GIT_ALTERNATE_OBJECT_DIRECTORIES": known}
