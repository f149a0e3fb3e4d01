"""Taking an entry or an item out of YAML, with the lines and the trailing comment that are its own."""

import re
from collections.abc import Mapping

from cifix.formats.yaml import Alias, Document, Map, Node, Scalar, Seq, tail, written
from cifix.model.change import Edit
from cifix.model.expect import Absent, Route, Value
from cifix.model.text import Opaque

Leaves = Mapping[Route, tuple[str, str]]

_BEFORE = re.compile(r"[ \t]*(?:-[ \t]+)?")
_COMMA = re.compile(r"[ \t]*,?[ \t]*")
_BREAK = re.compile(r"\r\n|\r|\n")


def remove(path: str, document: Document, route: Route) -> Edit:
    """Take out what stands at `route`: the entry of a mapping or the item of a sequence.

    Comments on lines of their own stay where they are. Raises `Opaque` for the only entry or item of a
    collection, for one that is reached through an alias or carries an anchor, and where a comment would be
    lost that is not its own.
    """
    holder, index = _holder(document, route)
    parts = _parts(holder)
    if len(parts) == 1:
        raise Opaque(f"{_words(route)} is the only one of its collection")
    start, node = parts[index]
    if any(_anchored(document, inner) for inner in written(node)):
        raise Opaque(f"{_words(route)} carries an anchor")
    if holder.flow:
        return _from_flow(path, document, parts, index)
    last = tail(node)
    if isinstance(last, Scalar) and last.style in {"|", ">"} and document.column(last.end) == 0:
        raise Opaque(f"{_words(route)} ends with blank lines that are part of it")
    following = parts[index + 1][0] if index + 1 < len(parts) else None
    if isinstance(holder, Seq):
        start, following = _dash(document, start), following and _dash(document, following)
    above = tail(parts[index - 1][1]) if index else None
    if isinstance(above, Scalar) and above.style in {"|", ">"}:
        if "+" in document.text.text[above.start : document.line_end(above.start)].partition("#")[0]:
            raise Opaque(f"{_words(route)} ends a text that keeps the blank lines behind it")
        if _further_in(document.column(start)).match(document.text.text, document.line_end(last.end)):
            raise Opaque("a comment would become part of the text above it")
        if following is None:
            return _last_lines(path, document, start, last.end)
    return _from_block(path, document, start, last.end, following)


def without(found: Leaves, route: Route) -> Leaves:
    """The leaves of a file after the removal of `route`: what stands behind an item moves up by one."""
    size = len(route) - 1
    last = route[-1]
    left: dict[Route, tuple[str, str]] = {}
    for place, value in found.items():
        if place[: size + 1] == route:
            continue
        here = place[size] if len(place) > size else None
        if isinstance(last, int) and isinstance(here, int) and place[:size] == route[:size] and here > last:
            left[*place[:size], here - 1, *place[size + 1 :]] = value
        else:
            left[place] = value
    return left


def claims(path: str, before: Leaves, after: Leaves) -> tuple[Value | Absent, ...]:
    """What must be claimed about a file whose leaves become `after`."""
    gone = (Absent(path, route) for route in before if route not in after)
    new = (Value(path, route, leaf[1]) for route, leaf in after.items() if before.get(route) != leaf)
    return (*gone, *new)


def _holder(document: Document, route: Route) -> tuple[Map | Seq, int]:
    node = document.root
    for step in route[:-1]:
        node = _child(node, step)
    if isinstance(node, Map):
        keys = [entry.key.value for entry in node.entries]
        if route[-1] in keys:
            return node, keys.index(str(route[-1]))
    if isinstance(node, Seq) and isinstance(route[-1], int) and route[-1] < len(node.items):
        return node, route[-1]
    raise Opaque(f"{_words(route)} is not there, or stands behind an alias")


def _child(node: Node | None, step: str | int) -> Node | None:
    if isinstance(node, Map) and isinstance(step, str):
        entry = node.entry(step)
        return entry.value if entry else None
    if isinstance(node, Seq) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None


def _parts(holder: Map | Seq) -> list[tuple[int, Node]]:
    """Where each entry or item begins, and what ends it."""
    if isinstance(holder, Map):
        return [(entry.key.outer, entry.value) for entry in holder.entries]
    return [(item.outer, item) for item in holder.items]


def _dash(document: Document, offset: int) -> int:
    """Where the dash of the item at `offset` stands."""
    text = document.text.text
    dash = text.rindex("-", 0, offset)
    if text[dash + 1 : offset].strip():
        raise Opaque("a comment stands between the dash and the item")
    return dash


def _from_block(path: str, document: Document, start: int, last: int, following: int | None) -> Edit:
    text = document.text.text
    line = document.text.line_span(document.text.line_column(start)[0])[0]
    line = max(line, document.text.start)
    end = document.line_end(last)
    if following is not None and following <= end:
        raise Opaque("two entries share a line")
    if not text[line:start].strip():
        stop = _BREAK.match(text, end)
        if stop:
            return Edit(path, line, stop.end(), "")
        return Edit(path, line - len(_break_before(text, line)), end, "")
    if following is None or not _BEFORE.fullmatch(text, line, start):
        raise Opaque("the line holds more than what is to be removed")
    if any(end <= first < following for first, _ in document.comments):
        raise Opaque("a comment stands between the first entry and the second")
    return Edit(path, start, following, "")


def _further_in(column: int) -> re.Pattern[str]:
    """A comment, behind blank lines at most, that stands to the right of `column`."""
    return re.compile(rf"(?:[ \t]*(?:\r\n|\r|\n))+ {{{column + 1},}}#")


def _last_lines(path: str, document: Document, start: int, last: int) -> Edit:
    """The lines behind a block scalar: the line ending before them is part of its value."""
    line = document.text.line_span(document.text.line_column(start)[0])[0]
    if document.text.text[line:start].strip():
        raise Opaque("the line holds more than what is to be removed")
    stop = _BREAK.match(document.text.text, end := document.line_end(last))
    return Edit(path, line, stop.end() if stop else end, "")


def _break_before(text: str, offset: int) -> str:
    return "\r\n" if text[:offset].endswith("\r\n") else text[max(offset - 1, 0) : offset]


def _from_flow(path: str, document: Document, parts: list[tuple[int, Node]], index: int) -> Edit:
    text = document.text.text
    start, node = parts[index]
    line, _ = document.text.line_span(document.text.line_column(start)[0])
    line = max(line, document.text.start)
    comma = _COMMA.match(text, node.end)
    rest = comma.end() if comma else node.end
    comment = document.comment_after(rest)
    end = document.line_end(rest)
    if not text[line:start].strip() and (rest == end or (comment and comment[0] == rest)):
        stop = _BREAK.match(text, end)
        return Edit(path, line, stop.end() if stop else end, "")
    first, last = (start, parts[index + 1][0]) if index + 1 < len(parts) else (parts[index - 1][1].end, node.end)
    if any(first <= place < last for place, _ in document.comments):
        raise Opaque("a comment stands between the values")
    return Edit(path, first, last, "")


def _anchored(document: Document, node: Node) -> bool:
    return not isinstance(node, Alias) and "&" in document.text.text[node.outer : node.start]


def _words(route: Route) -> str:
    return ".".join(map(str, route))
