"""From parser events to nodes: the marks of two parsers become one set of exact ends."""

import re
from collections.abc import Iterator, Mapping
from typing import NoReturn, Protocol

from cifix.formats.yaml.nodes import Alias, Entry, Map, Node, Scalar, Seq
from cifix.model.text import Opaque, Text

DEPTH = 100
"""Levels of nesting above which a document is not read; no configuration file goes a tenth as deep."""

_PROPERTY = re.compile(r"(?:!<[^>\s]*>|[&!][^\s,\[\]{}]*)")
_BLANK = re.compile(r"(?:\s|(?<=\s)#[^\r\n]*)*")
_COLON = re.compile(r"\s*:")
_DASH = re.compile(r"(?:\s|(?<=\s)#[^\r\n]*)*-")


VALUES = 100_000
"""Values above which a document is not read: aliases of aliases can stand for billions."""


class _Mark(Protocol):
    index: int
    line: int


class _Event(Protocol):
    start_mark: _Mark
    end_mark: _Mark
    anchor: str | None
    tag: str | None
    value: str
    style: str | None
    flow_style: bool


def tree(text: Text, *, pure: bool, merges: bool = False) -> Node | None:
    """The root node of the only document in `text`, None if there is nothing but comments.

    With `merges`, a merge key is a key like any other, and what it merges is not followed. Raises `Opaque` for what
    cannot be read, or not be edited with certainty.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415 - importing a rule must stay cheap
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    events: Iterator[_Event] = YAML(typ="safe", pure=pure).parse(text.text[text.start :])
    try:
        root = _Builder(text, events, merges=merges).root()
    except YAMLError as why:
        if not pure:  # the C parser knows YAML 1.1 only
            return tree(text, pure=True, merges=merges)
        raise Opaque(f"the YAML cannot be read: {_reason(why)}") from why
    values, levels = _extent(root, {}) if root else (0, 0)
    if values > VALUES or levels > DEPTH:
        raise Opaque(f"with its aliases the YAML stands for {values:,} values on {levels} levels")
    return root


def _extent(node: Node, known: dict[Node, tuple[int, int]]) -> tuple[int, int]:
    """How many values a node stands for, and on how many levels; what an alias stands for is known before it."""
    if isinstance(node, Alias):
        return known[node.target]
    inner: tuple[Node, ...] = ()
    if isinstance(node, Map):
        inner = tuple(entry.value for entry in node.entries)
    elif isinstance(node, Seq):
        inner = node.items
    parts = [_extent(one, known) for one in inner]
    known[node] = 1 + sum(values for values, _ in parts), 1 + max((levels for _, levels in parts), default=0)
    return known[node]


def _reason(why: Exception) -> str:
    mark = getattr(why, "problem_mark", None)
    problem = getattr(why, "problem", None) or str(why).partition("\n")[0]
    return f"line {mark.line + 1}: {problem}" if mark else problem


class _Builder:
    """Turns parser events into nodes, and parser marks into the exact ends both parsers agree on."""

    def __init__(self, text: Text, events: Iterator[_Event], *, merges: bool) -> None:
        self.text = text.text
        self.offset = text.start
        self.events = events
        self.merges = merges
        self.anchors: dict[str, Node | None] = {}
        self.last = text.start

    def root(self) -> Node | None:
        next(self.events)
        if type(next(self.events)).__name__ == "StreamEndEvent":
            return None
        root = self.node(next(self.events), self.last, flow=False, depth=0)
        next(self.events)
        if type(next(self.events)).__name__ != "StreamEndEvent":
            raise Opaque("the file holds several YAML documents")
        return root

    def node(self, event: _Event, empty: int, *, flow: bool, depth: int) -> Node:
        """The node that begins with `event`; a value of no characters stands at `empty`."""
        if depth > DEPTH:
            raise Opaque(f"the YAML is nested more than {DEPTH} levels deep")
        name = event.anchor
        if type(event).__name__ == "AliasEvent":
            return self.alias(event)
        if name:
            self.anchors[name] = None
        match type(event).__name__:
            case "ScalarEvent":
                node: Node = self.scalar(event, empty, flow=flow)
            case "SequenceStartEvent":
                node = self.sequence(event, flow=flow or bool(event.flow_style), depth=depth)
            case _:
                node = self.mapping(event, flow=flow or bool(event.flow_style), depth=depth)
        if name:
            self.anchors[name] = node
        return node

    def alias(self, event: _Event) -> Alias:
        target = self.anchors.get(event.anchor or "")
        if target is None:
            self.refuse(event, f"*{event.anchor} stands for nothing before it")
        start, self.last = self.place(event.start_mark), self.place(event.end_mark)
        return Alias(start, start, self.last, target)

    def scalar(self, event: _Event, empty: int, *, flow: bool) -> Scalar:
        outer, end, style = self.place(event.start_mark), self.place(event.end_mark), event.style or ""
        if not (event.anchor or event.tag):
            start = outer
        else:
            empty, start = self.inside(outer)
        if not style and not event.value:
            start = end = empty
            outer = outer if event.anchor or event.tag else empty
        elif style in {"|", ">"}:
            end = self.block_end(start, end)
        self.last = end
        return Scalar(outer, start, end, event.value, style, flow, event.tag)

    def sequence(self, event: _Event, *, flow: bool, depth: int) -> Seq:
        outer = self.place(event.start_mark)
        _, start = self.inside(outer)
        items: list[Node] = []
        self.last = start
        while type(begin := next(self.events)).__name__ != "SequenceEndEvent":
            dash = None if flow else _DASH.match(self.text, self.last)
            items.append(self.node(begin, dash.end() if dash else self.last, flow=flow, depth=depth + 1))
        self.last = self.place(begin.end_mark) if event.flow_style else self.last
        return Seq(outer, start, self.last, tuple(items), flow)

    def mapping(self, event: _Event, *, flow: bool, depth: int) -> Map:
        outer = self.place(event.start_mark)
        _, start = self.inside(outer)
        entries: dict[str, Entry] = {}
        self.last = start
        while type(begin := next(self.events)).__name__ != "MappingEndEvent":
            key = self.key(begin, self.node(begin, self.last, flow=flow, depth=depth + 1), entries)
            colon = _COLON.match(self.text, self.last)
            value = self.node(next(self.events), colon.end() if colon else self.last, flow=flow, depth=depth + 1)
            entries[key.value] = Entry(key, value)
        self.last = self.place(begin.end_mark) if event.flow_style else self.last
        return Map(outer, start, self.last, tuple(entries.values()), flow, entries)

    def key(self, event: _Event, key: Node, seen: Mapping[str, Entry]) -> Scalar:
        if not isinstance(key, Scalar) or (not key.value and not key.style):
            self.refuse(event, "a key is not a plain text")
        if key.value in seen:
            self.refuse(event, f"the key {key.value!r} occurs twice")
        if key.value == "<<" and not key.style and not self.merges:
            self.refuse(event, "a merge key (<<) is not followed")
        return key

    def inside(self, offset: int) -> tuple[int, int]:
        """Where the anchor and tag that may begin at `offset` end, and where what follows them begins."""
        end = start = offset
        while found := _PROPERTY.match(self.text, start):
            end = found.end()
            blank = _BLANK.match(self.text, end)
            start = blank.end() if blank else end
        return end, start

    def block_end(self, start: int, end: int) -> int:
        """Where a block scalar ends: trailing blank lines are part of it only if its header says `+`."""
        header = re.match(r"[|>][-+0-9]*", self.text[start:end])
        kept = header is not None and "+" in header.group()
        return end if kept else start + len(self.text[start:end].rstrip())

    def place(self, mark: _Mark) -> int:
        place: int = mark.index + self.offset
        return place

    def refuse(self, event: _Event, why: str) -> NoReturn:
        raise Opaque(f"the YAML cannot be edited safely: line {event.start_mark.line + 1}: {why}")
