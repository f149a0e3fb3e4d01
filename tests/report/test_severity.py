"""How grave a finding is follows from its first red day and the day of the report, in every format."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from cifix.model.finding import ALREADY
from cifix.report import github, junit, machine, markdown, sarif, text
from cifix.report.entry import Severity, entries, severity
from cifix.report.outcome import Outcome
from tests.report.runs import TODAY, TOMORROW, ran


def spoken(outcome: Outcome) -> str:
    return "\n".join(line.data.decode() for line in text.lines(outcome))


@pytest.mark.parametrize(
    ("red_from", "grave"),
    [
        (ALREADY, Severity.ERROR),
        (TODAY - timedelta(1), Severity.ERROR),
        (TODAY, Severity.ERROR),
        (TOMORROW, Severity.WARNING),
        (None, Severity.NOTICE),
    ],
)
def test_a_finding_is_an_error_from_its_first_red_day_on(red_from: date | None, grave: Severity) -> None:
    assert severity(red_from, TODAY) is grave


def test_a_day_later_the_warnings_are_errors() -> None:
    today = list(entries(ran("check")))
    tomorrow = list(entries(replace(ran("check"), today=TOMORROW)))
    ahead = [one.severity is Severity.WARNING for one in today]
    assert any(ahead)
    for before, later, was_ahead in zip(today, tomorrow, ahead, strict=True):
        assert later.severity is (Severity.ERROR if was_ahead else before.severity)


def test_what_is_fixed_is_told_as_a_notice_whatever_it_was() -> None:
    fixed = [one for one in entries(ran("apply")) if one.state == "fixed"]
    assert {one.level for one in fixed} == {Severity.NOTICE}
    assert {one.severity for one in fixed} == set(Severity)


def test_json_tells_the_severity_the_day_and_the_first_red_day() -> None:
    told = json.loads(machine.document(ran("check")))
    assert told["today"] == "2026-11-24"
    assert {(one["rule"], one["severity"], one["red_from"]) for one in told["findings"]} >= {
        ("turn", "error", "always"),
        ("again", "warning", "2026-11-25"),
        ("add", "error", "2026-11-24"),
        ("leave", "notice", None),
    }


def test_sarif_tells_the_level_and_keeps_the_first_red_day() -> None:
    (run,) = json.loads(sarif.document(ran("check")))["runs"]
    told = {(one["level"], one["properties"]["severity"], one["properties"]["redFrom"]) for one in run["results"]}
    assert told == {
        ("error", "error", "always"),
        ("error", "error", "2026-11-24"),
        ("warning", "warning", "2026-11-25"),
        ("note", "notice", None),
    }


def test_the_reports_for_people_say_when_a_warning_becomes_an_error() -> None:
    outcome = ran("check")
    assert "  a.txt:1:7: error: a.txt is old\n" in spoken(outcome)
    assert ": warning (error from 2026-11-25): English\n" in spoken(outcome)
    assert ": notice: may be wrong\n" in spoken(outcome)
    assert "| warning (error from 2026-11-25) | English |" in markdown.document(outcome)
    assert 'type="warning (error from 2026-11-25): fixable (safe)"' in junit.document(outcome)
    assert "%0AThe run fails for it from 2026-11-25 on.\n" in github.document(outcome)
