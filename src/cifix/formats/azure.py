"""Azure Pipelines: the files that describe pipelines, and how their texts name variables and parameters.

Facts: https://learn.microsoft.com/azure/devops/pipelines/process/variables and .../process/templates (read 2026-11).
"""

import posixpath
import re
from collections.abc import Iterator

from cifix.formats.includes import reached
from cifix.formats.yaml import Document, Map, Scalar
from cifix.model.expect import Route
from cifix.model.snapshot import Snapshot

PIPELINES = (
    "**/azure-pipelines*.yml",
    "**/azure-pipelines*.yaml",
    "**/.azure-pipelines/**/*.yml",
    "**/.azure-pipelines/**/*.yaml",
)
"""Where pipelines and their templates are kept by convention; the real place is a setting of the service.

`included` tells which templates in other places belong to them.
"""

_MENTION = re.compile(
    r"\$\((?P<macro>[\w.-]+)\)"
    r"|\b(?:variables|parameters|matrix)(?:\.(?P<dotted>[\w-]+(?:\.[\w-]+)*)|\[\s*'(?P<indexed>[^']+)'\s*\])"
)


def included(snapshot: Snapshot) -> tuple[str, ...]:
    """The pipelines and every template of the repository that they use, at any depth."""
    return reached(snapshot, snapshot.matching(PIPELINES), _templates)


def _templates(path: str, document: Document) -> Iterator[str]:
    """The templates of this repository that a document names, from its own folder or, with a slash, from the root."""
    folder = posixpath.dirname(path)
    for route, node in document.walk():
        if route[-1:] == ("template",) and isinstance(node, Scalar):
            name, _, place = node.value.partition("@")
            if place in {"", "self"} and "$" not in name:
                yield posixpath.normpath(posixpath.join(folder, name)).lstrip("/")


def mentions(text: str) -> Iterator[str]:
    """The variables and parameters that a text names: `$(x)`, `variables.x`, `parameters.x`, `variables['x']`."""
    for found in _MENTION.finditer(text):
        yield found["macro"] or found["dotted"] or found["indexed"]


def fed_by(text: str) -> str | None:
    """The variable or parameter that a text stands for as a whole; None if it says anything else."""
    found = re.fullmatch(r"\$\(([\w.-]+)\)|\$\{\{\s*+(\S(?:.*\S)?)\s*\}\}|\$\[\s*+(\S(?:.*\S)?)\s*\]", text.strip())
    inner = found and (found[2] or found[3])
    whole = _MENTION.fullmatch(inner) if inner else None
    return (found and found[1]) or (whole and (whole["dotted"] or whole["indexed"])) or None


def defined(document: Document, route: Route) -> str | None:
    """The variable or parameter that gets the scalar at `route` as its value, or as one of its values."""
    match route:
        case (*_, "strategy" | "parameters", "matrix", str(_leg), str(name)):
            return name
        case (*_, "variables" | "parameters", str(name)) | (*_, "parameters", str(name), int()):
            return name
        case (*start, "variables" | "parameters" as kind, int(index), "value" | "default"):
            return _named(document, (*start, kind, index))
        case (*start, "parameters", int(index), "default" | "values", int()):
            return _named(document, (*start, "parameters", index))
        case _:
            return None


def _named(document: Document, route: Route) -> str | None:
    """The `name` of an entry of a list of variables or parameters; None for a parameter that must be a number."""
    entry = document.at(route)
    return entry.word("name") if isinstance(entry, Map) and entry.word("type") != "number" else None


def tasks(document: Document) -> Iterator[tuple[Route, str, Map]]:
    """Each step that runs a task: its route, the task's name in lower case without its version, and its inputs."""
    for route, node in document.walk():
        task = node.get("task") if isinstance(node, Map) else None
        inputs = node.get("inputs") if isinstance(node, Map) else None
        if isinstance(task, Scalar) and isinstance(inputs, Map):
            yield route, task.value.partition("@")[0].lower(), inputs
