"""What installing a repository gives: the names to import, and the oldest Python it is meant for.

Sources: https://packaging.python.org/en/latest/specifications/pyproject-toml/ and the manuals of hatchling, setuptools,
poetry, flit, maturin and uv's build backend; read 2026-11.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cifix.formats import toml
from cifix.formats.python.packages import INIT, packages
from cifix.formats.python.project import normalised, project
from cifix.model.snapshot import Snapshot

PYPROJECT = "pyproject.toml"
_OLD = ("setup.py", "setup.cfg")
_ROOTS = ("", "src")
_NOT_INSTALLED = frozenset(
    {"test", "tests", "testing", "doc", "docs", "example", "examples", "benchmark", "benchmarks", "script", "scripts"}
    | {"tool", "tools", "build", "dist", "vendor", "ci"}
)
_NAME = re.compile(r"""^[^\S\n]*name\s*=\s*["']?([A-Za-z0-9][\w.-]*)""", re.MULTILINE)
_PYTHON = re.compile(r"""python_requires\s*=\s*+["']?\s*+>=\s*(\d+)\.(\d+)""")
_LOWEST = re.compile(r"(?:\^|~=?|>=|==)\s*(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Distribution:
    """`imports` are the names that an installed copy offers, none if unclear; `lowest` is (0, 0) if unsaid."""

    imports: tuple[str, ...]
    lowest: tuple[int, int]
    uv: bool


def distribution(snapshot: Snapshot) -> Distribution | None:
    """What installing the root of the repository gives; None if it cannot be installed. Raises `Opaque`."""
    data = snapshot.parsed(PYPROJECT, toml.parse) if PYPROJECT in snapshot else {}
    old = "\n".join(snapshot.text(path).text for path in _OLD if path in snapshot)
    unpacked = _at(data, "tool", "uv", "package") is False or _at(data, "tool", "poetry", "package-mode") is False
    if unpacked or not ({"project", "build-system"} & data.keys() or _at(data, "tool", "poetry", "name") or old):
        return None
    uv = "uv.lock" in snapshot or isinstance(_at(data, "tool", "uv"), dict)
    return Distribution(tuple(_imports(snapshot, data, old)), _lowest(snapshot, data, old), uv)


def _imports(snapshot: Snapshot, data: dict[str, Any], old: str) -> Iterator[str]:
    told = sorted({name for name in _told(data) if all(part.isidentifier() for part in name.split("."))})
    if told:
        yield from (name for name in told if not any(name.startswith(f"{other}.") for other in told))
        return
    where = tuple(_strings(_at(data, "tool", "setuptools", "packages", "find", "where")))
    found = sorted({*_packages(snapshot, (*_ROOTS, *where)), *_modules(snapshot)})
    named = _NAME.search(old)
    own = _at(data, "project", "name") or _at(data, "tool", "poetry", "name") or (named[1] if named else "")
    same = [name for name in found if normalised(name) == normalised(str(own))]
    yield from same or (found if len(found) == 1 else ())


def _told(data: dict[str, Any]) -> Iterator[str]:
    """Names that the configuration of the build gives."""
    for path in _strings(_at(data, "tool", "hatch", "build", "targets", "wheel", "packages")):
        yield path.rstrip("/").rpartition("/")[2]
    for key in ("packages", "py-modules"):
        yield from _strings(_at(data, "tool", "setuptools", key))
    for item in _at(data, "tool", "poetry", "packages") or ():
        yield str(item.get("include", "")).replace("/", ".") if isinstance(item, dict) else ""
    for route in (("flit", "module", "name"), ("maturin", "module-name"), ("uv", "build-backend", "module-name")):
        yield from _strings(_at(data, "tool", *route))


def _packages(snapshot: Snapshot, roots: Sequence[str]) -> Iterator[str]:
    for package in packages(snapshot):
        root = (package.modules[package.name] or "").removesuffix(f"{package.name}/{INIT}").rstrip("/")
        if root in roots and package.name not in _NOT_INSTALLED:
            yield package.name


def _modules(snapshot: Snapshot) -> Iterator[str]:
    """Single modules of `src`: at the root there are scripts as well."""
    for path in snapshot.matching(("src/*.py",)):
        name = path.removeprefix("src/").removesuffix(".py")
        if name.isidentifier() and name not in _NOT_INSTALLED:
            yield name


def _lowest(snapshot: Snapshot, data: dict[str, Any], old: str) -> tuple[int, int]:
    lowest = snapshot.parsed(PYPROJECT, project).lowest if data else (0, 0)
    poetry = _LOWEST.search(str(_at(data, "tool", "poetry", "dependencies", "python") or ""))
    found = poetry or _PYTHON.search(old)
    return lowest if lowest > (0, 0) or not found else (int(found[1]), int(found[2]))


def _strings(value: object) -> Iterator[str]:
    listed = value if isinstance(value, list) else [value]
    yield from (one for one in listed if isinstance(one, str))


def _at(data: object, *keys: str) -> Any:  # noqa: ANN401 - whatever stands there
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data
