"""A short run of every target of `python -m tests.fuzz`, on the same seeds each time."""

import pytest

from tests.fuzz.targets import TARGETS, run

SLOW = {"rules": 25, "ignore": 25}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("target", TARGETS)
def test_mutated_inputs_break_nothing(target: str) -> None:
    read = [run(target, seed) for seed in range(SLOW.get(target, 150))]
    assert any(read)
