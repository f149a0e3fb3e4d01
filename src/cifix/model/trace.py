"""What somebody asked a snapshot for, and so which changes can make no difference to the answers."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cifix.model.glob import compiled
from cifix.model.learned import Globs, Needles


@dataclass(frozen=True, slots=True)
class Changed:
    """A path whose bytes, mode or presence differ: its bytes `before` and `after`, None where it is not tracked."""

    path: str
    before: bytes | None
    after: bytes | None


@dataclass(slots=True, eq=False)
class Trace:
    """The `files` that were looked at or asked for, the `globs` and `searches`, and whether all paths were `listed`.

    `parts` are the traces of answers that others have asked for as well.
    """

    files: set[str] = field(default_factory=set)
    globs: set[Globs] = field(default_factory=set)
    searches: set[tuple[Needles, Globs]] = field(default_factory=set)
    listed: bool = False
    parts: "set[Trace]" = field(default_factory=set)

    def touched(self, changes: Iterable[Changed]) -> bool:
        """Whether any answer may be another one after `changes`."""
        some = tuple(changes)
        return any(self._touched(change) for change in some) or any(part.touched(some) for part in self.parts)

    def _touched(self, change: Changed) -> bool:
        came_or_went = (change.before is None) != (change.after is None)
        if change.path in self.files or (self.listed and came_or_went):
            return True
        if came_or_went and any(compiled(globs).fullmatch(change.path) for globs in self.globs):
            return True
        return any(
            _holds(change.before, needles) != _holds(change.after, needles)
            for needles, globs in self.searches
            if compiled(globs).fullmatch(change.path)
        )


def _holds(data: bytes | None, needles: Needles) -> bool:
    return data is not None and any(needle in data for needle in needles)
