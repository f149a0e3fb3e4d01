"""A file's bytes as text that can be turned back into exactly the same bytes."""

import codecs
import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeVar

T = TypeVar("T")

LIMIT = 4 * 1024 * 1024
"""Bytes above which a file is not read as text: no source file that cifix fixes is this large."""

_NEWLINE = re.compile(r"\r\n|\r|\n")


class Opaque(Exception):  # noqa: N818 - it names a state of the file, and rules answer it with a refusal
    """The file cannot be edited safely: the message says why, in words for the user."""


@dataclass(frozen=True)
class Text:
    """Exactly decoded text: `text.encode(encoding) == raw` always holds.

    `text` keeps a byte order mark as its first character, so that offsets count every character of
    the file. `newline` is the line ending used most often (the first one on a tie, LF without any).
    """

    raw: bytes
    text: str
    encoding: str
    bom: bool
    newline: str

    @classmethod
    def decode(cls, raw: bytes, *, cookie: bool = False) -> Self:
        """Read `raw` as UTF-8 or, with `cookie`, as PEP 263 says for Python sources; else as latin-1.

        Raises `Opaque` for binary or oversized files, unknown encodings and bytes that would not come
        back the same.
        """
        if len(raw) > LIMIT:
            raise Opaque(f"the file has {len(raw):,} bytes; cifix reads text up to {LIMIT:,}")
        if b"\0" in raw:
            raise Opaque("the file is binary: it holds a NUL byte")
        encoding = _declared(raw) if cookie else _guessed(raw)
        try:
            text = raw.decode(encoding)
            exact = text.encode(encoding) == raw
        except (UnicodeError, LookupError) as why:
            raise Opaque(f"the file is not valid {encoding}: {why}") from why
        if not exact:
            raise Opaque(f"reading the file as {encoding} and writing it back would change bytes")
        return cls(raw, text, encoding, text.startswith("\ufeff"), _dominant_newline(text))

    def once(self, parse: Callable[["Text"], T]) -> T:
        """`parse` of this text, kept with it: what several readers of a file have in common."""
        if parse not in self._parsed:
            self._parsed[parse] = parse(self)
        found: T = self._parsed[parse]
        return found

    @cached_property
    def _parsed(self) -> dict[Any, Any]:
        return {}

    @property
    def start(self) -> int:
        """Offset of the first character that is not the byte order mark."""
        return 1 if self.bom else 0

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """Offset of the first character of each line; lines end at LF, CRLF or a lone CR."""
        return (0, *(found.end() for found in _NEWLINE.finditer(self.text)))

    def line_column(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, both counted from 1; a byte order mark has no column."""
        line = bisect_right(self.line_starts, offset)
        start = self.line_starts[line - 1]
        hidden = self.start if line == 1 else 0
        return line, max(offset - start - hidden, 0) + 1

    def line_span(self, line: int) -> tuple[int, int]:
        """Start and end offset of a line counted from 1, without its line ending."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.text)
        return start, start + len(self.text[start:end].rstrip("\r\n"))

    def newline_at(self, offset: int) -> str:
        """The line ending of the line that holds `offset`, or the dominant one on an unfinished last line."""
        found = _NEWLINE.search(self.text, offset)
        return found.group() if found else self.newline


def _declared(raw: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    except SyntaxError as why:
        raise Opaque(f"the encoding declaration is not usable: {why}") from why
    return "utf-8" if encoding == "utf-8-sig" else encoding


def _guessed(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Opaque("the file is UTF-16; cifix edits UTF-8 and single-byte files")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _dominant_newline(text: str) -> str:
    seen: dict[str, int] = {}
    for found in _NEWLINE.finditer(text):
        seen[found.group()] = seen.get(found.group(), 0) + 1
    return max(seen, key=lambda newline: seen[newline]) if seen else "\n"
