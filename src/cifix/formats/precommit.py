"""pre-commit's configuration: the hooks a repository runs, and those it offers to others."""

from collections.abc import Iterator
from dataclasses import dataclass

from cifix.formats.yaml import Document, Map, Scalar, Seq, parse, resolved
from cifix.model.expect import Route
from cifix.model.text import Text

CONFIG = ".pre-commit-config.yaml"
"""The hooks that a repository runs."""

MANIFEST = ".pre-commit-hooks.yaml"
"""The hooks that a repository offers."""

ON_PATH = frozenset({"system", "unsupported"})
"""Languages whose `entry` is looked up on PATH; `unsupported` is the name of `system` from pre-commit 4.4 on."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook with the route that leads to it; `language` and `entry` are None where not written."""

    route: Route
    id: str
    language: str | None
    entry: Scalar | None


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks of a file, in the order they are written."""

    document: Document
    hooks: tuple[Hook, ...]


def hooks(text: Text) -> Hooks:
    """Read a configuration (a mapping with `repos`) or a manifest (a sequence of hooks).

    Raises `Opaque` if its YAML cannot be edited safely.
    """
    document = parse(text)
    root = document.at(())
    if isinstance(root, Seq):
        return Hooks(document, tuple(_hooks((), root)))
    found: list[Hook] = []
    repos = document.at(("repos",))
    for index in range(len(repos.items) if isinstance(repos, Seq) else 0):
        route: Route = ("repos", index, "hooks")
        listed = document.at(route)
        found += _hooks(route, listed) if isinstance(listed, Seq) else ()
    return Hooks(document, tuple(found))


def _hooks(route: Route, listed: Seq) -> Iterator[Hook]:
    for index, item in enumerate(listed.items):
        node = resolved(item)
        if isinstance(node, Map):
            entry = node.get("entry")
            scalar = entry if isinstance(entry, Scalar) else None
            yield Hook((*route, index), node.word("id") or "", node.word("language"), scalar)
