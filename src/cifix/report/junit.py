"""JUnit XML, which most CI services show as test results: a suite per rule, a case per finding."""

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from cifix.report.characters import legible, single_line
from cifix.report.entry import FIXED, Entry, entries
from cifix.report.outcome import Outcome
from cifix.report.summary import counted


def document(outcome: Outcome) -> str:
    """The report as XML text; what this run fixed passes, everything else that was found fails."""
    suites = ET.Element("testsuites", name="cifix")
    found: dict[str, list[Entry]] = {rule.id: [] for rule in outcome.rules}
    for entry in entries(outcome):
        found[entry.rule].append(entry)
    crashes = {crash.rule: crash.detail for crash in outcome.crashes}
    for rule in dict.fromkeys((*found, *crashes)):
        _suite(suites, rule, _cases(rule, found.get(rule, []), crashes.get(rule)))
    if outcome.proven.plan.suppressed:
        _suite(suites, "cifix", [_suppressed(outcome.proven.plan.suppressed)])
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _suite(suites: ET.Element, name: str, cases: Iterable[ET.Element]) -> None:
    suite = ET.SubElement(suites, "testsuite", name=_told(name))
    suite.extend(cases)
    for count, kind in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(1 for _ in suite.iter(kind))))


def _cases(rule: str, found: Iterable[Entry], crash: str | None) -> list[ET.Element]:
    cases = [_finding(entry) for entry in found]
    if crash is not None:
        case = _case(rule, "runs without a crash")
        ET.SubElement(case, "error", type="crash", message="the rule crashed").text = _told(crash)
        cases.append(case)
    return cases or [_case(rule, "finds nothing")]


def _finding(entry: Entry) -> ET.Element:
    case = _case(entry.rule, f"{entry.place}: {entry.message}")
    case.set("file", _told(entry.path))
    case.set("line", str(entry.placed.line))
    detail = f"{_told(entry.place)}\n{_told(entry.message)}\n{_told(entry.ending)}"
    if entry.state == FIXED:
        ET.SubElement(case, "system-out").text = detail
    else:
        kind = f"{entry.grave}: {entry.fate}"
        ET.SubElement(case, "failure", type=kind, message=_told(entry.message)).text = detail
    return case


def _suppressed(number: int) -> ET.Element:
    case = _case("cifix", "findings turned down by comments")
    ET.SubElement(case, "skipped", message=f"{counted(number, 'finding')} turned down by `cifix: ignore` comments")
    return case


def _case(rule: str, name: str) -> ET.Element:
    return ET.Element("testcase", classname=f"cifix.{_told(rule)}", name=_told(name))


def _told(text: str) -> str:
    """One line of characters that are printable, which are all legal in XML."""
    return single_line(legible(text))
