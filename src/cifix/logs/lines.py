"""Raw bytes of a log as clean lines: no stamps, no colours, no byte order mark, each with its level.

Sources of the forms: the logs of GitHub Actions (actions/runner, `ExecutionContext.cs`), of `gh run view --log`
(cli/cli, `pkg/cmd/run/view`), https://docs.gitlab.com/ci/jobs/job_logs/ and
https://docs.gitlab.com/administration/cicd/job_log_timestamps/, read 2026-11.
"""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

LIMIT = 4096
"""Bytes kept of one line: progress bars and notebooks write lines of many megabytes."""

_CHUNK = 1 << 18
_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z(?: (?:[0-9a-f]{2}[OE]\+?(?: |$))?|$)")
_COLOUR = re.compile(r"\x1b(?:\[[0-9;:?]*[A-Za-z]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)|[()][0-9A-B])")
_COMMAND = re.compile(r"##\[([a-z-]+)((?: [^\]]*)?)\]")
_SECTION = re.compile(r"section_(start|end):\d+:([\w.-]+)(?:\[[^\]]*\])?")


class Line(NamedTuple):
    """One line: its `number` in the file (from 1, by line feeds), its `text` without adornment, and its `level`.

    `level` is the word of a runner's marker (`error`, `warning`, `group`, `endgroup`, `section`, `start-action`, ...),
    `section-start` or `section-end` with the section's name as `text`, or empty. `job` and `step` are given where the
    line itself says to which it belongs.
    """

    number: int
    text: str
    level: str = ""
    job: str = ""
    step: str = ""


def lines(stream: BinaryIO) -> Iterator[Line]:
    """The clean lines of a log, in constant memory whatever the length of a line; blank ones are left out.

    A lone carriage return ends a line too, but not the line number: progress bars write over themselves.
    """
    tabular: bool | None = None
    for number, raw in _physical(stream):
        for part in raw.split(b"\r") if b"\r" in raw else (raw,):
            text = part.replace(b"\0", b"").decode("utf-8", "replace")
            if not text.strip():
                continue
            if tabular is None:
                tabular = _columns(text) is not None
            job, step, text = (_columns(text) or ("", "", text)) if tabular else ("", "", text)
            yield _line(number, text, job, step)


def _physical(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines as editors count them, each cut to `LIMIT` bytes."""
    number, kept = 1, b""
    for chunk in _utf8(stream):
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            yield number, (kept + part)[:LIMIT] if kept else part[:LIMIT]
            number, kept = number + 1, b""
        kept = (kept + rest)[:LIMIT]
    if kept:
        yield number, kept


def _utf8(stream: BinaryIO) -> Iterator[bytes]:
    """The bytes in pieces; those of UTF-16, which PowerShell writes, as UTF-8."""
    first = stream.read(_CHUNK)
    known = next((name for mark, name in _WIDE.items() if first.startswith(mark)), None)
    decoder = codecs.getincrementaldecoder(known)("replace") if known else None
    chunk = first
    while chunk:
        yield decoder.decode(chunk).encode("utf-8", "replace") if decoder else chunk
        chunk = stream.read(_CHUNK)


def _columns(text: str) -> tuple[str, str, str] | None:
    """Job, step and the rest of a line of `gh run view --log`; None for any other line."""
    columns = text.removeprefix("\ufeff").split("\t", 2)
    if len(columns) < 3 or not _STAMP.match(columns[2].removeprefix("\ufeff")):  # noqa: PLR2004 - three columns
        return None
    return columns[0], columns[1], columns[2]


def _line(number: int, text: str, job: str, step: str) -> Line:
    text = text.removeprefix("\ufeff")
    if text[4:5] == "-" and (stamp := _STAMP.match(text)):
        text = text[stamp.end() :]
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    text = text.rstrip()
    if text.startswith("##[") and (command := _COMMAND.match(text)):
        return Line(number, (command[2].strip() + text[command.end() :]).strip(), command[1], job, step)
    if text.startswith("section_") and (section := _SECTION.match(text)):
        return Line(number, section[2], f"section-{section[1]}", job, step)
    if text.startswith("Error: "):  # how the web page shows an error that someone copied from it
        return Line(number, text[7:], "error", job, step)
    return Line(number, text, "", job, step)
