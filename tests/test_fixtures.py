"""Every rule against every one of its cases."""

from pathlib import Path

import pytest

from cifix.engine.registry import discover
from cifix.model.finding import Safety
from cifix.report.page import sections
from cifix.testing import Case, cases, check
from tests.pages import ROOT

RULES = discover(points=()).rules
CASES = [(rule_id, case) for rule_id in RULES for case in cases(ROOT / "fixtures" / rule_id)]


@pytest.mark.parametrize(("rule_id", "case"), CASES, ids=[f"{rule_id}-{case}" for rule_id, case in CASES])
def test_case(rule_id: str, case: Case, tmp_path: Path) -> None:
    check(case, RULES[rule_id], tmp_path)


@pytest.mark.parametrize("rule_id", RULES)
def test_every_refusal_that_a_rule_declares_has_a_case_and_a_line(rule_id: str) -> None:
    shown = {key for name, case in CASES if name == rule_id for key in case.refuses}
    assert shown == set(RULES[rule_id].refusals)
    assert all(line and not line.endswith(".") for line in RULES[rule_id].refusals.values())


@pytest.mark.parametrize("rule_id", RULES)
def test_a_rule_has_at_least_ten_cases_some_fixed_and_some_left_alone(rule_id: str) -> None:
    mine = [case for name, case in CASES if name == rule_id]
    assert len(mine) >= 10
    assert any(case.after != case.before for case in mine)
    assert any(case.after == case.before and not case.refuses for case in mine)
    assert any(case.show for case in mine)
    assert all(case.says for case in mine)


@pytest.mark.parametrize("rule_id", RULES)
def test_the_best_level_that_a_rule_declares_is_reached_by_a_case(rule_id: str) -> None:
    levels = {case.safety for name, case in CASES if name == rule_id and case.safety}
    assert RULES[rule_id].safety.word in levels
    assert all(Safety[level.upper()] <= RULES[rule_id].safety for level in levels)


@pytest.mark.parametrize("rule_id", RULES)
def test_a_page_has_all_its_headings_and_dated_sources(rule_id: str) -> None:
    told = sections(RULES[rule_id])
    assert all(told.values())
    assert "20" in told["Sources"]
