"""Everything in a repository and around it that a run can see, in one digest, without reading a tracked file."""

import os
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from cifix.vcs.disk import WorkTree
from cifix.vcs.excludes import excludes
from cifix.vcs.repository import Repository

SETTLED = 2_000_000_000
"""Nanoseconds after which a change of a file surely shows in its times, on any file system."""


class State:
    """What can be seen of a repository: two that are equal give the same report.

    `digest` covers the commit, the index, git's settings, and of each file on disk, tracked or not, all that `lstat`
    tells. `newest` is the youngest time that a file bears, in nanoseconds: what changes again right after it cannot
    be told from what is there.
    """

    def __init__(self, repo: Repository, rev: str) -> None:
        self.newest = 0
        digest = sha256()
        for part in self._parts(repo, rev):
            digest.update(b"%d\0" % len(part))
            digest.update(part)
        self.digest = digest.hexdigest()

    def _parts(self, repo: Repository, rev: str) -> Iterator[bytes]:
        yield os.fsencode(repo.place) + b"\0" + os.fsencode(repo.common_dir)
        yield (repo.oid(f"{rev}^{{commit}}") or "").encode()
        yield repo.run("config", "--list", "-z")
        for name, data in excludes(repo).items():
            yield name.encode()
            yield data
        for place in _around(repo):
            yield os.fsencode(place)
            yield self._seen(place)
        if repo.root is None:
            return
        tracked = repo.run("ls-files", "-s", "-t", "--debug", "-z")
        yield tracked
        tree = WorkTree(repo.root)
        root = f"{repo.root}{os.sep}"
        for listed in (repo.run("ls-files", "-z"), repo.run("ls-files", "-o", "-z")):
            yield listed
            for path in os.fsdecode(listed).split("\0")[:-1]:
                yield self._seen(root + path) if tree.inside(path) else b"elsewhere"

    def _seen(self, place: str | Path) -> bytes:
        try:
            seen = os.lstat(place)
        except OSError as why:
            return str(why.errno).encode()
        self.newest = max(self.newest, seen.st_mtime_ns, seen.st_ctime_ns)
        shown = seen.st_mode, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino, seen.st_dev
        return b"%d %d %d %d %d %d" % shown


def _around(repo: Repository) -> Iterator[Path]:
    """Files outside the tree that have a say: attributes, the borders of the history, and git itself."""
    yield from (repo.common_dir / "info" / name for name in ("attributes", "grafts"))
    yield repo.common_dir / "shallow"
    named = os.fsdecode(repo.attempt("config", "--type=path", "-z", "--get", "core.attributesFile").out).rstrip("\0")
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path(os.environ.get("HOME", os.sep)) / ".config")
    yield repo.place / named if named else home / "git" / "attributes"
    git = Path(shutil.which("git") or "git")
    yield git
    yield from (Path(os.sep, "etc", "gitattributes"), git.resolve().parent.parent / "etc" / "gitattributes")
