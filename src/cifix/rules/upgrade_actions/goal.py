"""Where a step stands, whether it is too old, and the version it moves to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from cifix.formats.actions.workflow import Pin, Reference, version
from cifix.rules.upgrade_actions.facts import Action, Major, Move


@dataclass(frozen=True, slots=True)
class Reach:
    """How far to go: `target` as the option says, and whether what GitHub warns about counts as too old."""

    target: str
    warned: bool


def present(action: Action, uses: Reference, comment: Pin | None) -> tuple[int, ...] | None:
    """The version that a step names: empty for a branch, None for a commit that nothing tells the version of."""
    if not uses.sha:
        return uses.version or ()
    known = {commit: name for name, commit in action.hashes.items()}.get(uses.ref.lower())
    return version(known or (comment.version if comment else ""))


def dead(action: Action, numbers: tuple[int, ...]) -> date | None:
    """Since when runs with a version fail."""
    major = action.majors.get(numbers[0], Major())
    exact = (*numbers, 0, 0)[:3]
    return major.dead if not major.alive or (len(numbers) > 1 and exact < major.alive) else None


def missing(action: Action, uses: Reference) -> bool:
    """Whether there is no such ref: the tags of all actions begin with a `v`, and some majors have exact ones only."""
    numbers = uses.version
    if uses.sha or numbers is None:
        return False
    return uses.ref[0] not in "vV" or (len(numbers) == 1 and numbers[0] in action.absent)


def too_old(action: Action, numbers: tuple[int, ...], reach: Reach) -> bool:
    """Whether a version should move: it fails, or was left alone, or warns and that counts, or is not the newest."""
    major = action.majors.get(numbers[0])
    if major is None:
        return False
    if dead(action, numbers) or major.ended:
        return True
    if reach.target == "latest":
        return numbers[0] < max(action.majors)
    return reach.warned and reach.target == "minimal" and major.warned


def goal(action: Action, numbers: tuple[int, ...], uses: Reference, reach: Reach) -> int | None:
    """The major to move to, which has a ref as exact as the one that is there; None if none is known."""
    able = sorted(major for major in action.majors if major >= numbers[0] and _known(action, major, uses))
    working = [major for major in able if _works(action, major, uses) and not action.majors[major].ended]
    if reach.target == "latest":
        return working[-1] if working else None
    if reach.target == "minimal":
        quiet = [major for major in working if not action.majors[major].warned]
        working = quiet or working[-1:]
    return next(iter(working), None)


def _known(action: Action, major: int, uses: Reference) -> bool:
    if uses.sha:
        return action.exact.get(major, "") in action.hashes
    return bool(action.ref(major, exact="." in uses.ref))


def _works(action: Action, major: int, uses: Reference) -> bool:
    exact = version(action.exact.get(major, "")) if uses.sha or "." in uses.ref else (major,)
    return exact is not None and dead(action, exact) is None


def ref(action: Action, major: int, uses: Reference) -> str:
    """The ref that replaces the old one: a commit by a commit, an exact version by an exact one, a tag by a tag."""
    if uses.sha:
        return action.hashes[action.exact[major]]
    return action.ref(major, exact="." in uses.ref)


def told(action: Action, major: int, comment: str, *, sha: bool) -> str:
    """The version in a comment, written as exactly as the old one where that says the truth."""
    new = action.exact[major] if sha and "." in comment else action.ref(major, exact="." in comment)
    return new if comment[:1] in "vV" else new[1:]


def moves(action: Action, numbers: tuple[int, ...], major: int) -> Iterator[Move]:
    """What changes on the way, in order."""
    for number in range(numbers[0] + 1, major + 1):
        yield action.majors[number].move
