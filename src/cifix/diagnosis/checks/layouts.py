"""Builds that do not know which files are the package.

Sources: https://setuptools.pypa.io/en/latest/userguide/package_discovery.html and
https://hatch.pypa.io/latest/plugins/builder/wheel/, read 2026-11.
"""

import re
from collections.abc import Mapping
from typing import Any

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.checks.tables import table
from cifix.diagnosis.insight import Insight, Question

_NAME = re.compile(r"'([^']+)'")


def why_ambiguous(question: Question) -> Insight | None:
    """Setuptools finds several folders and is not told which is the package."""
    data = question.checkout.toml("pyproject.toml")
    tool = table(data, "tool", "setuptools")
    told = "packages" in tool or "py-modules" in tool or "packages" in question.checkout.source("setup.py")
    if told or "packages" in question.checkout.source("setup.cfg"):
        return None
    names = _NAME.findall(question.values.get("folders", ""))
    project = _importable(str(table(data, "project").get("name", "")))
    own = [name for name in names if name == project] or names[:1]
    there = [name for name in names if name in question.checkout.snapshot.folders]
    if len(there) + sum(f"{name}.py" in question.checkout.snapshot for name in names) < 2:  # noqa: PLR2004 - a choice
        return None
    return Insight(
        Verdict.CONFIRMED,
        f"{', '.join(names)} lie side by side, and nothing in pyproject.toml, setup.cfg or setup.py says which is the "
        "package",
        f'add `[tool.setuptools.packages.find]` with `include = ["{own[0]}*"]` to pyproject.toml',
        "git ls-tree -d --name-only HEAD",
    )


def why_no_files(question: Question) -> Insight | None:
    """The backend looks for a folder that is called like the project, and there is none."""
    data = question.checkout.toml("pyproject.toml")
    name = str(table(data, "project").get("name") or table(data, "tool", "poetry").get("name", ""))
    backend = str(table(data, "build-system").get("build-backend", ""))
    if not name or _chosen(data):
        return None
    wanted = _importable(name)
    folders = question.checkout.snapshot.folders
    if wanted in folders or f"src/{wanted}" in folders or f"{wanted}.py" in question.checkout.snapshot:
        return None
    tops = sorted(
        top for top in question.checkout.packages.tops if not re.match(r"(?:.*/)?(?:tests?|docs?|examples?)$", top)
    )
    advice = (
        _naming(backend, tops[0]) if len(tops) == 1 else "name the folder of the package in the settings of the backend"
    )
    have = f"; the packages are {', '.join(tops)}" if tops else ""
    return Insight(
        Verdict.CONFIRMED,
        f"the project is called {name}, and there is neither {wanted}/ nor src/{wanted}/{have}",
        advice,
        "git ls-tree -d --name-only HEAD",
    )


def _naming(backend: str, top: str) -> str:
    name, folder = top.rpartition("/")[2], top.rpartition("/")[0]
    if backend.startswith("poetry"):
        inside = f', from = "{folder}"' if folder else ""
        return f'add `packages = [{{include = "{name}"{inside}}}]` to [tool.poetry]'
    if backend.startswith("uv_build"):
        root = f' and `module-root = "{folder}"`' if folder != "src" else ""
        return f'add `module-name = "{name}"`{root} to [tool.uv.build-backend]'
    if backend.startswith("flit"):
        return f'add `[tool.flit.module]` with `name = "{name}"`'
    return f'add `[tool.hatch.build.targets.wheel]` with `packages = ["{top}"]`'


def _chosen(data: Mapping[str, Any]) -> bool:
    """Whether the settings of a backend already say which files."""
    hatch = table(data, "tool", "hatch", "build")
    wheel = table(hatch, "targets", "wheel")
    keys = {"packages", "include", "only-include", "force-include", "sources"}
    return bool(
        keys & {*hatch, *wheel}
        or "packages" in table(data, "tool", "poetry")
        or "module-name" in table(data, "tool", "uv", "build-backend")
        or table(data, "tool", "flit", "module")
    )


def _importable(name: str) -> str:
    return re.sub(r"[-.]+", "_", name).lower()
