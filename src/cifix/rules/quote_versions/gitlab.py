"""Where GitLab's pipelines name versions: variables that choose an image, and those that say so."""

import re
from collections.abc import Callable

from cifix.formats import gitlab
from cifix.formats.yaml import Document, Scalar, unmerged
from cifix.model.expect import Route
from cifix.rules.quote_versions.names import names_version

_TAG = re.compile(r"(?<![\w.-])(?P<image>[\w.-]++):(?P<tag>\$\{?\w+\}?)")


def versions(document: Document) -> Callable[[Route], str | None]:
    """What the value at a route is the version of; None if it is none."""
    tags = {
        name: f"{found['image']} version"
        for route, node in document.walk()
        if isinstance(node, Scalar) and "image" in route
        for found in _TAG.finditer(node.value)
        for name in gitlab.mentions(found["tag"])
    }

    def named(route: Route) -> str | None:
        name = gitlab.defined(unmerged(route))
        return tags.get(name) or (name if names_version(name) else None) if name else None

    return named
