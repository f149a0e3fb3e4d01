"""JUnit XML: a case per repository."""

from xml.etree import ElementTree as ET

from cifix.fleet.job import State
from cifix.fleet.report.document import Document, remaining
from cifix.fleet.report.text import said
from cifix.report.characters import legible, single_line

_ENDINGS = {State.FAILED: "error", State.HELD: "failure", State.PLANNED: "failure", State.LEFT: "failure"}


def document(told: Document) -> str:
    """The report as XML text; a repository passes if nothing is left to do or to find in it."""
    suites = ET.Element("testsuites", name="cifix fleet")
    suite = ET.SubElement(suites, "testsuite", name=_told(told["branch"]))
    for repository in told["repositories"]:
        _case(suite, repository)
    for count, kind in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(1 for _ in suite.iter(kind))))
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _case(suite: ET.Element, repository: Document) -> None:
    seconds = f"{sum(repository['seconds'].values()):.3f}"
    case = ET.SubElement(suite, "testcase", classname="cifix.fleet", name=_told(repository["slug"]), time=seconds)
    state = State(repository["state"])
    kind = _ENDINGS.get(state, "skipped" if state is State.QUEUED else "")
    if not kind and remaining(repository):
        kind = "failure"
    if kind:
        ET.SubElement(case, kind, type=state.value, message=_told(said(repository))).text = _lines(repository)


def _lines(repository: Document) -> str:
    places = [f"{one['path']}:{one['line']}: {one['rule']}: {one['message']}" for one in repository["findings"]]
    return "\n".join(_told(line) for line in (repository["url"], repository["reason"], *places) if line)


def _told(text: str) -> str:
    return single_line(legible(text))
