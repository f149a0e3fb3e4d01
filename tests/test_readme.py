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

from cifix.cli import logs
from cifix.formats import ini, python, shell, toml
from cifix.formats.actions import expression
from cifix.formats.yaml import events
from cifix.logs import collect, facts
from cifix.model.text import LIMIT
from cifix.vcs.batch import HUGE
from tests.cli.conftest import Cifix, cifix
from tests.pages import ROOT
from tests.test_schemas import violations

__all__ = ["cifix"]

TEXT = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
ACTION = "on: push\njobs:\n  fix:\n    runs-on: ubuntu-24.04\n"


def test_the_limits_are_those_of_the_code() -> None:
    section = " ".join(TEXT.partition("### What is not read")[2].partition("###")[0].split())
    assert f"up to {LIMIT >> 20} MiB a file" in section
    assert f"Python up to {python.LENGTH:,} characters" in section
    assert f"what git stores up to {HUGE >> 20} MiB" in section
    assert f"{events.DEPTH} levels and {events.VALUES:,} values" in section
    assert toml.DEPTH == shell.DEPTH == expression.DEPTH
    assert f"TOML, scripts and expressions to {toml.DEPTH} levels; Python to {python.DEPTH};" in section
    assert f"INI files to {ini.LINES:,} lines" in section
    assert f"{collect.MEMBERS:,} logs and {collect.EXPANDED >> 30} GiB" in section
    assert f"keeps {logs.LIMIT >> 30} GiB of standard input" in section
    assert f"no more than {facts.STEPS:,} steps failed" in section


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
