"""Where a path that is not there may have gone."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cifix.model.snapshot import Snapshot
from cifix.rules.workflow_paths.facts import facts

_SHORT = 4
"""Letters of a name up to which one more or less makes another name of it."""

_ARCHIVE = re.compile(r"(?i)(?:^|[/_.-])(?:old|archived?|attic|deprecated|legacy|removed|unused|bak|backup|delete)")


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a path is now: `sure` if git saw it move there, `others` if several come into question."""

    path: str = ""
    sure: bool = False
    others: tuple[str, ...] = ()
    removed: str = ""


def exists(snapshot: Snapshot, path: str) -> bool:
    """Whether a path is, or may be, in the tree: what lies behind a link or in a submodule cannot be seen."""
    if path in {"", "."} or path in snapshot.tracked or path in snapshot.folders:
        return True
    return any(path == link or path.startswith(f"{link}/") for link in snapshot.links)


def nearest(snapshot: Snapshot, path: str) -> Answer:
    """Where `path`, which is not there, is now, by the history of the repository or else by its name."""
    history = snapshot.history
    moved = history.moved.get(path) or history.moved_folder(path)
    if moved and exists(snapshot, moved):
        return Answer(moved, sure=not _ARCHIVE.search(moved))
    removed = history.removed.get(path, "")
    within = [commit for lost, commit in history.removed.items() if lost.startswith(f"{path}/")]
    found = sorted(set(_candidates(snapshot, path)))
    if len(found) == 1 and not removed:
        return Answer(found[0], removed=within[0] if within else "")
    return Answer(others=tuple(found), removed=removed or (within[0] if within else ""))


def _candidates(snapshot: Snapshot, path: str) -> Iterator[str]:
    """Paths of the tree that may be meant: a like name beside it, or the same name or words elsewhere."""
    parent, base = posixpath.split(path)
    words = _words(path)
    ending = posixpath.splitext(base)[1]
    for other in (*snapshot.paths, *(snapshot.folders if not ending else ())):
        if not other.endswith(ending):
            continue
        folder, name = posixpath.split(other)
        if posixpath.splitext(name)[1] != ending or not name:
            continue
        if (ending == "") == (other in snapshot.tracked):
            continue
        beside = folder == parent and (_slip(base, name) or (not ending and set(_words(base)) < set(_words(name))))
        if beside or (name == base and name not in facts().common) or _words(other) == words:
            yield other


def _slip(one: str, other: str) -> bool:
    """Whether two names differ by one letter that is there or not, or is another one; digits tell names apart."""
    short, long = sorted((one, other), key=len)
    if (len(short) <= _SHORT and len(short) == len(long)) or re.sub(r"\D", "", one) != re.sub(r"\D", "", other):
        return False
    start = len(posixpath.commonprefix((short, long)))
    return short[start + (len(short) == len(long)) :] == long[start + 1 :] and one != other


def _words(path: str) -> tuple[str, ...]:
    return tuple(sorted(re.split(r"[/_.-]", path.lower())))
