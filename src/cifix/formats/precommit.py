"""pre-commit's configuration: the hooks a repository runs, and those it offers to others."""

from collections.abc import Iterator
from dataclasses import dataclass

from cifix.formats.yaml import Document, Map, Node, Scalar, Seq, parse, resolved
from cifix.model.expect import Route
from cifix.model.text import Text

CONFIG = ".pre-commit-config.yaml"
"""The hooks that a repository runs."""

MANIFEST = ".pre-commit-hooks.yaml"
"""The hooks that a repository offers."""

ON_PATH = frozenset({"system", "unsupported"})
"""Languages whose `entry` is looked up on PATH; `unsupported` is the name of `system` from pre-commit 4.4 on."""

AS_FILE = frozenset({"script", "unsupported_script"})
"""Languages whose `entry` begins with a file of the repository; again the second is the newer name."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook with the route that leads to it; `language` and `entry` are None where not written.

    `local` hooks run the code of the repository that the configuration is in. `keys` are all that is written, and
    `args` the words put behind the entry.
    """

    route: Route
    id: str
    language: Scalar | None
    entry: Scalar | None
    local: bool = False
    keys: frozenset[str] = frozenset()
    args: tuple[str, ...] = ()

    @property
    def speaks(self) -> str:
        """The language, or nothing."""
        return self.language.value if self.language else ""


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
        repo = document.at(("repos", index, "repo"))
        local = isinstance(repo, Scalar) and repo.value == "local"
        found += _hooks(route, listed, local=local) if isinstance(listed, Seq) else ()
    return Hooks(document, tuple(found))


def _hooks(route: Route, listed: Seq, *, local: bool = False) -> Iterator[Hook]:
    for index, item in enumerate(listed.items):
        node = resolved(item)
        if isinstance(node, Map):
            language, entry = (_scalar(node.get(key)) for key in ("language", "entry"))
            keys = frozenset(one.key.value for one in node.entries)
            yield Hook((*route, index), node.word("id") or "", language, entry, local, keys, _args(node.get("args")))


def _scalar(node: Node | None) -> Scalar | None:
    return node if isinstance(node, Scalar) else None


def _args(node: Node | None) -> tuple[str, ...]:
    listed = resolved(node) if node is not None else None
    words = listed.items if isinstance(listed, Seq) else ()
    return tuple(word.value for word in words if isinstance(word, Scalar))
