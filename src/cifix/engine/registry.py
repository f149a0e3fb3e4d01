"""Every rule there is: the modules of `cifix.rules`, and the plugins that other packages offer."""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

import cifix.rules
from cifix.model.rule import Rule

GROUP = "cifix.rules"


@dataclass(frozen=True, slots=True)
class Crash:
    """A rule or plugin that could not be loaded, or that raised an exception while it ran."""

    rule: str
    detail: str


@dataclass(frozen=True, slots=True)
class Registry:
    """Rules by id, in the order they run; `plugins` are the ids that came from other packages."""

    rules: Mapping[str, Rule]
    plugins: frozenset[str] = frozenset()
    crashes: tuple[Crash, ...] = ()


def discover(package: ModuleType = cifix.rules, points: Iterable[EntryPoint] | None = None) -> Registry:
    """Load all rules of `package` and all plugins; what fails to load is named, the others stand."""
    rules: dict[str, Rule] = {}
    crashes: list[Crash] = []
    own = [f"{package.__name__}.{module.name}" for module in pkgutil.iter_modules(package.__path__)]
    for name in sorted(own):
        try:
            _add(rules, name.rpartition(".")[2].replace("_", "-"), importlib.import_module(name).rule)
        except Exception as why:  # noqa: BLE001 - whatever a rule does wrong must not stop the others
            crashes.append(Crash(name, f"cannot be loaded: {_words(why)}"))
    built_in = frozenset(rules)
    for point in sorted(entry_points(group=GROUP) if points is None else points, key=lambda point: point.name):
        try:
            _add(rules, point.name, point.load())
        except Exception as why:  # noqa: BLE001
            crashes.append(Crash(point.name, f"the plugin {point.value} cannot be loaded: {_words(why)}"))
    return Registry(_ordered(rules, crashes), frozenset(rules) - built_in, tuple(crashes))


def _add(rules: dict[str, Rule], name: str, rule: object) -> None:
    if not isinstance(rule, Rule):
        raise TypeError(f"`rule` is a {type(rule).__name__}, not a Rule made by `declare`")
    if rule.id != name:
        raise ValueError(f"the rule calls itself {rule.id!r}, it must be {name!r} like the name it is found under")
    if rule.id in rules:
        raise ValueError(f"there is a rule {rule.id!r} already: an id can be used once")
    rules[rule.id] = rule


def _ordered(rules: Mapping[str, Rule], crashes: list[Crash]) -> dict[str, Rule]:
    sorter = TopologicalSorter({name: [a for a in rules[name].after if a in rules] for name in sorted(rules)})
    try:
        sorter.prepare()
    except CycleError as why:
        crashes.append(Crash(why.args[1][0], f"`after` goes round in a circle: {' -> '.join(why.args[1])}"))
        return dict(sorted(rules.items()))
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return {name: rules[name] for name in order}


def _words(why: Exception) -> str:
    return f"{type(why).__name__}: {why}"
