"""What has been learned of the files of one source: it is worth keeping from run to run, file by file."""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar, cast

from cifix.model.fact import Fact
from cifix.model.text import Opaque

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

Read = Callable[[str], bytes]
Needles = tuple[bytes, ...]
Globs = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """Instead of a value: why the file could not tell."""

    reason: str


@dataclass(slots=True)
class Search:
    """Which of some sorted `paths` hold one of some needles: `found` among the first `done` of them.

    If `stale` is given, only those paths have to be looked at, and of the others `before` are known to hold one.
    """

    paths: Sequence[str]
    stale: Collection[str] | None = None
    before: Collection[str] = ()
    found: list[str] = field(default_factory=list)
    done: int = 0

    @property
    def looked_at(self) -> list[str]:
        """The paths that have to be read."""
        return [path for path in self.paths if self.stale is None or path in self.stale]

    def through(self, needles: Needles, read: Read) -> Iterator[str]:
        """The paths, looked for no further than they are asked for."""
        seen = 0
        while True:
            yield from self.found[seen:]
            seen = len(self.found)
            if self.done == len(self.paths):
                return
            self.step(needles, read)

    def step(self, needles: Needles, read: Read) -> None:
        """Look at the next path."""
        path = self.paths[self.done]
        if self._holds(path, needles, read):
            self.found.append(path)
        self.done += 1

    def _holds(self, path: str, needles: Needles, read: Read) -> bool:
        if self.stale is not None and path not in self.stale:
            return path in self.before
        return holds(path, needles, read)


@dataclass(slots=True)
class Learned:
    """`facts` by name and path; `searches` by needles and globs.

    `stale` are the paths of which nothing is known yet although others are known from an earlier run, whose finds are
    in `before`; None without one.
    """

    facts: dict[str, dict[Hashable, object]] = field(default_factory=dict)
    searches: dict[tuple[Needles, Globs], Search] = field(default_factory=dict)
    before: dict[tuple[Needles, Globs], frozenset[str]] = field(default_factory=dict)
    stale: Collection[str] = ()
    fresh: list[tuple[str, Hashable]] = field(default_factory=list)
    """The facts that were not known, by name and path."""

    def derived(self, file: K, fact: Fact[T], read: Callable[[K], bytes]) -> T:
        """What `fact` tells of a file; raises `Opaque`, also the one of the first time."""
        known = self.facts.setdefault(fact.name, {})
        if file not in known:
            known[file] = told(fact, file, read)
            self.fresh.append((fact.name, file))
        value = known[file]
        if isinstance(value, Unread):
            raise Opaque(value.reason)
        return cast(T, value)

    def search(self, needles: Needles, globs: Globs, paths: Sequence[str]) -> Search:
        """The search for `needles` in `paths`, which are all that match `globs`; begun at most once."""
        key = needles, globs
        if key not in self.searches:
            known = self.before.get(key)
            self.searches[key] = Search(paths, None if known is None else self.stale, known or ())
        return self.searches[key]

    def seek(self, words: Collection[bytes], globs: Globs, paths: Sequence[str], read: Read) -> None:
        """End the search for each of `words`, reading no file twice."""
        once = lru_cache(maxsize=1)(read)
        begun = {word: self.search((word,), globs, paths) for word in words}
        open_ = {word: search for word, search in begun.items() if search.done < len(search.paths)}
        for place in range(len(paths)) if open_ else ():
            for word, search in open_.items():
                if search.done == place:
                    search.step((word,), once)

    @property
    def unread(self) -> dict[str, str]:
        """Why a file could not tell, by path."""
        every = ((path, value) for known in self.facts.values() for path, value in known.items())
        return {path: value.reason for path, value in every if isinstance(path, str) and isinstance(value, Unread)}

    @property
    def finds(self) -> dict[tuple[Needles, Globs], frozenset[str]]:
        """What each search found that came to its end."""
        ended = {key: frozenset(one.found) for key, one in self.searches.items() if one.done == len(one.paths)}
        return {**self.before, **ended}

    def taken(self) -> "Learned":
        """What was learned since the last time, for somebody who knew the same before."""
        facts: dict[str, dict[Hashable, object]] = {}
        for name, file in self.fresh:
            facts.setdefault(name, {})[file] = self.facts[name][file]
        self.fresh.clear()
        return Learned(facts, before=self.finds)

    def add(self, other: "Learned") -> None:
        """Know what somebody else has learned of the same files."""
        for name, told in other.facts.items():
            self.facts.setdefault(name, {}).update(told)
            self.fresh += [(name, file) for file in told]
        for key, found in other.before.items():
            self.searches.setdefault(key, Search((), found=sorted(found)))


def unreadable(known: Mapping[Hashable, object]) -> dict[str, str]:
    """Why a file could not be parsed, by path, among what a snapshot keeps of its files."""
    found: dict[str, str] = {}
    for key, kept in known.items():
        match key, kept:
            case (_, bool(), str(path)), (None, str(reason)):
                found.setdefault(path, reason)
    return found


def told(fact: Fact[object], file: K, read: Callable[[K], bytes]) -> object:
    """What a fact says of a file, or why it cannot."""
    try:
        return fact(read(file))
    except Opaque as why:
        return Unread(str(why))
    except RecursionError:
        return Unread("the file is nested too deeply")


def holds(path: str, needles: Needles, read: Read) -> bool:
    """Whether a file holds one of `needles`; one that cannot be read may."""
    try:
        data = read(path)
    except Opaque:
        return True
    return any(needle in data for needle in needles)
