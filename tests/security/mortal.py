"""A repository with a few causes of red CI, and forks of this process that run cifix on it and may die."""

import hashlib
import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.security.place import surroundings

BRANCH = "refs/heads/cifix/fixes"
WORKFLOW = b"on: push\njobs:\n  %s:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/upload-artifact@v3\n"
FILES = {
    **{f".github/workflows/{name}.yml": WORKFLOW % name.encode() for name in ("build", "docs", "test")},
    ".gitignore": b"*.pyc\nlib/\n",
    "pkg/__init__.py": b"from pkg.lib import one\n",
    "pkg/lib/__init__.py": b"one = 1\n",
    "pkg/.DS_Store": b"windows\n",
    "pyproject.toml": b'[project]\nname = "pkg"\nversion = "1"\n',
}
_PRELOADED = (
    "cifix.cli.main",
    "cifix.cli.apply",
    "cifix.cli.pr",
    "cifix.cli.fleet",
    "git.cmd",
    "libcst",
    "ruamel.yaml",
)
"""Imported once, so that a fork is quick to come to the point."""
_LOOSE = ("pkg/lib/__init__.py",)


@dataclass(frozen=True)
class Place:
    """A repository with a few causes of red CI, a remote, a home and a folder for temporary files."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Place":
        place = cls(folder.resolve())
        for name in ("home", "temp", "target"):
            (place.folder / name).mkdir(parents=True)
        (place.folder / "home/gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.org\n")
        place.git("init", "--quiet", "--initial-branch=main")
        for path, data in FILES.items():
            (place.target / path).parent.mkdir(parents=True, exist_ok=True)
            (place.target / path).write_bytes(data)
        (place.target / "pkg/lib").chmod(0o755)
        place.git("add", "--force", *(path for path in FILES if path not in _LOOSE))
        place.git("commit", "--quiet", "--message", "work")
        place.git("init", "--quiet", "--bare", "--initial-branch=main", str(place.remote))
        place.git("remote", "add", "origin", "../remote.git")
        place.git("push", "--quiet", "origin", "main")
        (place.folder / "list").write_text("../remote.git\n")
        return place

    @property
    def target(self) -> Path:
        return self.folder / "target"

    @property
    def remote(self) -> Path:
        return self.folder / "remote.git"

    @cached_property
    def environment(self) -> dict[str, str]:
        """What a run sees; commits made at a fixed time, so that they can be compared."""
        dates = {f"GIT_{who}_DATE": "1790000001 +0000" for who in ("AUTHOR", "COMMITTER")}
        return {**surroundings(self.folder / "home", self.folder / "temp"), **dates}

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        command = ["git", *arguments]
        done = subprocess.run(
            command, cwd=cwd or self.target, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    def start(self, words: Sequence[str], before: Callable[[], None] = lambda: None) -> int:
        """A fork that runs cifix; `before` is called in it first. What it says is in the file `said`."""
        for name in _PRELOADED:
            importlib.import_module(name)
        child = os.fork()
        if child:
            return child
        code: object = 99
        try:
            os.setsid()
            os.environ.clear()
            os.environ.update(self.environment)
            tempfile.tempdir = str(self.folder / "temp")
            os.chdir(self.target)
            said = os.open(self.folder / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(said, 1)
            os.dup2(said, 2)
            sys.stdin, sys.stdout, sys.stderr = Path(os.devnull).open(), os.fdopen(1, "w"), os.fdopen(2, "w")  # noqa: SIM115
            sys.argv = ["cifix", *(word.format(self.folder) for word in words)]
            before()
            importlib.import_module("cifix.cli.main").run()
        except SystemExit as ended:
            code = ended.code
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code if isinstance(code, int) else 98)

    def run(self, words: Sequence[str], before: Callable[[], None] = lambda: None) -> int:
        """The exit code of a run, negative if a signal ended it."""
        return os.waitstatus_to_exitcode(os.waitpid(self.start(words, before), 0)[1])

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text("utf-8", "replace")

    def tree(self) -> dict[str, tuple[int, str]]:
        """Mode and content of every file of the work tree."""
        return dict(_files(self.target, skip=".git"))

    def refs(self, folder: Path | None = None) -> dict[str, str]:
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)", cwd=folder).splitlines()
        return {name: oid for name, _, oid in (line.partition(" ") for line in lines)}

    def kept(self) -> dict[str, object]:
        """What no run but one with --in-place may change, and none at all of git's own."""
        git = self.target / ".git"
        own = {name: _digest(git / name) for name in ("HEAD", "index", "config", "ORIG_HEAD")}
        return {**own, "refs": {name: oid for name, oid in self.refs().items() if name != BRANCH}}

    def requests(self) -> dict[str, tuple[int, str]]:
        return dict(_files(self.target / ".git/cifix/requests"))

    def locks(self) -> list[Path]:
        return sorted(path for git in (self.target / ".git", self.remote) for path in git.rglob("*.lock"))

    def litter(self) -> list[str]:
        """Temporary files and folders of ours, wherever they are."""
        temp = [path.name for path in (self.folder / "temp").iterdir() if path.name.startswith("cifix")]
        journal = [str(path) for path in (self.target / ".git/cifix").rglob("in-place*")]
        return sorted([*temp, *journal, *(path for path in self.tree() if ".cifix-" in path)])

    def whole(self) -> None:
        """Both repositories are sound; what a killed git leaves in its own folder for `git gc` is no fault."""
        for folder in (self.target, self.remote):
            assert self.git("fsck", "--strict", "--no-dangling", cwd=folder) == "", folder


def _files(root: Path, skip: str = "") -> Iterator[tuple[str, tuple[int, str]]]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != skip]
        for name in names:
            path = Path(folder, name)
            data = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            yield str(path.relative_to(root)), (path.lstat().st_mode, hashlib.sha256(data).hexdigest())


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
