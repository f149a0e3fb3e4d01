"""Hand a finished report to the user: terminal, pipe or file."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from cifix.errors import UsageError
from cifix.report import github, junit, machine, markdown, sarif, text
from cifix.report.characters import printable
from cifix.report.outcome import Outcome

FORMATS: Mapping[str, Callable[[Outcome], bytes]] = {
    "text": lambda outcome: b"".join(line.data + b"\n" for line in text.lines(outcome)),
    "json": lambda outcome: machine.document(outcome).encode(),
    "github": lambda outcome: github.document(outcome).encode(),
    "sarif": lambda outcome: sarif.document(outcome).encode(),
    "markdown": lambda outcome: markdown.document(outcome).encode(),
    "junit": lambda outcome: junit.document(outcome).encode(),
}
"""What `--format` can name, and how each is written."""


def show(outcome: Outcome, form: str, output: Path | None) -> None:
    """Print the report in the asked form, or write it to `output`; raises `UsageError` if that cannot be written."""
    if output is not None:
        _write(output, FORMATS[form](outcome))
    elif form == "text" and sys.stdout.isatty():
        _coloured(text.lines(outcome))
    else:
        _piped(FORMATS[form](outcome))


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
