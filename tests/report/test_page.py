from dataclasses import dataclass

import pytest

from cifix.model.finding import Safety
from cifix.model.rule import NoOptions, Rule
from cifix.model.snapshot import File
from cifix.report.page import page, sections, table
from cifix.testing import Case
from cifix.testing.examples import examples

PAGE = """Do the thing.

Why: it breaks.
    More.

When this is wrong:
    Never.

What it will not touch: the rest.

Sources:
- a page (read 2026-11)
"""


@dataclass(frozen=True, slots=True)
class Options:
    """`level` is how much; `only` which; `name` whose."""

    selected: bool = False
    loud: bool = True
    level: int = 3
    name: str = "x"
    only: tuple[str, ...] = ("a", "b")


def rule(text: str = PAGE, options: type[object] = NoOptions) -> Rule:
    return Rule(
        "my-rule",
        text,
        ("**/*.x",),
        (),
        Safety.SAFE,
        lambda _snapshot, _options: (),
        options=options,
        refusals={"no": "why not"},
    )


def test_a_page_has_all_parts_in_order() -> None:
    text = page(rule(options=Options))
    parts = [
        "# my-rule\n\nDo the thing.\n\nBest level: `safe`. Reads: `**/*.x`.\n",
        "## Why\n\nit breaks.\nMore.\n",
        "## What it will not touch\n\nthe rest.\n\n- `no`: why not\n\nAny rule may also end with `excluded`",
        "## Sources\n\n- a page (read 2026-11)\n",
        "## Options\n\nIn `[tool.cifix.rules.my-rule]`:\n\n- `loud` (default `true`)\n- `level` (default `3`)\n",
        '- `name` (default `"x"`)\n- `only` (default `["a", "b"]`)\n\n`level` is how much',
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "selected" not in text
    assert "## Options" not in page(rule())


def test_a_heading_that_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match="must have the headings"):
        sections(rule(PAGE.replace("Sources:", "Links:")))


def test_the_table_is_sorted() -> None:
    assert table([rule()]).splitlines()[2] == "| [`my-rule`](fixtures/my-rule/README.md) | safe | Do the thing |"


def test_examples_show_diffs_and_refusals() -> None:
    before, after = {"a.x": File(b"old\n")}, {"a.x": File(b"new\n")}
    text = examples(
        [
            Case("turned", before, after, says="It turns.", show=True),
            Case("kept", before, before, says="It stays", refuses=("no",), show=True),
            Case("bare", before, before),
        ]
    )
    assert "### turned\n\nIt turns.\n\n```diff\ndiff --git a/a.x b/a.x\n" in text
    assert "### kept\n\nleft alone: It stays (refused: `no`).\n\n## All cases" in text
    assert text.endswith("- `bare`: left alone: see the folder.\n")
