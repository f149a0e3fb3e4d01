"""The facts of the rule that age, from `facts.toml`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from cifix.model.facts import sheet


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin of pytest, its options, and the name that `-p no:NAME` switches it off by."""

    distribution: str
    options: frozenset[str]
    switch: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Distributions by the commands and modules they bring.

    `strangers` are names of programs and of owners of actions, by what they do to environments.
    """

    commands: Mapping[str, str]
    modules: Mapping[str, str]
    plugins: tuple[Plugin, ...]
    brings: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]
    strangers: Mapping[str, frozenset[str]]

    @property
    def distributions(self) -> frozenset[str]:
        """Every distribution that is known: what it brings along is known too."""
        return frozenset(self.commands.values()) | {plugin.distribution for plugin in self.plugins}


@cache
def facts() -> Facts:
    """The sheet of the rule, in the shape that the rule needs."""
    found = sheet("cifix.rules.sync_uv_groups").data
    same = {name: name for name in found["same"]["distributions"]}
    commands = {command: tool["distribution"] for tool in found["tool"] for command in tool["commands"]}
    modules = {module: tool["distribution"] for tool in found["tool"] for module in tool["modules"]}
    plugins = (Plugin(one["distribution"], frozenset(one["options"]), one["switch"]) for one in found["plugin"])
    brings = ((re.compile(pattern), tuple(names)) for pattern, names in found["brings"].items())
    strangers = {kind: frozenset(names) for kind, names in found["strangers"].items()}
    commands, modules = {**same, **commands}, {**same, **modules}
    return Facts(commands, modules, tuple(plugins), tuple(brings), strangers)


def implied(name: str) -> Iterator[str]:
    """What a distribution surely brings, by its name alone."""
    for pattern, brought in facts().brings:
        if pattern.fullmatch(name):
            yield from brought
