"""A branch is proven with the settings it was made with, whatever the command line said about options of rules."""

from pathlib import Path

import pytest

from cifix.model.snapshot import File
from cifix.testing import build
from tests.cli.conftest import Cifix, cifix
from tests.cli.test_apply import CYCLE
from tests.conftest import Git

__all__ = ["cifix"]


@pytest.mark.parametrize("options", [(), ("--target", "latest"), ("--target", "v4", "--allow-locked")])
def test_the_settings_of_a_branch_are_found_by_its_digest(
    cifix: Cifix, git: Git, tmp_path: Path, options: tuple[str, ...]
) -> None:
    repo = tmp_path / "repo"
    build({path: File(data) for path, data in CYCLE.items()}, repo)
    assert cifix("apply", repo, "--select", "lazy-init", "--safety", "review", *options).code == 0
    git("switch", "-q", "cifix/fixes", cwd=repo)
    git("checkout", "-q", "main", "--", "pkg/__init__.py", cwd=repo)
    git("commit", "-qm", "as it was", cwd=repo)
    report = cifix("verify", "--repo", repo, "--format", "json").json
    (proof,) = [one for one in report["proofs"] if one["name"] == "rules"]
    assert proof["verdict"] == "different", proof
