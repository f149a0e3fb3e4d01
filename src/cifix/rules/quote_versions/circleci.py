"""Where the configuration of CircleCI names versions: parameters and what is given to them, and the environment."""

import re
from collections.abc import Callable

from cifix.formats import circleci
from cifix.formats.yaml import Document, Scalar, unmerged
from cifix.model.expect import Route
from cifix.rules.quote_versions.names import names_version

_TAG = re.compile(r"(?<![\w.-])(?P<image>[\w.-]++):(?P<tag><<[^<>]*+>>)")


def versions(document: Document) -> Callable[[Route], str | None]:
    """What the value at a route is the version of; None if it is none."""
    tags = {
        name: f"{found['image']} version"
        for _, node in document.walk()
        if isinstance(node, Scalar)
        for found in _TAG.finditer(node.value)
        for name in circleci.mentions(found["tag"])
    }

    def named(route: Route) -> str | None:
        plain = unmerged(route)
        match plain:
            case (*_, "environment", str(key)):
                return key if "version" in key.lower() else None
            case _:
                name = circleci.defined(document, plain)
        if name == "version" and "version" not in tags:
            return f"{circleci.given_to(plain)} version".strip()
        return tags.get(name) or (name if names_version(name) else None) if name else None

    return named
