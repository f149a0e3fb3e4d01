"""A run over all repositories of a state: who is still waiting, what each is asked for, what came of it."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from cifix.engine.config import Config, choose
from cifix.engine.registry import discover
from cifix.errors import GitError, UsageError
from cifix.fleet.drive import Opening, drive
from cifix.fleet.job import Job, Mode, Result, State, Target
from cifix.fleet.lines import Lines
from cifix.fleet.publishing import STEPS, Ended, Forges, Queue, host_of, merged, turned_down
from cifix.fleet.state import Campaign, Store
from cifix.fleet.stored import digest_of
from cifix.forge.pace import Later
from cifix.forge.request import Request, Wish
from cifix.run.examine import Selection

BRANCH = "cifix/fixes"


@dataclass(frozen=True, slots=True)
class Running:
    """How a run goes about it: the executor, how many repositories at a time, and what workers need to know.

    `scratch` says that workers share this machine's disk, and so clone into a folder beside the state. `forges` is
    where requests are, None where they do not matter; after `canary` of them were opened or updated, the run stops.
    """

    opened: Opening
    workers: int
    tokens: Mapping[str, str] = field(default_factory=dict)
    history: bool = False
    scratch: bool = True
    forges: Forges | None = None
    canary: int | None = None


def asked_for(
    store: Store,
    typed: Selection,
    branch: str | None,
    today: date,
    wish: Wish | None = None,
    *,
    per_hour: int | None = None,
) -> Campaign:
    """The campaign that the user means: what was typed, or else what the state remembers.

    A campaign has one day to judge by, its first, unless the user names another. Raises `UsageError` for unknown rules.
    """
    known = store.campaign
    asked = known.asked if known and typed == Selection() else typed
    day = known.today if known else today
    registry = discover()
    choose(registry.rules, registry.plugins, Config(), select=asked.select, ignore=asked.ignore)
    digest = digest_of(asked, asked.today or day, registry.rules)
    if known and known.wish and wish in (None, Wish()):
        wish = known.wish
    per_hour = per_hour or (known.per_hour if known else None)
    return Campaign(branch or (known.branch if known else BRANCH), asked, day, digest, wish, per_hour)


def run(
    store: Store, campaign: Campaign, mode: Mode, targets: Sequence[Target], how: Running
) -> Iterator[tuple[Target, Result]]:
    """Take up every target that this run has not settled; each one that ends is noted in the state, then given.

    An interrupted run goes on where it stopped, and so does one that has seen enough canaries. The state must be held
    `alone`.
    """
    number = store.begin(campaign, mode, targets)
    waiting = store.waiting(number)
    left = [target for target in targets if target.url in waiting]
    wrote = 0
    with _scratch(store.file) if how.scratch else _nowhere() as scratch:
        while left and (how.canary is None or wrote < how.canary):
            size = len(left) if how.canary is None else how.canary - wrote
            taken, left = left[:size], left[size:]
            for target, result in _Round(store, campaign, mode, how, number, scratch).ended(taken):
                store.settle(number, target.url, result, campaign.digest)
                wrote += result.wrote
                yield target, result
    if not left:
        store.finish(number)


@dataclass(slots=True)
class _Round:
    """One time through some of the repositories: turns by the workers, and steps at the forge as turns end."""

    store: Store
    campaign: Campaign
    mode: Mode
    how: Running
    number: int
    scratch: str | None
    _seen: dict[str, Sequence[Request]] = field(default_factory=dict)
    _barred: list[tuple[Target, Result]] = field(default_factory=list)

    def ended(self, targets: Iterable[Target]) -> Iterator[tuple[Target, Result]]:
        """Each repository with the result that this run leaves it with."""
        queue = Queue(self.how.forges, self.mode) if self.how.forges else None
        for found in drive(self._jobs(targets), self.how.opened, self.how.workers):
            if found is None:
                yield from queue.ready() if queue else ()
                continue
            job, result = found
            if queue is None or (self.mode, result.state) not in STEPS:
                yield job.target, result
                continue
            self.store.settle(self.number, job.target.url, result, self.campaign.digest, done=False)
            queue.add(Ended(job, result, result.analysis or job.known, self._seen[job.target.url]))
            yield from queue.ready()
        yield from queue.rest() if queue else ()
        yield from self._barred

    def _jobs(self, targets: Iterable[Target]) -> Iterator[Job | None]:
        """The turns, and None for a moment in which no forge may be asked about what is left.

        One for which the forge must be asked first, and does not answer, is not taken.
        """
        forges = self.how.forges
        if forges is None or self.mode is Mode.ADOPT:
            yield from (self._job(target, ()) for target in targets)
            return
        lines = Lines[Target](forges.pace, forges.dead, write=False)
        for target in targets:
            lines.add(host_of(target), target)
        while (found := lines.next()) is not None:
            host, due = found
            if not forges.pace.soon(due):
                forges.pace.wait_a_moment()
                yield None
                continue
            target = lines.take(host)
            try:
                seen = forges.look(target)
            except Later:
                lines.add(host, target)
            except (GitError, UsageError) as why:
                self._barred.append((target, Result(State.FAILED, str(why))))
            else:
                yield self._job(target, seen)

    def _job(self, target: Target, seen: Sequence[Request]) -> Job:
        self._seen[target.url] = seen
        known, pushed = self.store.known(target.url, self.campaign.digest)
        wish = (self.campaign.wish if self.mode is Mode.REQUEST else None) or Wish()
        return Job(
            target,
            self.mode,
            self.campaign.branch,
            self.campaign.asked,
            self.campaign.today,
            self.campaign.digest,
            known=known,
            pushed=pushed,
            commits=self.store.commits(target.url),
            tokens=self.how.tokens,
            scratch=self.scratch,
            history=self.how.history or merged(seen),
            edits=wish.edits,
            split=wish.split,
            requested=any(one.state == "open" for one in seen),
            declined=turned_down(seen) if self.mode is Mode.REQUEST else {},
        )


def known_targets(store: Store) -> tuple[Target, ...]:
    """The repositories that the state holds; raises `UsageError` if there are none."""
    found = tuple(row.target for row in store.rows())
    if not found:
        raise UsageError("the state holds no repositories; name a list with --repos")
    return found


@contextmanager
def _scratch(file: Path) -> Iterator[str]:
    """A folder beside the state for the clones; what a killed run left in it is removed first."""
    folder = file.absolute().with_name(f"{file.name}-scratch")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield str(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _nowhere() -> Iterator[None]:
    yield None
