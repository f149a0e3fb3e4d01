"""Where GitHub's workflows and composite actions name versions."""

import re
from collections.abc import Callable

from cifix.formats.yaml import Document, Scalar
from cifix.model.expect import Route
from cifix.rules.quote_versions.names import names_version

_MATRIX = re.compile(r"\bmatrix\.([\w-]+)|\bmatrix\[['\"]([\w-]+)['\"]\]")


def versions(document: Document) -> Callable[[Route], str | None]:
    """What the value at a route is the version of, in the word of the file; None if it is none."""
    feeding = _feeding(document)

    def named(route: Route) -> str | None:
        name = _name(route, feeding)
        return name if name and names_version(name) else None

    return named


def _feeding(document: Document) -> dict[tuple[str, str], str]:
    """For each job and matrix axis the version input that it feeds."""
    found: dict[tuple[str, str], str] = {}
    for route, node in document.walk():
        match route:
            case ("jobs", str(job), *_, "with", str(name)) if isinstance(node, Scalar) and names_version(name):
                for axis in _MATRIX.findall(node.value):
                    found[job, axis[0] or axis[1]] = name
    return found


def _name(route: Route, feeding: dict[tuple[str, str], str]) -> str | None:
    match route:
        case ("jobs", str(job), "strategy", "matrix", "include" | "exclude", int(), str(axis)):
            return feeding.get((job, axis), axis)
        case ("jobs", str(job), "strategy", "matrix", str(axis), int()):
            return feeding.get((job, axis), axis)
        case (*_, "with", str(key)):
            return key
        case (*_, "env", str(key)):
            return key if "version" in key.lower() else None
        case (*_, "inputs", str(key), "default") | (*_, "inputs", str(key), "options", int()):
            return key
        case _:
            return None
