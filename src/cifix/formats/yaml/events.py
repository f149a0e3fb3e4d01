"""From parser events to nodes: the marks of two parsers become one set of exact ends."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, Protocol

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from cifix.formats.yaml.nodes import Alias, Entry, Map, Node, Scalar, Seq
from cifix.model.text import Opaque, Text

try:
    from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]
except ImportError:  # its C parser is a package of its own
    CParser = None

DEPTH = 100
"""Levels of nesting above which a document is not read; no configuration file goes a tenth as deep."""

VALUES = 100_000
"""Values above which a document is not read: aliases of aliases can stand for billions."""

_PROPERTY = re.compile(r"(?:!<[^>\s]*>|[&!][^\s,\[\]{}]*)")
_BLANK = re.compile(r"(?:\s|(?<=\s)#[^\r\n]*)*")
_COLON = re.compile(r"\s*:")
_DASH = re.compile(r"(?:\s|(?<=\s)#[^\r\n]*)*-")
_KEPT = re.compile(r"[|>][-0-9]*\+")


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
    pure = pure or CParser is None
    builder = _Builder(text, _events(text.text[text.start :], pure=pure), merges=merges)
    try:
        root = builder.root()
    except YAMLError as why:
        if not pure:  # the C parser knows YAML 1.1 only
            return tree(text, pure=True, merges=merges)
        raise Opaque(f"the YAML cannot be read: {_reason(why)}") from why
    if root and (builder.aliased or builder.made > VALUES or builder.deepest >= DEPTH):
        values, levels = _extent(root, {})
        if values > VALUES or levels > DEPTH:
            raise Opaque(f"with its aliases the YAML stands for {values:,} values on {levels} levels")
    return root


def _events(source: str, *, pure: bool) -> Callable[[], Any]:
    """What gives the next event each time it is called."""
    if pure:
        events: Iterator[Any] = YAML(typ="safe", pure=True).parse(source)
        return events.__next__
    following: Callable[[], Any] = CParser(source).get_event
    return following


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
    """Turns parser events into nodes, and parser marks into the exact ends both parsers agree on.

    `made` counts nodes, `deepest` is the level of the innermost, `aliased` whether any stands for another.
    """

    def __init__(self, text: Text, following: Callable[[], Any], *, merges: bool) -> None:
        self.text = text.text
        self.offset = text.start
        self.following = following
        self.merges = merges
        self.anchors: dict[str, Node | None] = {}
        self.last = text.start
        self.made = 0
        self.deepest = 0
        self.aliased = False

    def root(self) -> Node | None:
        self.following()
        if type(self.following()) is StreamEndEvent:
            return None
        root = self.node(self.following(), None, flow=False, depth=0)
        self.following()
        if type(self.following()) is not StreamEndEvent:
            raise Opaque("the file holds several YAML documents")
        return root

    def node(self, event: _Event, before: re.Pattern[str] | None, *, flow: bool, depth: int) -> Node:
        """The node that begins with `event`; a value of no characters stands right behind what `before` matches."""
        self.made += 1
        if depth > self.deepest:
            if depth > DEPTH:
                raise Opaque(f"the YAML is nested more than {DEPTH} levels deep")
            self.deepest = depth
        kind: type[object] = type(event)
        if kind is AliasEvent:
            return self.alias(event)
        name = event.anchor
        if name:
            self.anchors[name] = None
        if kind is ScalarEvent:
            node: Node = self.scalar(event, before, flow=flow)
        elif kind is SequenceStartEvent:
            node = self.sequence(event, flow=flow or bool(event.flow_style), depth=depth)
        else:
            node = self.mapping(event, flow=flow or bool(event.flow_style), depth=depth)
        if name:
            self.anchors[name] = node
        return node

    def alias(self, event: _Event) -> Alias:
        target = self.anchors.get(event.anchor or "")
        if target is None:
            self.refuse(event, f"*{event.anchor} stands for nothing before it")
        self.aliased = True
        start, self.last = self.place(event.start_mark), self.place(event.end_mark)
        return Alias(start, start, self.last, target)

    def scalar(self, event: _Event, before: re.Pattern[str] | None, *, flow: bool) -> Scalar:
        outer = start = self.place(event.start_mark)
        end, style, tag = self.place(event.end_mark), event.style or "", None
        bare = self.text[outer : outer + 1] not in {"&", "!"} or not (event.anchor or event.tag)
        if not bare:
            tag = event.tag
            empty, start = self.inside(outer)
        if not style and not event.value:
            start = end = self.behind(before) if bare else empty
            outer = start if bare else outer
        elif style in {"|", ">"}:
            end = self.block_end(start, end)
        self.last = end
        return Scalar(outer, start, end, event.value, style, flow, tag)

    def sequence(self, event: _Event, *, flow: bool, depth: int) -> Seq:
        outer = self.place(event.start_mark)
        self.last = start = self.inside(outer)[1]
        items: list[Node] = []
        before = None if flow else _DASH
        while type(begin := self.following()) is not SequenceEndEvent:
            items.append(self.node(begin, before, flow=flow, depth=depth + 1))
        self.last = self.place(begin.end_mark) if event.flow_style else self.last
        return Seq(outer, start, self.last, tuple(items), flow)

    def mapping(self, event: _Event, *, flow: bool, depth: int) -> Map:
        outer = self.place(event.start_mark)
        self.last = start = self.inside(outer)[1]
        entries: dict[str, Entry] = {}
        while type(begin := self.following()) is not MappingEndEvent:
            key = self.key(begin, self.node(begin, None, flow=flow, depth=depth + 1), entries)
            value = self.node(self.following(), _COLON, flow=flow, depth=depth + 1)
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

    def behind(self, mark: re.Pattern[str] | None) -> int:
        """The end of the mark that follows what was read last, or of that itself."""
        found = mark.match(self.text, self.last) if mark else None
        return found.end() if found else self.last

    def inside(self, offset: int) -> tuple[int, int]:
        """Where the anchor and tag that may begin at `offset` end, and where what follows them begins."""
        end = start = offset
        while self.text[start : start + 1] in {"&", "!"} and (found := _PROPERTY.match(self.text, start)):
            end = found.end()
            blank = _BLANK.match(self.text, end)
            start = blank.end() if blank else end
        return end, start

    def block_end(self, start: int, end: int) -> int:
        """Where a block scalar ends: trailing blank lines are part of it only if its header says `+`."""
        return end if _KEPT.match(self.text, start, end) else start + len(self.text[start:end].rstrip())

    def place(self, mark: _Mark) -> int:
        return mark.index + self.offset

    def refuse(self, event: _Event, why: str) -> NoReturn:
        raise Opaque(f"the YAML cannot be edited safely: line {event.start_mark.line + 1}: {why}")
