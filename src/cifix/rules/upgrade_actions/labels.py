"""The configuration of actions/labeler, from the form of v4 to that of v5."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cifix.formats.yaml import Document, Entry, Map, Node, Scalar, Seq
from cifix.model.change import Edit
from cifix.model.expect import Absent, Route, Value
from cifix.model.text import Opaque

DEFAULT = ".github/labeler.yml"
_BELOW: Route = (0, "changed-files", 0, "any-glob-to-any-file")
_MODERN = {"changed-files", "base-branch", "head-branch"}
_FORMS = {"any": "all-globs-to-any-file", "all": "all-globs-to-all-files"}
"""What the conditions of the old form are called in the new one."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The edits of the configuration, and what they mean."""

    edits: tuple[Edit, ...] = ()
    expects: tuple[Value | Absent, ...] = ()


def labels(path: str, document: Document) -> Labels:
    """Rewrite every label; nothing if all are in the new form. Raises `Opaque` for what is in neither."""
    root = document.at(())
    if not isinstance(root, Map) or root.flow:
        raise Opaque(f"{path} is no mapping of labels")
    if all(_modern(root.get(entry.key.value)) for entry in root.entries):
        return Labels()
    edits: list[Edit] = []
    expects: list[Value | Absent] = []
    for entry in root.entries:
        if isinstance(entry.value, Seq) and any(isinstance(item, Map) for item in entry.value.items):
            conditions = [_condition(path, entry.key.value, item) for item in entry.value.items]
            edits += [_renamed(path, document, condition) for condition in conditions]
            expects += _claimed(path, entry.key.value, conditions)
        else:
            edits += _rewritten(path, document, entry)
            expects += _claims(path, entry)
    return Labels(tuple(edits), tuple(expects))


def _modern(node: object) -> bool:
    """Whether a label has conditions, which the old form does not know."""
    match node:
        case Seq(items=items) if items:
            return all(isinstance(item, Map) and _conditions(item) for item in items)
        case _:
            return False


def _conditions(item: Map) -> bool:
    keys = {entry.key.value for entry in item.entries}
    inner = [item.get(key) for key in keys - _MODERN]
    return keys <= _MODERN | {"any", "all"} and all(_modern(node) for node in inner)


def _condition(path: str, label: str, item: Node) -> Entry:
    """The only condition of an item in the old form, a list of patterns."""
    if isinstance(item, Map) and len(item.entries) == 1 and not item.flow and item.entries[0].key.value in _FORMS:
        condition = item.entries[0]
        if isinstance(condition.value, Seq) and all(isinstance(pattern, Scalar) for pattern in condition.value.items):
            return condition
    raise Opaque(f"the label {label!r} of {path} has several conditions at once: rewrite them by hand")


def _renamed(path: str, document: Document, condition: Entry) -> Edit:
    key, patterns = condition.key, condition.value
    column = document.column(key.outer)
    line = document.text.line_column(key.outer)[0]
    below = document.text.line_column(patterns.end)[0] > line
    if key.outer != key.start or key.style or (below and document.column(patterns.start) < column + 2):
        raise Opaque(f"{path}:{line}: the condition is not written in a way that can be put further in")
    newline = document.text.newline_at(key.outer)
    return Edit(path, key.start, key.end, f"changed-files:{newline}{' ' * column}- {_FORMS[key.value]}")


def _claimed(path: str, label: str, conditions: Sequence[Entry]) -> Iterator[Value | Absent]:
    for number, condition in enumerate(conditions):
        old, new = condition.key.value, ("changed-files", 0, _FORMS[condition.key.value])
        patterns = condition.value.items if isinstance(condition.value, Seq) else ()
        for place, pattern in enumerate(patterns):
            yield Absent(path, (label, number, old, place))
            yield Value(path, (label, number, *new, place), pattern.value if isinstance(pattern, Scalar) else "")


def _rewritten(path: str, document: Document, entry: Entry) -> Iterator[Edit]:
    value, text = entry.value, document.text
    line, column = text.line_column(entry.key.outer)
    newline = text.newline_at(entry.key.outer)
    if isinstance(value, Seq) and not value.flow:
        first, last = text.line_column(value.start)[0], text.line_column(value.items[-1].end)[0]
        if first == line or any("\n" in text.text[item.start : item.end] for item in value.items):
            raise Opaque(f"{path}:{line}: the patterns of the label are not written one a line")
        pad = " " * document.column(value.start)
        head = f"{pad}- changed-files:{newline}{pad}  - any-glob-to-any-file:{newline}"
        for number in range(first, last + 1):
            start, end = text.line_span(number)
            blank = not text.text[start:end].strip()
            if number == first or not blank:
                yield Edit(path, start, start, f"{head if number == first else ''}    ")
        return
    if value.start == value.end or text.line_column(value.end)[0] != line:
        raise Opaque(f"{path}:{line}: the label has no patterns on its line, or they go on below")
    pad = " " * (column - 1)
    colon = text.text.index(":", entry.key.end)
    lead = f"{newline}{pad}  - changed-files:{newline}{pad}      - any-glob-to-any-file: "
    yield Edit(path, colon + 1, value.outer, lead)


def _claims(path: str, entry: Entry) -> Iterator[Value | Absent]:
    label = entry.key.value
    match entry.value:
        case Scalar(value=pattern):
            yield Absent(path, (label,))
            yield Value(path, (label, *_BELOW), pattern)
        case Seq(items=items) if items and all(isinstance(item, Scalar) for item in items):
            for number, item in enumerate(items):
                yield Absent(path, (label, number))
                yield Value(path, (label, *_BELOW, number), item.value if isinstance(item, Scalar) else "")
        case _:
            raise Opaque(f"the label {label!r} of {path} is no list of patterns: rewrite it by hand")
