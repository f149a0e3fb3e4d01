"""Killed at any step, a run leaves the old state or the new one, or what the next run takes back; and that one ends."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.security.crash import COMMANDS, Trial, at_every_step, at_random
from tests.security.mortal import Place
from tests.security.rows import Row
from tests.vcs.repositories import FORKS

IN_PLACE, COMMIT, REQUEST, FLEET = COMMANDS
SETTLED = {"old", "new"}
LAST = 60
"""Steps at the end of a run with --in-place, which hold all that changes the work tree."""


def trial(index: int, folder: Path) -> Trial:
    return Trial(COMMANDS[index], Place.make(folder / "start").folder, folder.resolve() / "desk")


@FORKS
@pytest.mark.parametrize(
    ("index", "wanted"),
    [(0, lambda step: step > 40), (1, lambda step: step % 4 == 0), (2, lambda step: step % 9 == 0)],
    ids=["in-place", "commit", "request"],
)
def test_a_run_killed_at_a_step_is_taken_up_by_the_next(
    index: int, wanted: Callable[[int], bool], tmp_path: Path
) -> None:
    killed = trial(index, tmp_path)
    tries = list(at_every_step(killed, wanted))
    assert len(tries) > 5
    assert killed.count["old"] + killed.count["new"] + killed.count["between"] == len(tries), tries
    assert index == 0 or killed.count["between"] == 0
    assert not killed.count["does not converge"], tries
    assert not killed.count["left for ever"]
    assert not killed.count["litter in the work tree"]


@FORKS
@pytest.mark.parametrize("index", range(4))
def test_a_run_killed_at_a_random_moment_is_taken_up_by_the_next(index: int, tmp_path: Path) -> None:
    killed = trial(index, tmp_path)
    tries = list(at_random(killed, 3, seed=index))
    assert killed.count["torn"] == killed.count["does not converge"] == 0, tries


ROWS: tuple[Row, ...] = ()
