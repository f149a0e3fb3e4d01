"""The state file: what is noted stays noted, whenever the process dies."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cifix.errors import UsageError
from cifix.fleet.job import Analysis, Mode, Result, State, Target
from cifix.fleet.state import Campaign, Store
from cifix.fleet.stored import digest_of, from_text, selection_from_text, selection_to_text, to_text
from cifix.model.snapshot import File
from cifix.run.examine import Selection
from cifix.vcs.commit import Draft

DAY = date(2026, 11, 24)
CAMPAIGN = Campaign("cifix/fixes", Selection(("a",), ("b",), "review", "v4", allow_locked=True, today=DAY), DAY, "d1")
TARGETS = [Target(f"/r{number}", f"r{number}") for number in range(3)]
ANALYSIS = Analysis(
    "1" * 40,
    {"findings": [], "today": "2026-11-24"},
    b"\xff",
    (Draft("s", "b", {"K": "v"}, {"a\udcff": File(b"\0\xff", 0o100755), "gone": None}),),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def test_what_is_written_is_read_again(file: Path) -> None:
    result = Result(State.APPLIED, "\udcff", "main", ("2" * 40,), ANALYSIS, {"look": 0.5})
    with closing(Store.open(file)) as store:
        run = store.begin(CAMPAIGN, Mode.APPLY, TARGETS)
        store.settle(run, "/r1", result, "d1")
    with closing(Store.open(file)) as store:
        assert store.campaign == CAMPAIGN
        assert store.mode is Mode.APPLY
        rows = {row.target.url: row for row in store.rows(whole=True)}
        assert rows["/r1"].analysis == ANALYSIS
        assert (rows["/r1"].state, rows["/r1"].commits, rows["/r1"].seconds) == (
            State.APPLIED,
            ("2" * 40,),
            {"look": 0.5},
        )
        assert rows["/r1"].reason == "\ufffd"
        assert rows["/r0"].state is State.QUEUED
        assert store.known("/r1", "d1") == (ANALYSIS, True)
        assert store.known("/r1", "d2") == store.known("/r0", "d1") == (None, False)
        assert store.commits("/r1") == ("2" * 40,)
        assert store.commits("/nowhere") == ()


def test_an_interrupted_run_goes_on_and_a_finished_one_does_not(file: Path) -> None:
    with closing(Store.open(file)) as store:
        run = store.begin(CAMPAIGN, Mode.PLAN, TARGETS)
        store.settle(run, "/r1", Result(State.CLEAN), "d1")
        assert store.begin(CAMPAIGN, Mode.PLAN, TARGETS) == run
        assert store.waiting(run) == {"/r0", "/r2"}
        assert store.begin(CAMPAIGN, Mode.APPLY, TARGETS) == run + 1
        assert len(store.waiting(run + 1)) == 3
        store.finish(run + 1)
        assert store.begin(CAMPAIGN, Mode.APPLY, TARGETS) == run + 2


def test_what_failed_is_taken_up_again_when_asked(file: Path) -> None:
    with closing(Store.open(file)) as store:
        run = store.begin(CAMPAIGN, Mode.APPLY, TARGETS)
        for target in TARGETS:
            store.settle(run, target.url, Result(State.FAILED, "why"), "d1")
        store.finish(run)
        store.queue(["/r2"])
        assert store.begin(CAMPAIGN, Mode.APPLY, TARGETS) == run
        assert store.waiting(run) == {"/r2"}
        assert [(row.state, row.reason) for row in store.rows()] == [(State.FAILED, "why")] * 2 + [(State.QUEUED, "")]


def test_another_branch_or_base_begins_anew(file: Path) -> None:
    with closing(Store.open(file)) as store:
        run = store.begin(CAMPAIGN, Mode.APPLY, TARGETS)
        for target in TARGETS:
            store.settle(run, target.url, Result(State.APPLIED, commits=("3" * 40,)), "d1")
        store.begin(CAMPAIGN, Mode.APPLY, [Target("/r0", "r0", "release"), *TARGETS[1:]])
        assert store.waiting(run) == {"/r0"}
        store.begin(Campaign("other", CAMPAIGN.asked, DAY, "d1"), Mode.APPLY, TARGETS)
        assert {(row.state, row.commits) for row in store.rows()} == {(State.QUEUED, ())}


def test_a_failure_does_not_forget_the_commits_that_were_pushed(file: Path) -> None:
    with closing(Store.open(file)) as store:
        run = store.begin(CAMPAIGN, Mode.APPLY, TARGETS)
        store.settle(run, "/r0", Result(State.APPLIED, commits=("3" * 40,)), "d1")
        store.settle(run, "/r0", Result(State.FAILED, "offline"), "d1")
        store.settle(run, "/r0", Result(State.FAILED, "offline"), "d1")
        row = next(store.rows())
        assert (row.commits, row.attempts) == (("3" * 40,), 2)
        store.settle(run, "/r0", Result(State.CLOSED), "d1")
        assert next(store.rows()).commits == ()


def test_what_was_pushed_is_told_from_what_was_planned_since(file: Path) -> None:
    with closing(Store.open(file)) as store:
        run = store.begin(CAMPAIGN, Mode.APPLY, TARGETS)
        store.settle(run, "/r0", Result(State.PLANNED, analysis=ANALYSIS), "d1")
        assert store.known("/r0", "d1") == (ANALYSIS, False)
        store.settle(run, "/r0", Result(State.APPLIED, commits=("3" * 40,)), "d1")
        assert store.known("/r0", "d1") == (ANALYSIS, True)
        store.settle(run, "/r0", Result(State.PLANNED, analysis=ANALYSIS), "d1")
        assert store.known("/r0", "d1") == (ANALYSIS, False)
        assert store.commits("/r0") == ("3" * 40,)


def test_one_coordinator_at_a_time(file: Path) -> None:
    with (
        closing(Store.open(file)) as store,
        store.alone(),
        closing(Store.open(file)) as other,
        pytest.raises(UsageError, match="another cifix works on"),
        other.alone(),
    ):
        pass
    with closing(Store.open(file)) as store, store.alone():
        pass


def test_other_files_are_refused(file: Path) -> None:
    file.write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(UsageError, match="is not a state of cifix"):
        Store.open(file)
    file.unlink()
    with closing(sqlite3.connect(file)) as base:
        base.execute("PRAGMA user_version = 99")
    with pytest.raises(UsageError, match="another version"):
        Store.open(file)


WRITER = """
import sys
from pathlib import Path
from cifix.fleet.job import Mode, Result, State
from cifix.fleet.state import Store
from tests.fleet.test_state import ANALYSIS, CAMPAIGN, TARGETS

store = Store.open(Path(sys.argv[1]))
while True:
    run = store.begin(CAMPAIGN, Mode.APPLY, TARGETS)
    for target in TARGETS:
        store.settle(run, target.url, Result(State.APPLIED, commits=("4" * 40,), analysis=ANALYSIS), "d1")
        print(target.url, flush=True)
    store.finish(run)
"""


@pytest.mark.parametrize("lines", [1, 2, 3, 7])
def test_what_was_noted_before_a_kill_is_there(file: Path, lines: int) -> None:
    path = os.pathsep.join((os.environ["PYTHONPATH"], str(Path(__file__).parents[2])))
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, file], env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    told = {writer.stdout.readline().strip() for _ in range(lines)}
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    with closing(Store.open(file)) as store:
        rows = {row.target.url: row for row in store.rows(whole=True)}
        assert told <= {url for url, row in rows.items() if row.state is State.APPLIED}
        assert all(row.analysis == ANALYSIS for row in rows.values() if row.state is State.APPLIED)
        assert len(rows) == 3


@given(
    st.builds(
        Selection,
        st.lists(st.text()).map(tuple),
        st.lists(st.text()).map(tuple),
        st.sampled_from(["safe", "review"]),
        st.none() | st.text(),
        allow_locked=st.booleans(),
        today=st.none() | st.dates(),
    )
)
def test_selections_survive_being_written(asked: Selection) -> None:
    assert selection_from_text(selection_to_text(asked)) == asked


@given(st.binary(), st.dictionaries(st.text(), st.none() | st.builds(File, st.binary(), st.just(0o100644))))
def test_analyses_survive_being_written(patch: bytes, files: dict[str, File | None]) -> None:
    analysis = Analysis("0" * 40, {"notes": ["\u2028"]}, patch, (Draft("s", "", {}, files),))
    assert from_text(to_text(analysis)) == analysis


def test_the_digest_tells_apart_what_can_give_other_results() -> None:
    known = {
        digest_of(Selection(), DAY, ["a"]),
        digest_of(Selection(), DAY, ["a", "b"]),
        digest_of(Selection(safety="review"), DAY, ["a"]),
        digest_of(Selection(), date(2026, 11, 25), ["a"]),
    }
    assert len(known) == 4
    assert digest_of(Selection(), DAY, ["b", "a"]) in known
