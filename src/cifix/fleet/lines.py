"""What waits for forges, a line for each, so that one that asks for patience holds up no other."""

from collections import deque
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cifix.forge.pace import Pace

T = TypeVar("T")


@dataclass(slots=True)
class Lines(Generic[T]):
    """The lines, by host; no host is a folder, which never waits, and neither do the `dead`, of which nothing comes.

    `write` says whether those that wait are going to write.
    """

    pace: Pace
    dead: AbstractSet[str]
    write: bool
    _waiting: dict[str, deque[T]] = field(default_factory=dict)

    def add(self, host: str, one: T) -> None:
        """Let it wait for its turn."""
        self._waiting.setdefault(host, deque()).append(one)

    def take(self, host: str) -> T:
        """The one that has waited longest."""
        return self._waiting[host].popleft()

    def next(self) -> tuple[str, float] | None:
        """The host that can be called soonest, and when; None if nothing waits."""
        due = ((host, self._due(host)) for host, line in self._waiting.items() if line)
        return min(due, key=lambda one: one[1], default=None)

    def _due(self, host: str) -> float:
        return self.pace.due(host, write=self.write) if host and host not in self.dead else 0
