"""What a fix does to files, and the only function that builds new content."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the characters `start:end` (half-open, in the exact decoded text) of a file by `text`."""

    path: str
    start: int
    end: int
    text: str

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"an edit must have 0 <= start <= end, not {self.start}:{self.end}")


@dataclass(frozen=True, slots=True, order=True)
class Create:
    """Add a file that exists nowhere; `mode` is git's, 0o100644 or 0o100755."""

    path: str
    data: bytes
    mode: int = 0o100644


@dataclass(frozen=True, slots=True, order=True)
class Delete:
    """Remove a tracked file from the tree and from the disk."""

    path: str


@dataclass(frozen=True, slots=True, order=True)
class Track:
    """Commit a file that is on disk but was never committed, because an ignore pattern hid it."""

    path: str


@dataclass(frozen=True, slots=True, order=True)
class Untrack:
    """Remove a file from the tree and leave it on disk."""

    path: str


Change = Edit | Create | Delete | Track | Untrack


def splice(text: str, edits: Iterable[Edit]) -> str:
    """`text` with all `edits` done at once; their order does not matter.

    Raises `ValueError` if two edits overlap or one lies outside the text.
    """
    ordered = sorted(set(edits), key=lambda edit: (edit.start, edit.end))
    parts: list[str] = []
    position = 0
    for before, edit in zip((None, *ordered), ordered, strict=False):
        if edit.end > len(text):
            raise ValueError(f"{edit.path}: an edit ends at {edit.end}, the text has {len(text)} characters")
        if before is not None and overlap(before, edit):
            raise ValueError(f"{edit.path}: edits {before.start}:{before.end} and {edit.start}:{edit.end} overlap")
        parts += text[position : edit.start], edit.text
        position = edit.end
    return "".join((*parts, text[position:]))


def inverse(text: str, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits that turn `splice(text, edits)` back into `text`; touching edits come back as one."""
    undone: list[Edit] = []
    drift = 0
    for edit in sorted(set(edits), key=lambda edit: (edit.start, edit.end)):
        start = edit.start + drift
        end, old = start + len(edit.text), text[edit.start : edit.end]
        if undone and undone[-1].end == start:
            last = undone.pop()
            start, old = last.start, last.text + old
        undone.append(Edit(edit.path, start, end, old))
        drift += len(edit.text) - (edit.end - edit.start)
    return tuple(undone)


def overlap(one: Edit, other: Edit) -> bool:
    """Whether two edits of one file cannot both be done; identical edits can, they are one edit.

    Two insertions at one place collide because their order would be a guess. An insertion at the edge
    of a replaced span does not: it stands before or after the new text.
    """
    if one == other or one.path != other.path:
        return False
    if one.start == one.end and other.start == other.end:
        return one.start == other.start
    return one.start < other.end and other.start < one.end


def collide(one: Sequence[Change], other: Sequence[Change]) -> bool:
    """Whether two sets of changes cannot live together: overlapping edits, or two fates for one file."""
    for mine in one:
        for theirs in other:
            if mine.path != theirs.path or mine == theirs:
                continue
            if not isinstance(mine, Edit) or not isinstance(theirs, Edit) or overlap(mine, theirs):
                return True
    return False


def origin(offset: int, undone: Sequence[Edit]) -> int:
    """Where the character at `offset` of an edited text stood before, given the `inverse` of the edits.

    A character inside new text is reported at the start of what that text replaced.
    """
    for edit in reversed(undone):
        if offset >= edit.end:
            offset += len(edit.text) - (edit.end - edit.start)
        elif offset > edit.start:
            offset = edit.start
    return offset
