"""An immutable view of a repository's files: what a tree holds, plus the changes laid over it."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from cifix.model.change import Change, Create, Delete, Edit, Track, Untrack, splice
from cifix.model.glob import compiled, stem
from cifix.model.history import History
from cifix.model.text import Opaque, Text

T = TypeVar("T")

REMEMBERED = 8 * 1024 * 1024
"""Characters of source whose syntax trees stay in memory from one rule to the next; a tree takes many times that."""

EXECUTABLE = 0o100755
REGULAR = 0o100644


@dataclass(frozen=True, slots=True)
class File:
    """A file's bytes and git mode."""

    data: bytes
    mode: int = REGULAR


class Source(Protocol):
    """Where bytes come from: a commit, the index, a work tree or memory. Paths are relative, with `/`."""

    @property
    def base(self) -> str | None:
        """The commit that the files belong to, or None if they belong to none."""

    @property
    def modes(self) -> Mapping[str, int]:
        """Git mode of every tracked path, symbolic links and submodules included."""

    @property
    def disk(self) -> Mapping[str, int]:
        """Git mode of every regular file on disk that is not tracked, ignored or not; empty without a disk."""

    @property
    def excludes(self) -> Mapping[str, bytes]:
        """Ignore files from outside the tree, weakest first: global excludes, then `.git/info/exclude`."""

    @property
    def history(self) -> History:
        """What became of the paths that earlier commits tracked and this source does not."""

    def read(self, path: str) -> bytes:
        """The bytes git stores, or would store, for a path of `modes` or `disk`; raises `Opaque`."""

    def prefetch(self, paths: Sequence[str]) -> None:
        """Make ready to read many tracked paths at once."""


@dataclass(frozen=True, slots=True)
class Memory:
    """A source held in memory: `files` are tracked, `loose` ones lie on disk beside them."""

    files: Mapping[str, File]
    loose: Mapping[str, File] = field(default_factory=dict)
    excludes: Mapping[str, bytes] = field(default_factory=dict)
    base: str | None = None
    history: History = field(default_factory=History)

    @property
    def modes(self) -> Mapping[str, int]:
        """Git mode of every tracked path."""
        return {path: file.mode for path, file in self.files.items()}

    @property
    def disk(self) -> Mapping[str, int]:
        """Git mode of every untracked path."""
        return {path: file.mode for path, file in self.loose.items()}

    def read(self, path: str) -> bytes:
        """The bytes of a tracked or untracked path."""
        return (self.files.get(path) or self.loose[path]).data

    def prefetch(self, paths: Sequence[str]) -> None:
        """Nothing to do: all is in memory."""


class Snapshot:
    """The files a rule sees. It never changes; `with_changes` makes another one that shares what it knows."""

    def __init__(
        self,
        source: Source,
        overlay: Mapping[str, File | None] = MappingProxyType({}),
        known: dict[Any, Any] | None = None,
    ) -> None:
        self._source = source
        self._overlay = overlay
        self._known: dict[Any, Any] = {} if known is None else known
        self._said: dict[Any, Any] = {}

    @classmethod
    def of(cls, files: Mapping[str, bytes], loose: Mapping[str, bytes] = MappingProxyType({})) -> "Snapshot":
        """A snapshot of files in memory, for tests and for callers without a repository."""
        return cls(
            Memory(
                {path: File(data) for path, data in files.items()}, {path: File(data) for path, data in loose.items()}
            )
        )

    @property
    def base(self) -> str | None:
        """The commit this snapshot started from."""
        return self._source.base

    @property
    def excludes(self) -> Mapping[str, bytes]:
        """Ignore files from outside the tree, weakest first."""
        return self._source.excludes

    @property
    def history(self) -> History:
        """What became of the paths that earlier commits tracked and the source does not; read when first asked for."""
        return self._source.history

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every regular tracked file, sorted; symbolic links and submodules are not among them."""
        if "paths" not in self._known:
            modes = self._source.modes
            found = tuple(sorted(path for path in modes if modes[path] in (REGULAR, EXECUTABLE)))
            self._known["paths"] = found, frozenset(found)
        listed, known = self._known["paths"]
        if all((file is not None) == (path in known) for path, file in self._overlay.items()):
            return tuple(listed)
        return self._laid_over(known, lambda _path: True)

    @cached_property
    def tracked(self) -> frozenset[str]:
        """`paths` as a set."""
        return frozenset(self.paths)

    @cached_property
    def links(self) -> frozenset[str]:
        """Every tracked symbolic link and submodule: something is there, and what it is cannot be seen."""
        kept = {path for path, mode in self._source.modes.items() if mode not in (REGULAR, EXECUTABLE)}
        return frozenset(kept - self._overlay.keys())

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a tracked file, at any depth; the root is the empty string."""
        found = {""}
        for path in self.paths:
            while (path := path.rpartition("/")[0]) and path not in found:
                found.add(path)
        return frozenset(found)

    @cached_property
    def disk(self) -> Mapping[str, int]:
        """Git mode of each regular file that is on disk and not tracked, ignored or not, by path."""
        return {path: mode for path, mode in self._source.disk.items() if path not in self.tracked}

    def __contains__(self, path: str) -> bool:
        return path in self.tracked

    def mode(self, path: str) -> int:
        """Git mode of a tracked path; raises `KeyError` if it is not tracked."""
        laid = self._overlay.get(path)
        return laid.mode if laid is not None else self._source.modes[path]

    def read(self, path: str) -> bytes:
        """The bytes of a tracked path, or of one in `disk`; raises `Opaque` if they cannot be had."""
        laid = self._overlay.get(path)
        if laid is not None:
            return laid.data
        self.work["read"] += 1
        return self._source.read(path)

    @property
    def work(self) -> Counter[str]:
        """How often a file was `read` from the source, and `parsed` by anything, for this and all like it."""
        counted: Counter[str] = self._known.setdefault("work", Counter())
        return counted

    def trim(self) -> None:
        """Forget parsed files, the oldest first, beyond `REMEMBERED`; for moments when nobody works with them."""
        heavy = [key for key in self._weights if not isinstance(self._known[key][0], _LIGHT)]
        room = REMEMBERED
        for key in reversed(heavy):
            room -= self._weights[key]
            if room < 0:
                del self._known[key], self._weights[key]

    @property
    def _weights(self) -> dict[Any, int]:
        """The characters of what was parsed, oldest first."""
        weights: dict[Any, int] = self._known.setdefault("weights", {})
        return weights

    def text(self, path: str) -> Text:
        """The exact text of a file; raises `Opaque` for binary, oversized and undecodable ones."""
        return self.parsed(path, _same)

    def parsed(self, path: str, parse: Callable[[Text], T]) -> T:
        """`parse(text)` of a file, computed once for equal content and shared by all rules and rounds.

        Raises `Opaque`, also the one that `parse` raised the first time.
        """
        key = (parse, path.endswith((".py", ".pyi")), self._content_key(path))
        if key not in self._known:
            try:
                text = Text.decode(self.read(path), cookie=key[1]) if parse is _same else self.text(path)
                self.work["parsed"] += parse is not _same
                self._known[key] = parse(text), None
                self._weights[key] = len(text.text)
            except Opaque as why:
                self._known[key] = None, str(why)
            except RecursionError:
                self._known[key] = None, "the file is nested too deeply"
            except MemoryError:
                self._known[key] = None, "the file takes more memory than there is"
        value: T
        value, reason = self._known[key]
        if reason is not None:
            raise Opaque(reason)
        return value

    @property
    def unread(self) -> Mapping[str, str]:
        """Why a file of the source could not be read, by path, for each that anything has tried to read so far."""
        found: dict[str, str] = {}
        for key, kept in self._known.items():
            match key, kept:
                case (_, bool(), str(path)), (None, str(reason)):
                    found.setdefault(path, reason)
        return found

    def once(self, read: Callable[..., T], *given: object) -> T:
        """`read(self, *given)`, kept with this very snapshot: what questions about all its files have in common."""
        key = (read, *given)
        if key not in self._said:
            self._said[key] = read(self, *given)
        found: T = self._said[key]
        return found

    def matching(self, globs: Sequence[str]) -> tuple[str, ...]:
        """The tracked paths that one of `globs` names, sorted."""
        expression = compiled(tuple(globs))
        key = ("matching", expression)
        if key not in self._known:
            plain = Snapshot(self._source, known=self._known)
            within = _within(plain.paths, stem(tuple(globs)))
            self._known[key] = tuple(path for path in within if expression.fullmatch(path))
        found: tuple[str, ...] = self._known[key]
        return self._laid_over(found, lambda path: expression.fullmatch(path) is not None) if self._overlay else found

    def containing(self, needles: Sequence[bytes], globs: Sequence[str]) -> Iterator[str]:
        """The paths that match `globs` and hold one of `needles`; all that match, if there are no needles."""
        paths = self.matching(globs)
        if not needles:
            yield from paths
            return
        self._source.prefetch([path for path in paths if path not in self._overlay])
        wanted = tuple(needles)
        for path in paths:
            key = (wanted, self._content_key(path))
            if key not in self._known:
                try:
                    data = self.read(path)
                    self._known[key] = any(needle in data for needle in wanted)
                except Opaque:
                    self._known[key] = True
            if self._known[key]:
                yield path

    def with_changes(self, changes: Iterable[Change]) -> "Snapshot":
        """This snapshot with `changes` laid over it; raises `ValueError` for changes that cannot be done."""
        laid = dict(self._overlay)
        edits: dict[str, list[Edit]] = {}
        for change in changes:
            match change:
                case Edit(path=path):
                    edits.setdefault(path, []).append(change)
                case Create(path=path, data=data, mode=mode):
                    if path in self.tracked:
                        raise ValueError(f"{path}: cannot be created, it is tracked already")
                    laid[path] = File(data, mode)
                case Track(path=path):
                    laid[path] = File(self.read(path), self.disk[path])
                case Delete() | Untrack():
                    laid[change.path] = None
        for path, wanted in edits.items():
            text = self.text(path)
            laid[path] = File(splice(text.text, wanted).encode(text.encoding), self.mode(path))
        return Snapshot(self._source, laid, self._known)

    def differences(self, other: "Snapshot") -> tuple[str, ...]:
        """The paths, sorted, whose presence, mode or bytes differ between two snapshots."""
        mine, theirs = self._overlay, other._overlay  # noqa: SLF001 - the same class
        touched = {path for path in (*mine, *theirs) if mine.get(path, path) is not theirs.get(path, path)}
        if self._source is not other._source:  # noqa: SLF001
            touched |= {*self.paths, *other.paths}
        return tuple(path for path in sorted(touched) if self._differs(other, path))

    def _differs(self, other: "Snapshot", path: str) -> bool:
        """Whether a path is something else in another snapshot; what is gone need not be read."""
        both = path in self.tracked and path in other.tracked
        return self.file(path) != other.file(path) if both else (path in self.tracked) != (path in other.tracked)

    def file(self, path: str) -> File | None:
        """Bytes and mode of a tracked path, or None if the snapshot does not track it."""
        return File(self.read(path), self.mode(path)) if path in self.tracked else None

    def _laid_over(self, paths: Iterable[str], fits: Callable[[str], bool]) -> tuple[str, ...]:
        """`paths` of the source and those of the overlay that fit, sorted, without what the overlay takes away."""
        laid = (path for path, file in self._overlay.items() if file is not None and fits(path))
        return tuple(sorted({*laid, *(path for path in paths if path not in self._overlay)}))

    def _content_key(self, path: str) -> object:
        laid = self._overlay.get(path)
        return laid.data if laid is not None else path


_LIGHT = (tuple, frozenset, type(None))
"""What a parser gives that holds no tree."""


def _within(paths: Sequence[str], start: str) -> Sequence[str]:
    """Those of sorted `paths` that begin with `start`."""
    first = bisect_left(paths, start)
    return paths[first : bisect_right(paths, start, first, key=lambda path: path[: len(start)])]


def _same(text: Text) -> Text:
    return text
