"""The hooks that cifix offers to pre-commit, run by pre-commit itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Git
from tests.pages import ROOT

BAD = b"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/upload-artifact@v3\n"
CONFIG = """\
repos:
  - repo: {hooks}
    rev: {rev}
    hooks:
      - id: {id}
        language: system  # no environment is built, so that no package index is needed
"""


@pytest.fixture
def hooks(tmp_path: Path, git: Git) -> Path:
    """A repository that holds our list of hooks."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    (folder / ".pre-commit-hooks.yaml").write_bytes((ROOT / ".pre-commit-hooks.yaml").read_bytes())
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "hooks"]):
        git(*arguments, cwd=folder)
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A PATH on which `cifix` is the one under test."""
    program = tmp_path / "bin" / "cifix"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom cifix.cli.main import run\nrun()\n")
    program.chmod(0o755)
    path = os.pathsep.join([str(program.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PRE_COMMIT_HOME": str(tmp_path / "cache"), "NO_COLOR": "1"}


@pytest.mark.parametrize("name", ["cifix", "cifix-check"])
def test_a_commit_stops_until_the_cause_is_gone(
    tmp_path: Path, git: Git, hooks: Path, environment: dict[str, str], name: str
) -> None:
    repo = tmp_path / "repo"
    workflow = repo / ".github/workflows/ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_bytes(BAD)
    rev = git("rev-parse", "HEAD", cwd=hooks).decode().strip()
    (repo / ".pre-commit-config.yaml").write_text(CONFIG.format(hooks=hooks, rev=rev, id=name))
    git("init", "--quiet", cwd=repo)
    git("add", "--all", cwd=repo)

    def called(*command: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(command, cwd=repo, env=environment, capture_output=True, check=False)

    pre_commit = (sys.executable, "-m", "pre_commit")
    assert called(*pre_commit, "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")).returncode == 0
    assert called(*pre_commit, "install").returncode == 0
    stopped = called("git", "commit", "-m", "x")
    assert stopped.returncode == 1
    assert b"upload-artifact" in stopped.stderr + stopped.stdout
    assert (workflow.read_bytes() == BAD) == (name == "cifix-check")
    if name == "cifix-check":
        subprocess.run(
            [environment["PATH"].split(os.pathsep)[0] + "/cifix", "apply", "--in-place"], cwd=repo, check=True
        )
    done = called("git", "commit", "--all", "-m", "x")
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    assert git("status", "--porcelain", cwd=repo) == b""
