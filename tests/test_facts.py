"""The dated facts of every rule: each row says where it comes from and when it was read."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cifix.engine.registry import discover
from cifix.model.facts import Sheet, sheet
from cifix.testing import cases
from tests.pages import ROOT

SHEETS = {rule.id: rule.facts() for rule in discover(points=()).rules.values() if rule.facts is not None}
SHEETS["guard"] = sheet("cifix.guard")


def test_every_sheet_in_the_tree_belongs_to_a_rule() -> None:
    files = (ROOT / "src/cifix").rglob("*facts*.toml")
    assert {file.parent.name.replace("_", "-") for file in files} == set(SHEETS)


@pytest.mark.parametrize("rule_id", SHEETS)
def test_every_row_has_a_source_and_was_read_no_later_than_the_check(rule_id: str) -> None:
    known = SHEETS[rule_id]
    assert known.rows
    for row in known.rows:
        address = urlsplit(row.source)
        assert address.scheme == "https", row
        assert "." in address.netloc, row
        assert type(row.read) is date, row
        assert date(2026, 1, 1) <= row.read <= known.checked, row


def test_facts_are_spelled_as_dates_not_as_texts() -> None:
    for name, known in SHEETS.items():
        assert not list(_texts(known)), name


def _texts(known: Sheet) -> list[str]:
    def walk(value: object) -> list[str]:
        if isinstance(value, dict):
            return [one for inner in value.values() for one in walk(inner)]
        if isinstance(value, list):
            return [one for inner in value for one in walk(inner)]
        return [value] if isinstance(value, str) and value[:2] == "20" and value[4:5] == "-" else []

    return walk(dict(known.data))


WORDS: Mapping[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "runner-labels": lambda data: [label for image in data["image"] for label in image["labels"]],
    "workflow-leftovers": lambda data: [*data["setting"], *data["modern"]],
    "upgrade-artifacts": lambda data: [
        f"{name}@v{major}"
        for name in ("upload-artifact", "download-artifact")
        for major in data[name]
        if "dead" in data[name][major]
    ],
}
"""What a case must hold for a row of the facts to be exercised, where one word says it."""


@pytest.mark.parametrize("rule_id", WORDS)
def test_every_row_is_exercised_by_a_case(rule_id: str) -> None:
    told = [file.data for case in cases(ROOT / "fixtures" / rule_id) for file in case.before.values()]
    missing = [word for word in WORDS[rule_id](SHEETS[rule_id].data) if not any(word.encode() in one for one in told)]
    assert not missing


def test_no_rule_reads_the_clock() -> None:
    for floor in ("model", "formats", "rules", "engine", "report"):
        for path in Path(ROOT / "src/cifix" / floor).rglob("*.py"):
            source = path.read_text("utf-8")
            assert ".today()" not in source, path
            assert "datetime.now" not in source, path
