"""How fast a forge may be called: one call at a time, never above its documented limits, never before it says so.

A call counts from the moment its answer is there, so that the forge, which saw it earlier, never counts more than we
do. What was called is kept in a book on disk: limits hold across runs, and across one that was killed.

The limits are those of GitHub's pages "Rate limits for the REST API" and "Best practices for using the REST API", read
2026-11; GitLab's are wider. A server that has stricter ones says so, and is obeyed.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, Protocol

from cifix.errors import GitError
from cifix.forge.calls import BETWEEN_WRITES, Answer, Call, message

HOUR = 3600.0
READS = ("GET", "HEAD")
_SECONDARY = 60.0
"""Seconds to leave a forge alone, at first, that limits us without saying for how long."""
_BROKEN = 1.0
"""The same for one that fails or does not answer."""
_LONGEST = 900.0
_SIMULATED = 1000
"""Writes that an estimate goes through; those beyond come as the slowest limit lets them."""
_LIMITED = (403, 422, 429)
_WORDS = ("rate limit", "abuse", "submitted too quickly")


@dataclass(frozen=True, slots=True)
class Window:
    """No more than `most` in any `seconds`: every read costs `read`, every write `write`."""

    seconds: float
    most: int
    read: int
    write: int


@dataclass(frozen=True, slots=True)
class Limits:
    """All windows, and the seconds from one write to the next."""

    windows: tuple[Window, ...] = (
        Window(60, 80, 0, 1),
        Window(HOUR, 500, 0, 1),
        Window(60, 900, 1, 5),
        Window(HOUR, 5000, 1, 1),
    )
    between: float = BETWEEN_WRITES

    def hourly(self, writes: int | None) -> "Limits":
        """These limits, and no more than so many writes in an hour."""
        more = () if writes is None else (Window(HOUR, writes, 0, 1),)
        return replace(self, windows=(*self.windows, *more))


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds since 1970, and how to let some pass."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Block:
    """Until when a forge is to be left alone, and how often in a row it has asked for that or failed."""

    until: float = 0
    failures: int = 0


class Book(Protocol):
    """What is kept on disk of the calls to each host."""

    def calls(self, host: str, now: float) -> Sequence[tuple[float, bool]]:
        """When each call of the last hour ended, oldest first, and whether it was a write.

        One that a killed run has not seen the end of has ended `now` at the latest.
        """

    def begin(self, host: str, *, write: bool) -> int:
        """Note that a call is about to be made."""

    def end(self, number: int, at: float) -> None:
        """Note that it has ended."""

    def blocked(self, host: str) -> Block:
        """What `block` has noted last."""

    def block(self, host: str, block: Block) -> None:
        """Note until when the host is to be left alone."""


class Later(Exception):  # noqa: N818 - nothing is wrong
    """The call must not be made, or must be made again, `until` then.

    `reason` says what the forge did, if anything, and `failures` how often in a row it has done such things.
    """

    def __init__(self, until: float, reason: str = "", failures: int = 0) -> None:
        super().__init__(reason)
        self.until = until
        self.reason = reason
        self.failures = failures


class Pace:
    """What may be called when, for every host."""

    def __init__(self, book: Book, limits: Limits = Limits(), clock: Clock = Clock()) -> None:
        self.clock = clock
        self._book = book
        self._limits = limits
        self._calls: dict[str, list[tuple[float, bool]]] = {}

    def soon(self, moment: float) -> bool:
        """Whether it is no more than the time between two writes away."""
        return moment <= self.clock.now() + self._limits.between

    def wait(self, moment: float) -> None:
        """Let the time until then pass."""
        while (left := moment - self.clock.now()) > 0:
            self.clock.sleep(left)

    def wait_a_moment(self) -> None:
        """Let the time between two writes pass."""
        self.clock.sleep(self._limits.between)

    def due(self, host: str, *, write: bool = True) -> float:
        """The moment from which a call may be made; it can be past."""
        return max(self._book.blocked(host).until, _due(self._known(host), self._limits, write=write))

    def left(self, host: str, writes: int) -> float:
        """The seconds that so many writes still take, if the forge does nothing unforeseen."""
        now = self.clock.now()
        moment = max(now, self._book.blocked(host).until)
        calls = list(self._known(host))
        for _ in range(min(writes, _SIMULATED)):
            moment = max(moment, _due(calls, self._limits, write=True))
            calls = [call for call in calls if call[0] > moment - HOUR]
            calls.append((moment, True))
        slowest = max(window.seconds * window.write / window.most for window in self._limits.windows)
        return moment - now + max(writes - _SIMULATED, 0) * max(slowest, self._limits.between)

    def paced(self, host: str, call: Call) -> Call:
        """`call`, made only when it may be; raises `Later` if that is more than a moment away, or to be repeated."""

        def made(
            method: str,
            path: str,
            params: Mapping[str, str] = MappingProxyType({}),
            body: Mapping[str, Any] | None = None,
        ) -> Answer:
            write = method not in READS
            due = self.due(host, write=write)
            if not self.soon(due):
                raise Later(due)
            self.wait(due)
            try:
                answer = self._counted(host, lambda: call(method, path, params, body), write=write)
            except GitError as why:
                raise self._later(host, _BROKEN, None, str(why)) from why
            return self._heeded(host, answer)

        return made

    def _counted(self, host: str, call: Callable[[], Answer], *, write: bool) -> Answer:
        number = self._book.begin(host, write=write)
        try:
            return call()
        finally:
            ended = self.clock.now()
            self._book.end(number, ended)
            self._known(host).append((ended, write))

    def _heeded(self, host: str, answer: Answer) -> Answer:
        """The answer, if it is one; what its headers ask for holds for the next call."""
        told = _told(answer.headers, self.clock.now())
        said = f"{message(answer.data)} ({answer.status})"
        if _limits(answer):
            raise self._later(host, _SECONDARY, told, said)
        if answer.status >= 500:  # noqa: PLR2004 - the class of a server's own errors
            raise self._later(host, _BROKEN, told, said)
        if told is not None or self._book.blocked(host).failures:
            self._book.block(host, Block(told or 0))
        return answer

    def _later(self, host: str, least: float, told: float | None, reason: str) -> Later:
        """When to go on: as the forge says, else after a pause that doubles each time, both not to the second."""
        failures = self._book.blocked(host).failures
        now = self.clock.now()
        pause = min(least * 2**failures, _LONGEST) if told is None else max(told - now, 0)
        until = now + pause + random.uniform(0, max(pause / 4, _BROKEN))  # noqa: S311 - no secret
        self._book.block(host, Block(until, failures + 1))
        return Later(until, reason, failures + 1)

    def _known(self, host: str) -> list[tuple[float, bool]]:
        now = self.clock.now()
        if host not in self._calls:
            self._calls[host] = list(self._book.calls(host, now))
        known = self._calls[host]
        while known and known[0][0] <= now - HOUR:
            del known[0]
        return known


def _due(calls: Sequence[tuple[float, bool]], limits: Limits, *, write: bool) -> float:
    due = next((ended + limits.between for ended, wrote in reversed(calls) if wrote), 0.0) if write else 0.0
    for window in limits.windows:
        costs = [(ended, window.write if wrote else window.read) for ended, wrote in calls]
        room = window.most - (window.write if write else window.read) - sum(cost for _, cost in costs)
        for ended, cost in costs:
            if room >= 0:
                break
            room += cost
            due = max(due, ended + window.seconds) if cost else due
    return due


def _limits(answer: Answer) -> bool:
    """Whether the forge turns a call down for having had too many; a plain 403 is a refusal for good."""
    if answer.status not in _LIMITED:
        return False
    told = message(answer.data).lower()
    asked = "retry-after" in _lower(answer.headers) or _lower(answer.headers).get("x-ratelimit-remaining") == "0"
    return answer.status == 429 or any(word in told for word in _WORDS) or (asked and answer.status == 403)  # noqa: PLR2004


def _told(headers: Mapping[str, str], now: float) -> float | None:
    """The moment that the headers name: `Retry-After` in seconds or as a date, or when a used-up limit begins anew."""
    lower = _lower(headers)
    after = lower.get("retry-after", "")
    if after.isdecimal():
        return now + int(after)
    if after:
        try:
            return parsedate_to_datetime(after).timestamp()
        except ValueError:
            pass
    for kind in ("x-ratelimit", "ratelimit"):
        reset = lower.get(f"{kind}-reset", "")
        if lower.get(f"{kind}-remaining") == "0" and reset.isdecimal():
            return float(reset)
    return None


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): str(value) for name, value in headers.items()}
