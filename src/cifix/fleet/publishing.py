"""What is done at the forge once a turn has ended: one repository at a time for each forge, as fast as that allows."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from cifix.errors import GitError, UsageError
from cifix.fleet.job import Analysis, Job, Mode, Result, State, Target
from cifix.fleet.lines import Lines
from cifix.fleet.turn import take_away
from cifix.forge.block import Block, block_of
from cifix.forge.choose import choose
from cifix.forge.pace import Later, Pace
from cifix.forge.publish import Operation, declined, publish, standing, withdraw
from cifix.forge.request import Forge, Request, Wanted, Wish
from cifix.vcs.exchange import Address, distant

_TRIES = 20
"""How often a forge may fail for one repository until that is given up; `fleet retry` takes it up again."""
_DEAD = 10
"""How often in a row a forge may fail, whatever it is asked, until it is given up for this run."""
_AGAIN = "the forge fails again and again"


@dataclass(frozen=True, slots=True)
class Forges:
    """The forges of a fleet: what requests on `branch` shall be like, and how to get there.

    `environ` holds the tokens; `folder` is for the requests of repositories that are only folders. `dead` are the
    forges that have been given up for this run, and
    `failures` counts those of each repository.
    """

    branch: str
    wish: Wish
    environ: Mapping[str, str]
    folder: Path
    pace: Pace
    dead: set[str] = field(default_factory=set)
    failures: Counter[str] = field(default_factory=Counter)

    def forge(self, target: Target) -> Forge:
        """The project of a repository; raises `UsageError` if there is no way to it, `GitError` if that is dead."""
        if host_of(target) in self.dead:
            raise GitError(f"{_AGAIN}, whatever it is asked")
        address = distant(target.url) or Address(target.url, "", target.slug)
        paced = partial(self.pace.paced, host_of(target))
        return choose(address, self.wish.kind, self.environ, self.folder / target.slug, paced).forge

    def look(self, target: Target) -> Sequence[Request]:
        """The requests of our branch; raises `GitError` and `UsageError`, and `Later` if it is to be asked again."""
        with self.patience(target):
            return self.forge(target).requests(self.branch)

    @contextmanager
    def patience(self, target: Target) -> Iterator[None]:
        """Let `Later` pass, or make it a `GitError` if the forge has failed too often, for this one or in a row."""
        try:
            yield
        except Later as later:
            self.failures[target.url] += bool(later.reason)
            if later.failures >= _DEAD:
                self.dead.add(host_of(target))
            if self.failures[target.url] >= _TRIES or host_of(target) in self.dead:
                raise GitError(f"{_AGAIN}: {later}") from later
            raise

    def left(self, targets: Iterable[Target]) -> float:
        """The seconds that it takes at least to open a request for each."""
        hosts = [host_of(target) for target in targets]
        each = 1 + bool(self.wish.labels) + bool(self.wish.reviewers)
        return max((self.pace.left(host, hosts.count(host) * each) for host in {*hosts} if host), default=0)


@dataclass(frozen=True, slots=True)
class Ended:
    """How the turn of a repository has ended: what was found there, and the requests that were seen before it."""

    job: Job
    result: Result
    analysis: Analysis | None = None
    seen: Sequence[Request] = ()

    @property
    def target(self) -> Target:
        """The repository."""
        return self.job.target


def host_of(target: Target) -> str:
    """The forge of a repository, by which it is paced; empty for a folder."""
    address = distant(target.url)
    return address.host if address else ""


def turned_down(requests: Sequence[Request]) -> Mapping[str, str]:
    """The plans that a person has closed the request for, with its address."""
    return {plan: request.url for plan, request in declined(requests).items()}


def merged(requests: Sequence[Request]) -> bool:
    """Whether a request of ours was merged, so that its commits may have been reverted since."""
    return any(one.state == "merged" and block_of(one.body) is not None for one in requests)


def _request(forge: Forge, forges: Forges, ended: Ended) -> Result:
    """Open the request, bring it up to date, or find that it is; one that a killed run has opened is found again."""
    found, wish, tip = ended.analysis, forges.wish, ended.result.commits[-1]
    if found is None:
        raise GitError("the state has lost what was found; type the command again")
    there = standing(forge.requests(forges.branch), found.plan)
    if there.declined is not None:
        return replace(ended.result, state=State.DECLINED, reason=f"{there.declined.url} was closed without a merge")
    labels, reviewers = wish.labels, wish.reviewers
    block = Block(found.plan, tip, found.base, found.title, labels, reviewers)
    asking = (forges.branch, ended.result.base or "", found.title, found.text, labels, reviewers)
    done = publish(forge, there.open, Wanted(*asking, draft=wish.draft, patch=found.patch), block)
    wrote = done.operation is not Operation.UNCHANGED
    result = replace(ended.result, state=State.REQUESTED, request=done.request.url, wrote=wrote)
    if done.trouble:
        return replace(result, state=State.HELD, reason=f"the request lacks labels or reviewers: {done.trouble}")
    return replace(result, state=State.HELD) if found.left else result


def _withdraw(forge: Forge, _: Forges, ended: Ended) -> Result:
    """Close what was open when we looked, and only then take the branch away.

    GitHub closes the requests of a branch that goes; such a one would look as if a person had turned it down.
    """
    opened = [one for one in ended.seen if one.state == "open"]
    theirs = [one.url for one in opened if block_of(one.body) is None]
    if theirs:
        why = f"{theirs[0]} was not opened by cifix, so it stays with its branch; close it by hand"
        return replace(ended.result, state=State.HELD, reason=why)
    for one in opened:
        withdraw(forge, one)
    if ended.result.commits:
        take_away(ended.job)
    return replace(ended.result, commits=())


def _adopt(forge: Forge, forges: Forges, ended: Ended) -> Result:
    """Find the request of a branch."""
    there = standing(forge.requests(forges.branch), ended.result.plan)
    if there.declined is not None:
        return replace(ended.result, state=State.DECLINED, request=there.declined.url)
    if there.open is not None:
        return replace(ended.result, state=State.REQUESTED, request=there.open.url)
    return ended.result


STEPS: Mapping[tuple[Mode, State], Callable[[Forge, Forges, Ended], Result]] = {
    (Mode.REQUEST, State.APPLIED): _request,
    (Mode.CLOSE, State.CLOSED): _withdraw,
    (Mode.ADOPT, State.APPLIED): _adopt,
}
"""What is to be done at the forge, by what the run is for and how the turn has ended; every other end is the last."""


class Queue:
    """The repositories that wait for their step at the forge; nobody else writes there."""

    def __init__(self, forges: Forges, mode: Mode) -> None:
        self._forges = forges
        self._mode = mode
        self._lines = Lines[Ended](forges.pace, forges.dead, write=mode is not Mode.ADOPT)

    def add(self, ended: Ended) -> None:
        """Let a repository wait for its step."""
        self._lines.add(host_of(ended.target), ended)

    def ready(self) -> Iterator[tuple[Target, Result]]:
        """What can be done now, with no more than a moment from one to the next."""
        while (found := self._lines.next()) is not None and self._forges.pace.soon(found[1]):
            ended = self._lines.take(found[0])
            try:
                result = self._stepped(ended)
            except Later:
                self.add(ended)
            else:
                yield ended.target, result

    def rest(self) -> Iterator[tuple[Target, Result]]:
        """Everything, however long that takes."""
        while (found := self._lines.next()) is not None:
            self._forges.pace.wait(found[1])
            yield from self.ready()

    def _stepped(self, ended: Ended) -> Result:
        """How it went; raises `Later` to be begun anew then, and to find what is done already."""
        step = STEPS[self._mode, ended.result.state]
        try:
            with self._forges.patience(ended.target):
                result = step(self._forges.forge(ended.target), self._forges, ended)
        except (GitError, UsageError) as why:
            result = replace(ended.result, state=State.FAILED, reason=str(why))
        return replace(result, analysis=None)
