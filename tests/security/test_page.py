import re

from tests.pages import ROOT
from tests.security.page import PAGE, fresh


def test_the_table_of_attacks_is_fresh() -> None:
    assert PAGE.read_text("utf-8") == fresh(), "run: python -m tests.security"


def test_every_promise_names_a_test_that_is_there() -> None:
    promises = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ") and "`tests/" in line]
    assert len(promises) > 10
    for path in re.findall(r"`(tests/[^`]+)`", "\n".join(promises)):
        assert (ROOT / path).is_file(), path
