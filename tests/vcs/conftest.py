"""Git as every test here meets it: nothing of the machine's configuration, and an identity."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cifix.vcs.repository import SCRUBBED, Repository
from tests.vcs.repositories import Tree, made

SETTINGS = """\
[user]
    name = Ada
    email = ada@example.org
[init]
    defaultBranch = main
[protocol "file"]
    allow = always
"""


@pytest.fixture(autouse=True)
def _settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git reads nothing of the machine: its configuration is a file of the test, its home is empty."""
    home = tmp_path_factory.mktemp("home")
    (home / "config").write_text(SETTINGS)
    for name in [name for name in os.environ if name.startswith("GIT_")] + [*SCRUBBED, "XDG_CONFIG_HOME", "EMAIL"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """An empty repository with a work tree."""
    return made(tmp_path / "tree")


@pytest.fixture
def repo(tree: Tree) -> Iterator[Repository]:
    """`tree`, opened by cifix."""
    with Repository.open(tree.path) as opened:
        yield opened
