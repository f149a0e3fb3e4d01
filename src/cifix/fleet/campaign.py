"""A run over all repositories of a state: who is still waiting, what each is asked for, what came of it."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from cifix.engine.config import Config, choose
from cifix.engine.registry import discover
from cifix.errors import UsageError
from cifix.fleet.drive import Opening, drive
from cifix.fleet.job import Job, Mode, Result, Target
from cifix.fleet.state import Campaign, Store
from cifix.fleet.stored import digest_of
from cifix.run.examine import Selection

BRANCH = "cifix/fixes"


@dataclass(frozen=True, slots=True)
class Running:
    """How a run goes about it: the executor, how many repositories at a time, and what workers need to know.

    `scratch` says that workers share this machine's disk, and so clone into a folder beside the state.
    """

    opened: Opening
    workers: int
    tokens: Mapping[str, str] = field(default_factory=dict)
    history: bool = False
    scratch: bool = True


def asked_for(store: Store, typed: Selection, branch: str | None, today: date) -> Campaign:
    """The campaign that the user means: what was typed, or else what the state remembers.

    A campaign has one day to judge by, its first, unless the user names another. Raises `UsageError` for unknown rules.
    """
    known = store.campaign
    asked = known.asked if known and typed == Selection() else typed
    day = known.today if known else today
    registry = discover()
    choose(registry.rules, registry.plugins, Config(), select=asked.select, ignore=asked.ignore)
    digest = digest_of(asked, asked.today or day, registry.rules)
    return Campaign(branch or (known.branch if known else BRANCH), asked, day, digest)


def run(
    store: Store, campaign: Campaign, mode: Mode, targets: Sequence[Target], how: Running
) -> Iterator[tuple[Target, Result]]:
    """Take up every target that this run has not settled; each one that ends is noted in the state, then given.

    An interrupted run goes on where it stopped. The state must be held `alone`.
    """
    number = store.begin(campaign, mode, targets)
    waiting = store.waiting(number)
    left = [target for target in targets if target.url in waiting]
    with _scratch(store.file) if how.scratch else _nowhere() as scratch:
        jobs = (_job(store, campaign, mode, target, how, scratch=scratch) for target in left)
        for job, result in drive(jobs, how.opened, how.workers):
            store.settle(number, job.target.url, result, campaign.digest)
            yield job.target, result
    store.finish(number)


def known_targets(store: Store) -> tuple[Target, ...]:
    """The repositories that the state holds; raises `UsageError` if there are none."""
    found = tuple(row.target for row in store.rows())
    if not found:
        raise UsageError("the state holds no repositories; name a list with --repos")
    return found


def _job(store: Store, campaign: Campaign, mode: Mode, target: Target, how: Running, *, scratch: str | None) -> Job:
    known, pushed = store.known(target.url, campaign.digest)
    return Job(
        target,
        mode,
        campaign.branch,
        campaign.asked,
        campaign.today,
        campaign.digest,
        known=known,
        pushed=pushed,
        commits=store.commits(target.url),
        tokens=how.tokens,
        scratch=scratch,
        history=how.history,
    )


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
