"""The table of the original plan names only rules, cases, commands and tests that exist."""

import re

import pytest

from cifix.cli.main import Commands
from cifix.engine.registry import discover
from tests.pages import ROOT, Item, items

ITEMS = items()


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.plan)
def test_what_answers_an_item_exists_and_is_proven(item: Item) -> None:
    if item.rule:
        assert item.rule in discover(points=()).rules
        assert item.proof.startswith(f"fixtures/{item.rule}/")
        assert (ROOT / item.proof / "before").is_dir()
    else:
        assert item.command.split()[1] in Commands.modules
        path, _, name = item.proof.partition("::")
        assert re.search(rf"^def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE)


def test_no_item_is_told_twice() -> None:
    assert len({item.plan for item in ITEMS}) == len(ITEMS)
