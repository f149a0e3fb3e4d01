"""The dated facts of every rule: each row says where it comes from and when it was read."""

from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cifix.engine.registry import discover
from cifix.model.facts import Sheet
from tests.pages import ROOT

SHEETS = {rule.id: rule.facts() for rule in discover(points=()).rules.values() if rule.facts is not None}


def test_every_sheet_in_the_tree_belongs_to_a_rule() -> None:
    files = (ROOT / "src/cifix").rglob("*facts*.toml")
    assert {file.parent.name.replace("_", "-") for file in files} == set(SHEETS)


@pytest.mark.parametrize("rule_id", SHEETS)
def test_every_row_has_a_source_and_was_read_no_later_than_the_check(rule_id: str) -> None:
    sheet = SHEETS[rule_id]
    assert sheet.rows
    for row in sheet.rows:
        address = urlsplit(row.source)
        assert address.scheme == "https", row
        assert "." in address.netloc, row
        assert type(row.read) is date, row
        assert date(2026, 1, 1) <= row.read <= sheet.checked, row


def test_facts_are_spelled_as_dates_not_as_texts() -> None:
    for name, sheet in SHEETS.items():
        assert not list(_texts(sheet)), name


def _texts(sheet: Sheet) -> list[str]:
    def walk(value: object) -> list[str]:
        if isinstance(value, dict):
            return [one for inner in value.values() for one in walk(inner)]
        if isinstance(value, list):
            return [one for inner in value for one in walk(inner)]
        return [value] if isinstance(value, str) and value[:2] == "20" and value[4:5] == "-" else []

    return walk(dict(sheet.data))


def test_no_rule_reads_the_clock() -> None:
    for floor in ("model", "formats", "rules", "engine", "report"):
        for path in Path(ROOT / "src/cifix" / floor).rglob("*.py"):
            source = path.read_text("utf-8")
            assert ".today()" not in source, path
            assert "datetime.now" not in source, path
