"""The facts of the rule that age, from `facts.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from cifix.model.facts import sheet

TOKEN = "<token>"  # noqa: S105 - it stands for the token of the job
"""In a condition: the token that every job has."""


@dataclass(frozen=True, slots=True)
class Need:
    """The scopes that an action must be able to write to, and when that is so.

    It may need those of `also` too, and fails in some runs only if `sometimes`. One of `alternatives` is as good.
    `token` are inputs that may hold another token; `when` and `unless` conditions on inputs; `events` limits it to
    workflows that one of them starts, `hosted` to runners of GitHub, and `publishes` to jobs that push an image;
    `pushes` says that the action pushes with what the checkout of the job left behind.
    """

    action: str
    write: tuple[str, ...]
    source: str
    alternatives: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    sometimes: bool = False
    token: tuple[str, ...] = ()
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    events: frozenset[str] = frozenset()
    hosted: bool = False
    pushes: bool = False
    publishes: bool = False


@cache
def needs() -> Mapping[str, tuple[Need, ...]]:
    """The sheet of the rule: what each action needs, by its name in lower case."""
    found = sheet("cifix.rules.workflow_permissions").data
    by_action: dict[str, tuple[Need, ...]] = {}
    for row in found["need"]:
        need = Need(
            row["action"],
            tuple(row["write"]),
            row["source"],
            tuple(row.get("alternatives", ())),
            tuple(row.get("also", ())),
            row.get("sometimes", False),
            tuple(row.get("token", ())),
            {key: tuple(values) for key, values in row.get("when", {}).items()},
            {key: tuple(values) for key, values in row.get("unless", {}).items()},
            frozenset(row.get("events", ())),
            row.get("hosted", False),
            row.get("pushes", False),
            row.get("publishes", False),
        )
        by_action[need.action] = (*by_action.get(need.action, ()), need)
    return by_action
