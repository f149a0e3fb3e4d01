"""Claims of a fix about data; the engine proves each one on the tree with and without the fix."""

from dataclasses import dataclass

Route = tuple[str | int, ...]
"""Keys and positions from the top of a YAML or TOML document down to one value."""


@dataclass(frozen=True, slots=True)
class Value:
    """The YAML or TOML scalar at `route` becomes `value`, whether it was there before or not."""

    path: str
    route: Route
    value: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The key or item at `route` is gone."""

    path: str
    route: Route


@dataclass(frozen=True, slots=True)
class Revealed:
    """Git stops ignoring exactly these `paths`, and every other path stays as ignored as it was.

    `probes` are paths, on disk or not, that must stay ignored although they look alike, such as
    `venv/lib/site.py` when `/lib/` is anchored.
    """

    paths: tuple[str, ...]
    probes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hidden:
    """Git starts ignoring exactly these `paths`, tracked or on disk; every other path stays as ignored as it was."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exports:
    """The Python module at `path` still offers exactly the names it did, eagerly or on first use."""

    path: str


@dataclass(frozen=True, slots=True)
class SameArtifacts:
    """Every artifact still reaches the same place in the runs that the workflows and actions at `paths` take part in.

    Each upload has a name of its own, and each download gets the same uploads into the same folders, by the rules
    of the versions before and after.

    `commits` tells the major version behind each commit hash that an artifact action is pinned to.
    """

    paths: tuple[str, ...]
    commits: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SameFailures:
    """The Python module at `path` differs in asserts that became an `AssertionError` raised in the same cases."""

    path: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """The Python module at `path` differs in the name of one variable of the scope with the qualified name `scope`."""

    path: str
    scope: str
    old: str
    new: str


Expect = Value | Absent | Revealed | Hidden | Exports | SameArtifacts | SameFailures | Renamed
