"""The legs of a job: its `strategy.matrix`, expanded as far as it is written down."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import inf, prod

from cifix.formats.actions.expression import Lookup, Result, Unknown, Value, dynamic
from cifix.formats.yaml import Map, Node, Seq, kind, resolved

LEGS = 256
"""The legs GitHub allows in one matrix."""

_STEPS = LEGS * LEGS
"""Legs times entries of `include` and `exclude` above which a matrix is not expanded."""

Data = Value | Unknown | list["Data"] | dict[str, "Data"]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The legs of a job, each with its values.

    `unknown` names the axes whose values only a run can tell; each stands in every leg as one `Unknown`.
    It is None if the shape of the whole matrix is unknown; then there is one leg without values.
    """

    legs: tuple[Mapping[str, Data], ...]
    unknown: frozenset[str] | None = frozenset()


ONE = Matrix(({},))
"""A job without a matrix."""

_OPEN = Matrix(({},), None)


def expand(node: Node | None) -> Matrix:
    """The matrix that stands at `strategy.matrix`."""
    if node is None:
        return ONE
    found = data(node)
    if not isinstance(found, dict):
        return _OPEN
    include, exclude = found.pop("include", []), found.pop("exclude", [])
    unknown = frozenset(axis for axis, values in found.items() if not isinstance(values, list) or _varies(values))
    if _varies([include, exclude]) or (unknown and (include or exclude)):
        return _OPEN
    if not isinstance(include, list) or not isinstance(exclude, list):
        return _OPEN
    axes: dict[str, Data] = {
        axis: [Unknown(f"matrix.{axis.lower()}")] if axis in unknown else values for axis, values in found.items()
    }
    if _size(axes) * (1 + len(include) + len(exclude)) > _STEPS:
        return _OPEN
    legs = list(_legs(axes, exclude))
    _include(legs, include, frozenset(axes))
    return Matrix(tuple(legs) or ({},), unknown) if len(legs) <= LEGS else _OPEN


def at(leg: Mapping[str, Data], path: str) -> Data:
    """The value at a dotted path in lower case, such as `config.name`; None if the leg has none."""
    found: Data = dict(leg)
    for key in path.split("."):
        if isinstance(found, Unknown):
            return found
        if not isinstance(found, dict):
            return None
        found = next((value for name, value in found.items() if name.lower() == key), None)
    return found


def leg_values(leg: Mapping[str, Data], matrix: Matrix) -> Lookup:
    """What `matrix.` means in one leg; anything else is not known."""

    def value(path: str) -> Result:
        context, _, name = path.partition(".")
        known = context == "matrix" and matrix.unknown is not None
        found = at(leg, name) if known else Unknown(path)
        return Unknown(path) if isinstance(found, list | dict) else found

    return value


def data(node: Node) -> Data:
    """What a node stands for, in Python's types; a text with an expression is `Unknown`."""
    node = resolved(node)
    if isinstance(node, Map):
        return {entry.key.value: data(entry.value) for entry in node.entries}
    if isinstance(node, Seq):
        return [data(item) for item in node.items]
    return Unknown(node.value) if dynamic(node.value) else _value(node.value, kind(node))


def _value(text: str, found: str) -> Value:
    match found:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return _number(text)
        case "float":
            return float(text.replace(".inf", "inf").replace(".nan", "nan"))
        case _:
            return text


def _number(text: str) -> float:
    """An integer as GitHub holds it, in a floating point number."""
    try:
        return float(int(text, 0)) if text[:2] in {"0x", "0o"} else float(text)
    except OverflowError:
        return inf


def _varies(found: Data) -> bool:
    if isinstance(found, dict):
        return any(_varies(value) for value in found.values())
    if isinstance(found, list):
        return any(_varies(value) for value in found)
    return isinstance(found, Unknown)


def _size(axes: Mapping[str, Data]) -> int:
    return prod(len(values) for values in axes.values() if isinstance(values, list))


def _legs(axes: Mapping[str, Data], exclude: list[Data]) -> Iterator[dict[str, Data]]:
    lists = [values for values in axes.values() if isinstance(values, list)]
    if not axes:
        return
    for values in product(*lists):
        leg = dict(zip(axes, values, strict=True))
        if not any(isinstance(rule, dict) and _within(rule, leg) for rule in exclude):
            yield leg


def _within(part: Data, whole: Data) -> bool:
    """Whether every key of `part` is in `whole` with an equal value, at any depth."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _within(value, whole[key]) for key, value in part.items())
    return part == whole


def _include(legs: list[dict[str, Data]], include: list[Data], axes: frozenset[str]) -> None:
    """Add each entry to every original leg whose axes it does not contradict; without one, it is a new leg."""
    originals = list(legs)
    for entry in include:
        if not isinstance(entry, dict):
            continue
        fitting = [leg for leg in originals if all(leg[axis] == entry[axis] for axis in axes & entry.keys())]
        for leg in fitting:
            leg.update(entry)
        if not fitting:
            legs.append(dict(entry))
