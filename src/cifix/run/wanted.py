"""The plan for a branch, without the rules whose commits were reverted there: nobody wants them again."""

from collections.abc import Callable
from dataclasses import replace

from cifix.report.message import digest
from cifix.run.examine import Examined, Selection
from cifix.vcs.repository import Repository
from cifix.vcs.reverts import reverted


def wanted(
    repo: Repository, base: str, asked: Selection, examined: Callable[[Selection], Examined]
) -> tuple[Examined, tuple[str, ...]]:
    """What `examined` says to as much of `asked` as nobody has reverted below `base`, and notes on what is off.

    A clone without history sees no reverts.
    """
    undone = reverted(repo, base)
    found = examined(asked)
    notes: tuple[str, ...] = ()
    while off := _unwanted(undone, found) - {*asked.ignore}:
        asked = replace(asked, ignore=(*asked.ignore, *sorted(off)))
        found = examined(asked)
        notes += tuple(
            f"{rule} is off, for a commit of it was reverted; a new configuration turns it on." for rule in off
        )
    return found, notes


def _unwanted(undone: frozenset[tuple[str, str]], examined: Examined) -> set[str]:
    plan = digest(examined.rules, examined.settings)
    return {rule for rule, made in undone if made == plan}
