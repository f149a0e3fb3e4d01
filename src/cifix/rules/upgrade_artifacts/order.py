"""Whether uploads that shared a name can hold files of the same name, and which of them came later."""

import re

from cifix.formats.actions.names import excluded
from cifix.formats.actions.runs import Occurrence, Run

_WILD = re.compile(r"[*?\[\]]")


def apart(one: str | None, other: str | None) -> bool:
    """Whether two `path` inputs surely bring no file of the same name: plain files, or wildcards by another suffix.

    None stands for a path that only a run can tell.
    """
    if not one or not other:
        return False
    return all(_apart(mine.strip(), theirs.strip()) for mine in one.splitlines() for theirs in other.splitlines())


def _apart(one: str, other: str) -> bool:
    mine, theirs = (re.split(r"[/\\]", path)[-1] for path in (one, other))
    if not mine or not theirs or one.startswith("!") or other.startswith("!"):
        return one.startswith("!") or other.startswith("!")
    if not _suffix(mine) or not _suffix(theirs):
        return False
    if not _WILD.search(mine) and not _WILD.search(theirs):
        return mine.lower() != theirs.lower()
    return not _suffix(mine).endswith(_suffix(theirs)) and not _suffix(theirs).endswith(_suffix(mine))


def _suffix(name: str) -> str:
    """What a name surely ends in, from its last dot on; empty if that is not sure."""
    tail = _WILD.split(name)[-1]
    found = re.search(r"\.[A-Za-z][\w.+-]*$", tail[-1_000:])
    return found.group().lower() if found else ""


def follows(run: Run, one: Occurrence, other: Occurrence) -> bool:
    """Whether two uploads surely happen one after the other, in one leg or in jobs of which one needs the other."""
    if excluded(one.conditions, other.conditions):
        return False
    if one.job == other.job and one.calls == other.calls:
        return one.leg == other.leg
    return run.waits(other.job, one.job) or run.waits(one.job, other.job)
