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
    "register-markers": lambda data: [
        f"pytest.mark.{mark}\n" for one in (data["pytest"], *data["plugin"].values()) for mark in one["marks"]
    ],
    "runner-labels": lambda data: [
        label for system in ("image", "azure", "circleci") for image in data[system] for label in image["labels"]
    ],
    "sync-uv-groups": lambda data: [
        *(f"uv run {command}\n" for command in _same(data)),
        *(f"python -m {module}\n" for module in _same(data)),
        *(f"uv run {command}\n" for tool in data["tool"] for command in tool["commands"]),
        *(f"python -m {module}\n" for tool in data["tool"] for module in tool["modules"]),
        *(f"uv run pytest {option}" for plugin in data["plugin"] for option in plugin["options"]),
    ],
    "workflow-leftovers": lambda data: [*data["setting"], *data["modern"]],
    "workflow-paths": lambda data: [
        *(f"run: {' '.join((name, *first[:1]))} tests/property\n" for name, first in data["programs"].items()),
        *(f"{name}: ci/versions.txt" for names in data["inputs"].values() for name in names),
    ],
    "workflow-permissions": lambda data: [f"uses: {need['action']}@" for need in data["need"]],
    "workflow-security": lambda data: [
        *(f"run: {name} {word}".rstrip() for name, words in data["gates"].items() for word in words or [""]),
        *(f"uses: {name}@" for name in data["actions"]["gates"]),
    ],
    "upgrade-artifacts": lambda data: [
        f"{name}@v{major}"
        for name in ("upload-artifact", "download-artifact")
        for major in data[name]
        if "dead" in data[name][major]
    ],
}
"""What a case must hold for a row of the facts to be exercised, where a word says it; upgrade-actions tests its own."""


def _same(data: Mapping[str, Any]) -> list[str]:
    return list(data["same"]["distributions"])


def test_every_sheet_of_a_rule_is_exercised() -> None:
    assert {*WORDS, "upgrade-actions", "guard"} == set(SHEETS)


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
