"""Workflow commands: the runner of GitHub Actions shows each finding at its line in the pull request.

Source of the syntax and its escapes: actions/runner, src/Runner.Common/ActionCommand.cs.
"""

from collections.abc import Iterator, Mapping

from cifix.report.characters import legible, printable, single_line
from cifix.report.entry import Entry, Severity, entries
from cifix.report.outcome import Outcome
from cifix.report.summary import sentences

_DATA: Mapping[str, str] = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY: Mapping[str, str] = {**_DATA, ":": "%3A", ",": "%2C"}


def document(outcome: Outcome) -> str:
    """One command per finding, failed proof and crash, then one plain line that sums the run up."""
    return "".join(f"{line}\n" for line in _lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    for entry in entries(outcome):
        yield _command(entry.level, _place(entry), entry.words)
    for failure in outcome.proven.failures:
        proofs = "\n".join(f"{proof.name}: {proof.detail or 'it does not hold'}" for proof in failure.proofs)
        yield _command(Severity.ERROR, {"title": f"cifix: the fix of {failure.rule} failed its proof"}, proofs)
    for crash in outcome.crashes:
        yield _command(Severity.ERROR, {"title": f"cifix: the rule {crash.rule} crashed"}, crash.detail)
    yield _plain("cifix: " + " ".join((*outcome.remarks, *sentences(outcome))))


def _place(entry: Entry) -> dict[str, str]:
    placed = entry.placed
    told = {"file": entry.path, "line": str(placed.line), "endLine": str(placed.end_line)}
    if placed.line == placed.end_line:  # columns of a span over several lines are turned down by the service
        told |= {"col": str(placed.column), "endColumn": str(placed.end_column)}
    return {**told, "title": entry.title}


def _command(level: Severity, properties: Mapping[str, str], message: str) -> str:
    told = ",".join(f"{name}={_escaped(value, _PROPERTY)}" for name, value in properties.items())
    return f"::{level.value} {told}::{_escaped(message, _DATA)}"


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return printable(legible(text)).translate({ord(one): code for one, code in escapes.items()})


def _plain(text: str) -> str:
    """A line that holds no command, not even of the older form, which may stand anywhere in a line."""
    return single_line(text).replace("##[", "## [")
