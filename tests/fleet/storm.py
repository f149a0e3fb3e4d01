"""A storm: a fleet of repositories on a forge that fails, limits and lies, and whose caller is killed again and again.

The clock of both runs faster than the world's, so that a day of waiting fits into a test; the limits are the real ones.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from cifix.forge.pace import HOUR
from tests.fleet.served import commit
from tests.forge.contract import broken
from tests.forge.server import Fault, Forge, served

HOOKS = b"repos:\n  - repo: local\n    hooks:\n      - id: x\n        entry: python -m x\n        language: system\n"
TOKEN, WEAK = "ghp_stormstormstormstormstorm", "ghp_weakweakweakweakweakweak"
LIMITS = ((60, 80, (0, 1)), (HOUR, 500, (0, 1)), (60, 900, (1, 5)), (HOUR, 5000, (1, 1)))
"""Seconds, how much of them, and what a read and a write cost: as documented, and not as cifix has them."""

COORDINATOR = """
import sys, time
import cifix.cli.fleet
from cifix.cli.main import run
from cifix.forge.pace import Clock

start, speed = map(float, sys.argv[1:3])
cifix.cli.fleet.Clock = lambda: Clock(
    lambda: start + (time.time() - start) * speed, lambda seconds: time.sleep(seconds / speed)
)
sys.argv = ["cifix", *sys.argv[3:]]
run()
"""


@dataclass
class Storm:
    """What goes wrong: a share of the calls, and the numbers of those at which the caller is killed."""

    forge: Forge
    folder: Path
    speed: float
    faults: float
    kills: list[int]
    dice: random.Random
    token: str = TOKEN
    start: float = field(default_factory=time.time)
    told: list[str] = field(default_factory=list)
    pauses: list[tuple[float, float]] = field(default_factory=list)
    """From when on and until when the caller was told to be silent."""
    caller: "subprocess.Popen[str] | None" = None
    killed: int = 0
    ways: dict[str, str] = field(default_factory=dict)
    """What else is in the environment."""

    def now(self) -> float:
        """The moment, by the faster clock."""
        return self.start + (time.time() - self.start) * self.speed

    def __call__(self, forge: Forge, method: str, path: str) -> Fault | None:
        """What becomes of a call."""
        write = method != "GET"
        if self.kills and len(forge.log) >= self.kills[0] and write:
            self.kills.pop(0)
            return Fault(method, 502, after=self.dice.random() < 0.5, then=self.kill)
        if self.dice.random() >= self.faults:
            return None
        kind = self.dice.choice(("403", "403 after", "403 reset", "429", "500", "502 lost", "503 after", "422 abuse"))
        kind = self.dice.choice((kind, "422 exists")) if path.endswith("/pulls") and write else kind
        self.told.append(kind)
        return self._fault(method, kind)

    def _fault(self, method: str, kind: str) -> Fault:
        wait = self.dice.randrange(1, 90)
        headers = {"Retry-After": str(wait)} if kind.endswith("after") or kind == "429" else {}
        if kind == "403 reset":
            headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(self.now()) + wait)}
        if headers:
            now = self.now()
            self.pauses.append((now, float(headers.get("X-RateLimit-Reset", now + wait))))
        secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        body: dict[str, object] = {"message": secondary if kind.startswith(("403", "429")) else "Server Error"}
        if kind == "422 abuse":
            body = {
                "message": "Validation Failed",
                "errors": [{"code": "abuse", "message": "was submitted too quickly"}],
            }
        if kind == "422 exists":
            body = {"message": "Validation Failed", "errors": [{"message": "A pull request already exists for x."}]}
        lost = kind in ("502 lost", "422 exists")
        return Fault(method, int(kind[:3]), body, headers, after=lost)

    def kill(self) -> None:
        if self.caller is not None:
            self.caller.send_signal(signal.SIGKILL)
            self.caller.wait()
            self.killed += 1

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Type a command of `cifix fleet` until nobody kills it; how it ended and what it said."""
        while True:
            before = self.killed
            self.caller = self.started(*arguments)
            out, err = self.caller.communicate(timeout=1800)
            if self.killed == before:
                return self.caller.returncode, out, err

    def started(self, *arguments: str) -> "subprocess.Popen[str]":
        """The command, under way."""
        command = [sys.executable, "-c", COORDINATOR, str(self.start), str(self.speed), "fleet", *arguments]
        url, pipes = self.forge.url, subprocess.PIPE
        ways = {"GITHUB_SERVER_URL": url, "GITHUB_API_URL": f"{url}/api/v3", "GITHUB_TOKEN": self.token, **self.ways}
        environment = {**os.environ, **ways}
        return subprocess.Popen(command, cwd=self.folder, env=environment, stdout=pipes, stderr=pipes, text=True)


@contextmanager
def storm(
    folder: Path, number: int, *, seed: int = 0, speed: float = 1000, faults: float = 0, kills: int = 0
) -> Iterator[Storm]:
    """A forge with `number` repositories, listed in `repos.txt`, and what goes wrong there by the `seed`."""
    dice = random.Random(seed)  # noqa: S311 - the same every time
    (folder / "forge").mkdir()
    with served(folder / "forge", {TOKEN: "workflow", WEAK: "repo"}) as forge:
        first = forge.repository("o/r000")
        commit(first, {".pre-commit-config.yaml": HOOKS})
        for index in range(1, number):
            shutil.copytree(first, forge.root / f"o/r{index:03}.git")
        names = [f"{forge.url}/o/r{index:03}.git" for index in range(number)]
        (folder / "repos.txt").write_text("\n".join(names) + "\n")
        moments = sorted(dice.sample(range(number // 2, number * 3), kills))
        weather = Storm(forge, folder, speed, faults, moments, dice)
        forge.clock, forge.weather = weather.now, weather
        yield weather
    assert list(broken(forge.exchanges)) == []


def excesses(storm: Storm, per_hour: int = 500) -> list[str]:
    """Every moment at which the forge saw more than its limits allow, or anything while it had asked for silence."""
    log = [(moment, method != "GET") for moment, method, _ in storm.forge.log]
    writes = [moment for moment, write in log if write]
    found = [f"{after - before:.3f} s" for before, after in pairwise(writes) if after - before < 1]
    for seconds, most, costs in (*LIMITS, (HOUR, per_hour, (0, 1))):
        found += [f"{used} in {seconds} s" for used in _used(log, seconds, costs) if used > most]
    for start, end in storm.pauses:
        found += [f"{moment - start:.1f} of {end - start:.1f} s" for moment, _ in log if start < moment < end]
    return found


def _used(log: Sequence[tuple[float, bool]], seconds: float, costs: tuple[int, int]) -> Iterator[int]:
    """What was used of a window, for the window that ends with each call."""
    first = used = 0
    for moment, write in log:
        used += costs[write]
        while log[first][0] <= moment - seconds:
            used -= costs[log[first][1]]
            first += 1
        yield used


def bare(storm: Storm, number: int) -> Path:
    """The repository of that number."""
    return storm.forge.root / f"o/r{number:03}.git"
