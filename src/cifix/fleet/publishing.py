"""What is done at the forge once a turn has ended: one repository at a time for each forge, as fast as that allows."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from cifix.errors import GitError, UsageError
from cifix.fleet.job import Analysis, Job, Mode, Result, State, Target
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
    forges that have been given up for this run.
    """

    branch: str
    wish: Wish
    environ: Mapping[str, str]
    folder: Path
    pace: Pace
    dead: set[str] = field(default_factory=set)

    def forge(self, target: Target) -> Forge:
        """The project of a repository; raises `UsageError` if there is no way to it, `GitError` if that is dead."""
        if host_of(target) in self.dead:
            raise GitError(f"{_AGAIN}, whatever it is asked")
        address = distant(target.url) or Address(target.url, "", target.slug)
        paced = partial(self.pace.paced, host_of(target))
        return choose(address, self.wish.kind, self.environ, self.folder / target.slug, paced).forge

    def look(self, target: Target) -> Sequence[Request]:
        """The requests of our branch, after as much patience as it takes; raises `GitError` and `UsageError`."""
        failures = 0
        while True:
            try:
                return self.forge(target).requests(self.branch)
            except Later as later:
                failures += bool(later.reason)
                if self.lost(target, later, failures):
                    raise GitError(f"{_AGAIN}: {later}") from later
                self.pace.wait(later.until)

    def lost(self, target: Target, later: Later, failures: int) -> bool:
        """Whether a repository is given up for which the forge has failed so often, alone or with the whole forge."""
        if later.failures >= _DEAD:
            self.dead.add(host_of(target))
        return failures >= _TRIES or host_of(target) in self.dead

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


@dataclass(slots=True)
class Queue:
    """The repositories that wait for their forge, a line for each; nobody else calls it."""

    forges: Forges
    mode: Mode
    _lines: dict[str, deque[Ended]] = field(default_factory=dict)
    _failures: dict[str, int] = field(default_factory=dict)

    def add(self, ended: Ended) -> None:
        """Let a repository wait for its step."""
        self._lines.setdefault(host_of(ended.target), deque()).append(ended)

    def ready(self) -> Iterator[tuple[Target, Result]]:
        """What can be done now, with no more than a moment from one to the next."""
        while (host := self._next()) is not None and self.forges.pace.soon(self._due(host)):
            ended = self._lines[host].popleft()
            result = self._stepped(ended)
            if result is None:
                self._lines[host].append(ended)
            else:
                yield ended.target, result

    def rest(self) -> Iterator[tuple[Target, Result]]:
        """Everything, however long that takes."""
        while (host := self._next()) is not None:
            self.forges.pace.wait(self._due(host))
            yield from self.ready()

    def _next(self) -> str | None:
        waiting = [host for host, line in self._lines.items() if line]
        return min(waiting, key=self._due, default=None)

    def _due(self, host: str) -> float:
        if not host or host in self.forges.dead:
            return 0
        return self.forges.pace.due(host, write=self.mode is not Mode.ADOPT)

    def _stepped(self, ended: Ended) -> Result | None:
        """How it went, or None if the forge wants it later: then it is begun anew, and finds what is done already."""
        step, url = STEPS[self.mode, ended.result.state], ended.target.url
        try:
            result = step(self.forges.forge(ended.target), self.forges, ended)
        except Later as later:
            self._failures[url] = self._failures.get(url, 0) + bool(later.reason)
            if not self.forges.lost(ended.target, later, self._failures[url]):
                return None
            result = replace(ended.result, state=State.FAILED, reason=f"{_AGAIN}: {later}")
        except (GitError, UsageError) as why:
            result = replace(ended.result, state=State.FAILED, reason=str(why))
        return replace(result, analysis=None)
