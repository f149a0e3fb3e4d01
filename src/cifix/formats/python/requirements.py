"""What a `pyproject.toml` asks for: dependencies, extras and dependency groups, by normalised names.

Sources, read 2026-11: https://packaging.python.org/en/latest/specifications/dependency-specifiers/ and
https://packaging.python.org/en/latest/specifications/dependency-groups/
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cifix.formats.python.project import normalised

_REQUIREMENT = re.compile(
    r"\s*+(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?P<extras>[^]]*)\])?(?P<version>[^;]*)"
    r"(?:;(?P<marker>.*))?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """A distribution that is asked for, with its extras, and the `marker` that decides where (empty: everywhere)."""

    name: str
    extras: frozenset[str] = frozenset()
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The requirements of an extra or group, `name` as it is written."""

    name: str
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Declared:
    """What a project asks for; `extras` and `groups` by normalised name, included groups taken in.

    `name` is empty without a `[project]` table. `dynamic` tells that the build decides about dependencies or extras.
    `scripts` are the commands that the project itself brings.
    """

    name: str = ""
    dependencies: tuple[Requirement, ...] = ()
    extras: Mapping[str, Bundle] = field(default_factory=dict)
    groups: Mapping[str, Bundle] = field(default_factory=dict)
    dynamic: bool = False
    scripts: frozenset[str] = frozenset()


def requirement(text: str) -> Requirement | None:
    """Read one requirement; None if it has no name, as a path or an option of `pip` has none."""
    found = _REQUIREMENT.fullmatch(text)
    if found is None or "/" in found["version"].partition("@")[0] or "\\" in found["version"].partition("@")[0]:
        return None
    extras = frozenset(normalised(name.strip()) for name in (found["extras"] or "").split(",") if name.strip())
    return Requirement(normalised(found["name"]), extras, (found["marker"] or "").strip())


def declared(data: Mapping[str, Any]) -> Declared:
    """What the data of a `pyproject.toml` asks for; what is not of the right type counts as absent."""
    project = _table(data.get("project"))
    dynamic = project.get("dynamic", ())
    groups = _table(data.get("dependency-groups"))
    name = project.get("name")
    return Declared(
        normalised(name) if isinstance(name, str) else "",
        tuple(_requirements(project.get("dependencies"))),
        {
            normalised(extra): Bundle(extra, tuple(_requirements(lines)))
            for extra, lines in _table(project.get("optional-dependencies")).items()
        },
        {normalised(group): Bundle(group, tuple(_group(groups, group, ()))) for group in groups},
        isinstance(dynamic, list) and bool({"dependencies", "optional-dependencies"} & set(map(str, dynamic))),
        frozenset({*_table(project.get("scripts")), *_table(project.get("gui-scripts"))}),
    )


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _requirements(lines: object) -> Iterator[Requirement]:
    for line in lines if isinstance(lines, list) else ():
        if isinstance(line, str) and (found := requirement(line)):
            yield found


def _group(groups: Mapping[str, Any], name: str, above: tuple[str, ...]) -> Iterator[Requirement]:
    """The requirements of a group with those of the groups it includes; a circle ends where it closes."""
    if name in above:
        return
    lines = groups.get(name)
    for line in lines if isinstance(lines, list) else ():
        yield from _requirements([line])
        wanted = normalised(str(_table(line).get("include-group", "")))
        for other in groups:
            if wanted and normalised(other) == wanted:
                yield from _group(groups, other, (*above, name))
