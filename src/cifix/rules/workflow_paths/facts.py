"""The facts of the rule that age, from `facts.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cifix.model.facts import sheet


@dataclass(frozen=True, slots=True)
class Facts:
    """`programs`: those with paths as arguments, each with the words of which one must come first, if any.

    `flags` are options without a value, `files` options of which the value is a file. `inputs` are those of actions
    that name files. `inert_actions` and `inert_programs`, `programs` among them, make no files; `made` are names that
    builds give, `common` those that many folders have.
    """

    programs: Mapping[str, frozenset[str]]
    flags: frozenset[str]
    files: frozenset[str]
    inputs: Mapping[str, frozenset[str]]
    inert_actions: frozenset[str]
    inert_programs: frozenset[str]
    made: frozenset[str]
    common: frozenset[str]


@cache
def facts() -> Facts:
    """The sheet of the rule, in the shape that the rule needs."""
    found = sheet("cifix.rules.workflow_paths").data
    return Facts(
        {program: frozenset(first) for program, first in found["programs"].items()},
        frozenset(found["options"]["flags"]),
        frozenset(found["options"]["files"]),
        {action: frozenset(inputs) for action, inputs in found["inputs"].items()},
        frozenset(found["inert"]["actions"]),
        frozenset({*found["inert"]["programs"], *found["programs"]}),
        frozenset(found["inert"]["made"]),
        frozenset(found["names"]["common"]),
    )
