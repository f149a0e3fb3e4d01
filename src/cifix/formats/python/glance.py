"""What the lines of a source seem to import: a quick look that sees more than Python does, and hardly ever less."""

import re
from collections.abc import Iterator
from enum import IntEnum
from sys import intern
from typing import NamedTuple

from cifix.model.fact import fact

_WORD = rb"\w.\x80-\xff"
_LINE = re.compile(
    rb"[\n;:](?:\xef\xbb\xbf)?([ \t\f]*+)"
    rb"(?:from\b[ \t]*+(\.*+)[ \t]*+((?!import\b)[%b]++)?+[ \t]*+import\b[ \t]*(\([^)]*|(?:\\\r?\n|[^\r\n;#])*)"
    rb"|import[ \t]++((?:\\\r?\n|[^\r\n;#])*))" % _WORD
)
_ALIAS = re.compile(rb"\s*([%b]+|\*)" % _WORD)
_LATER = re.compile(
    rb"(?:async[ \t]+)?def[ \t]|if[ \t(]+(?:[\w.]+\.)?TYPE_CHECKING\b[ \t)]*:|if[ \t(]+__name__[ \t]*=="
)
_COMMENT = re.compile(rb"#[^\r\n]*")


class Place(IntEnum):
    """Where a statement seems to stand, and so when it runs.

    MARGIN is the beginning of a line; BLOCK is inside something that may run with the module; LATER is in a function,
    or under a condition that is false while the module is imported.
    """

    MARGIN = 0
    BLOCK = 1
    LATER = 2


class Glimpse(NamedTuple):
    """What may be an import of `names` from a module, `level` dots before its name; without names of the module."""

    module: str
    level: int
    names: tuple[str, ...]
    place: Place


@fact
def glance(data: bytes) -> tuple[Glimpse, ...]:
    """All imports that a source can have, quick, and wrong in strings and odd layouts; dots and names as written."""
    return tuple(_glimpses(data)) if b"import" in data else ()


def _glimpses(data: bytes) -> Iterator[Glimpse]:
    whole = b"\n" + (data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data)
    known: dict[int, tuple[int, Place]] = {}
    for found in _LINE.finditer(whole):
        margin, dots, module, names, modules = found.groups()
        at_margin = not margin and found.group()[:1] == b"\n"
        place = Place.MARGIN if at_margin else _place(whole, found.start(), len(margin.expandtabs()), known)
        if modules is not None:
            yield from (Glimpse(name, 0, (), place) for name in _first_words(modules))
        else:
            bare = _COMMENT.sub(b"", names) if b"#" in names else names
            yield Glimpse(_word(module or b""), len(dots), tuple(_first_words(bare)), place)


def _place(data: bytes, end: int, width: int, known: dict[int, tuple[int, Place]]) -> Place:
    """Where the line stands that begins behind `end` with an indentation of `width`, as the lines above it show.

    `known` holds the end of the line above the last one that was asked for, and its place, by indentation.
    """
    if data[end : end + 1] != b"\n":
        return Place.BLOCK
    asked, place = (end, width), Place.BLOCK
    while width and (start := data.rfind(b"\n", 0, end)) >= 0:
        if width in known and known[width][0] == end:
            place = known[width][1]
            break
        line = data[start + 1 : end]
        words = line.lstrip(b" \t\f")
        above = len(line[: len(line) - len(words)].expandtabs())
        if above < width and words and words[:1] != b"#":
            if _LATER.match(words):
                place = Place.LATER
                break
            width = above
        end = start
    known[asked[1]] = asked[0], place
    return place


def _first_words(listed: bytes) -> Iterator[str]:
    """The first word of each part between commas."""
    for part in listed.replace(b"(", b"").replace(b"\\", b"").split(b","):
        if found := _ALIAS.match(part):
            yield _word(found.group(1))


def _word(data: bytes) -> str:
    return intern(data.decode(errors="replace"))
