"""Writers that race and writers that die: the branch is whole or not there, and the next run succeeds."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cifix.vcs.commit import State, commit
from cifix.vcs.repository import Repository
from tests.vcs.repositories import Tree, draft, seen

BRANCH = "cifix/fixes"
FILES = {"a.py": b"2", "pkg/b.py": None, "new.py": b"3"}
ROOT = Path(__file__).parents[2]

WRITER = """
import os, signal, sys
from cifix.errors import GitError
from cifix.vcs.commit import commit
from cifix.vcs.repository import Repository
from tests.vcs.repositories import draft

last = int(sys.argv[3])
attempt = Repository.attempt

def counted(self, *arguments, **rest):
    global last
    if last == 0:
        os.killpg(0, signal.SIGKILL)
    last -= 1
    return attempt(self, *arguments, **rest)

Repository.attempt = counted
Repository.run = lambda self, *arguments, **rest: checked(self.attempt(*arguments, **rest))

def checked(outcome):
    assert outcome.status == 0, outcome.error
    return outcome.out

with Repository.open(sys.argv[1]) as repo:
    try:
        print(commit(repo, sys.argv[2], "cifix/fixes", [draft({"a.py": b"2", "pkg/b.py": None, "new.py": b"3"})]).state)
    except GitError as why:
        print(why)
"""


def writer(tree: Tree, base: str, last: int = -1) -> "subprocess.Popen[str]":
    """A process of its own group that commits, and kills the group before git command number `last`."""
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, tree.path, base, str(last)],
        env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(tree.path.parent)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def base(tree: Tree) -> str:
    return tree.commit({"a.py": b"1", "pkg/b.py": b"1"})


def test_of_eight_writers_one_commits(tree: Tree, repo: Repository, base: str) -> None:
    before = seen(tree, without=[f"refs/heads/{BRANCH}"])
    writers = [writer(tree, base) for _ in range(8)]
    said = sorted(process.communicate()[0].strip() for process in writers)
    assert said == ["already-done"] * 7 + ["created"]
    assert tree.git("rev-list", "--count", f"{base}..{BRANCH}") == "1"
    assert seen(tree, without=[f"refs/heads/{BRANCH}"]) == before
    assert commit(repo, base, BRANCH, [draft(FILES)]).state is State.ALREADY_DONE


def test_a_writer_killed_at_any_step_leaves_nothing_or_everything(tree: Tree, base: str) -> None:
    before = seen(tree, without=[f"refs/heads/{BRANCH}"])
    step = 0
    while True:
        process = writer(tree, base, step)
        said, _ = process.communicate()
        if process.returncode == 0:
            assert said.strip() == "created"
            break
        assert process.returncode == -signal.SIGKILL
        assert seen(tree) == before
        step += 1
    assert step > 10
    assert seen(tree, without=[f"refs/heads/{BRANCH}"]) == before
    assert tree.git("fsck", "--strict", "--no-dangling") == ""


def test_a_writer_killed_at_a_random_moment_leaves_nothing_or_everything(tree: Tree, base: str) -> None:
    before = seen(tree, without=[f"refs/heads/{BRANCH}"])
    for hundredths in range(10, 40, 4):
        process = writer(tree, base)
        try:
            process.wait(hundredths / 100)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert seen(tree, without=[f"refs/heads/{BRANCH}"]) | {"locks": []} == before
        stale = tree.path / f".git/refs/heads/{BRANCH}.lock"
        assert set((tree.path / ".git").rglob("*.lock")) <= {stale}
        stale.unlink(missing_ok=True)
        if BRANCH in tree.git("branch"):
            assert tree.git("rev-parse", f"{BRANCH}^") == base
            tree.git("branch", "--quiet", "-D", BRANCH)
    assert writer(tree, base).communicate()[0].strip() == "created"
    assert tree.git("fsck", "--strict", "--no-dangling") == ""
