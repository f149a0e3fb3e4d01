"""A question to the checkout about one fact of a log, and the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.checkout import Checkout
from cifix.diagnosis.jobs import Site
from cifix.engine.plan import Placed


@dataclass(frozen=True, slots=True)
class Insight:
    """What the checkout says: how sure that makes the cause, in one sentence, what to do, and what command shows it.

    `ignored` tells that an ignore pattern keeps the file out, `findings` are those of rules that know it.
    """

    verdict: Verdict
    sentence: str
    advice: str
    command: str = ""
    ignored: bool = False
    findings: tuple[Placed, ...] = ()


@dataclass(frozen=True)
class Question:
    """A fact with its values, in a job: `sites` are those that it can be, `known` tells whether its name says so."""

    fact: str
    values: Mapping[str, str]
    checkout: Checkout
    sites: tuple[Site, ...] = ()
    known: bool = False

    @cached_property
    def scripts(self) -> str:
        """All that the jobs run."""
        return "\n".join(site.scripts for site in self.sites)

    @cached_property
    def sure(self) -> bool:
        """Whether the scripts of the jobs are all that they do: they are known, and call nothing of the repository."""
        return self.known and all(site.closed for site in self.sites)
