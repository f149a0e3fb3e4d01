"""The facts of the rule that age, from `facts.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cifix.model.facts import sheet

ALLOW = "ACTIONS_ALLOW_UNSECURE_COMMANDS"
NODE24 = "FORCE_JAVASCRIPT_ACTIONS_TO_NODE24"
SAVE = "save-always"


@dataclass(frozen=True, slots=True)
class Facts:
    """`since`: for each setting the day since when it does nothing, and why.

    `modern`: by action, the first major version that is known to print no old commands.
    """

    since: Mapping[str, str]
    why: Mapping[str, str]
    modern: Mapping[str, int]


@cache
def facts() -> Facts:
    """The sheet of the rule, in the shape that the rule needs."""
    found = sheet("cifix.rules.workflow_leftovers").data
    settings = found["setting"]
    return Facts(
        {key: str(setting["since"]) for key, setting in settings.items()},
        {key: setting["why"] for key, setting in settings.items()},
        {slug: action["major"] for slug, action in found["modern"].items()},
    )
