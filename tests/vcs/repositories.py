"""Real repositories in temporary folders, and a way to see that nothing in them moved."""

import hashlib
import os
import subprocess
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from cifix.model.snapshot import File
from cifix.vcs.commit import Draft

FORKS = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
"""The children of such a test end at once, whatever threads the test runner has."""


@dataclass(frozen=True)
class Tree:
    """A repository of a test, driven by the git command."""

    path: Path

    def git(self, *arguments: str, stdin: bytes = b"", check: bool = True) -> str:
        """What git prints; hooks and monitors do not run, so that only cifix can set them off."""
        quiet = ("-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "-c", "core.pager=cat")
        done = subprocess.run(
            ["git", "-C", self.path, *quiet, *arguments], input=stdin, capture_output=True, check=False
        )
        assert not check or done.returncode == 0, done.stderr.decode()
        return os.fsdecode(done.stdout).strip()

    def write(self, files: Mapping[str, bytes]) -> "Tree":
        for path, data in files.items():
            (self.path / path).parent.mkdir(parents=True, exist_ok=True)
            (self.path / path).write_bytes(data)
        return self

    def commit(self, files: Mapping[str, bytes] = {}, subject: str = "work") -> str:
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD")

    def blob(self, name: str) -> bytes:
        return subprocess.run(
            ["git", "-C", self.path, "cat-file", "blob", name], capture_output=True, check=True
        ).stdout

    def refs(self) -> dict[str, str]:
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in lines)


def made(path: Path, *options: str) -> Tree:
    subprocess.run(["git", "init", "--quiet", *options, path], check=True)
    return Tree(path)


def draft(files: Mapping[str, bytes | File | None], subject: str = "fix: a cause") -> Draft:
    given = {path: File(data) if isinstance(data, bytes) else data for path, data in files.items()}
    return Draft(subject, "Because it was broken.", {"Cifix-Rule": "a-rule", "Cifix-Plan": "0123abcd"}, given)


def seen(tree: Tree, *, without: Sequence[str] = ()) -> dict[str, object]:
    """Everything of a repository that cifix must leave as it is, except the refs `without`."""
    git_dir = Path(tree.git("rev-parse", "--absolute-git-dir"))
    bare = tree.git("rev-parse", "--is-bare-repository") == "true"
    return {
        "refs": {ref: oid for ref, oid in tree.refs().items() if ref not in without},
        "private": {name: _digest(git_dir / name) for name in ("index", "HEAD", "config", "ORIG_HEAD", "MERGE_HEAD")},
        "stash": tree.git("reflog", "show", "refs/stash", check=False),
        "head log": tree.git("reflog", "show", "HEAD", check=False),
        "status": "" if bare else tree.git("--no-optional-locks", "status", "--porcelain=v2", "--ignored"),
        "files": {} if bare else dict(_files(tree.path)),
        "locks": sorted(git_dir.rglob("*.lock")),
    }


def _files(root: Path) -> Iterator[tuple[str, object]]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            path = Path(folder, name)
            status = path.lstat()
            data = path.readlink() if path.is_symlink() else _digest(path)
            yield str(path.relative_to(root)), (status.st_mode, status.st_mtime_ns, data)


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def in_a_fork(check: Callable[[], object]) -> bool:
    """Whether `check` ends without an exception in a child of this process."""
    child = os.fork()
    if not child:
        try:
            check()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - nothing may leave the child
            traceback.print_exc()
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def as_nobody(folder: Path, check: Callable[[], object]) -> bool:
    """Whether `check` passes for somebody who owns `folder` and is not root, for whom permissions mean nothing."""
    if os.geteuid() != 0:
        check()
        return True
    for path in (folder, *folder.rglob("*")):
        os.chown(path, _NOBODY, _NOBODY, follow_symlinks=False)

    def demoted() -> None:
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
        check()

    return in_a_fork(demoted)


_NOBODY = 65534
