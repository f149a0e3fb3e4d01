"""Hand a finished report to the user: terminal, pipe or file."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from cifix.cli.remembered import Report
from cifix.errors import UsageError
from cifix.report import github, junit, machine, markdown, sarif, text
from cifix.report.characters import printable
from cifix.report.outcome import Outcome

DOCUMENTS: Mapping[str, Callable[[Outcome], str]] = {
    "json": machine.document,
    "github": github.document,
    "sarif": sarif.document,
    "markdown": markdown.document,
    "junit": junit.document,
}
"""The reports that are one text, by the name that `--format` gives them."""
FORMATS = ("text", *DOCUMENTS)


def show(outcome: Outcome, form: str, output: Path | None) -> None:
    """Print the report in the asked form, or write it to `output`; raises `UsageError` if that cannot be written."""
    report = finished(outcome, form)
    deliver(report.lines, report.document, output)


def finished(outcome: Outcome, form: str) -> Report:
    """The report in the asked form, before it goes anywhere."""
    if form == "text":
        return Report(tuple(text.lines(outcome)), None, outcome.exit)
    return Report((), DOCUMENTS[form](outcome).encode(), outcome.exit)


def deliver(report: Sequence[text.Line], document: bytes | None, output: Path | None) -> None:
    """Print the lines, or the document if there is one; into `output` if that is named."""
    data = document if document is not None else b"".join(line.data + b"\n" for line in report)
    if output is not None:
        _write(output, data)
    elif document is None and sys.stdout.isatty():
        _coloured(report)
    else:
        _piped(data)


def _piped(data: bytes) -> None:
    """Write to standard output; a reader that has seen enough, such as `head`, is no error."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(output: Path, data: bytes) -> None:
    try:
        output.write_bytes(data)
    except OSError as why:
        raise UsageError(f"the report cannot be written to {output}: {why.strerror}") from why


def _coloured(report: Iterable[text.Line]) -> None:
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs rich
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False, soft_wrap=True)
    for line in report:
        console.print(Text(printable(line.data.decode("utf-8", "replace")), style=line.style))
