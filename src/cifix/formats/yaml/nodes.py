"""The nodes of a YAML tree, each with its exact place in the text.

No node changes once it is made; they are not frozen, for that would make each three times as dear to make.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_PLAIN = re.compile(
    r"(?P<null>|~|null|Null|NULL)|(?P<bool>true|True|TRUE|false|False|FALSE)"
    r"|(?P<int>[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)


@dataclass(slots=True, eq=False)
class Scalar:
    """One value at `start:end`, its quotes included and its anchor and tag, which begin at `outer`, not.

    `style` is the quote, `|` or `>` it is written with, or empty for a plain one. An empty value stands
    right behind the colon or dash it belongs to. A block scalar ends with its last line that is part of
    the value. `flow` is true inside braces or brackets.
    """

    outer: int
    start: int
    end: int
    value: str
    style: str
    flow: bool
    tag: str | None = None


@dataclass(slots=True, eq=False)
class Entry:
    """A key of a mapping and what it leads to."""

    key: Scalar
    value: "Node"


@dataclass(slots=True, eq=False)
class Map:
    """A mapping from its first key, or its opening brace if `flow`, to the end of its last value or brace."""

    outer: int
    start: int
    end: int
    entries: tuple[Entry, ...]
    flow: bool
    named: Mapping[str, Entry] = field(default_factory=dict)

    def entry(self, key: str) -> Entry | None:
        """The entry whose key has this text."""
        return self.named.get(key)

    def get(self, key: str) -> "Scalar | Map | Seq | None":
        """What the key with this text leads to, aliases followed."""
        entry = self.entry(key)
        return resolved(entry.value) if entry else None

    def word(self, key: str) -> str | None:
        """The text of the scalar that a key leads to; None without the key or for a collection."""
        value = self.get(key)
        return value.value if isinstance(value, Scalar) else None


@dataclass(slots=True, eq=False)
class Seq:
    """A sequence from its first dash, or its opening bracket if `flow`, to the end of its last item or bracket."""

    outer: int
    start: int
    end: int
    items: tuple["Node", ...]
    flow: bool


@dataclass(slots=True, eq=False)
class Alias:
    """A `*name` that stands for the node anchored as `&name`."""

    outer: int
    start: int
    end: int
    target: "Node"


Node = Scalar | Map | Seq | Alias


def resolved(node: Node) -> Scalar | Map | Seq:
    """The node itself, or the one that an alias stands for."""
    while isinstance(node, Alias):
        node = node.target
    return node


def kind(scalar: Scalar) -> str:
    """What a scalar is: `str`, `int`, `float`, `bool`, `null`, or its tag as written."""
    if scalar.tag:
        return scalar.tag
    found = None if scalar.style else _PLAIN.fullmatch(scalar.value)
    return (found and found.lastgroup) or "str"


def written(node: Node) -> Iterator[Node]:
    """A node and all below it as they are written, keys included and aliases not followed."""
    yield node
    if isinstance(node, Map):
        for entry in node.entries:
            yield entry.key
            yield from written(entry.value)
    elif isinstance(node, Seq):
        for item in node.items:
            yield from written(item)


def tail(node: Node) -> Node:
    """The last thing written in a block collection; any other node itself."""
    match node:
        case Map(flow=False, entries=entries):
            return tail(entries[-1].value)
        case Seq(flow=False, items=items):
            return tail(items[-1])
        case _:
            return node
