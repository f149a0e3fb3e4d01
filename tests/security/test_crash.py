"""Killed at any step, a run leaves the old state or the new one, or what the next run takes back; and that one ends."""

from pathlib import Path

import pytest

from tests.security.crash import COMMANDS, Trial, at_every_step, at_random
from tests.security.mortal import Place
from tests.security.rows import Row
from tests.vcs.repositories import FORKS

STEPS = (slice(-64, None, 4), slice(-240, None, 24), slice(-300, None, 50))
"""Of all steps of a run, the ones to die at: for --in-place near its end, where the work tree changes."""
KILLS = 3


def trial(index: int, folder: Path) -> Trial:
    return Trial(COMMANDS[index], Place.make(folder / "start").folder, folder.resolve() / "desk")


@FORKS
@pytest.mark.parametrize(("index", "wanted"), list(enumerate(STEPS)), ids=["in-place", "commit", "request"])
def test_a_run_killed_at_a_step_is_taken_up_by_the_next(index: int, wanted: slice, tmp_path: Path) -> None:
    killed = trial(index, tmp_path)
    tries = list(at_every_step(killed, lambda steps: steps[wanted]))
    assert killed.found["torn"] == killed.found["does not converge"] == 0, tries
    assert killed.found["left for ever"] == killed.found["litter in the work tree"] == 0
    assert (index == 1) <= (killed.found["between"] == 0)


@FORKS
@pytest.mark.parametrize("index", range(len(COMMANDS) - 1))  # fleets die in tests/fleet/test_converges.py
def test_a_run_killed_at_a_random_moment_is_taken_up_by_the_next(index: int, tmp_path: Path) -> None:
    killed = trial(index, tmp_path)
    tries = list(at_random(killed, KILLS, seed=index))
    assert killed.found["torn"] == killed.found["does not converge"] == 0, tries


ROWS = (
    Row(
        "kill -9 of Python before a step that changes something: apply --in-place, apply, pr",
        sum(-wanted.start // wanted.step for wanted in STEPS),
        "each file, branch and request is the old or the new one; the next run takes back what is between, and ends "
        "where an undisturbed one does",
        "tests/security/test_crash.py",
    ),
    Row(
        "kill -9 of Python and git at a random moment: the same and fleet apply; "
        "`python -m tests.security.crash --kills 1000` for more",
        KILLS * len(COMMANDS),
        "the same; a lock of git that is left is named",
        "tests/security/test_crash.py",
    ),
)
