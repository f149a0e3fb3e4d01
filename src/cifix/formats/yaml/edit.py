"""Edits of YAML: a rule says what to write, these functions say where and how it must be spelled."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from cifix.formats.yaml import Document, Map, Node, Scalar, Seq, kind, tail
from cifix.model.change import Edit
from cifix.model.text import Opaque

Source = str | Mapping[str, "Source"] | tuple[Mapping[str, "Source"], ...]
"""What a new key leads to: YAML source for a scalar (see `spelled`), further keys, or a list of mappings."""

_FIRST = re.compile(r"""[^\s\-?:,\[\]{}#&*!|>'"%@`=<~]""")
_WORDS = re.compile(r"(?i:y|n|yes|no|on|off|null|true|false)|[-+.]?[0-9][-+0-9_.,:eExXoOa-fA-F]*|[-+]?\.(?i:inf|nan)")


def spelled(value: str, *, flow: bool = False) -> str:
    """The YAML source of a text: plain where every parser reads it as this text, else in quotes."""
    if _plain(value, flow=flow):
        return value
    if value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=False)


def place(document: Document, scalar: Scalar, start: int, end: int) -> tuple[int, int]:
    """Where the characters `start:end` of a scalar's value stand in the text.

    Raises `Opaque` if they are not one run of characters there: an escape, or a fold inside them.
    """
    low, high = _inner(document, scalar)
    source = document.text.text[low:high]
    if source == scalar.value:
        return low + start, low + end
    words = re.finditer(r"\S+", scalar.value), re.finditer(r"\S+", source)
    for meant, written in zip(*words, strict=False):
        if meant.group() != written.group():
            break
        if meant.start() <= start and end <= meant.end():
            shift = low + written.start() - meant.start()
            return start + shift, end + shift
    line, _ = document.text.line_column(scalar.start)
    raise Opaque(f"line {line}: the value is written with escapes or folds where it would change")


def replace(path: str, document: Document, scalar: Scalar, span: tuple[int, int], new: str) -> Edit:
    """Put `new`, which is one line, in the place of the characters `span` of a scalar's value.

    Quotes stay as they are; a plain scalar gets some if its new value needs them. Raises `Opaque` like `place`.
    """
    start, end = span
    value = scalar.value[:start] + new + scalar.value[end:]
    if not scalar.style and not _plain(value, flow=scalar.flow):
        return Edit(path, scalar.start, scalar.end, spelled(value, flow=scalar.flow))
    first, last = place(document, scalar, start, end)
    if scalar.style == "'":
        new = new.replace("'", "''")
    elif scalar.style == '"':
        new = json.dumps(new, ensure_ascii=False)[1:-1]
    return Edit(path, first, last, new)


def insert(path: str, document: Document, mapping: Map, entries: Mapping[str, Source], *, first: bool = False) -> Edit:
    """Give a mapping new keys behind its last entry, or before its first one.

    They become the first ones in any case where text behind a block scalar without a final newline would
    change that scalar. Raises `Opaque` for a flow mapping without braces or with an empty last value.
    """
    if mapping.flow:
        return _insert_flow(path, document, mapping, entries, first=first)
    key = mapping.entries[0].key
    indent = " " * document.column(key.outer)
    lines = list(_lines(entries, indent, " " * _step(document, mapping)))
    last = tail(mapping)
    if first or _unfinished(document, last):
        newline = document.text.newline_at(key.outer)
        body = newline.join((*lines, indent)).removeprefix(indent)
        return Edit(path, key.outer, key.outer, body)
    return _behind(path, document, last, lines)


def append(path: str, document: Document, sequence: Seq, lines: Iterable[str]) -> Edit:
    """Give a sequence another item, written as `lines` that begin with its dash; each is indented like the others.

    Raises `Opaque` for a sequence in brackets, and where text behind a block scalar without a final newline would
    change that scalar.
    """
    last = tail(sequence)
    if sequence.flow or _unfinished(document, last):
        line, _ = document.text.line_column(sequence.start)
        raise Opaque(f"nothing can be added behind the list on line {line}, as it is written")
    indent = " " * document.column(sequence.start)
    return _behind(path, document, last, [indent + line for line in lines])


def fill(path: str, document: Document, mapping: Map, key: str, entries: Mapping[str, Source]) -> Edit:
    """Give keys to the empty value of `key`; raises `Opaque` if the value is not empty."""
    entry = mapping.entry(key)
    if entry is None or not isinstance(entry.value, Scalar) or entry.value.start != entry.value.end:
        raise Opaque(f"the value of {key!r} is not empty")
    if mapping.flow:
        return Edit(path, entry.value.start, entry.value.start, f" {{{_flow(entries)}}}")
    step = " " * _step(document, mapping)
    position = document.line_end(entry.value.start)
    newline = document.text.newline_at(position)
    lines = _lines(entries, " " * document.column(entry.key.outer) + step, step)
    return Edit(path, position, position, "".join(newline + line for line in lines))


def comment(path: str, document: Document, offset: int, new: str) -> Edit:
    """Make `new`, which begins with `#`, the comment at the end of the line of `offset`."""
    old = document.comment_after(offset)
    if old:
        return Edit(path, *old, new)
    start, end = offset, document.line_end(offset)
    position = start + len(document.text.text[start:end].rstrip())
    return Edit(path, position, position, f"  {new}")


def _plain(value: str, *, flow: bool) -> bool:
    if not _FIRST.match(value) or not value.isprintable() or value != value.strip():
        return False
    if ": " in value or " #" in value or value.endswith(":") or _WORDS.fullmatch(value):
        return False
    return kind(Scalar(0, 0, 0, value, "", flow)) == "str" and not (flow and re.search(r"[,\[\]{}]|:(?=$)", value))


def _inner(document: Document, scalar: Scalar) -> tuple[int, int]:
    if scalar.style in {"'", '"'}:
        return scalar.start + 1, scalar.end - 1
    if scalar.style:
        body = document.line_end(scalar.start)
        return min(body, scalar.end), scalar.end
    return scalar.start, scalar.end


def _insert_flow(path: str, document: Document, mapping: Map, entries: Mapping[str, Source], *, first: bool) -> Edit:
    body = _flow(entries)
    if document.text.text[mapping.start : mapping.start + 1] != "{":
        raise Opaque("a mapping without braces inside brackets cannot take another key")
    if not mapping.entries:
        return Edit(path, mapping.start + 1, mapping.start + 1, body)
    if first:
        start = mapping.entries[0].key.outer
        return Edit(path, start, start, body + ", ")
    last = mapping.entries[-1].value
    if last.start == last.end:
        raise Opaque(f"the last value of the mapping on line {document.text.line_column(last.start)[0]} is empty")
    return Edit(path, last.end, last.end, ", " + body)


def _unfinished(document: Document, last: Node) -> bool:
    """Whether a block scalar without a final newline comes last: text behind it would change its value."""
    return isinstance(last, Scalar) and last.style in {"|", ">"} and not _finished(document, last.end)


def _behind(path: str, document: Document, last: Node, lines: Iterable[str]) -> Edit:
    """Put whole lines below the line that `last` ends on."""
    if isinstance(last, Scalar) and last.style in {"|", ">"} and document.column(last.end) == 0:
        newline = document.text.newline_at(last.end - 1)
        return Edit(path, last.end, last.end, "".join(line + newline for line in lines))
    position = document.line_end(last.end)
    newline = document.text.newline_at(position)
    return Edit(path, position, position, "".join(newline + line for line in lines))


def _flow(entries: Mapping[str, Source]) -> str:
    return ", ".join(f"{spelled(key, flow=True)}: {_flow_value(value)}" for key, value in entries.items())


def _flow_value(value: Source) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return "[" + ", ".join(_flow_value(item) for item in value) + "]"
    return "{" + _flow(value) + "}"


def _lines(entries: Mapping[str, Source], indent: str, step: str) -> Iterator[str]:
    for key, value in entries.items():
        if isinstance(value, str):
            yield f"{indent}{spelled(key)}: {value}"
        elif isinstance(value, tuple):
            yield f"{indent}{spelled(key)}:"
            for item in value:
                first, *rest = _lines(item, f"{indent}{step}  ", step)
                yield f"{indent}{step}- {first.lstrip()}"
                yield from rest
        else:
            yield f"{indent}{spelled(key)}:"
            yield from _lines(value, indent + step, step)


def _step(document: Document, mapping: Map) -> int:
    """By how much this mapping indents what it holds; two columns where nothing shows it."""
    for entry in mapping.entries:
        value = entry.value
        if isinstance(value, Map) and not value.flow and value.entries:
            return document.column(value.entries[0].key.outer) - document.column(entry.key.outer)
    return 2


def _finished(document: Document, offset: int) -> bool:
    """Whether a line ending stands behind `offset`, or directly before it."""
    text = document.text.text
    return "\n" in text[offset:] or "\r" in text[offset:] or text[offset - 1] in "\r\n"
