"""Whatever a repository holds, cifix ends in bounded time and memory, breaks nothing, and still fixes the rest."""

from itertools import chain, groupby
from pathlib import Path

import pytest

from tests.security.bombs import ALONE, BOMBS, HEAVY, detonate, together
from tests.security.expressions import SHORT, Used, expressions, stalls

GROUPS = {
    kind: names
    for kind, some in groupby(sorted(set(BOMBS) - HEAVY - ALONE), key=lambda name: name.partition("-")[0])
    if (names := list(some))
}
NAMED = {
    "yaml-flow": "nested more than 100 levels deep",
    "yaml-laughs": "with its aliases the YAML stands for",
    "toml-dotted": "nested more than 100 levels deep",
    "ini-many": "cifix reads up to 10,000",
    "python-nul": "it holds a NUL byte",
}
"""What the refusal of a file says, for some of them."""

BY_HAND = "not part of the suite; `python -m tests.security.bombs` holds it to 2 GB, 20 s and the fix beside it"
BOUNDED = "within 2 GB and 20 s, with others of its kind; no rule crashes, the finding beside it is fixed"


def asserted(name: str) -> str:
    """What a test really holds a bomb to."""
    if name in HEAVY:
        return BY_HAND
    if name in ALONE:
        return "within 2 GB and 20 s, by itself; no rule crashes, the finding beside it is fixed"
    return f"{BOUNDED}; refused by name: {NAMED[name]}" if name in NAMED else BOUNDED


TABLE = tuple(("resource bomb", name, 0 if name in HEAVY else 1, asserted(name)) for name in BOMBS)
"""Attack, its name, tries in the suite, and what is asserted: the rows of these tests."""


def test_each_row_says_what_is_asserted() -> None:
    tried = {*chain.from_iterable(GROUPS.values()), *ALONE}
    assert {name for _, name, tries, _ in TABLE if tries} == tried
    assert {name for _, name, tries, _ in TABLE if not tries} == HEAVY
    assert set(NAMED) <= tried


@pytest.mark.parametrize("kind", GROUPS)
def test_bombs_of_one_kind_do_not_keep_the_rest_from_being_fixed(kind: str, tmp_path: Path) -> None:
    outcome = detonate(together(GROUPS[kind]), tmp_path)
    assert not outcome.crashed, outcome
    assert outcome.good, outcome
    for name in set(GROUPS[kind]) & set(NAMED):
        assert any(name in path and NAMED[name] in detail for path, _, detail in outcome.refused), name


@pytest.mark.parametrize("name", sorted(ALONE))
def test_a_bomb_in_a_configuration_does_not_keep_the_rest_from_being_fixed(name: str, tmp_path: Path) -> None:
    outcome = detonate(BOMBS[name](), tmp_path)
    assert outcome.good, outcome


def test_no_regular_expression_of_a_format_stalls() -> None:
    """Those of rules and logs are tried by hand: `python -m tests.security.expressions cifix.rules`."""
    tried = [used for used in expressions() if used.module.startswith(("cifix.formats", "cifix.model"))]
    found = [(str(used), text) for used in tried if (text := _stall(used))]
    assert not found


def _stall(used: Used) -> object:
    return None if used.module in SHORT else stalls(used)
