"""Adding distributions to the dependency group `dev` of a `pyproject.toml`, in the form that the file has."""

import re
from collections.abc import Sequence

from cifix.formats import toml
from cifix.model.change import Edit, splice
from cifix.model.expect import Value
from cifix.model.text import Opaque, Text
from cifix.rules.sync_uv_groups.remedy import Unable

_TABLE = re.compile(r"^[ \t]*\[[ \t]*dependency-groups[ \t]*\][ \t]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)", re.MULTILINE)
_NEXT = re.compile(r"^[ \t]*\[", re.MULTILINE)
_DEV = re.compile(r"^[ \t]*dev[ \t]*=[ \t]*\[", re.MULTILINE)
_PIECE = re.compile(r"\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\r\n])*\"|'[^'\r\n]*'|#[^\r\n]*|[^\s]", re.DOTALL)


def declare_in_dev(path: str, text: Text, names: Sequence[str]) -> tuple[tuple[Edit, ...], tuple[Value, ...]]:
    """The edits that add `names` behind what the group holds, and what they claim; raises `Unable`."""
    before = toml.parse(text)
    groups = before.get("dependency-groups", {})
    old = groups.get("dev", []) if isinstance(groups, dict) else None
    if not isinstance(old, list) or (not old and isinstance(groups, dict) and "dev" in groups):
        raise Unable("nowhere", "the group `dev` is not written as a list with something in it")
    edits = _edits(path, text, [f'"{name}"' for name in names], there=bool(old))
    wanted = {**before, "dependency-groups": {**groups, "dev": [*old, *names]}}
    try:
        after = toml.parse(Text.decode(splice(text.text, edits).encode(text.encoding)))
    except Opaque:
        after = {}
    if after != wanted:
        raise Unable("nowhere", "the table of dependency groups is written in a form that is not understood")
    return edits, tuple(
        Value(path, ("dependency-groups", "dev", len(old) + place), name) for place, name in enumerate(names)
    )


def _edits(path: str, text: Text, items: Sequence[str], *, there: bool) -> tuple[Edit, ...]:
    source = text.text
    table = _TABLE.search(source)
    if table is None:
        newline = text.newline
        gap = "" if source.endswith(newline * 2) else newline if source.endswith(newline) else newline * 2
        tail = newline if source.endswith(("\n", "\r")) else ""
        new = f"{gap}[dependency-groups]{newline}dev = [{', '.join(items)}]{tail}"
        return (Edit(path, len(source), len(source), new),)
    if not there:
        newline = text.newline_at(table.start())
        return (Edit(path, table.end(), table.end(), f"{newline}dev = [{', '.join(items)}]"),)
    following = _NEXT.search(source, table.end())
    dev = _DEV.search(source, table.end(), following.start() if following else len(source))
    if dev is None:
        raise Unable("nowhere", "the group `dev` is written in a form that is not understood")
    return _appended(path, text, dev.end(), items)


def _appended(path: str, text: Text, position: int, items: Sequence[str]) -> tuple[Edit, ...]:
    """Behind the last item of the list that begins at `position`, on lines of their own if that one is on its own."""
    depth, last, end, comma = 1, position, position, False
    for found in _PIECE.finditer(text.text, position):
        piece = found.group()
        depth += (piece in {"[", "{"}) - (piece in {"]", "}"})
        end = found.start()
        if not depth:
            break
        if piece[0] != "#":
            last, comma = found.end(), piece == "," and depth == 1
    start, stop = text.line_span(text.line_column(last)[0])
    if start <= position or end <= stop:
        return (Edit(path, last, last, ("" if comma else ",") + " " + ", ".join(items)),)
    indent = re.match(r"[ \t]*", text.text[start:last])
    between = text.newline_at(start) + (indent.group() if indent else "")
    added = between + f",{between}".join(items) + ("," if comma else "")
    if comma or last == stop:
        return (Edit(path, stop, stop, ("" if comma else ",") + added),)
    return Edit(path, last, last, ","), Edit(path, stop, stop, added)
