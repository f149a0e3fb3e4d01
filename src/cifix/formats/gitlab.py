"""GitLab CI: the files that make up a pipeline, and how its texts name variables.

Facts: https://docs.gitlab.com/ci/yaml/ and https://docs.gitlab.com/ci/variables/where_variables_can_be_used/
(read 2026-11).
"""

import re
from collections.abc import Iterator

from cifix.formats.includes import reached
from cifix.formats.yaml import Document, Map, Node, Scalar, Seq, resolved
from cifix.model.expect import Route
from cifix.model.glob import compiled
from cifix.model.snapshot import Snapshot

ROOT = ".gitlab-ci.yml"
"""The file that GitLab reads first, unless a setting of the project names another."""

PIPELINES = (ROOT, "**/*.gitlab-ci.yml", "**/.gitlab-ci/**/*.yml", ".gitlab/**/*.yml", "**/*.gitlab-ci.yaml")
"""Where pipelines are kept by convention; `included` tells which of them are part of one."""

_MENTION = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def mentions(text: str) -> Iterator[str]:
    """The variables that a text names: `$X` and `${X}`."""
    return (found[1] or found[2] for found in _MENTION.finditer(text))


def included(snapshot: Snapshot) -> tuple[str, ...]:
    """The root file and every file of the repository that it includes, at any depth; none without a root file."""
    return reached(
        snapshot,
        [ROOT],
        lambda _, document: [path for name in _includes(document) for path in _matching(snapshot, name)],
    )


def defined(route: Route) -> str | None:
    """The variable or input that gets the scalar at `route` as its value, or as one of its values."""
    match route:
        case (*_, "parallel", "matrix", int(), str(name)) | (*_, "parallel", "matrix", int(), str(name), int()):
            return name
        case (*_, "variables", str(name)) | (*_, "variables", str(name), "value"):
            return name
        case (*_, "variables", str(name), "options", int()) | ("include", int(), "inputs", str(name)):
            return name
        case ("include", "inputs", str(name)):
            return name
        case _:
            return None


def _includes(document: Document) -> Iterator[str]:
    """The local files that a document includes."""
    root = document.at(())
    node = root.get("include") if isinstance(root, Map) else None
    for item in node.items if isinstance(node, Seq) else (node,):
        yield from _local(resolved(item) if item else None)


def _local(node: Node | None) -> Iterator[str]:
    local = node.get("local") if isinstance(node, Map) else node
    if isinstance(local, Scalar) and "://" not in local.value and "$" not in local.value:
        yield local.value.removeprefix("/")


def _matching(snapshot: Snapshot, name: str) -> tuple[str, ...]:
    """The files that a local include names, with the wildcards `*` and `**`."""
    if "*" not in name:
        return (name,)
    pattern = compiled((name,))
    return tuple(path for path in snapshot.paths if pattern.fullmatch(path))
