"""Which packages of a tree to import, from where and under which name."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cifix.errors import UsageError
from cifix.formats.python.packages import INIT, packages
from cifix.model.snapshot import Snapshot

_ELSEWHERE = frozenset({"tests", "test", "docs", "doc", "examples", "fixtures", "vendor", "vendored", "_vendor"})
"""Folders whose packages are imported only when they are named."""


@dataclass(frozen=True)
class Target:
    """A package as users import it: `name`, which a namespace may precede, found in the folder `root` of the tree.

    `modules` maps the full name of each module to its path, or to None if it has no Python source.
    """

    name: str
    root: str
    modules: Mapping[str, str | None]

    @cached_property
    def importable(self) -> tuple[str, ...]:
        """The modules to import, sorted; a `__main__` would run the program."""
        return tuple(sorted(name for name in self.modules if name.rpartition(".")[2] != "__main__"))

    def surfaces(self, changed: Collection[str]) -> tuple[str, ...]:
        """The packages whose names are compared one by one: the top one, and those whose `__init__.py` differs."""
        inner = [name for name, path in self.modules.items() if path and path.endswith(f"/{INIT}") and path in changed]
        return tuple(sorted({self.name, *inner}))


def targets(snapshot: Snapshot, named: Collection[str], changed: Collection[str]) -> tuple[Target, ...]:
    """The packages called `named`, or else those with a changed file; raises `UsageError` for a name there is not."""
    found = list(_once(snapshot))
    for name in named:
        if name not in {one.name for one in found}:
            known = ", ".join(sorted(one.name for one in found)) or "none"
            raise UsageError(f"--package: the tree has no package {name}; known: {known}")
    if named:
        return tuple(one for one in found if one.name in named)
    return tuple(one for one in found if _users(one) and any(path in changed for path in one.modules.values()))


def users(snapshot: Snapshot) -> tuple[str, ...]:
    """The names of the packages that a user may import, sorted."""
    return tuple(sorted(one.name for one in _once(snapshot) if _users(one)))


def roots(snapshot: Snapshot) -> tuple[str, ...]:
    """The folders of a tree that imports start from: those that hold its packages, users' ones first."""
    return tuple(dict.fromkeys(one.root for one in _once(snapshot)))


def compiled(snapshot: Snapshot) -> tuple[str, ...]:
    """The modules of all packages that have no Python source, folders apart."""
    return tuple(sorted(_compiled(snapshot)))


def _once(snapshot: Snapshot) -> Iterator[Target]:
    """Of several packages with one name, only the one that an import finds."""
    found = [Target(package.name, package.root, package.modules) for package in packages(snapshot)]
    seen: set[str] = set()
    for target in sorted(found, key=lambda one: (not _users(one), one.root)):
        if target.name not in seen:
            seen.add(target.name)
            yield target


def _compiled(snapshot: Snapshot) -> Iterator[str]:
    for package in packages(snapshot):
        folders = {name.rpartition(".")[0] for name in package.modules}
        yield from (name for name, path in package.modules.items() if path is None and name not in folders)


def _users(target: Target) -> bool:
    path = f"{target.root}/{target.name.replace('.', '/')}"
    return not _ELSEWHERE.intersection(path.split("/"))
