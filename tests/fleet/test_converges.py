"""Killed before or after any step of a run, the next run ends where an undisturbed one does, and does nothing twice."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fleet.served import BRANCH, WORKFLOW, git, made, refs

COORDINATOR = """
import os, signal, sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path

import cifix.fleet.turn
from cifix.fleet.campaign import Running, asked_for, run
from cifix.fleet.job import Mode
from cifix.fleet.state import Store
from cifix.fleet.targets import read
from cifix.run.examine import Selection

name, left = sys.argv[1], int(sys.argv[2])
seen = []

def dying(step, function):
    def call(*arguments, **named):
        note(f"before {step}")
        result = function(*arguments, **named)
        note(f"after {step}")
        return result
    return call

def note(moment):
    seen.append(moment)
    if seen.count(name) > left:
        os.kill(os.getpid(), signal.SIGKILL)

for step in ("clone", "analysed", "commit", "push"):
    setattr(cifix.fleet.turn, step, dying(step, getattr(cifix.fleet.turn, step)))
for step in ("begin", "settle", "finish"):
    setattr(Store, step, dying(step, getattr(Store, step)))

with closing(Store.open(Path("state.db"))) as store, store.alone():
    asked = asked_for(store, Selection(("upgrade-artifacts",)), None, date(2026, 11, 24))
    targets = read(Path("list").read_text(), "list", Path.cwd())
    for target, result in run(store, asked, Mode.APPLY, targets, Running(lambda _: ThreadPoolExecutor(1), 1)):
        print(target.slug, result.state)
print(*seen, sep="\\n", file=sys.stderr)
"""
STEPS = ("begin", "clone", "analysed", "commit", "push", "settle", "finish")
MOMENTS = [(f"{when} {step}", int(step not in ("begin", "finish"))) for step in STEPS for when in ("before", "after")]
"""Each moment of the second repository, of which there are two; the first one is settled by then."""


def coordinator(folder: Path, moment: str, left: int) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", COORDINATOR, moment, str(left)]
    dates = {"GIT_AUTHOR_DATE": "1790000001 +0000", "GIT_COMMITTER_DATE": "1790000001 +0000"}
    environment = os.environ | dates
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(("moment", "left"), MOMENTS)
def test_a_run_killed_there_converges(moment: str, left: int, tmp_path: Path) -> None:
    repos = [made(tmp_path / f"r{index}.git", {".github/workflows/ci.yml": WORKFLOW}) for index in range(2)]
    (tmp_path / "list").write_text("\n".join(map(str, repos)))
    died = coordinator(tmp_path, moment, left)
    assert died.returncode == -signal.SIGKILL, died.stderr
    before = [refs(repo).get(BRANCH) for repo in repos]
    ended = coordinator(tmp_path, "never", 0)
    assert ended.returncode == 0, ended.stderr
    pushed = ended.stderr.count("before push")
    assert pushed == before.count(None)
    after = [refs(repo)[BRANCH] for repo in repos]
    assert all(old in (None, new) for old, new in zip(before, after, strict=True))
    assert len({*after}) == 1  # the same commit in each, as in an undisturbed run
    assert git(repos[0], "rev-list", "--count", "main..cifix/fixes") == "1"
    if moment != "after finish":
        assert len(ended.stdout.splitlines()) == 2 - settled(moment, left)


def settled(moment: str, left: int) -> int:
    """How many repositories were noted before the kill."""
    if moment.endswith("finish"):
        return 2
    return left + (moment == "after settle")
