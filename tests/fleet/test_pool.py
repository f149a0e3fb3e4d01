"""Workers that take too long, need too much or die cost what they were doing and nothing else."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from pebble import ProcessExpired

from cifix.errors import UsageError
from cifix.fleet import drive as driving
from cifix.fleet.drive import drive
from cifix.fleet.job import Job, Mode, Result, State, Target
from cifix.fleet.pool import executor, lost
from cifix.run.examine import Selection


def die(file: Path | None = None) -> None:
    """Die, if `file` is given the first time only."""
    if file is not None and file.exists():
        return
    if file is not None:
        file.touch()
    os.kill(os.getpid(), signal.SIGKILL)


def start_child_and_wait(file: Path) -> None:
    with subprocess.Popen(["sleep", "300"]) as child:
        file.write_text(str(child.pid))


def gone(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


def test_each_ends_in_its_own_way(tmp_path: Path) -> None:
    with executor("local", 2, 3, 1024) as pool:
        slow = pool.submit(start_child_and_wait, tmp_path / "child")
        large = pool.submit(bytearray, 4 * 1024**3)
        dead = pool.submit(die)
        fine = pool.submit(pow, 2, 10)
        assert fine.result(60) == 1024
        assert isinstance(large.exception(60), MemoryError)
        why = dead.exception(60)
        assert why is not None
        assert lost(why)
        assert isinstance(slow.exception(60), TimeoutError)
    assert gone(int((tmp_path / "child").read_text()))


def test_leaving_in_a_hurry_ends_the_workers(tmp_path: Path) -> None:
    def hurry() -> None:
        with executor("local", 1, 300, None) as pool:
            pool.submit(start_child_and_wait, tmp_path / "child")
            while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
                time.sleep(0.05)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hurry()
    assert gone(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize("name", ["dask", "local:", "ray:x", ""])
def test_unknown_executors(name: str) -> None:
    with pytest.raises(UsageError, match="there is no executor"), executor(name, 1, 1, None):
        pass


class Scripted(Executor):
    """Ends every job as its script says."""

    def __init__(self, script: dict[str, list[object]]) -> None:
        self.script = script
        self.under_way = 0

    def submit(self, fn: object, /, *args: Job, **_: object) -> "Future[Result]":  # type: ignore[override]
        del fn
        future: Future[Result] = Future()
        ending = self.script[args[0].target.url].pop(0)
        if isinstance(ending, Exception):
            future.set_exception(ending)
        else:
            future.set_result(Result(State.CLEAN))
        return future


def gone_with(words: str) -> Exception:
    return ProcessExpired(words)  # type: ignore[no-untyped-call]  # pebble's is half typed


def jobs(*urls: str) -> list[Job]:
    return [Job(Target(url, url), Mode.PLAN, "cifix/fixes", Selection(), date(2026, 11, 24), "d") for url in urls]


def test_a_lost_worker_is_given_a_second_chance_alone() -> None:
    script: dict[str, list[object]] = {
        "a": [gone_with("x"), None],
        "b": [gone_with("x"), gone_with("y")],
        "c": [TimeoutError()],
        "d": [MemoryError()],
        "e": [ZeroDivisionError("z")],
        "f": [None],
    }
    opened: list[int] = []

    @contextmanager
    def opening(workers: int) -> Iterator[Executor]:
        opened.append(workers)
        yield Scripted(script)

    ended = {job.target.url: result for job, result in filter(None, drive(jobs(*script), opening, 2))}
    assert opened == [2, 1, 1]
    assert ended["a"].state is ended["f"].state is State.CLEAN
    assert {url: ended[url].reason.split(" ")[0:3] for url in "bcde"} == {
        "b": ["its", "worker", "died"],
        "c": ["it", "took", "longer"],
        "d": ["it", "needs", "more"],
        "e": ["cifix", "crashed:", "ZeroDivisionError:"],
    }


def test_few_jobs_are_under_way_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    def listed() -> Iterator[Job]:
        for job in jobs(*map(str, range(50))):
            taken.append(job.target.url)
            yield job

    monkeypatch.setattr(driving, "turn", lambda _job: Result(State.CLEAN))
    running = drive(listed(), partial(ThreadPoolExecutor), 2)
    next(running)
    assert len(taken) <= 8
    assert len(list(running)) == 49
