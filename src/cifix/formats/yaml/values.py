"""Changes of a script as edits of the YAML scalar that holds it."""

import json
from collections.abc import Iterator, Sequence

from cifix.formats.yaml import Document, Scalar
from cifix.formats.yaml.edit import place, spelled
from cifix.model.change import Edit
from cifix.model.text import Opaque

Change = tuple[int, int, str]
"""Start and end in the value of a scalar, and the text that goes there."""


def changed(value: str, changes: Sequence[Change]) -> str:
    """A value after its changes."""
    for start, end, new in sorted(changes, reverse=True):
        value = value[:start] + new + value[end:]
    return value


def edits(path: str, document: Document, scalar: Scalar, changes: Sequence[Change]) -> Iterator[Edit]:
    """Each change as an edit, spelled as the style of the scalar asks; raises `Opaque` if one cannot be placed."""
    line, _ = document.text.line_column(scalar.start)
    value = changed(scalar.value, changes)
    if scalar.style != "|" and any("\n" in new for _, _, new in changes):
        raise Opaque(f"line {line}: only a literal block has room for more lines")
    if not scalar.style and spelled(value, flow=scalar.flow) != value:
        if document.text.text[scalar.start : scalar.end] != scalar.value:
            raise Opaque(f"line {line}: without quotes the new script would not be a text of YAML")
        yield Edit(path, scalar.start, scalar.end, spelled(value, flow=scalar.flow))
        return
    for start, end, new in changes:
        first, last = _span(document, scalar, start, end)
        meant = scalar.value[:start].rpartition("\n")[2]
        yield Edit(path, first, last, _spelled(document, scalar, first, new, meant))


def _span(document: Document, scalar: Scalar, start: int, end: int) -> tuple[int, int]:
    if start == end:
        _, last = place(document, scalar, end - 1, end)
        return last, last
    first, _ = place(document, scalar, start, start + 1)
    _, last = place(document, scalar, end - 1, end)
    if document.text.text[first:last].split() != scalar.value[start:end].split():
        raise Opaque(f"line {document.text.line_column(first)[0]}: the script is written with escapes or folds")
    return first, last


def _spelled(document: Document, scalar: Scalar, position: int, new: str, indent: str) -> str:
    """A new text as the scalar must hold it; `indent` is what stands before it in its line of the script."""
    if scalar.style == "'":
        return new.replace("'", "''")
    if scalar.style == '"':
        return json.dumps(new, ensure_ascii=False)[1:-1]
    if "\n" not in new:
        return new
    start, _ = document.text.line_span(document.text.line_column(position)[0])
    written = document.text.text[start:position]
    margin = written.removesuffix(indent)
    lines = new.split("\n")
    inner = [margin + line if line else "" for line in lines[1:-1]]
    return document.text.newline_at(position).join([lines[0], *inner, margin + lines[-1]])
