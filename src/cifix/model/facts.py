"""Facts that age: what a rule knows of the world outside, each with its source and the day it was read."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

STALE = 90
"""Days after which facts should be checked again."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fact: where it stands in the file (keys and numbers, joined by dots), its source, and the day of reading."""

    name: str
    source: str
    read: date


@dataclass(frozen=True, slots=True)
class Sheet:
    """The facts of one rule: the file `facts.toml` of its package.

    `checked` is the day on which somebody last compared all of it with its sources, `data` the whole file as TOML
    says it. Every table in it that names a `source` is a row.
    """

    checked: date
    data: Mapping[str, Any]

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row, in the order of the file."""
        return tuple(_rows(self.data, ()))

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources, each once, in the order of the file."""
        return tuple(dict.fromkeys(row.source for row in self.rows))

    def age(self, today: date) -> int:
        """Days since the last check."""
        return (today - self.checked).days


@cache
def sheet(package: str) -> Sheet:
    """Read `facts.toml` of a package, once; raises what `tomllib` does, and `KeyError` without `checked` or `read`."""
    data = tomllib.loads(files(package).joinpath("facts.toml").read_text("utf-8"))
    return Sheet(data["checked"], data)


def _rows(table: Mapping[str, Any], at: tuple[str, ...]) -> Iterator[Row]:
    if "source" in table:
        yield Row(".".join(at), table["source"], table["read"])
    for key, value in table.items():
        inner = {key: value} if isinstance(value, dict) else {}
        if isinstance(value, list):
            inner = {f"{key}.{number}": item for number, item in enumerate(value) if isinstance(item, dict)}
        for name, below in inner.items():
            yield from _rows(below, (*at, name))
