"""The facts of the rule that age, from `facts.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cifix.formats.actions.artifacts import DOWNLOAD, UPLOAD


@dataclass(frozen=True, slots=True)
class Target:
    """What replaces old refs of one action, and the versions of commits that are known."""

    exact: str
    sha: str
    known: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the data file says.

    `target` is the major to move to, `dead` the day each older major stopped working, `hidden_excluded` the first
    upload that leaves hidden files out, `actions` the refs by action.
    """

    target: int
    dead: Mapping[str, str]
    hidden_excluded: tuple[int, ...]
    actions: Mapping[str, Target]


@cache
def facts() -> Facts:
    """Read `facts.toml` beside this module, once."""
    found = tomllib.loads(files("cifix.rules.upgrade_artifacts").joinpath("facts.toml").read_text("utf-8"))
    actions = {slug: Target(**found[slug.partition("/")[2]]) for slug in (UPLOAD, DOWNLOAD)}
    return Facts(found["target"], found["dead"], tuple(found["hidden-excluded"]), actions)
