"""Where pipelines of Azure and CircleCI name the image that a job runs on."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cifix.formats import azure, circleci
from cifix.formats.yaml import Document, Map, Scalar, unmerged
from cifix.model.expect import Route

_HOSTED = {"Azure Pipelines", "Hosted Ubuntu 1604", "Hosted VS2017", "Hosted macOS"}
_IMAGE = re.compile(r"(?i).*(?:image|pool|vm|agent|\bos).*")


@dataclass(frozen=True, slots=True)
class Place:
    """A scalar that may be an image, the route to it, and the variable or parameter it is the value of, if any.

    `stray` names the refusal if it cannot be replaced there.
    """

    route: Route
    scalar: Scalar
    name: str = ""
    stray: str = ""


def in_azure(document: Document) -> Iterator[Place]:
    """Every `vmImage`, and the values of the variables and parameters that feed one."""
    feeding: set[str] = set()
    for route, scalar in _scalars(document):
        if unmerged(route)[-2:] != ("pool", "vmImage"):
            continue
        if name := azure.fed_by(scalar.value):
            feeding.add(name)
        pool = document.at(route[:-1])
        own = isinstance(pool, Map) and pool.word("name") not in {None, *_HOSTED}
        yield Place(route, scalar, stray="custom-runner" if own else "")
    for place in _given(document, lambda route: azure.defined(document, route)):
        if place.name in feeding or place.name.lower() == "vmimage":
            yield place
        elif _IMAGE.fullmatch(place.name):
            yield Place(place.route, place.scalar, place.name, "indirect")


def in_circleci(document: Document) -> Iterator[Place]:
    """Every machine image, and the values of the parameters that feed one."""
    feeding: set[str] = set()
    for route, scalar in _scalars(document):
        if unmerged(route)[-2:] != ("machine", "image") and unmerged(route)[-1:] != ("machine",):
            continue
        if name := circleci.fed_by(scalar.value):
            feeding.add(name)
        yield Place(route, scalar)
    for place in _given(document, lambda route: circleci.defined(document, route)):
        if place.name in feeding:
            yield place


def _scalars(document: Document) -> Iterator[tuple[Route, Scalar]]:
    return ((route, node) for route, node in document.walk() if isinstance(node, Scalar))


def _given(document: Document, defined: Callable[[Route], str | None]) -> Iterator[Place]:
    """Every value of a variable or parameter."""
    for route, scalar in _scalars(document):
        if name := defined(unmerged(route)):
            yield Place(route, scalar, name)
