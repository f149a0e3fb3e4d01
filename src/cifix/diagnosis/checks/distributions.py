"""Which distribution brings a module, a command, or something of pytest: what is known by name alone."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cifix.formats.python.project import normalised
from cifix.rules.sync_uv_groups.facts import facts


@dataclass(frozen=True, slots=True)
class Known:
    """Distributions by import name, fixture and setting; `gone` are removed modules by the Python that lacks them."""

    imports: Mapping[str, str]
    fixtures: Mapping[str, str]
    settings: Mapping[str, str]
    gone: Mapping[str, str]


@cache
def known() -> Known:
    """Read `distributions.toml` beside this module, once."""
    told = tomllib.loads((files("cifix.diagnosis.checks") / "distributions.toml").read_text("utf-8"))
    gone = {module: version for version, modules in told["gone"].items() for module in modules}
    return Known(told["imports"], told["fixtures"], told["settings"], gone)


def of_module(module: str) -> str:
    """The distribution that most likely brings a top-level module: its own name where nothing else is known."""
    return known().imports.get(module) or facts().modules.get(module) or module.replace("_", "-")


def of_command(command: str) -> str | None:
    """The distribution that brings a command; None if none is known to."""
    return facts().commands.get(command) or facts().modules.get(command)


def of_option(option: str) -> str | None:
    """The plugin of pytest that knows an option; None if none is known to."""
    name = option.partition("=")[0]
    return next((plugin.distribution for plugin in facts().plugins if name in plugin.options), None)


def same(one: str, other: str) -> bool:
    """Whether two names are of one distribution."""
    return normalised(one) == normalised(other)
