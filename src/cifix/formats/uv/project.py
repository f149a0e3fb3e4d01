"""The workspace that uv finds from a folder, its members, and which of their dependencies a command installs.

Source: https://docs.astral.sh/uv/concepts/projects/ (read 2026-11), and uv 0.13.9 itself, which the tests run.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from cifix.formats import toml
from cifix.formats.python.project import normalised
from cifix.formats.python.requirements import Bundle, Declared, Requirement, declared, requirement
from cifix.formats.uv.arguments import Selection
from cifix.formats.uv.lock import Locked, lock
from cifix.model.glob import matches
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text

FOREIGN = ("poetry", "pdm", "hatch")
"""Other tools that keep dependencies in tables of their own, which uv does not read."""

Conflict = frozenset[tuple[str, str, str]]
"""What cannot be installed together: each a package, `extra` or `group` or `project`, and a name."""


@dataclass(frozen=True, slots=True)
class Member:
    """A project of a workspace: its folder, what it declares, and the groups it installs by default (None: all)."""

    folder: str
    declared: Declared
    default_groups: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everything that shares one environment and one lock, in the folder `root`.

    `current` are the members that a command in the asked folder is about: one, or all where the root is no project.
    `foreign` maps the other tools whose tables name distributions to those names. `locked` is None without a lock.
    """

    root: str
    members: tuple[Member, ...]
    current: tuple[Member, ...]
    conflicts: tuple[Conflict, ...] = ()
    foreign: Mapping[str, frozenset[str]] = field(default_factory=dict)
    locked: Mapping[str, Locked] | None = None

    @property
    def dynamic(self) -> bool:
        """Whether something that is not written down decides about dependencies."""
        return any(member.declared.dynamic for member in self.members)


class Undefined(Exception):  # noqa: N818 - it is an answer of uv, not a failure
    """uv stops: the `kind` (`extra` or `group`) called `name` is not defined."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind} {name}")
        self.kind = kind
        self.name = name


class Conflicting(Exception):  # noqa: N818 - it is an answer of uv, not a failure
    """uv stops: what is selected conflicts by declaration."""


def workspace(snapshot: Snapshot, folder: str) -> Workspace | None:
    """What uv finds from a folder; None without a `pyproject.toml` that it manages in it or above. Raises `Opaque`."""
    here = next((above for above in _upwards(folder) if _file(above) in snapshot), None)
    if here is None:
        return None
    data = _data(snapshot, here)
    if _uv(data).get("managed") is False:
        return None
    root, top = here, data
    if "project" in data and not _uv(data).get("workspace"):
        for above in _upwards(here):
            if above != here and _file(above) in snapshot:
                outer = _data(snapshot, above)
                if _lists(outer, above, here):
                    root, top = above, outer
                    break
    return _workspace(snapshot, root, top, here)


def _workspace(snapshot: Snapshot, root: str, top: Mapping[str, Any], here: str) -> Workspace:
    listed = [folder for folder in _folders(snapshot) if folder != root and _lists(top, root, folder)]
    inside = [_member(folder, _data(snapshot, folder)) for folder in listed]
    rooted = _member(root, top)
    members = (rooted, *inside)
    current = tuple(member for member in members if member.folder == here)
    if here == root and "project" not in top:
        current = members
    lockfile = f"{root}/uv.lock".lstrip("/")
    try:
        locked = snapshot.parsed(lockfile, lock) if lockfile in snapshot else None
    except Opaque:
        locked = None
    return Workspace(root, members, current, tuple(_conflicts(top, rooted)), _foreign(top), locked)


def selected(space: Workspace, selection: Selection) -> tuple[Requirement, ...]:
    """What uv installs for a selection, not yet what these bring with them.

    Raises `Undefined` for an extra or group that no selected member has, and `Conflicting`.
    """
    members = chosen(space, selection)
    for kind, names in (("extra", selection.extras), ("group", selection.groups), ("group", selection.only_groups)):
        for name in names:
            tables = [member.declared.extras if kind == "extra" else member.declared.groups for member in members]
            if not any(normalised(name) in table for table in tables):
                raise Undefined(kind, name)
    found: list[Requirement] = []
    active: set[tuple[str, str, str]] = set()
    for member in members:
        extras, groups = _extras(member, selection), _groups(member, selection)
        own = member.declared
        active |= {(own.name, "extra", name) for name in extras} | {(own.name, "group", name) for name in groups}
        if not selection.only:
            found += [Requirement(own.name)] if own.name else []
            found += own.dependencies
        for bundle in (*(own.extras[name] for name in extras), *(own.groups[name] for name in groups)):
            found += bundle.requirements
    if any(len(conflict & active) > 1 for conflict in space.conflicts):
        raise Conflicting
    return tuple(found)


def reached(space: Workspace, roots: Iterable[Requirement], implied: Callable[[str], Iterable[str]]) -> frozenset[str]:
    """Every distribution that `roots` bring, by the lock; without one by what `implied` says of a name."""
    own = {member.declared.name: member.declared for member in space.members if member.declared.name}
    todo = [(root.name, extra) for root in roots for extra in ("", *root.extras)]
    seen: set[tuple[str, str]] = set()
    while todo:
        name, extra = one = todo.pop()
        if one in seen:
            continue
        seen.add(one)
        todo.append((name, ""))
        for other, extras in _brought(space, own, name, extra):
            todo += [(other, each) for each in ("", *extras)]
        todo += [(other, "") for other in implied(name)] if space.locked is None else []
    return frozenset(name for name, _ in seen)


def _brought(
    space: Workspace, own: Mapping[str, Declared], name: str, extra: str
) -> Iterator[tuple[str, frozenset[str]]]:
    if name in own:
        mine = own[name]
        bundle = mine.extras.get(extra)
        lines = mine.dependencies if not extra else bundle.requirements if bundle else ()
        yield from ((line.name, line.extras) for line in lines)
    if space.locked and (entry := space.locked.get(name)):
        yield from entry.extras.get(extra, ()) if extra else entry.dependencies


def chosen(space: Workspace, selection: Selection) -> tuple[Member, ...]:
    """The members that a command with this selection is about."""
    if selection.all_packages:
        return space.members
    if selection.packages:
        names = {normalised(name) for name in selection.packages}
        return tuple(member for member in space.members if member.declared.name in names)
    return space.current


def _extras(member: Member, selection: Selection) -> list[str]:
    every = member.declared.extras
    wanted = set(every) if selection.all_extras else {normalised(name) for name in selection.extras}
    wanted -= {normalised(name) for name in selection.no_extras}
    return [] if selection.only else sorted(wanted & set(every))


def _groups(member: Member, selection: Selection) -> list[str]:
    every = set(member.declared.groups)
    if selection.only:
        wanted = {normalised(name) for name in selection.only_groups} | ({"dev"} if selection.only_dev else set())
        wanted |= {normalised(name) for name in selection.groups}
    else:
        wanted = {normalised(name) for name in selection.groups} | ({"dev"} if selection.dev else set())
        wanted |= every if selection.all_groups else set()
        if not selection.no_default_groups:
            wanted |= every if member.default_groups is None else member.default_groups
    without = {normalised(name) for name in selection.no_groups} | ({"dev"} if selection.no_dev else set())
    return sorted((wanted - without) & every)


def _upwards(folder: str) -> Iterator[str]:
    yield folder
    while folder:
        folder = folder.rpartition("/")[0]
        yield folder


def _file(folder: str) -> str:
    return f"{folder}/pyproject.toml".lstrip("/")


def _data(snapshot: Snapshot, folder: str) -> Mapping[str, Any]:
    return snapshot.parsed(_file(folder), _parsed)


def _parsed(text: Text) -> Mapping[str, Any]:
    return toml.parse(text)


def _uv(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return _table(_table(data.get("tool")).get("uv"))


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _folders(snapshot: Snapshot) -> Iterator[str]:
    for path in snapshot.matching(("**/pyproject.toml",)):
        if path.rpartition("/")[2] == "pyproject.toml":
            yield path.rpartition("/")[0]


def _lists(top: Mapping[str, Any], root: str, folder: str) -> bool:
    """Whether the workspace in `root` has `folder` among its members."""
    space = _table(_uv(top).get("workspace"))
    inner = folder.removeprefix(f"{root}/") if root else folder
    patterns = [str(pattern).removeprefix("./").rstrip("/") for pattern in _list(space.get("members"))]
    excluded = [str(pattern).removeprefix("./").rstrip("/") for pattern in _list(space.get("exclude"))]
    return any(_fits(inner, one) for one in patterns) and not any(_fits(inner, one) for one in excluded)


def _fits(folder: str, pattern: str) -> bool:
    if "**" in pattern:
        return matches(folder, (pattern,))
    one, other = folder.split("/"), pattern.split("/")
    return len(one) == len(other) and all(fnmatchcase(*pair) for pair in zip(one, other, strict=True))


def _member(folder: str, data: Mapping[str, Any]) -> Member:
    found, settings = declared(data), _uv(data)
    written = (text for text in _list(settings.get("dev-dependencies")) if isinstance(text, str))
    old = [line for line in map(requirement, written) if line]
    if old:
        dev = found.groups.get("dev", Bundle("dev", ()))
        found = replace(found, groups={**found.groups, "dev": Bundle("dev", (*dev.requirements, *old))})
    default = settings.get("default-groups", ["dev"])
    chosen_groups = None if default == "all" else frozenset(normalised(str(name)) for name in _list(default))
    return Member(folder, found, chosen_groups)


def _conflicts(top: Mapping[str, Any], root: Member) -> Iterator[Conflict]:
    for conflict in _list(_uv(top).get("conflicts")):
        yield frozenset(
            (normalised(str(item.get("package", root.declared.name))), kind, normalised(str(item[kind])))
            for item in map(_table, _list(conflict))
            for kind in ("extra", "group")
            if kind in item
        )


def _foreign(top: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    tool = _table(top.get("tool"))
    return {name: frozenset(_names(tool.get(name))) for name in FOREIGN if name in tool}


def _names(value: object) -> Iterator[str]:
    """Every key and requirement in the tables of another tool."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield normalised(key)
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)
    elif isinstance(value, str) and (found := requirement(value)):
        yield found.name
