"""A rule: a pure function from a snapshot to findings, and the page that explains it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cifix.model.facts import Sheet
from cifix.model.finding import Finding, Safety
from cifix.model.snapshot import Snapshot

Find = Callable[[Snapshot, Any], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class NoOptions:
    """A rule that cannot be configured."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the engine knows of a rule.

    `reads` are globs of the files whose content can start a finding, and `needles` byte strings of which
    one must occur in such a file: without a candidate file the rule does not run. `safety` is the best
    level it can reach. `after` names rules that must have run first. `options` is a frozen dataclass;
    a field called `selected` is set by the engine when the user names the rule on the command line, one called
    `today` to the day of the run unless the user set it. `refusals` maps each key that the rule may give to one line
    for its page. `facts` reads what the rule knows that ages, if anything.
    """

    id: str
    page: str
    reads: tuple[str, ...]
    needles: tuple[bytes, ...]
    safety: Safety
    find: Find
    after: tuple[str, ...] = ()
    options: type[Any] = NoOptions
    refusals: Mapping[str, str] = field(default_factory=dict)
    facts: Callable[[], Sheet] | None = None

    def candidates(self, snapshot: Snapshot) -> Iterator[str]:
        """The paths, sorted, whose bytes can matter to this rule."""
        return snapshot.containing(self.needles, self.reads)

    @property
    def summary(self) -> str:
        """The first line of the page."""
        return self.page.strip().partition("\n")[0].rstrip(".")


def declare(
    page: str | None,
    *,
    reads: tuple[str, ...],
    safety: Safety,
    needles: tuple[bytes, ...] = (),
    after: tuple[str, ...] = (),
    options: type[Any] = NoOptions,
    refusals: Mapping[str, str] | None = None,
    facts: Callable[[], Sheet] | None = None,
) -> Callable[[Find], Rule]:
    """Turn the function below it into a rule named like its module: `rules/lazy_init.py` is `lazy-init`."""

    def bind(find: Find) -> Rule:
        name = find.__module__.rpartition(".")[2].replace("_", "-")
        return Rule(name, page or "", reads, needles, safety, find, after, options, dict(refusals or {}), facts)

    return bind
