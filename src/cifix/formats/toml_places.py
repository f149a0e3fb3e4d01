"""Where the tables, keys and values of a TOML file stand, and how to add to its lists and tables."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cifix.formats.toml import parse
from cifix.model.change import Edit
from cifix.model.expect import Route
from cifix.model.text import Text

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_PART = re.compile(r"[A-Za-z0-9_-]+|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*|[^\s,\]}#]+")


@dataclass(frozen=True, slots=True)
class Value:
    """A value at `start:end`, and the items it has if it is a list."""

    start: int
    end: int
    items: tuple["Value", ...] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header, which ends at `end`; its entries are those that stand below it."""

    route: Route
    end: int
    entries: Mapping[Route, Value]


@dataclass(frozen=True, slots=True)
class Places:
    """The tables of a file in its order; the first one, without a header, holds what stands above them."""

    text: Text
    tables: tuple[Table, ...]

    def table(self, route: Route) -> Table | None:
        """The table with this header."""
        return next((table for table in self.tables if table.route == route), None)

    def value(self, route: Route) -> Value | None:
        """The value at the end of a route, unless it stands in an inline table or list."""
        return next((table.entries[route] for table in self.tables if route in table.entries), None)


def places(text: Text) -> Places:
    """Read a file; raises `Opaque` if it is not TOML."""
    parse(text)
    return Places(text, tuple(_tables(text)))


def append(path: str, found: Places, values: Value, items: Sequence[str]) -> tuple[Edit, ...]:
    """Give a list more items, written as TOML, in the manner in which it is written: by lines or in one."""
    source = found.text.text
    if not values.items:
        return (_first(path, found, values, items),)
    last = values.items[-1]
    line = found.text.line_span(found.text.line_column(last.start)[0])[0]
    margin = source[line : last.start]
    comma = _comma(source, last.end)
    end = found.text.line_span(found.text.line_column(comma or last.end)[0])[1]
    if margin.strip() or values.end <= end:
        return (Edit(path, last.end, last.end, "".join(f", {item}" for item in items)),)
    newline = found.text.newline_at(last.end)
    lines = [f"{newline}{margin}{item}" for item in items]
    if comma is not None:
        return (Edit(path, end, end, "".join(f"{one}," for one in lines)),)
    if source[last.end : end].strip():
        return Edit(path, last.end, last.end, ","), Edit(path, end, end, ",".join(lines))
    return (Edit(path, last.end, last.end, "," + ",".join(lines)),)


def add(path: str, found: Places, table: Table, key: str, items: Sequence[str]) -> Edit:
    """Give a table a list, one item a line, behind its last entry."""
    ends = [value.end for value in table.entries.values()]
    position = found.text.line_span(found.text.line_column(max(ends, default=table.end))[0])[1]
    newline = found.text.newline_at(position)
    lines = (f"{key} = [", *(f"    {item}," for item in items), "]")
    return Edit(path, position, position, "".join(newline + line for line in lines))


def _first(path: str, found: Places, values: Value, items: Sequence[str]) -> Edit:
    """The first items of an empty list."""
    inner = found.text.text[values.start + 1 : values.end - 1]
    if "\n" not in inner:
        return Edit(path, values.start + 1, values.start + 1, ", ".join(items))
    newline = found.text.newline_at(values.start)
    end = found.text.line_span(found.text.line_column(values.start)[0])[1]
    return Edit(path, end, end, "".join(f"{newline}    {item}," for item in items))


def _comma(source: str, position: int) -> int | None:
    """Where the comma behind an item stands."""
    position = _blank(source, position)
    return position if source[position] == "," else None


def _tables(text: Text) -> Iterator[Table]:
    source, position = text.text, text.start
    route: Route = ()
    end, entries = position, dict[Route, Value]()
    counts: dict[Route, int] = {}
    while (position := _blank(source, position)) < len(source):
        if source[position] != "[":
            key, position = _key(source, position)
            value = _value(source, _blank(source, position + 1))
            entries[*route, *key] = value
            position = value.end
            continue
        yield Table(route, end, entries)
        several = source.startswith("[[", position)
        route, position = _key(source, _blank(source, position + 1 + several))
        if several:
            counts[route] = counts.get(route, -1) + 1
            route = (*route, counts[route])
        position = end = _blank(source, position) + 1 + several
        entries = {}
    yield Table(route, end, entries)


def _key(source: str, position: int) -> tuple[Route, int]:
    """A key, dotted or not, and where the blanks behind it end."""
    parts: list[str] = []
    while found := _PART.match(source, position):
        part = found.group()
        parts.append(part if part[0] not in "\"'" else tomllib.loads(f"key = {part}")["key"])
        position = found.end()
        if not (dot := _DOT.match(source, position)):
            break
        position = dot.end()
    return tuple(parts), _blank(source, position)


def _value(source: str, position: int) -> Value:
    start = position
    if source[position] == "[":
        items: list[Value] = []
        position = _blank(source, position + 1)
        while source[position] != "]":
            items.append(_value(source, position))
            position = _blank(source, items[-1].end)
            position = _blank(source, position + (source[position] == ","))
        return Value(start, position + 1, tuple(items))
    if source[position] == "{":
        position = _blank(source, position + 1)
        while source[position] != "}":
            _, position = _key(source, position)
            position = _blank(source, _value(source, _blank(source, position + 1)).end)
            position = _blank(source, position + (source[position] == ","))
        return Value(start, position + 1)
    found = _STRING.match(source, position) or _BARE.match(source, position)
    return Value(start, found.end() if found else position)


def _blank(source: str, position: int) -> int:
    """Where the white space and comments that begin at `position` end."""
    found = _BLANK.match(source, position)
    return found.end() if found else position
