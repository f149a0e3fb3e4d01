"""The facts of the rule that age, from `facts.toml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cifix.model.facts import sheet


@dataclass(frozen=True, slots=True)
class Facts:
    """`gates`: programs that are run for their answer, each with the words of which one must follow, if any.

    `actions` are such actions; `judges` matches actions that fail for results which another step left. With an option
    of `harmless` a program is no gate; `meant` matches words with which people say that a failure may pass.
    """

    gates: Mapping[str, frozenset[str]]
    actions: frozenset[str]
    judges: re.Pattern[str]
    harmless: frozenset[str]
    meant: re.Pattern[str]


@cache
def facts() -> Facts:
    """The sheet of the rule, in the shape that the rule needs."""
    found = sheet("cifix.rules.workflow_security").data
    actions, words = found["actions"], found["words"]
    return Facts(
        {program: frozenset(following) for program, following in found["gates"].items()},
        frozenset(actions["gates"]),
        re.compile("|".join(actions["judges"])),
        frozenset(words["harmless"]),
        re.compile("|".join(words["meant"]), re.IGNORECASE),
    )
