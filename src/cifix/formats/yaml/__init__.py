"""YAML as a tree of exact places in the text, never as something to dump again."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cifix.formats.yaml.nodes import Alias, Entry, Map, Node, Scalar, Seq, kind, resolved, tail, written
from cifix.model.expect import Route
from cifix.model.text import Opaque, Text

__all__ = [
    "Alias",
    "Document",
    "Entry",
    "Map",
    "Node",
    "Scalar",
    "Seq",
    "kind",
    "leaves",
    "parse",
    "parse_merging",
    "resolved",
    "tail",
    "unmerged",
    "written",
]

_COMMENT = re.compile(r"(?:(?<=\s)|\A)#[^\r\n]*")


@dataclass(frozen=True)
class Document:
    """The only document of a file; `root` is None when the file holds nothing but comments."""

    text: Text
    root: Node | None

    def at(self, route: Route) -> Node | None:
        """The node that keys and positions lead to, aliases followed."""
        node = resolved(self.root) if self.root else None
        for step in route:
            if isinstance(node, Map) and isinstance(step, str):
                node = node.get(step)
            elif isinstance(node, Seq) and isinstance(step, int) and 0 <= step < len(node.items):
                node = resolved(node.items[step])
            else:
                return None
        return node

    def walk(self, route: Route = ()) -> Iterator[tuple[Route, Node]]:
        """Every node at or below `route` with the route that leads to it, aliases followed."""
        node = self.at(route)
        yield from _walk(route, node) if node else ()

    def routes(self, node: Node) -> tuple[Route, ...]:
        """Every route that leads to this node: more than one if it can be reached through an alias."""
        return tuple(self._routes.get(id(node), ()))

    @cached_property
    def _routes(self) -> Mapping[int, Sequence[Route]]:
        """All routes by the identity of the node they lead to."""
        found: dict[int, list[Route]] = {}
        for route, node in self.walk():
            found.setdefault(id(node), []).append(route)
        return found

    def column(self, offset: int) -> int:
        """Characters between the start of the line, a byte order mark not counted, and `offset`."""
        return self.text.line_column(offset)[1] - 1

    def line_end(self, offset: int) -> int:
        """The offset where the line that holds `offset` ends, its line ending excluded."""
        return self.text.line_span(self.text.line_column(offset)[0])[1]

    @cached_property
    def comments(self) -> tuple[tuple[int, int], ...]:
        """Start and end of every comment, from its `#` to the end of its line."""
        return tuple(
            (found.start(), found.end())
            for start, end in self.gaps()
            for found in _COMMENT.finditer(self.text.text, start, end)
        )

    def comment_after(self, offset: int) -> tuple[int, int] | None:
        """The comment that ends the line of `offset`, if one begins behind it."""
        index = bisect_left(self.comments, (offset, offset))
        found = self.comments[index] if index < len(self.comments) else None
        return found if found and found[0] <= self.line_end(offset) else None

    def _leaves(self) -> Iterator[Scalar | Alias]:
        every = written(self.root) if self.root else ()
        return (node for node in every if isinstance(node, Scalar | Alias))

    def gaps(self) -> Iterator[tuple[int, int]]:
        """What lies between the scalars and aliases: indentation, punctuation and comments."""
        position = self.text.start
        for outer, end in sorted((leaf.outer, leaf.end) for leaf in self._leaves()):
            yield position, outer
            position = end
        yield position, len(self.text.text)


def parse(text: Text) -> Document:
    """The tree of a YAML file, read by the C parser where it is installed.

    Raises `Opaque` for what cannot be edited with certainty: syntax errors, another encoding than UTF-8,
    several documents, duplicate, merge and complex keys, tabs between values, and too many values.
    """
    return text.once(_parse)


def parse_merging(text: Text) -> Document:
    """`parse` for systems that know merge keys: `<<` is a key like any other, see `unmerged`."""
    return parse_with(text, pure=False, merges=True) if "<<" in text.text else parse(text)


def _parse(text: Text) -> Document:
    return parse_with(text, pure=False)


def unmerged(route: Route) -> Route:
    """A route without the merge keys it passes, as if what they merge were written in their place."""
    kept: list[str | int] = []
    merged = False
    for step in route:
        if step != "<<" and not (merged and isinstance(step, int)):
            kept.append(step)
        merged = step == "<<"
    return tuple(kept)


def parse_with(text: Text, *, pure: bool, merges: bool = False) -> Document:
    """`parse` with the choice of parser; both give the same tree, but the pure one reads a little less."""
    from cifix.formats.yaml.events import tree  # noqa: PLC0415 - importing a rule must stay cheap

    if text.encoding != "utf-8":
        raise Opaque("the file is not UTF-8, as YAML must be")
    document = Document(text, tree(text, pure=pure, merges=merges))
    if "\t" in text.text:
        _refuse_tabs(document)
    return document


def leaves(text: Text) -> Mapping[Route, tuple[str, str]]:
    """The data of a file as `route -> (kind, value)`, aliases followed; raises `Opaque` like `parse_merging`.

    A kind is `str`, `int`, `float`, `bool`, `null` as YAML 1.2 resolves it, or a tag as written; an empty
    collection is the leaf `map` or `seq`.
    """
    found: dict[Route, tuple[str, str]] = {}
    for route, node in parse_merging(text).walk():
        match node:
            case Scalar(value=value):
                found[route] = kind(node), value
            case Map(entries=()):
                found[route] = "map", ""
            case Seq(items=()):
                found[route] = "seq", ""
            case _:
                pass
    return found


def _walk(route: Route, node: Node) -> Iterator[tuple[Route, Node]]:
    todo: list[tuple[Route, Node]] = [(route, node)]
    while todo:
        route, node = todo.pop()
        node = resolved(node)
        yield route, node
        match node:
            case Map(entries=entries):
                todo += [((*route, entry.key.value), entry.value) for entry in reversed(entries)]
            case Seq(items=items):
                todo += [((*route, index), items[index]) for index in reversed(range(len(items)))]
            case _:
                pass


def _refuse_tabs(document: Document) -> None:
    """Parsers disagree on tabs: the pure one stops where the C one reads on."""
    text = document.text
    for start, end in document.gaps():
        bare = _COMMENT.sub(lambda found: "#" * len(found.group()), text.text[start - 1 if start else 0 : end])
        if "\t" in bare:
            line, _ = text.line_column(start + bare.index("\t"))
            raise Opaque(f"a tab separates values near line {line}; YAML parsers disagree on tabs")
