"""What one run did: the record that every report is made from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from cifix.engine.plan import Patch, Placed
from cifix.engine.prove import Proven
from cifix.engine.registry import Crash
from cifix.errors import Exit
from cifix.model.change import Change, Track, Untrack
from cifix.model.finding import Fix, Refusal, Safety
from cifix.model.rule import Rule

REMARKED = 12
"""Files that were not looked into and are named in reports for people."""

MODES = ("check", "dry-run", "apply", "in-place")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished run.

    `mode` is one of `MODES`; `branch` and `commits` (ids, one per patch, in order) are there only after
    `apply` wrote or found its branch. `state` is what became of the branch, or would in a dry run: `created`,
    `updated`, `already-done` or `nothing-to-do`; None where no branch is meant. `notes` are sentences for the
    user, `crashes` those of loading and of running rules.
    `unread` are paths, each with the reason, of files that a rule would have read and could not.
    `path` is the repository as the user named it, `arguments` what they chose besides, to be typed again.
    `in_place` says that the fixes are for the files on disk, in a dry run too.
    `rules` are all that were asked to run, in order. `today` is the day that decides how grave a finding is.
    `command` is what applies the fixes.
    """

    mode: str
    proven: Proven
    today: date
    branch: str | None = None
    commits: tuple[str, ...] = ()
    state: str | None = None
    crashes: tuple[Crash, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    path: str = "."
    arguments: tuple[str, ...] = ()
    in_place: bool = False
    rules: tuple[Rule, ...] = ()
    command: tuple[str, ...] = ("apply",)

    @property
    def patches(self) -> tuple[Patch, ...]:
        """The patches of the plan, one per commit."""
        return self.proven.plan.patches

    @property
    def remarks(self) -> tuple[str, ...]:
        """The notes, and one sentence for each file that was not looked into; of many the first."""
        told = [f"Not looked into: {path}: {reason}" for path, reason in self.unread[:REMARKED]]
        more = len(self.unread) - REMARKED
        return (*self.notes, *told, *([f"Not looked into: {more} more files; --format json names all"] * (more > 0)))

    @property
    def base(self) -> str | None:
        """The commit that was looked at."""
        return self.proven.plan.before.base

    @property
    def written(self) -> bool:
        """Whether the fixes are on the branch or in the work tree now."""
        return self.mode in ("apply", "in-place")

    def changes(self, patch: Patch) -> tuple[Change, ...]:
        """What is written for a patch: on disk nothing happens to a file that only becomes tracked."""
        return tuple(one for one in patch.changes if not self.in_place or not isinstance(one, Track | Untrack))

    @property
    def refused(self) -> tuple[Placed, ...]:
        """Findings that need a person."""
        return tuple(one for one in self.proven.plan.remaining if isinstance(one.finding.outcome, Refusal))

    @property
    def held(self) -> tuple[Placed, ...]:
        """Findings whose fix is below the safety floor of this run, and above that of another."""
        return tuple(one for one in self.proven.plan.remaining if _level(one) is Safety.REVIEW)

    @property
    def shown(self) -> tuple[Placed, ...]:
        """Findings whose fix no run applies."""
        return tuple(one for one in self.proven.plan.remaining if _level(one) is Safety.SHOWN)

    @property
    def findings(self) -> Iterator[tuple[Placed, bool]]:
        """Every finding, and whether its fix is part of a patch."""
        for patch in self.patches:
            yield from ((placed, True) for placed in patch.findings)
        yield from ((placed, False) for placed in self.proven.plan.remaining)

    @property
    def exit(self) -> Exit:
        """The exit code; a worse one wins: crash, failed proof, then findings that are left."""
        if self.crashes:
            return Exit.CRASHED
        if self.proven.failures:
            return Exit.UNPROVEN
        left = bool(self.proven.plan.remaining)
        if self.written:
            return Exit.REMAIN if left else Exit.DONE
        return Exit.FOUND if left or self.patches else Exit.DONE


def _level(placed: Placed) -> Safety | None:
    fix = placed.finding.outcome
    return fix.safety if isinstance(fix, Fix) else None
