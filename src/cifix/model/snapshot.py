"""An immutable view of a repository's files: what a tree holds, plus the changes laid over it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import merge
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from cifix.model.change import Change, Create, Delete, Edit, Track, Untrack, splice
from cifix.model.fact import Fact
from cifix.model.glob import compiled, stem, within
from cifix.model.history import History
from cifix.model.learned import Learned, unreadable
from cifix.model.text import Opaque, Text
from cifix.model.trace import Changed, Trace

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
        learned: Learned | None = None,
        trace: Trace | None = None,
    ) -> None:
        self._source = source
        self._overlay = overlay
        self._known: dict[Any, Any] = {} if known is None else known
        self._learned = Learned() if learned is None else learned
        self._trace = Trace() if trace is None else trace
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

    @property
    def learned(self) -> Learned:
        """What is known of the files of the source, for this and all like it."""
        return self._learned

    def traced(self) -> tuple["Snapshot", Trace]:
        """The same snapshot, and what it and all that is made of it will have been asked for."""
        trace = Trace()
        twin = Snapshot(self._source, self._overlay, self._known, self._learned, trace)
        twin._said = self._said
        return twin, trace

    @property
    def paths(self) -> tuple[str, ...]:
        """Every regular tracked file, sorted; symbolic links and submodules are not among them."""
        self._trace.listed = True
        return self._paths

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        if "paths" not in self._known:
            modes = self._source.modes
            found = tuple(sorted(path for path in modes if modes[path] in (REGULAR, EXECUTABLE)))
            self._known["paths"] = found, frozenset(found)
        listed, known = self._known["paths"]
        if all((file is not None) == (path in known) for path, file in self._overlay.items()):
            return tuple(listed)
        return self._laid_over(known, lambda _path: True)

    @property
    def tracked(self) -> frozenset[str]:
        """`paths` as a set."""
        self._trace.listed = True
        return self._tracked

    @cached_property
    def _tracked(self) -> frozenset[str]:
        return frozenset(self._paths)

    @cached_property
    def links(self) -> frozenset[str]:
        """Every tracked symbolic link and submodule: something is there, and what it is cannot be seen."""
        self._trace.listed = True
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
        self._trace.listed = True
        return {path: mode for path, mode in self._source.disk.items() if path not in self._tracked}

    def __contains__(self, path: str) -> bool:
        self._trace.files.add(path)
        return path in self._tracked

    def mode(self, path: str) -> int:
        """Git mode of a tracked path; raises `KeyError` if it is not tracked."""
        self._trace.files.add(path)
        laid = self._overlay.get(path)
        return laid.mode if laid is not None else self._source.modes[path]

    def read(self, path: str) -> bytes:
        """The bytes of a tracked path, or of one in `disk`; raises `Opaque` if they cannot be had."""
        self._trace.files.add(path)
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
        self._trace.files.add(path)
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

    def derived(self, path: str, fact: Fact[T]) -> T:
        """What `fact` tells of a tracked file, computed once for equal content; raises `Opaque` if it cannot tell."""
        self._trace.files.add(path)
        laid = self._overlay.get(path)
        if laid is None:
            return self._learned.derived(path, fact, self._plain.read)
        changed: Learned = self._known.setdefault("changed", Learned())
        return changed.derived(laid.data, fact, lambda data: data)

    @property
    def unread(self) -> Mapping[str, str]:
        """Why a file of the source could not be read, by path, for each that anything has tried to read so far."""
        return {**self._learned.unread, **unreadable(self._known)}

    def once(self, read: Callable[..., T], *given: object) -> T:
        """`read(self, *given)`, kept with this very snapshot: what questions about all its files have in common."""
        key = (read, *given)
        if key not in self._said:
            asked, trace = self.traced()
            self._said[key] = read(asked, *given), trace
        found: T
        found, trace = self._said[key]
        self._trace.parts.add(trace)
        return found

    def matching(self, globs: Sequence[str]) -> tuple[str, ...]:
        """The tracked paths that one of `globs` names, sorted."""
        self._trace.globs.add(tuple(globs))
        expression = compiled(tuple(globs))
        key = ("matching", expression)
        if key not in self._known:
            near = within(self._plain.paths, stem(tuple(globs)))
            self._known[key] = tuple(path for path in near if expression.fullmatch(path))
        found: tuple[str, ...] = self._known[key]
        return self._laid_over(found, lambda path: expression.fullmatch(path) is not None) if self._overlay else found

    def containing(self, needles: Sequence[bytes], globs: Sequence[str]) -> Iterator[str]:
        """The paths, sorted, that match `globs` and hold one of `needles`; all that match, if there are no needles."""
        wanted, named = tuple(needles), tuple(globs)
        if not wanted:
            yield from self.matching(named)
            return
        self._trace.searches.add((wanted, named))
        search = self._learned.search(wanted, named, self._plain.matching(named))
        if not search.done:
            self._source.prefetch(search.looked_at)
        found = search.through(wanted, self._plain.read)
        fits = compiled(named).fullmatch
        laid = [
            path
            for path, file in sorted(self._overlay.items())
            if file is not None and fits(path) and any(needle in file.data for needle in wanted)
        ]
        yield from merge((path for path in found if path not in self._overlay), laid)

    def seek(self, words: Iterable[bytes], globs: Sequence[str]) -> None:
        """Read each file that matches `globs` once, for many searches of `containing` that are for one word each."""
        named = tuple(globs)
        plain = self._plain.matching(named)
        self._source.prefetch(plain)
        self._learned.seek(sorted(set(words)), named, plain, self._plain.read)

    def with_changes(self, changes: Iterable[Change]) -> "Snapshot":
        """This snapshot with `changes` laid over it; raises `ValueError` for changes that cannot be done."""
        laid = dict(self._overlay)
        edits: dict[str, list[Edit]] = {}
        for change in changes:
            match change:
                case Edit(path=path):
                    edits.setdefault(path, []).append(change)
                case Create(path=path, data=data, mode=mode):
                    if path in self._tracked:
                        raise ValueError(f"{path}: cannot be created, it is tracked already")
                    laid[path] = File(data, mode)
                case Track(path=path):
                    laid[path] = File(self.read(path), self.disk[path])
                case Delete() | Untrack():
                    laid[change.path] = None
        for path, wanted in edits.items():
            text = self.text(path)
            laid[path] = File(splice(text.text, wanted).encode(text.encoding), self.mode(path))
        return Snapshot(self._source, laid, self._known, self._learned, self._trace)

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

    def changes(self, other: "Snapshot") -> tuple[Changed, ...]:
        """What differs in another snapshot of the same source, with the bytes of both."""
        laid = sorted({*self._overlay, *other._overlay})  # noqa: SLF001 - the same class
        sides = ((path, self._there(path), other._there(path)) for path in laid)  # noqa: SLF001
        return tuple(
            Changed(path, None if old is None else old.data, None if new is None else new.data)
            for path, old, new in sides
            if old != new
        )

    def _there(self, path: str) -> File | None:
        """A file, or an empty one for a link or submodule."""
        return File(b"") if path in self.links else self.file(path)

    def file(self, path: str) -> File | None:
        """Bytes and mode of a tracked path, or None if the snapshot does not track it."""
        return File(self.read(path), self.mode(path)) if path in self else None

    @cached_property
    def _plain(self) -> "Snapshot":
        """The source without changes; what that is asked for is nobody's."""
        return Snapshot(self._source, known=self._known, learned=self._learned)

    def _laid_over(self, paths: Iterable[str], fits: Callable[[str], bool]) -> tuple[str, ...]:
        """`paths` of the source and those of the overlay that fit, sorted, without what the overlay takes away."""
        laid = (path for path, file in self._overlay.items() if file is not None and fits(path))
        return tuple(sorted({*laid, *(path for path in paths if path not in self._overlay)}))

    def _content_key(self, path: str) -> object:
        laid = self._overlay.get(path)
        return laid.data if laid is not None else path


_LIGHT = (tuple, frozenset, type(None))
"""What a parser gives that holds no tree."""


def _same(text: Text) -> Text:
    return text
