"""Where a repository says that it needs a distribution, and whether a job installs that part of it.

Sources: https://packaging.python.org/en/latest/specifications/pyproject-toml/,
https://python-poetry.org/docs/pyproject/ and https://pip.pypa.io/en/stable/reference/requirements-file-format/, read
2026-11.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cifix.diagnosis.checkout import Checkout
from cifix.diagnosis.checks.tables import table
from cifix.formats.python.project import normalised
from cifix.formats.python.requirements import Bundle, Declared, declared

_REQUIREMENTS = ("**/*requirements*.txt", "**/*requirements*.in", "requirements/*.txt", "**/requirements/*.txt")
_INCLUDED = re.compile(r"^\s*(?:-r|--requirement)[\s=]+(\S+)", re.MULTILINE)
_OTHERS = (
    "setup.py",
    "setup.cfg",
    "tox.ini",
    "noxfile.py",
    "environment.yml",
    "environment.yaml",
    "Pipfile",
    "pixi.toml",
)


@dataclass(frozen=True, slots=True)
class Declaration:
    """One place that asks for a distribution: the `kind` (dependency, extra, group, file), its name, and the file."""

    kind: str
    name: str
    path: str

    @property
    def words(self) -> str:
        """The place in words."""
        match self.kind:
            case "dependency":
                return f"among the dependencies in {self.path}"
            case "file":
                return f"in {self.path}"
        return f"in the {self.kind} `{self.name}` of {self.path}"

    @property
    def listed(self) -> bool:
        """Whether the place is one that an installer is told to install, and not one where the name only stands."""
        return self.kind != "file" or self.path.endswith((".txt", ".in"))

    @property
    def command(self) -> str:
        """What installs it."""
        match self.kind:
            case "extra":
                return f"`pip install '.[{self.name}]'` or `uv sync --extra {self.name}`"
            case "group":
                return f"`uv sync --group {self.name}` (with pip 25.1 `pip install --group {self.name}`)"
            case "poetry group":
                return f"`poetry install --with {self.name}`"
            case "file" if self.path.endswith((".txt", ".in")):
                return f"`pip install -r {self.path}`"
        return "the project itself (`pip install .`, `uv sync`, `poetry install`)"

    def mentioned(self, scripts: str) -> bool:
        """Whether the scripts of a job may install it."""
        if self.kind == "dependency":
            return bool(re.search(r"\binstall\b|\buv (?:sync|run)\b", scripts))
        if self.kind == "file":
            return self.path.rpartition("/")[2] in scripts
        every = "--all-extras" if self.kind == "extra" else "--all-groups"
        return every in scripts or re.search(rf"(?<![\w-]){re.escape(self.name)}(?![\w-])", scripts) is not None


def declarations(checkout: Checkout, distribution: str) -> Iterator[Declaration]:
    """Every place of the repository that asks for a distribution."""
    wanted = normalised(distribution)
    for path in checkout.snapshot.matching(("pyproject.toml", "**/pyproject.toml")):
        yield from _pyproject(checkout.toml(path), path, wanted)
    spelled = "[-_.]+".join(map(re.escape, wanted.split("-")))
    word = re.compile(rf"(?<![\w.-]){spelled}(?![\w-]|\.\w)", re.IGNORECASE)
    lines = re.compile(rf"^\s*{word.pattern}", re.IGNORECASE | re.MULTILINE)
    for path in sorted(checkout.snapshot.matching(_REQUIREMENTS), key=lambda path: path.count("/")):
        if lines.search(checkout.source(path)):
            yield Declaration("file", path, path)
    for path in _OTHERS:
        if word.search(checkout.source(path)):
            yield Declaration("file", path, path)


def installing(checkout: Checkout, scripts: str) -> str:
    """The scripts of a job with the requirements files that they name, and those that these name in turn."""
    todo = [path for path in checkout.snapshot.matching(_REQUIREMENTS) if path.rpartition("/")[2] in scripts]
    seen: dict[str, str] = {}
    while todo:
        path = todo.pop()
        if path not in seen:
            seen[path] = checkout.source(path)
            names = {name.rpartition("/")[2] for name in _INCLUDED.findall(seen[path])}
            todo += [other for other in checkout.snapshot.matching(_REQUIREMENTS) if other.rpartition("/")[2] in names]
    return "\n".join((scripts, *seen.values()))


def explicit(checkout: Checkout) -> bool:
    """Whether all dependencies are written down in a pyproject.toml, and nothing computes them."""
    data = checkout.toml("pyproject.toml")
    found = declared(data)
    poetry = table(data, "tool", "poetry", "dependencies")
    return (bool(found.name) or bool(poetry)) and not found.dynamic


def _pyproject(data: Mapping[str, Any], path: str, wanted: str) -> Iterator[Declaration]:
    found = declared(data)
    if any(one.name == wanted for one in found.dependencies):
        yield Declaration("dependency", "", path)
    extras = _bringing(found, wanted)
    yield from (Declaration("extra", found.extras[name].name, path) for name in found.extras if name in extras)
    for bundle in found.groups.values():
        if _brings(bundle, found.name, wanted, extras):
            yield Declaration("group", bundle.name, path)
    old = table(data, "tool", "uv").get("dev-dependencies")
    if any(
        normalised(re.split(r"[^\w.-]", str(one), maxsplit=1)[0]) == wanted
        for one in old or ()
        if isinstance(old, list)
    ):
        yield Declaration("group", "dev", path)
    poetry = table(data, "tool", "poetry")
    if wanted in map(normalised, table(poetry, "dependencies")):
        yield Declaration("dependency", "", path)
    for name, group in table(poetry, "group").items():
        if isinstance(group, dict) and wanted in map(normalised, table(group, "dependencies")):
            yield Declaration("poetry group", name, path)
    if wanted in map(normalised, table(poetry, "dev-dependencies")):
        yield Declaration("poetry group", "dev", path)


def _bringing(found: Declared, wanted: str) -> frozenset[str]:
    """The extras that bring a distribution, directly or through other extras of the same project."""
    known: frozenset[str] = frozenset()
    while True:
        more = frozenset(name for name, one in found.extras.items() if _brings(one, found.name, wanted, known))
        if more == known:
            return known
        known = more


def _brings(bundle: Bundle, project: str, wanted: str, extras: frozenset[str]) -> bool:
    return any(one.name == wanted or (one.name == project and one.extras & extras) for one in bundle.requirements)
