"""A disk that is full or read-only, locks, and others at work: an error that says so, and nothing half done."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.security.crash import COMMANDS, Trial, at_step, mixed, steps_of
from tests.security.mortal import BRANCH, Place
from tests.security.rows import Row
from tests.vcs.repositories import FORKS

pytestmark = FORKS
IN_PLACE, COMMIT, REQUEST, _ = COMMANDS
SAMPLES = 6
SIZES = range(0, 64, 8)
"""KiB that are free on the small disk."""


@pytest.fixture
def start(tmp_path: Path) -> Path:
    return Place.make(tmp_path / "start").folder


def failing(number: int, events: frozenset[str], below: str = "") -> Callable[[], None]:
    """From now on what changes files below a folder fails, as far as Python does it."""

    def arm() -> None:
        def watch(event: str, given: tuple[object, ...]) -> None:
            made = event == "open" and isinstance(given[2], int) and given[2] & os.O_CREAT
            if (event in events or made) and any(below in str(one) for one in given):
                raise OSError(number, os.strerror(number))

        sys.addaudithook(watch)

    return arm


NEW_THINGS = frozenset({"os.link", "os.mkdir"})
ALL = NEW_THINGS | {"os.chmod", "os.remove", "os.rename", "os.rmdir", "os.truncate"}


@pytest.mark.parametrize("command", [IN_PLACE, COMMIT, REQUEST], ids=lambda command: command.name)
def test_a_disk_that_fills_up_at_a_step_leaves_the_old_or_the_new_state(command: object, tmp_path: Path) -> None:
    trial = Trial(command, Place.make(tmp_path / "start").folder, tmp_path.resolve() / "desk")  # type: ignore[arg-type]
    old, new = trial.ends
    last = steps_of(trial)
    for step in range(last - 1, 0, -max(last // SAMPLES, 1)):
        place = trial.fresh()
        kept = place.kept()
        code = place.run(trial.command.words, at_step(step, failing(errno.ENOSPC, NEW_THINGS)))
        assert "Traceback" not in place.said
        assert code in (0, 3, 5, 6), place.said  # 5: a rule that could not have what it reads
        assert mixed(trial.command.changes(place), old, new), step
        assert command is REQUEST or trial.command.changes(place) in (old, new)  # a push and a request are two things
        assert place.kept() == kept
        place.whole()
        assert place.run(trial.command.words) in (0, 3), place.said
        assert trial.command.changes(place) == new
        assert place.litter() == []


def test_a_tree_that_may_not_be_written_is_left_as_it_is(start: Path, tmp_path: Path) -> None:
    trial = Trial(IN_PLACE, start, tmp_path.resolve() / "desk")
    for number in (errno.EROFS, errno.EACCES):
        for folder in ("/target/.git/", "/target/.github/workflows/"):
            place = trial.fresh()
            before = place.tree()
            assert place.run(IN_PLACE.words, failing(number, ALL, folder)) == 6
            assert f"{os.strerror(number)}; nothing was changed" in place.said
            assert place.tree() == before
            assert place.run(IN_PLACE.words) == 0
            assert place.tree() == trial.ends[1]
            assert place.litter() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root may mount a file system")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a file system")
@pytest.mark.parametrize("command", [IN_PLACE, COMMIT], ids=lambda command: command.name)
def test_a_real_disk_that_is_full(command: object, start: Path, small_disk: Path, tmp_path: Path) -> None:
    trial = Trial(command, start, tmp_path.resolve() / "desk")  # type: ignore[arg-type]
    old, new = trial.ends
    failed = 0
    for free in SIZES:
        place = trial.fresh()
        shutil.copytree(place.target, small_disk / "target", symlinks=True)
        shutil.rmtree(place.target)
        place.target.symlink_to(small_disk / "target")
        used = shutil.disk_usage(small_disk).used
        remount(small_disk, used // 1024 + free)
        code = place.run(trial.command.words)
        assert code in (0, 6), place.said
        assert "Traceback" not in place.said
        failed += code == 6
        assert trial.command.changes(place) in (old, new), (free, place.said)
        place.whole()
        remount(small_disk, 16384)
        assert place.run(trial.command.words) == 0, place.said
        assert trial.command.changes(place) == new
        shutil.rmtree(small_disk / "target")
    assert failed


def remount(disk: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}k", disk], check=True)


def test_locks_of_others_are_named_or_no_matter(start: Path, tmp_path: Path) -> None:
    trial = Trial(COMMIT, start, tmp_path.resolve() / "desk")
    place = trial.fresh()
    (place.target / ".git/index.lock").touch()
    assert place.run(IN_PLACE.words) == 0
    lock = place.target / f".git/{BRANCH}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    assert place.run(COMMIT.words) == 6
    assert str(lock) in place.said
    assert place.refs().get(BRANCH) is None
    lock.unlink()
    assert place.run(COMMIT.words) == 0
    assert (place.target / ".git/index.lock").exists()


def test_a_head_that_moves_meanwhile_stays_where_it_went(start: Path, tmp_path: Path) -> None:
    trial = Trial(COMMIT, start, tmp_path.resolve() / "desk")
    last = steps_of(trial)
    base = trial.fresh().refs()["refs/heads/main"]
    for step in range(last - 1, 0, -max(last // SAMPLES, 1)):
        place = trial.fresh()
        place.git("branch", "other")
        head = place.target / ".git/HEAD"
        moved = at_step(step, partial(write, head, b"ref: refs/heads/other\n"))
        assert place.run(COMMIT.words, moved) == 0
        assert head.read_bytes() == b"ref: refs/heads/other\n"
        assert place.git("rev-list", BRANCH).split()[-1] == base


def test_a_branch_that_somebody_makes_meanwhile_is_theirs(start: Path, tmp_path: Path) -> None:
    trial = Trial(COMMIT, start, tmp_path.resolve() / "desk")
    last = steps_of(trial)
    taken = 0
    for step in range(last - 1, last // 3, -max(last // (2 * SAMPLES), 1)):
        place = trial.fresh()
        place.git("commit", "--quiet", "--allow-empty", "--message", "theirs")
        theirs = place.git("rev-parse", "HEAD").strip()
        place.git("reset", "--quiet", "--hard", "HEAD^")
        ref = place.target / ".git" / BRANCH

        def make(ref: Path = ref, theirs: str = theirs) -> None:
            if not ref.exists():
                ref.parent.mkdir(parents=True, exist_ok=True)
                write(ref, f"{theirs}\n".encode())

        code = place.run(COMMIT.words, at_step(step, make))
        tip = place.refs()[BRANCH]
        assert (tip == theirs) == (code == 6), place.said
        assert code == 0 or "cifix did not make" in place.said or "moved by somebody else" in place.said
        taken += code == 6
    assert taken


def write(file: Path, data: bytes) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_TRUNC | os.O_CREAT)
    os.write(handle, data)
    os.close(handle)


ROWS = (
    Row(
        "a disk that is full from one step of --in-place, apply or pr on, or a small one that is",
        3 * (SAMPLES + 1) + 2 * len(SIZES),
        "an error; the old state or the new one; the next run ends where an undisturbed one does",
        "tests/security/test_crash_faults.py",
    ),
    Row(
        "a work tree or .git that may not be written",
        4,
        "an error; nothing is changed",
        "tests/security/test_crash_faults.py",
    ),
    Row(
        "HEAD moves, or somebody makes the branch, during apply; locks of others",
        3 * SAMPLES + 2,
        "HEAD and the branch of others stay; a lock in the way is named",
        "tests/security/test_crash_faults.py",
    ),
)
