"""The pace that a forge is called at, by a clock that stands still unless somebody waits."""

import itertools
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from cifix.errors import GitError
from cifix.fleet.book import SCHEMA, Calls
from cifix.forge.calls import Answer
from cifix.forge.pace import HOUR, Clock, Later, Limits, Pace, Window

NOON = 1_800_000_000.0
DONE = Answer(201, {})


class Time:
    """A clock whose time passes only while somebody sleeps, and for each call `took` seconds."""

    def __init__(self, took: float = 0.2) -> None:
        self.moment = NOON
        self.took = took
        self.clock = Clock(lambda: self.moment, self._pass)

    def _pass(self, seconds: float) -> None:
        self.moment += seconds


class Host:
    """What answers, and when it was called."""

    def __init__(self, time: Time, *answers: Answer | Exception) -> None:
        self.time = time
        self.answers = [*answers]
        self.at: list[tuple[float, str]] = []

    def __call__(
        self, method: str, path: str, params: Mapping[str, str] = {}, body: Mapping[str, Any] | None = None
    ) -> Answer:
        del path, params, body
        self.at.append((self.time.moment, method))
        self.time.moment += self.time.took
        answer = self.answers.pop(0) if self.answers else DONE
        if isinstance(answer, Exception):
            raise answer
        return answer


def opened(file: Path) -> sqlite3.Connection:
    base = sqlite3.connect(file, isolation_level=None)
    if not base.execute("SELECT 1 FROM sqlite_master").fetchone():
        base.executescript(SCHEMA)
    return base


def called(pace: Pace, host: Host, method: str = "POST") -> Answer:
    """One call that gets through, whatever time it takes."""
    call = pace.paced("forge", host)
    while True:
        try:
            return call(method, "/x")
        except Later as later:
            pace.wait(later.until)


@pytest.mark.parametrize("per_hour", [None, 30])
def test_no_window_ever_holds_more_than_it_may(tmp_path: Path, per_hour: int | None) -> None:
    time = Time(took=0.0)
    host = Host(time)
    limits = Limits((Window(60, 10, 0, 1), Window(HOUR, 50, 0, 1), Window(60, 30, 1, 5)), 1.0).hourly(per_hour)
    with closing(opened(tmp_path / "book")) as base:
        for number in range(160):
            pace = Pace(Calls(base), limits, time.clock)  # a new one each time, as after a kill
            called(pace, host, "GET" if number % 3 else "POST")
    writes = [moment for moment, method in host.at if method == "POST"]
    assert all(after - before >= 1 for before, after in itertools.pairwise(writes))
    for window in limits.windows:
        for last, _ in host.at:
            inside = [method for moment, method in host.at if last - window.seconds < moment <= last]
            assert sum(window.write if method == "POST" else window.read for method in inside) <= window.most
    assert time.moment - NOON < 2.1 * HOUR  # and it does not wait for longer than that takes


def test_the_time_that_is_left_is_the_time_that_it_takes(tmp_path: Path) -> None:
    time = Time(took=0.0)
    host = Host(time)
    with closing(opened(tmp_path / "book")) as base:
        pace = Pace(Calls(base), Limits().hourly(20), time.clock)
        told = pace.left("forge", 50)
        for _ in range(50):
            called(pace, host)
    assert told == time.moment - NOON == pytest.approx(2 * HOUR + 9, abs=1)
    assert Pace(Calls(opened(tmp_path / "new")), Limits(), time.clock).left("forge", 5000) > 9 * HOUR


def test_a_call_that_nobody_saw_the_end_of_counts_from_now(tmp_path: Path) -> None:
    time = Time()
    with closing(opened(tmp_path / "book")) as base:
        Calls(base).begin("forge", write=True)
        time.moment += 500
        pace = Pace(Calls(base), Limits(), time.clock)
        assert pace.due("forge") == time.moment + 1
        assert pace.due("forge", write=False) <= time.moment
        assert pace.due("elsewhere") <= time.moment


SECONDARY = {"message": "You have exceeded a secondary rate limit"}


@pytest.mark.parametrize(
    ("answer", "least", "most"),
    [
        (Answer(403, SECONDARY, {"retry-after": "30"}), 30, 40),
        (Answer(429, {}, {"Retry-After": "30"}), 30, 40),
        (Answer(503, {}, {"Retry-After": formatdate(NOON + 30, usegmt=True)}), 30, 40),
        (Answer(403, {}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOON) + 900)}), 890, 1200),
        (Answer(429, {}, {"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(NOON) + 900)}), 890, 1200),
        (Answer(403, SECONDARY), 60, 76),
        (Answer(422, {"errors": [{"message": "was submitted too quickly"}]}), 60, 76),
        (Answer(403, SECONDARY, {"retry-after": "soon"}), 60, 76),
        (Answer(500, {}), 1, 3),
        (GitError("it does not answer"), 1, 3),
    ],
)
def test_a_forge_that_wants_to_be_left_alone_is(
    tmp_path: Path, answer: Answer | Exception, *, least: float, most: float
) -> None:
    time = Time(took=0)
    host = Host(time, answer)
    with closing(opened(tmp_path / "book")) as base:
        with pytest.raises(Later) as told:
            Pace(Calls(base), Limits(), time.clock).paced("forge", host)("POST", "/x")
        assert least <= told.value.until - NOON <= most
        again = Pace(Calls(base), Limits(), time.clock)  # another process
        with pytest.raises(Later):
            again.paced("forge", host)("GET", "/x")
        assert len(host.at) == 1
        called(again, host)
        assert host.at[-1][0] >= told.value.until
        assert again.due("forge") == time.moment + 1  # forgiven


def test_pauses_grow_as_long_as_it_fails(tmp_path: Path) -> None:
    time = Time(took=0)
    host = Host(time, *[Answer(403, SECONDARY)] * 6)
    pauses = []
    with closing(opened(tmp_path / "book")) as base:
        pace = Pace(Calls(base), Limits(), time.clock)
        for _ in range(6):
            with pytest.raises(Later) as told:
                pace.paced("forge", host)("POST", "/x")
            pauses.append(told.value.until - time.moment)
            pace.wait(told.value.until)
    for number, pause in enumerate(pauses):
        assert min(60 * 2**number, 900) <= pause <= min(60 * 2**number, 900) * 1.25
    assert len({round(pause % 60, 6) for pause in pauses}) > 1


def test_a_limit_that_is_used_up_is_heeded_before_the_forge_refuses(tmp_path: Path) -> None:
    time = Time(took=0)
    host = Host(time, Answer(201, {}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOON) + 900)}))
    with closing(opened(tmp_path / "book")) as base:
        pace = Pace(Calls(base), Limits(), time.clock)
        assert pace.paced("forge", host)("POST", "/x").status == 201
        assert pace.due("forge") == NOON + 900


@pytest.mark.parametrize(
    "answer", [Answer(403, {"message": "Resource not accessible by integration"}), Answer(422, {})]
)
def test_a_refusal_is_an_answer(tmp_path: Path, answer: Answer) -> None:
    time = Time()
    with closing(opened(tmp_path / "book")) as base:
        pace = Pace(Calls(base), Limits(), time.clock)
        assert pace.paced("forge", Host(time, answer))("POST", "/x") is answer
