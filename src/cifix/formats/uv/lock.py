"""`uv.lock`: which distribution brings which others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cifix.formats.python.project import normalised
from cifix.formats.toml import parse
from cifix.model.text import Text

Edge = tuple[str, frozenset[str]]
"""A distribution that another one needs, and the extras of it that it asks for."""


@dataclass(slots=True)
class Locked:
    """What a distribution needs: always, and for each of its extras. Versions and markers are not told apart."""

    dependencies: set[Edge] = field(default_factory=set)
    extras: dict[str, set[Edge]] = field(default_factory=dict)


def lock(text: Text) -> Mapping[str, Locked]:
    """Every distribution of a lock by its normalised name; raises `Opaque` if the file is not TOML."""
    found: dict[str, Locked] = {}
    packages = parse(text).get("package")
    for package in packages if isinstance(packages, list) else ():
        here = found.setdefault(normalised(str(package.get("name"))), Locked())
        here.dependencies.update(_edges(package.get("dependencies")))
        for extra, lines in package.get("optional-dependencies", {}).items():
            here.extras.setdefault(normalised(extra), set()).update(_edges(lines))
    return found


def _edges(lines: list[dict[str, Any]] | None) -> Iterator[Edge]:
    for line in lines or ():
        yield normalised(str(line.get("name"))), frozenset(normalised(extra) for extra in line.get("extra", ()))
