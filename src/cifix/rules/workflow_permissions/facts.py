"""The facts of the rule that age, from `facts.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

TOKEN = "<token>"  # noqa: S105 - it stands for the token of the job
"""In a condition: the token that every job has."""


@dataclass(frozen=True, slots=True)
class Need:
    """The scopes that an action must be able to write to, and when that is so.

    One of `alternatives` is as good. `token` are inputs that may hold another token; `when` and `unless` conditions on
    inputs; `hosted` limits it to runners of GitHub, `pushes` says that the action pushes with what the checkout of
    the job left behind, and `publishes` limits it to jobs that push an image.
    """

    action: str
    write: tuple[str, ...]
    source: str
    alternatives: tuple[str, ...] = ()
    token: tuple[str, ...] = ()
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hosted: bool = False
    pushes: bool = False
    publishes: bool = False


@cache
def needs() -> Mapping[str, tuple[Need, ...]]:
    """Read `facts.toml` beside this module, once: what each action needs, by its name in lower case."""
    found = tomllib.loads(files("cifix.rules.workflow_permissions").joinpath("facts.toml").read_text("utf-8"))
    by_action: dict[str, tuple[Need, ...]] = {}
    for row in found["need"]:
        need = Need(
            row["action"],
            tuple(row["write"]),
            row["source"],
            tuple(row.get("alternatives", ())),
            tuple(row.get("token", ())),
            {key: tuple(values) for key, values in row.get("when", {}).items()},
            {key: tuple(values) for key, values in row.get("unless", {}).items()},
            row.get("hosted", False),
            row.get("pushes", False),
            row.get("publishes", False),
        )
        by_action[need.action] = (*by_action.get(need.action, ()), need)
    return by_action
