"""Which files of YAML are reached from some others, through whatever a system calls including."""

from collections.abc import Callable, Iterable

from cifix.formats.yaml import Document, parse_merging
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque


def reached(
    snapshot: Snapshot, start: Iterable[str], follow: Callable[[str, Document], Iterable[str]]
) -> tuple[str, ...]:
    """The tracked paths of `start`, and all that `follow` names for a path and its document, at any depth."""
    found: dict[str, None] = {}
    todo = list(start)
    while todo:
        path = todo.pop()
        if path in found or path not in snapshot.tracked:
            continue
        found[path] = None
        try:
            todo += follow(path, snapshot.parsed(path, parse_merging))
        except Opaque:
            continue
    return tuple(found)
