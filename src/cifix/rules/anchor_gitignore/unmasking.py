"""Edits of ignore files that show masked sources to git, and what else each of them would show."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from cifix.formats.gitignore import Ignores, Match, Pattern, ignore_files
from cifix.model.change import Edit, splice
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_WILD = re.compile(r"[*?\[\\]")


@dataclass(frozen=True)
class Tree:
    """The ignore files of a snapshot as `edits` would leave them."""

    snapshot: Snapshot
    edits: tuple[Edit, ...] = ()

    @cached_property
    def ignores(self) -> Ignores:
        """What they say about any path; raises `Opaque` for an edited file that cannot be read or written exactly."""
        files = ignore_files(self.snapshot)
        for path in {edit.path for edit in self.edits}:
            text = self.snapshot.text(path)
            spliced = splice(text.text, (edit for edit in self.edits if edit.path == path))
            try:
                files[path] = spliced.encode(text.encoding)
            except UnicodeEncodeError as why:
                raise Opaque(f"the folder's name cannot be written in {path}: {why}") from why
        return Ignores.of(files, self.snapshot.excludes)

    def after(self, edits: Iterable[Edit]) -> "Tree":
        """This tree with more edits, all of them given as places of the snapshot's text."""
        return Tree(self.snapshot, (*self.edits, *edits))

    def hidden(self, paths: Iterable[str]) -> frozenset[str]:
        """Those of `paths` that git ignores."""
        return frozenset(path for path in paths if self.ignores.ignored(path))


@dataclass(frozen=True, slots=True)
class Remedy:
    """Edits on the lines `at`, and the tree they lead to; they put slashes in front of patterns or include paths."""

    edits: tuple[Edit, ...]
    at: tuple[Match, ...]
    tree: Tree
    includes: tuple[str, ...] = ()


def masks(tree: Tree, folder: str) -> tuple[Match, ...]:
    """Every line of a tracked ignore file that ignores `folder` or one above it by a fixed name at any depth."""
    found: list[Match] = []
    while folder:
        found += (match for match in tree.ignores.applying(folder, directory=True) if _floats(match, tree.snapshot))
        folder = folder.rpartition("/")[0]
    return tuple(found)


def anchored(tree: Tree, matches: Iterable[Match]) -> Remedy:
    """Tie each of these lines to the folder of its ignore file by a leading slash."""
    lines = {match.line: match for match in matches}
    at = tuple(lines[line] for line in sorted(lines))
    edits = tuple(Edit(match.source, *match.pattern.head, "/") for match in at)
    return Remedy(edits, at, tree.after(edits))


def included(tree: Tree, start: Tree, paths: Iterable[str]) -> Remedy:
    """Include the masked folders above `paths` again, each right below the line that decides about it at `start`.

    A later or nested pattern that ignores files in them still does.
    """
    places: dict[tuple[str, Pattern], list[Match]] = {}
    for folder in sorted({above for path in paths for above in _above(path)}):
        match = next(start.ignores.applying(folder, directory=True), None)
        if match is not None and _floats(match, tree.snapshot):
            places.setdefault((match.source, match.pattern), []).append(match)
    edits = tuple(_inclusion(tree.snapshot, source, found) for (source, _), found in places.items())
    folders = tuple(dict.fromkeys(match.path for found in places.values() for match in found))
    return Remedy(edits, tuple(found[0] for found in places.values()), tree.after(edits), folders)


def narrowed(tree: Tree, start: Tree, paths: Collection[str]) -> Remedy:
    """Include each of `paths` alone, right below the line that decides about it at `start`.

    Where that line ignores a folder, the folder is included and all other files in it are ignored again.
    """
    places: dict[tuple[str, Pattern], tuple[Match, list[str]]] = {}
    for path in sorted(paths):
        match = start.ignores.explain(path)
        if match is not None and match.source in tree.snapshot:
            base = match.source.rpartition("/")[0]
            _, lines = places.setdefault((match.source, match.pattern), (match, []))
            lines += (_within(base, line) for line in _steps(match.path, path))
    edits = tuple(_below(tree.snapshot, match, dict.fromkeys(lines)) for match, lines in places.values())
    return Remedy(edits, tuple(match for match, _ in places.values()), tree.after(edits), tuple(sorted(paths)))


def near(snapshot: Snapshot, names: Collection[str]) -> list[str]:
    """The tracked and loose paths that a pattern with one of `names` can have a say about."""
    return [path for path in (*snapshot.paths, *snapshot.disk) if not set(path.split("/")).isdisjoint(names)]


def _floats(match: Match, snapshot: Snapshot) -> bool:
    pattern = match.pattern
    return pattern.floating and pattern.name is not None and not pattern.negated and match.source in snapshot


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _steps(masked: str, path: str) -> Iterator[str]:
    """The lines that lead from an ignored folder down to one file in it."""
    folder = masked
    while folder != path:
        yield f"!{_plain(folder)}/"
        yield f"{_plain(folder)}/*"
        folder += "/" + path.removeprefix(f"{folder}/").partition("/")[0]
    yield f"!{_plain(path)}"


def _within(base: str, line: str) -> str:
    """A line about a path of the repository as the ignore file of the folder `base` must write it."""
    mark, name = line[: line.startswith("!")], line.removeprefix("!")
    return f"{mark}/{name.removeprefix(_plain(base)).lstrip('/')}"


def _inclusion(snapshot: Snapshot, source: str, found: Sequence[Match]) -> Edit:
    base = source.rpartition("/")[0]
    return _below(snapshot, found[0], [_within(base, f"!{_plain(match.path)}/") for match in found])


def _below(snapshot: Snapshot, match: Match, lines: Iterable[str]) -> Edit:
    text = snapshot.text(match.source)
    newline = text.newline_at(match.pattern.stop)
    # Git ends a line at a line feed only.
    newline = newline if "\n" in newline else "\n"
    return Edit(match.source, match.pattern.stop, match.pattern.stop, "".join(newline + line for line in lines))


def _plain(path: str) -> str:
    return _WILD.sub(r"\\\g<0>", path)
