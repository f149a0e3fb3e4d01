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
            for number, item in enumerate(entry.value.items):
                conditions = _conditions_of(path, entry.key.value, item)
                edits += _nested(path, document, item, conditions)
                expects += _claimed(path, (entry.key.value, number), conditions)
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


def _conditions_of(path: str, label: str, item: Node) -> Sequence[Entry]:
    """The conditions of an item in the old form, each a list of patterns; all of them must hold."""
    if (
        isinstance(item, Map)
        and item.entries
        and not item.flow
        and _FORMS.keys() >= {one.key.value for one in item.entries}
    ):
        lists = [one.value.items for one in item.entries if isinstance(one.value, Seq)]
        if len(lists) == len(item.entries) and all(isinstance(pattern, Scalar) for one in lists for pattern in one):
            return item.entries
    raise Opaque(f"the label {label!r} of {path} is in neither form: rewrite it by hand")


def _nested(path: str, document: Document, item: Node, conditions: Sequence[Entry]) -> Iterator[Edit]:
    """Put the conditions below `changed-files`, and below `all` before that if there are two."""
    text, first, several = document.text, conditions[0], len(conditions) > 1
    column, newline = document.column(first.key.outer), text.newline_at(first.key.outer)
    line, last = text.line_column(first.key.outer)[0], text.line_column(item.end)[0]
    starts = [document.column(one.value.start) for one in conditions if text.line_column(one.value.start)[0] > line]
    narrow = not several and any(start < column + 2 for start in starts)
    if narrow or any(one.key.outer != one.key.start or one.key.style for one in conditions):
        raise Opaque(f"{path}:{line}: the condition is not written in a way that can be put further in")
    if several and any("\n" in text.text[pattern.start : pattern.end] for pattern in _patterns(conditions)):
        raise Opaque(f"{path}:{line}: a pattern of the condition goes on below")
    pad = newline + " " * column
    head = f"all:{pad}- changed-files:{pad}  - " if several else f"changed-files:{pad}- "
    yield Edit(path, first.key.start, first.key.end, head + _FORMS[first.key.value])
    if not several:
        return
    keys = {text.line_column(one.key.start)[0]: one.key for one in conditions[1:]}
    for number in range(line + 1, last + 1):
        start, end = text.line_span(number)
        if key := keys.get(number):
            yield Edit(path, key.start, key.end, f"  - {_FORMS[key.value]}")
        elif text.text[start:end].strip():
            yield Edit(path, start, start, "    ")


def _patterns(conditions: Sequence[Entry]) -> Iterator[Node]:
    for one in conditions:
        yield from one.value.items if isinstance(one.value, Seq) else ()


def _claimed(path: str, at: Route, conditions: Sequence[Entry]) -> Iterator[Value | Absent]:
    above: Route = ("all", 0) if len(conditions) > 1 else ()
    for number, condition in enumerate(conditions):
        old, new = condition.key.value, (*above, "changed-files", number, _FORMS[condition.key.value])
        for place, pattern in enumerate(_patterns([condition])):
            yield Absent(path, (*at, old, place))
            yield Value(path, (*at, *new, place), pattern.value if isinstance(pattern, Scalar) else "")


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
