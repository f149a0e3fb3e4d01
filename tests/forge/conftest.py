"""A project on a forge of the loopback, a clone of it, and the command line."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import cifix
from tests.forge.contract import broken
from tests.forge.server import Forge, served
from tests.vcs.repositories import Tree

__all__ = ["cifix"]

HOOKS = b"repos:\n  - repo: local\n    hooks:\n      - id: x\n        entry: python -m x\n        language: system\n"
WORKFLOW = b"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/upload-artifact@v3\n"
WEAK, STRONG = "ghp_weakweakweakweakweak0001", "ghp_strongstrongstrong00002"
VARIABLES = (
    *("GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN", "GITHUB_SERVER_URL", "GITHUB_API_URL", "GH_HOST"),
    *("CI_SERVER_URL", "GITLAB_HOST", "CIFIX_APP_ID", "CIFIX_APP_KEY_FILE", "GITHUB_ACTIONS"),
)


@dataclass(frozen=True)
class Project:
    """`clone` is on disk, `bare` on the forge."""

    clone: Tree
    bare: Tree

    def commit(self, files: dict[str, bytes], subject: str = "work") -> str:
        """Commit to main and push."""
        oid = self.clone.commit(files, subject)
        self.clone.git("push", "--quiet", str(self.bare.path), "HEAD:main")
        return oid

    def tip(self, branch: str = "cifix/fixes") -> str | None:
        return self.bare.refs().get(f"refs/heads/{branch}")


@pytest.fixture
def forge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forge]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("cifix.forge.calls.BETWEEN_WRITES", 0.01)
    (tmp_path / "forge").mkdir()
    with served(tmp_path / "forge", {WEAK: "repo", STRONG: "workflow"}) as running:
        yield running
    assert list(broken(running.exchanges)) == []


@pytest.fixture
def project(forge: Forge, tmp_path: Path) -> Project:
    bare = Tree(forge.repository("o/r"))
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", tmp_path / "clone"], check=True)
    made = Project(Tree(tmp_path / "clone"), bare)
    made.clone.git("remote", "add", "origin", f"{forge.url}/o/r.git")
    return made


@pytest.fixture
def github(forge: Forge, project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("GITHUB_SERVER_URL", forge.url)
    monkeypatch.setenv("GITHUB_API_URL", f"{forge.url}/api/v3")
    monkeypatch.setenv("GITHUB_TOKEN", WEAK)
    project.bare.git("config", "receive.denyCurrentBranch", "ignore")
    project.commit({".pre-commit-config.yaml": HOOKS, "a.txt": b"x\n"})
    return project
