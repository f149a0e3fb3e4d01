"""The day before the original plan, in miniature: what was tried while an ignore pattern hid the sources.

Every attempt is a state of the repository. At each of them, on the disk of the author and in a clean clone, the verdict
must already be that the ignore file hides the package, and never that there is a circular import.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cifix.model.snapshot import File
from cifix.testing import build
from tests.cli.conftest import Cifix, cifix
from tests.conftest import Git

__all__ = ["cifix"]

IGNORES = b"*.pyc\n__pycache__/\n*.so\nlib/\nlib64/\n\nvenv/\nlib/\n"
START: Mapping[str, bytes] = {
    ".gitignore": IGNORES,
    "pyproject.toml": b'[project]\nname = "quant"\nversion = "1"\nrequires-python = ">=3.9"\n',
    "quant/__init__.py": b"from .engine import Engine\n",
    "quant/engine.py": b"from quant.lib.labels import Labels\n\n\nclass Engine:\n    labels = Labels\n",
    "quant/lib/__init__.py": b"",
    "quant/lib/labels.py": b"from quant.lib.normal import normal\n\n\nclass Labels:\n    normal = normal\n",
    "quant/lib/normal.py": b"normal = abs\n",
    "quant/lib/fast.so": b"\x7fELF\0",
    "quant/lib/__pycache__/labels.cpython-311.pyc": b"\0",
    "tests/test_labels.py": b"from quant.lib.labels import Labels\n",
}
COMMITTED = ("quant/lib/__init__.py",)
"""Added by force at some time; that is why nobody looked at the ignore file."""

LAZY = b"""\
__all__ = ["labels", "normal"]


def __getattr__(name):
    if name == "labels":
        from . import labels

        return labels
    if name == "normal":
        from . import normal

        return normal
    raise AttributeError(name)
"""
SMOKE = b"""\
on: push
jobs:
  smoke:
    runs-on: ubuntu-latest
    steps:
      - run: pip install --no-build-isolation --no-deps .
      - run: |
          cd /tmp
          python -c "import quant"
"""
PACKAGING = (
    b'\n[tool.setuptools]\npackages = ["quant", "quant.lib"]\n\n[tool.setuptools.package-data]\nquant = ["*.py"]\n'
)

TURNS: Mapping[str, Mapping[str, bytes]] = {
    "nothing was tried yet": {},
    "imports at once in the package": {"quant/lib/__init__.py": b"from . import labels, normal\n"},
    "a lazy getattr that asks the package itself": {"quant/lib/__init__.py": LAZY},
    "no imports, only the list of names": {"quant/lib/__init__.py": b'__all__ = ["labels", "normal"]\n'},
    "package data and a manifest": {
        "pyproject.toml": START["pyproject.toml"] + PACKAGING,
        "MANIFEST.in": b"recursive-include quant *.py\n",
    },
    "an unconditional setup": {"setup.py": b'from setuptools import setup\n\nsetup(packages=["quant", "quant.lib"])\n'},
    "a smoke step away from the checkout": {".github/workflows/ci.yml": SMOKE},
    "an inclusion before the second pattern": {
        ".gitignore": b"*.pyc\n__pycache__/\n*.so\nlib/\nlib64/\n!quant/lib/\n\nvenv/\nlib/\n"
    },
    "an inclusion of everything below before the second pattern": {
        ".gitignore": b"*.pyc\n__pycache__/\n*.so\nlib/\nlib64/\n!quant/lib/**\n\nvenv/\nlib/\n"
    },
    "one of the two patterns anchored": {".gitignore": IGNORES.replace(b"lib/\nlib64", b"/lib/\nlib64")},
    "imports inside functions": {
        "quant/__init__.py": b"def engine():\n    from .engine import Engine\n\n    return Engine\n"
    },
}


REVEALING = "an inclusion of everything below before the second pattern"
"""Once nothing ignores the folder, this line shows byte code and compiled modules: a person has to take it away."""


@pytest.fixture(params=TURNS)
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    tree = {**START, **TURNS[request.param]}
    build({path: File(data) for path, data in tree.items()}, tmp_path / "repo", force=COMMITTED)
    return tmp_path / "repo"


def findings(cifix: Cifix, repo: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = cifix("check", repo, "--safety", "review", "--format", "json").json["findings"]
    return told


def words(found: Mapping[str, Any]) -> str:
    refusal = found["refusal"] or {"detail": ""}
    return f"{found['message']} {found['title']} {refusal['detail']}".replace("nothing here is a circular import", "")


def masking_line(repo: Path) -> int:
    """The line that git itself names."""
    command = ["git", "check-ignore", "-v", "--no-index", "quant/lib/labels.py"]
    told = subprocess.run(command, cwd=repo, capture_output=True, check=True).stdout.decode()
    return int(told.split(":")[1])


def about_cycles(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in found:
        if one["rule"] == "break-import-cycle" or "circular" in words(one) or "cycle" in words(one):
            yield one


def test_the_author_is_told_which_line_hides_what(cifix: Cifix, state: Path) -> None:
    found = findings(cifix, "repo")
    masks = [one for one in found if one["rule"] == "anchor-gitignore"]
    assert masking_line(state) in [one["line"] for one in masks]
    assert all("quant/lib/labels.py" in words(one) for one in masks)
    assert not list(about_cycles(found))
    assert next(one["rule"] for one in found) == "anchor-gitignore"


def test_a_clean_clone_is_told_which_line_hides_what(cifix: Cifix, git: Git, tmp_path: Path, state: Path) -> None:
    git("clone", "-q", str(state), "clone")
    found = findings(cifix, "clone")
    masks = [one for one in found if one["rule"] == "anchor-gitignore"]
    assert masking_line(tmp_path / "clone") in [one["line"] for one in masks]
    missing = [one for one in masks if one["refusal"] and one["refusal"]["key"] == "missing-source"]
    assert any("quant/lib/labels.py" in words(one) for one in missing), found
    assert not list(about_cycles(found))


def test_one_run_makes_a_branch_whose_clean_clone_imports(cifix: Cifix, git: Git, tmp_path: Path, state: Path) -> None:
    done = cifix("apply", "repo", "--safety", "review")
    assert done.code in (0, 3), done.text
    if state.joinpath(".gitignore").read_bytes() == TURNS[REVEALING][".gitignore"]:
        assert "would-reveal" in done.text
        assert not git("branch", "--list", "cifix/fixes", cwd=state)
        return
    git("clone", "-q", "-b", "cifix/fixes", str(state), "clone")
    probe = (
        "import quant, quant.engine, quant.lib.labels\n"
        "from quant.lib import labels, normal\n"
        "from quant.lib import *\n"
        "assert quant.lib.labels.Labels\n"
    )
    ran = subprocess.run([sys.executable, "-c", probe], cwd=tmp_path / "clone", capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    tracked = git("ls-files", cwd=tmp_path / "clone").decode().split()
    assert not [path for path in tracked if path.endswith((".so", ".pyc"))]
    hidden = ("quant/lib/fast.so", "quant/lib/__pycache__/labels.cpython-311.pyc")
    assert git("check-ignore", *hidden, cwd=tmp_path / "clone").decode().split() == list(hidden)
