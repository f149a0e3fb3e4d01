"""Runs of cifix that are killed, and a look at what they leave.

A run is a fork of this process, at the head of a process group of its own. It dies at a chosen step, which is an audit
event of Python that is about to change something, or at a moment that the caller chooses, with all its children.

`python -m tests.security.crash --kills 1000` kills at random moments and prints a line for each command;
`--calls` kills Python and git, by strace, at every system call that writes.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path

from tests.pages import ROOT
from tests.security.mortal import BRANCH, Place

_CHANGES = frozenset(
    {"subprocess.Popen"}
    | {f"os.{name}" for name in ("chmod", "chown", "link", "mkdir", "remove", "rename", "rmdir", "truncate", "utime")}
)
STRACE = shutil.which("strace")
CALLS = ("write", "pwrite64", "openat", "rename", "linkat", "unlink", "mkdir", "rmdir", "fsync", "ftruncate", "chmod")
"""System calls that change something on disk; `openat` may make a file."""


_OFTEN = 10
"""Kills after which the sum so far is told."""


@dataclass(frozen=True)
class Command:
    """A command that changes something, and what it changes: a value to compare."""

    name: str
    words: tuple[str, ...]
    changes: Callable[[Place], Mapping[str, object]]


def _branches(place: Place) -> Mapping[str, object]:
    return {"branch": place.refs().get(BRANCH)}


def _requested(place: Place) -> Mapping[str, object]:
    return {"remote": place.refs(place.remote).get(BRANCH), **place.requests()}


def _fleet(place: Place) -> Mapping[str, object]:
    return {"remote": place.refs(place.remote).get(BRANCH)}


_SAFE = ("--safety", "review", "--today", "2026-11-24")
COMMANDS = (
    Command("apply --in-place", ("apply", "--in-place", *_SAFE), Place.tree),
    Command("apply", ("apply", *_SAFE), _branches),
    Command("pr --forge local", ("pr", "--forge=local", *_SAFE), _requested),
    Command(
        "fleet apply",
        ("fleet", "apply", "--repos", "{}/list", "--state", "{}/state.db", "--jobs", "1", *_SAFE),
        _fleet,
    ),
)


@dataclass
class Trial:
    """One command, killed again and again from the same start; `found` says what was found after the kills."""

    command: Command
    start: Path
    desk: Path
    found: Counter[str] = field(default_factory=Counter)

    @cached_property
    def ends(self) -> tuple[Mapping[str, object], Mapping[str, object]]:
        """What is changed, before and after a run that nobody disturbs."""
        place = self.fresh()
        old = self.command.changes(place)
        code = place.run(self.command.words)
        assert code in (0, 3), (code, place.said)
        new = self.command.changes(place)
        assert old != new
        return old, new

    def fresh(self) -> Place:
        """The same repository in the same folder, as it was in the beginning."""
        shutil.rmtree(self.desk, ignore_errors=True)
        shutil.copytree(self.start, self.desk, symlinks=True)
        return Place(self.desk)

    def judge(self, place: Place, kept: Mapping[str, object]) -> str:
        """What a kill has left, after which the next run must end where an undisturbed one does."""
        old, new = self.ends
        place.whole()
        now = self.command.changes(place)
        left = "old" if now == old else "new" if now == new else "between" if mixed(now, old, new) else "torn"
        self.found[left] += 1
        if self.command.words[1] != "--in-place":
            assert place.tree() == Place(self.start).tree()
        self.found["litter in the work tree"] += any(".cifix-" in path for path in place.tree())
        locks = place.locks()
        assert all(lock.name == "fixes.lock" for lock in locks), locks
        code = place.run(self.command.words)
        if locks:
            self.found["lock"] += 1
            if code not in (0, 3):
                assert all(str(lock) in place.said for lock in locks if lock.exists()), place.said
            for lock in locks:
                lock.unlink(missing_ok=True)
            code = place.run(self.command.words)
        if code not in (0, 3) or self.command.changes(place) != new:
            self.found["does not converge"] += 1
            return f"{left}: {code} {place.said[-400:]} {_unlike(self.command.changes(place), new)}"
        place.whole()
        assert place.kept() == kept
        self.found["left for ever"] += bool(place.litter())
        return left


def mixed(found: Mapping[str, object], old: Mapping[str, object], new: Mapping[str, object]) -> bool:
    """Whether each part is whole, the old one or the new one.

    A file that was being written lies beside its place as `.part`; the next run must have used it up.
    """
    names = {*found, *old, *new}
    unfinished = {name for name in found if name.endswith(".part") and name.removesuffix(".part") in new}
    return all(
        found.get(name) in (old.get(name), new.get(name)) for name in names - unfinished if ".cifix-" not in name
    )


def _unlike(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    return [name for name in {*one, *other} if one.get(name) != other.get(name)]


def _watch(noted: Callable[[int], object]) -> None:
    """Call `noted`, with the number of the step, before every step of this process that changes something."""
    numbers = count(1)

    def watch(event: str, given: tuple[object, ...]) -> None:
        if event in _CHANGES or (event == "open" and isinstance(given[2], int) and given[2] & os.O_CREAT):
            noted(next(numbers))

    sys.addaudithook(watch)


def at_step(wanted: int, act: Callable[[], None]) -> Callable[[], None]:
    """Lets a run call `act` before the step of that number that changes something; steps count from 1."""

    def arm() -> None:
        def watch(number: int) -> None:
            if number == wanted:
                act()

        _watch(watch)

    return arm


def die() -> None:
    """End this process and its children at once."""
    os.killpg(0, signal.SIGKILL)


def steps_of(trial: Trial) -> int:
    """How many steps an undisturbed run has."""
    place = trial.fresh()
    seen = place.folder / "steps"

    def arm() -> None:
        note = os.open(seen, os.O_WRONLY | os.O_CREAT)
        _watch(lambda number: os.pwrite(note, b"%06d" % number, 0))

    place.run(trial.command.words, arm)
    return int(seen.read_bytes())


def at_every_step(trial: Trial, wanted: Callable[[range], Sequence[int]] = lambda steps: steps) -> Iterator[str]:
    """Kill at each step that is `wanted` of all those that a run has."""
    kept = trial.fresh().kept()
    assert trial.ends
    for step in wanted(range(1, steps_of(trial) + 1)):
        place = trial.fresh()
        code = place.run(trial.command.words, at_step(step, die))
        if code == -signal.SIGKILL:
            yield f"step {step}: {trial.judge(place, kept)}"


def at_random(trial: Trial, kills: int, seed: int = 0) -> Iterator[str]:
    """Kill the whole group of processes at random moments of a run."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    kept = trial.fresh().kept()
    assert trial.ends
    place = trial.fresh()
    begun = time.monotonic()
    place.run(trial.command.words)
    length = time.monotonic() - begun
    while kills:
        place = trial.fresh()
        child = place.start(trial.command.words)
        moment = chance.uniform(0, length)
        time.sleep(moment)
        _kill(child)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status != -signal.SIGKILL:
            length = max(length * 0.97, 0.1)  # the machine has become faster
            continue
        length *= 1.01
        kills -= 1
        yield f"after {moment:.3f} s: {trial.judge(place, kept)}"


def at_every_call(trial: Trial, calls: Sequence[str], most: int) -> Iterator[str]:
    """Kill each process, Python or git, before its Nth system call of a kind, for each N up to `most`."""
    kept = trial.fresh().kept()
    assert trial.ends
    for call in calls:
        for number in range(1, most + 1):
            place = trial.fresh()
            fault = f"inject={call}:signal=KILL:when={number}"
            words = [word.format(place.folder) for word in trial.command.words]
            program = (sys.executable, "-m", "cifix")
            done = subprocess.run(
                [str(STRACE), "-f", "-qq", "-o", "/dev/null", f"--trace={call}", "-e", fault, *program, *words],
                cwd=place.target,
                env={**place.environment, "PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT / "src"))},
                capture_output=True,
                check=False,
            )
            yield f"{call} {number}: {trial.judge(place, kept)}"
            if done.returncode in (0, 3) and b"signal" not in done.stderr:
                break


def _kill(child: int) -> None:
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:  # it has not become the head of its group yet
        os.kill(child, signal.SIGKILL)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--kills", type=int, default=1000, help="random kills of all commands together")
    asked.add_argument("--calls", action="store_true", help="kill at every system call instead")
    asked.add_argument("--steps", action="store_true", help="kill at every step of Python instead")
    asked.add_argument("--last", type=int, default=0, help="only the last steps of a run")
    asked.add_argument("--most", type=int, default=10_000, help="highest number of a system call in a process")
    asked.add_argument("--only", action="append", help="name of a command")
    asked.add_argument("--seed", type=int, default=0)
    given = asked.parse_args()
    chosen = [command for command in COMMANDS if not given.only or command.name in given.only]
    for command in chosen:
        with tempfile.TemporaryDirectory(prefix="crash-") as folder:
            start = Place.make(Path(folder) / "start").folder
            trial = Trial(command, start, Path(folder).resolve() / "desk")
            if given.calls:
                told = at_every_call(trial, CALLS, given.most)
            elif given.steps:
                told = at_every_step(trial, lambda steps: steps[-given.last :])
            else:
                told = at_random(trial, given.kills // len(chosen), given.seed)
            tries = 0
            for line in told:
                tries += 1
                if line.rpartition(": ")[2] not in ("old", "new"):
                    _say(f"  {command.name}, {line}")
                if tries % _OFTEN == 0:
                    _say(f"{command.name}: {tries} kills, {dict(sorted(trial.found.items()))}")
            _say(f"{command.name}: {tries} kills, {dict(sorted(trial.found.items()))}")


if __name__ == "__main__":
    main()
