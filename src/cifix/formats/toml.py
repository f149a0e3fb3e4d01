"""TOML data; tomllib is the judge of what a file means."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from cifix.model.expect import Route
from cifix.model.text import Opaque, Text

DEPTH = 100
"""Levels of tables and arrays above which a document is not read; no configuration file goes a tenth as deep."""

_DEEP = f"the TOML is nested more than {DEPTH} levels deep"

Leaf = tuple[str, str]
"""Type and value of a scalar or of an empty collection."""


def parse(text: Text) -> dict[str, Any]:
    """The document as Python's own parser reads it; raises `Opaque` if it is not TOML."""
    if text.encoding != "utf-8":
        raise Opaque("the file is not UTF-8, as TOML must be")
    try:
        found = tomllib.loads(text.text[text.start :].replace("\r\n", "\n"))
    except RecursionError as why:
        raise Opaque(_DEEP) from why
    except ValueError as why:  # of its own, and of Python for integers of thousands of digits
        raise Opaque(f"the file is not valid TOML: {why}") from why
    if _levels(found) > DEPTH:
        raise Opaque(_DEEP)
    return found


def _levels(document: dict[str, Any]) -> int:
    """How deep a document goes, as far as one level beyond what is read."""
    level: list[Any] = [document]
    for number in range(DEPTH + 1):
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [value for values in inner for value in values if isinstance(value, dict | list)]
        if not level:
            return number + 1
    return DEPTH + 1


def leaves(text: Text) -> Mapping[Route, Leaf]:
    """Every scalar and empty collection of a document by its route; raises `Opaque` as `parse` does."""
    return dict(_leaves(parse(text), ()))


def _leaves(value: object, route: Route) -> Iterator[tuple[Route, Leaf]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*route, key))
    elif isinstance(value, list) and value:
        for position, inner in enumerate(value):
            yield from _leaves(inner, (*route, position))
    else:
        yield route, (type(value).__name__, str(value))
