"""What a `pyproject.toml` says of the project: the Pythons it runs on and the distributions it asks for.

Source: https://packaging.python.org/en/latest/specifications/pyproject-toml/, read 2026-11.
"""

import re
import tomllib
from dataclasses import dataclass

from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_LOWEST = re.compile(r"(?:>=|~=|==)\s*(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Project:
    """`lowest` is the oldest Python, (0, 0) if that is not said; `required` and `optional` are normalised names.

    `required` is None if something computes the dependencies when the project is built.
    """

    lowest: tuple[int, int] = (0, 0)
    required: frozenset[str] | None = None
    optional: frozenset[str] = frozenset()


def project(text: Text) -> Project:
    """Read the `[project]` table of a `pyproject.toml`; raises `Opaque` if it is not TOML."""
    try:
        data = tomllib.loads(text.text[text.start :].replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as why:
        raise Opaque(f"the file is not valid TOML: {why}") from why
    table = data.get("project")
    if not isinstance(table, dict):
        return Project()
    dynamic = table.get("dynamic", ())
    extras = table.get("optional-dependencies", {})
    optional = [line for lines in extras.values() for line in lines] if isinstance(extras, dict) else []
    found = _LOWEST.findall(str(table.get("requires-python", "")))
    return Project(
        max(((int(major), int(minor or 0)) for major, minor in found), default=(0, 0)),
        None if "dependencies" in dynamic else _names(table.get("dependencies", ())),
        _names(optional),
    )


def project_of(snapshot: Snapshot, path: str) -> Project:
    """What the nearest `pyproject.toml` above a path says; nothing if there is none that can be read."""
    while path:
        path = path.rpartition("/")[0]
        candidate = f"{path}/pyproject.toml".lstrip("/")
        if candidate in snapshot:
            try:
                return snapshot.parsed(candidate, project)
            except Opaque:
                return Project()
    return Project()


def normalised(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _names(requirements: object) -> frozenset[str]:
    lines = requirements if isinstance(requirements, list) else []
    return frozenset(normalised(found.group(1)) for line in lines if (found := _NAME.match(str(line))))
