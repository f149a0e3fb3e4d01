"""The facts of the rule that age, from `facts.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cifix.model.facts import sheet


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
    """The sheet of the rule, in the shape that the rule needs."""
    found = sheet("cifix.rules.register_markers").data
    plugins = {name: tuple(plugin["marks"]) for name, plugin in found["plugin"].items()}
    marks = {"pytest": tuple(found["pytest"]["marks"]), **plugins}
    return Facts(marks, frozenset(found["folders"]["shown"]), tuple(found["pytest"]["closed"]))
