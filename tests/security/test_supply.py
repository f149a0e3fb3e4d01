"""What cifix is built from and by: pinned, hashed, with no more rights than needed, and the same bytes each time."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cifix.formats import yaml
from cifix.model.text import Text
from tests.pages import ROOT
from tests.security.rows import Row

WORKFLOWS = sorted((ROOT / ".github").rglob("*.yml"))
LOCK = (ROOT / ".ci/requirements.txt").read_text("utf-8")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit(path: Path) -> None:
    text = path.read_text("utf-8")
    assert yaml.parse(Text.decode(text.encode())) is not None
    for used in re.findall(r"uses: (.*)", text):
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[0-9.]+", used), used


@pytest.mark.parametrize("path", sorted((ROOT / ".github/workflows").iterdir()), ids=lambda path: path.name)
def test_no_workflow_has_rights_that_a_job_does_not_ask_for(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "\npermissions: {}\n" in text
    assert text.count("uses: actions/checkout") == text.count("persist-credentials: false")
    assert not re.search(r"pull_request_target|secrets\.|\$\{\{ github\.(event|head_ref)", text)


def test_the_lock_names_a_hash_for_everything_and_no_address() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    assert all(re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==\S+", entry) and "--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"://|index-url|find-links|(?m:^-)", LOCK)


def test_the_lock_holds_what_the_tests_need() -> None:
    named = set(re.findall(r'^\s+"([A-Za-z.-]+)[>=\[]', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE))
    locked = set(re.findall(r"^([a-z0-9.-]+)", LOCK, re.MULTILINE))
    by_hand = {"atheris"}  # the extra `fuzz`
    assert {re.sub(r"[._-]+", "-", name).lower() for name in named} - {"cifix"} - by_hand <= {
        re.sub(r"[._]+", "-", name) for name in locked
    }


def test_a_wheel_built_twice_has_the_same_bytes(tmp_path: Path) -> None:
    built: list[Path] = []
    for number, umask in ((1, 0o022), (2, 0o077)):
        folder = tmp_path / str(number)
        shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
            shutil.copy(ROOT / name, folder / name)
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel"],
            cwd=folder,
            env={**os.environ, "TZ": f"UTC{number}"},
            umask=umask,
            check=True,
            capture_output=True,
        )
        built += (folder / "dist").iterdir()
    assert len(built) == 2
    assert built[0].name == built[1].name
    assert built[0].read_bytes() == built[1].read_bytes()


ROWS = (
    Row("an action that moves", len(WORKFLOWS), "each is pinned to a commit", "tests/security/test_supply.py"),
    Row(
        "a dependency of the tests that changes",
        LOCK.count("=="),
        "the lock holds a hash for each, and CI installs nothing else first",
        "tests/security/test_supply.py",
    ),
    Row("the wheel, built again elsewhere", 2, "the same bytes", "tests/security/test_supply.py"),
)
