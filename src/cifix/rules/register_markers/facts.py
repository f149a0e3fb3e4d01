"""The facts of the rule that age, from `facts.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Facts:
    """`marks`: what each distribution registers. `skipped`: folders whose modules are taken for no tests.

    `default`: the folders that pytest itself does not enter, as patterns.
    """

    marks: Mapping[str, tuple[str, ...]]
    skipped: frozenset[str]
    default: tuple[str, ...]

    @property
    def known(self) -> frozenset[str]:
        """Every mark that pytest or a known plugin registers."""
        return frozenset(mark for marks in self.marks.values() for mark in marks)


@cache
def facts() -> Facts:
    """Read `facts.toml` beside this module, once."""
    found = tomllib.loads(files("cifix.rules.register_markers").joinpath("facts.toml").read_text("utf-8"))
    marks = {name: tuple(marks) for name, marks in found["marks"].items()}
    return Facts(marks, frozenset(found["skipped"]["folders"]), tuple(found["skipped"]["default"]))
