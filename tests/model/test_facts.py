from datetime import date

import pytest

from cifix.model.facts import Row, Sheet, sheet

READ = date(2026, 11, 1)


def test_every_table_that_names_a_source_is_a_row() -> None:
    data = {
        "checked": READ,
        "pairs": [[1, 2]],
        "tool": {"1": {"source": "https://a", "read": READ, "below": {"source": "https://b", "read": READ}}},
        "image": [{"source": "https://a", "read": READ}, {"plain": True}],
    }
    known = Sheet(READ, data)
    assert known.rows == (
        Row("tool.1", "https://a", READ),
        Row("tool.1.below", "https://b", READ),
        Row("image.0", "https://a", READ),
    )
    assert known.sources == ("https://a", "https://b")
    assert known.age(date(2026, 11, 24)) == 23


def test_a_row_without_the_day_it_was_read_is_no_fact() -> None:
    with pytest.raises(KeyError, match="read"):
        _ = Sheet(READ, {"row": {"source": "https://a"}}).rows


def test_the_sheet_of_a_package_is_read_once() -> None:
    assert sheet("cifix.rules.runner_labels") is sheet("cifix.rules.runner_labels")
    assert sheet("cifix.rules.runner_labels").rows
