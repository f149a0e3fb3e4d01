"""Where Azure Pipelines name versions: inputs of tasks that install a tool, and what feeds them."""

from collections.abc import Callable

from cifix.formats import azure
from cifix.formats.yaml import Document, Scalar, unmerged
from cifix.model.expect import Route
from cifix.rules.quote_versions.names import names_version

_TASKS = {
    "usepythonversion": ("versionSpec", "python"),
    "gotool": ("version", "go"),
    "nodetool": ("versionSpec", "node"),
    "usenode": ("version", "node"),
    "userubyversion": ("versionSpec", "ruby"),
    "usedotnet": ("version", "dotnet"),
    "javatoolinstaller": ("versionSpec", "java"),
}
"""The input of each task that takes a version, and the tool it is the version of."""


def versions(document: Document) -> Callable[[Route], str | None]:
    """What the value at a route is the version of; None if it is none."""
    inputs: dict[Route, str] = {}
    feeding: dict[str, str] = {}
    for start, task, given in azure.tasks(document):
        key, tool = _TASKS.get(task, ("", ""))
        scalar = given.get(key) if key else None
        if isinstance(scalar, Scalar):
            inputs[(*start, "inputs", key)] = f"{tool} version"
            feeding |= dict.fromkeys(azure.mentions(scalar.value), f"{tool} version")

    def named(route: Route) -> str | None:
        if route in inputs:
            return inputs[route]
        name = azure.defined(document, unmerged(route))
        return feeding.get(name) or (name if names_version(name) else None) if name else None

    return named
