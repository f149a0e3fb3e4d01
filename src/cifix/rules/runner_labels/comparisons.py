"""The labels that a job's expressions compare its matrix with."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cifix.formats.actions.expression import spots
from cifix.formats.yaml import Document, Scalar
from cifix.model.expect import Route

_TEXT = re.compile(r"'((?:[^']|'')*)'")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A text in an expression that the axis is tested with: the scalar, and `start:end` in its value.

    `equal` says whether the whole axis is compared with it by `==` or `!=`.
    """

    route: Route
    scalar: Scalar
    start: int
    end: int
    text: str
    equal: bool


def comparisons(document: Document, job: Route, axis: tuple[str, ...]) -> Iterator[Comparison]:
    """Every text in an expression of the job that mentions the axis."""
    name = mention(axis)
    for route, scalar in scalars(document, job):
        for start, end in _expressions(route, scalar):
            if not name.search(scalar.value, start, end):
                continue
            for found in _TEXT.finditer(scalar.value, start, end):
                before, after = scalar.value[start : found.start()], scalar.value[found.end() : end]
                equal = re.search(rf"{name.pattern}\s*[!=]=\s*$", before, re.IGNORECASE) or re.match(
                    rf"\s*[!=]=\s*{name.pattern}(?![\w.\[-])", after, re.IGNORECASE
                )
                yield Comparison(route, scalar, *found.span(1), found.group(1), equal is not None)


def scalars(document: Document, route: Route) -> Iterator[tuple[Route, Scalar]]:
    """Every scalar below a route."""
    yield from ((place, node) for place, node in document.walk(route) if isinstance(node, Scalar))


def mention(axis: tuple[str, ...]) -> re.Pattern[str]:
    """What an expression looks like that reads this value of the matrix."""
    steps = "".join(rf"(?:\.{re.escape(key)}|\[\s*'{re.escape(key)}'\s*\])(?![\w-])" for key in axis)
    return re.compile(rf"\bmatrix{steps}", re.IGNORECASE)


def _expressions(route: Route, scalar: Scalar) -> Iterator[tuple[int, int]]:
    known = [found.span(1) for found in spots(scalar.value)]
    if not known and route[-1] == "if":
        known = [(0, len(scalar.value))]
    yield from known
