"""What pytest takes from its settings: options for every run, and plugins that must be there.

Source: https://docs.pytest.org/en/stable/reference/customize.html (read 2026-11).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cifix.formats.ini import sections
from cifix.formats.python.requirements import requirement
from cifix.formats.shell import commands
from cifix.formats.toml import parse
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text

_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")


@dataclass(frozen=True, slots=True)
class Settings:
    """The `options` of `addopts`, and the distributions of `required_plugins`."""

    options: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


def settings(snapshot: Snapshot, folder: str, top: str) -> Settings:
    """The first settings that pytest finds, from `folder` upwards to `top`."""
    here = folder
    while True:
        for name in _FILES:
            path = f"{here}/{name}".lstrip("/")
            found = _table(snapshot, path) if path in snapshot else None
            if found is not None:
                return Settings(tuple(_words(found.get("addopts"))), tuple(_names(found.get("required_plugins"))))
        if here in {top, ""}:
            return Settings()
        here = here.rpartition("/")[0]


def _table(snapshot: Snapshot, path: str) -> Mapping[str, Any] | None:
    """The settings in one file; None if it is not the one that pytest reads."""
    own = re.search(r"(?:^|/)\.?pytest\.\w+$", path) is not None
    try:
        if not path.endswith(".toml"):
            found = snapshot.parsed(path, sections)
            return found.get("tool:pytest" if path.endswith("setup.cfg") else "pytest", {} if own else None)
        data: Any = snapshot.parsed(path, _data)
    except Opaque:
        return None
    for key in ("pytest",) if own else ("tool", "pytest"):
        data = data.get(key) if isinstance(data, dict) else None
    if not isinstance(data, dict):
        return {} if own else None
    inner = data.get("ini_options", data)
    return inner if isinstance(inner, dict) else {}


def _data(text: Text) -> dict[str, Any]:
    return parse(text)


def _words(value: object) -> Iterator[str]:
    """The words of a list, or of a text as a shell splits it."""
    if isinstance(value, list):
        yield from map(str, value)
    elif isinstance(value, str):
        try:
            yield from (word.text for command in commands(value.replace("\n", " ")) for word in command.words)
        except Opaque:
            return


def _names(value: object) -> Iterator[str]:
    """The distributions of a list, or of a text in which each is one word."""
    lines = value if isinstance(value, list) else str(value or "").split()
    yield from (found.name for found in map(requirement, map(str, lines)) if found)
