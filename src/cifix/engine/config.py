"""What the target repository says about its own run: it may narrow it, never widen it or load code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cifix.errors import UsageError
from cifix.formats import toml
from cifix.model.rule import Rule
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

KEYS = ("select", "ignore", "exclude", "rules")


@dataclass(frozen=True, slots=True)
class Config:
    """The `[tool.cifix]` table of pyproject.toml, or cifix.toml, which wins if both are there.

    `select` and `ignore` name rules, `exclude` holds globs of paths that no fix may touch, and
    `rules` the options of each rule by its id. `origin` is the file, for messages.
    """

    origin: str = "the defaults"
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    rules: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


def load(snapshot: Snapshot) -> Config:
    """Read the configuration of the repository; raises `UsageError` for anything it does not understand."""
    if "cifix.toml" in snapshot:
        return _config(_table(snapshot, "cifix.toml"), "cifix.toml")
    if "pyproject.toml" in snapshot.containing((b"cifix",), ("pyproject.toml",)):
        tool = _table(snapshot, "pyproject.toml").get("tool")
        if isinstance(tool, dict) and "cifix" in tool:
            return _config(tool["cifix"], "pyproject.toml [tool.cifix]")
    return Config()


def options_for(
    rule: Rule,
    config: Config,
    *,
    selected: bool,
    overrides: Mapping[str, object] | None = None,
    today: date | None = None,
) -> Any:  # noqa: ANN401 - each rule has a type of its own
    """The options record of a rule, filled from the configuration; raises `UsageError` for wrong ones.

    `overrides`, by field, win over the configuration in every rule that has the field; `today` does not.
    """
    given = config.rules.get(rule.id, {})
    hints = get_type_hints(rule.options)
    known = [item.name for item in fields(rule.options) if item.name != "selected"]
    where = f"{config.origin}: option of {rule.id}"
    values: dict[str, object] = {}
    for key, value in given.items():
        name = key.replace("-", "_")
        if name not in known:
            raise UsageError(f"{where}: {unknown(key, [item.replace('_', '-') for item in known])}")
        values[name] = _typed(value, hints[name], f"{where}: {key}")
    for name, value in (overrides or {}).items():
        if name in known:
            values[name] = _typed(value, hints[name], f"option of {rule.id}: {name.replace('_', '-')}")
    if "selected" in hints:
        values["selected"] = selected
    if "today" in hints and today is not None:
        values.setdefault("today", today.isoformat())
    return rule.options(**values)


def choose(
    rules: Mapping[str, Rule],
    plugins: frozenset[str],
    config: Config,
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
) -> tuple[Rule, ...]:
    """The rules to run, in order: what the user named, or else all that are built in, less what is ignored.

    The configuration's `select` narrows the default only; its `ignore` always holds. Raises
    `UsageError` for a name that no rule has.
    """
    wanted, unwanted = tuple(select), {*ignore, *config.ignore}
    for origin, names in (("--select/--ignore", (*wanted, *ignore)), (config.origin, _named(config))):
        for name in names:
            if name not in rules:
                raise UsageError(f"{origin}: {unknown(name, rules, 'rule')}")
    default = tuple(name for name in rules if name not in plugins)
    if config.select is not None:
        default = tuple(name for name in default if name in config.select)
    return tuple(rules[name] for name in rules if name in (wanted or default) and name not in unwanted)


def unknown(name: str, known: Iterable[str], kind: str = "key") -> str:
    """The sentence for a name that is not known, with the nearest one that is."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names) or 'none'}"
    return f"unknown {kind} {name!r}; {hint}"


def _named(config: Config) -> tuple[str, ...]:
    return (*(config.select or ()), *config.ignore, *config.rules)


def _table(snapshot: Snapshot, path: str) -> dict[str, Any]:
    try:
        return toml.parse(snapshot.text(path))
    except Opaque as why:
        raise UsageError(f"{path}: cannot be read as TOML: {why}. Repair it, then run cifix again.") from why


def _config(table: object, origin: str) -> Config:
    if not isinstance(table, dict):
        raise UsageError(f"{origin}: must be a table")
    for key in table:
        if key not in KEYS:
            raise UsageError(f"{origin}: {unknown(key, KEYS)}")
    options = table.get("rules", {})
    if not isinstance(options, dict) or not all(isinstance(value, dict) for value in options.values()):
        raise UsageError(f"{origin}: `rules` must hold one table per rule, such as [rules.upgrade-artifacts]")
    lists = {
        key: _typed(table[key], tuple[str, ...], f"{origin}: {key}")
        for key in ("select", "ignore", "exclude")
        if key in table
    }
    return Config(origin, rules=options, **lists)


def _typed(value: object, hint: Any, where: str) -> Any:  # noqa: ANN401
    if get_origin(hint) is Literal:
        if value in get_args(hint):
            return value
        allowed = ", ".join(repr(one) for one in get_args(hint))
        raise UsageError(f"{where} must be one of {allowed}, not {value!r}")
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        if isinstance(value, list) and all(type(one) is item for one in value):
            return tuple(value)
        raise UsageError(f"{where} must be a list of {_NOUN[item]}s, not {value!r}")
    if type(value) is not hint:
        raise UsageError(f"{where} must be a {_NOUN[hint]}, not {value!r}")
    return value


_NOUN = {str: "string", bool: "boolean", int: "number"}
