import sys
from xml.etree import ElementTree as ET

import pytest

from cifix.report.characters import single_line
from cifix.report.junit import document
from cifix.report.outcome import MODES
from tests.report.runs import NAMES, quiet, ran, rule


def read(text: str) -> ET.Element:
    return ET.fromstring(text.encode())  # noqa: S314 - our own output


def suites(mode: str) -> dict[str, ET.Element]:
    root = read(document(ran(mode)))
    assert root.tag == "testsuites"
    return {suite.attrib["name"]: suite for suite in root}


@pytest.mark.parametrize("mode", MODES)
def test_there_is_a_suite_per_rule_and_a_case_per_finding(mode: str) -> None:
    outcome = ran(mode)
    assert document(outcome) == document(ran(mode))
    found = suites(mode)
    assert list(found) == ["turn", "again", "add", "leave", "lie", "crash", "quiet", "cifix"]
    findings = [placed.finding.rule for placed, _ in outcome.findings]
    for name in ("turn", "again", "add", "leave", "lie"):
        assert int(found[name].attrib["tests"]) == len(list(found[name])) == findings.count(name)
    assert [dict(case.attrib) for case in found["quiet"]] == [{"classname": "cifix.quiet", "name": "finds nothing"}]
    for suite in found.values():
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))


def test_what_was_fixed_passes_and_the_rest_fails() -> None:
    assert suites("check")["turn"].attrib["failures"] == suites("check")["turn"].attrib["tests"]
    for mode in ("apply", "in-place"):
        assert suites(mode)["turn"].attrib["failures"] == "0"
        assert suites(mode)["leave"].attrib["failures"] == "3"
        assert "fixed (safe): Turn a.txt" in "".join(suites(mode)["turn"].itertext())


def test_endings_have_a_type_a_message_and_a_detail() -> None:
    found = suites("check")
    refused = found["lie"].find("testcase/failure")
    assert refused is not None
    assert dict(refused.attrib) == {"type": "error: left for a person (unproven)", "message": "is one"}
    assert "claim.yml:1:4\nis one\nleft for a person (unproven): claim.yml: " in (refused.text or "")
    error = found["crash"].find("testcase/error")
    assert error is not None
    assert "ValueError: " in (error.text or "")
    skipped = found["cifix"].find("testcase/skipped")
    assert skipped is not None
    assert skipped.attrib["message"] == "1 finding turned down by `cifix: ignore` comments"


def test_hostile_names_come_back_as_they_are_shown() -> None:
    files = {case.attrib["file"] for suite in suites("check").values() for case in suite if "file" in case.attrib}
    shown = {single_line(name.replace("\udce9", "\ufffd")) for name in NAMES}
    assert shown <= files
    assert "d/\\x1b[2Je.txt" in files


def test_what_is_shown_of_any_character_is_legal_xml() -> None:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    element = ET.Element("x", name=single_line(every))
    assert read(ET.tostring(element, encoding="unicode")).attrib["name"] == single_line(every)


def test_a_clean_run_passes_and_names_no_comments() -> None:
    root = read(document(ran("check", (rule("quiet", quiet),))))
    assert [suite.attrib["name"] for suite in root] == ["quiet"]
    assert root[0].attrib["failures"] == "0"
