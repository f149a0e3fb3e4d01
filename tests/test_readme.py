"""The workflows that the README gives are workflows, their own rules find nothing in them, and their commands work."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.cli.conftest import Cifix, cifix
from tests.pages import ROOT
from tests.test_schemas import violations

__all__ = ["cifix"]

TEXT = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
ACTION = "on: push\njobs:\n  fix:\n    runs-on: ubuntu-24.04\n"


def whole(block: str) -> str:
    """A block as a workflow; one that shows a job alone gets the rest."""
    return block if "jobs:" in block else ACTION + "".join(f"    {line}\n" for line in block.splitlines())


def uploading() -> Any:
    (block,) = [block for block in BLOCKS if "upload-sarif" in block]
    return YAML(typ="safe").load(block)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: re.findall(r"[\w-]+@", block)[-1])
def test_workflows_are_valid_and_clean(cifix: Cifix, tmp_path: Path, block: str) -> None:
    place = ".github/workflows/cifix.yml"
    text = whole(block).replace("OWNER", "owner").replace("COMMIT", "1" * 40)
    assert violations(place, text.encode()) == []
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_text(text)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "add", ".github"], check=True)
    ran = cifix("check", "--no-cache", tmp_path)
    assert (ran.code, ran.text.count("error:")) == (0, 0), ran.text


def test_the_check_fails_on_findings_and_leaves_what_is_uploaded(tmp_path: Path) -> None:
    steps = uploading()["jobs"]["check"]["steps"]
    (command,) = [step["run"] for step in steps if "check --format sarif" in step.get("run", "")]
    program = tmp_path / "cifix/bin/cifix"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!{sys.executable}\nfrom cifix.cli.main import run; run()\n")
    program.chmod(0o755)
    repository = tmp_path / "repository"
    (repository / ".github/workflows").mkdir(parents=True)
    step = "{uses: actions/upload-artifact@v3, with: {path: x}}"
    broken = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - {step}\n"
    (repository / ".github/workflows/a.yml").write_text(broken)
    subprocess.run(["git", "init", "--quiet", repository], check=True)
    subprocess.run(["git", "-C", repository, "add", "."], check=True)
    environment = {**os.environ, "RUNNER_TEMP": str(tmp_path)}
    done = subprocess.run(["bash", "-e", "-c", command], cwd=repository, env=environment, check=False)
    assert done.returncode == 1
    given = next(step["with"] for step in steps if "upload-sarif" in step.get("uses", ""))
    file = given["sarif_file"].replace("${{ runner.temp }}", str(tmp_path))
    assert [one["ruleId"] for one in json.loads(Path(file).read_text())["runs"][0]["results"]]


def test_placeholders_are_explained() -> None:
    explained = TEXT.index("stands for wherever you keep cifix, `COMMIT`")
    assert explained < TEXT.index("OWNER/cifix/")
