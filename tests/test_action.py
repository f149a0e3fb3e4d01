"""The action, driven step by step as a runner does, against the forge on the loopback."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from cifix import __version__
from tests.forge.conftest import WEAK, WORKFLOW, Project, forge, github, project
from tests.forge.server import Forge
from tests.pages import ROOT

__all__ = ["forge", "github", "project"]

FOLDER = ROOT / ".github/actions/apply"
EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")


@pytest.fixture(scope="module")
def action() -> Any:
    return YAML(typ="safe").load((FOLDER / "action.yml").read_text())


def resolved(text: str, known: Mapping[str, str]) -> str:
    return EXPRESSION.sub(lambda found: known[found[1]], text)


def told(file: Path) -> dict[str, str]:
    found = re.findall(r"^([\w-]+)<<(\S+)\n(.*?)\n\2$", file.read_text(), re.MULTILINE | re.DOTALL)
    return {name: value for name, _, value in found}


def driven(action: Any, tmp_path: Path, given: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
    """Run the steps; the exit code of the last one, the outputs of the action, and what was printed."""
    temp, output = tmp_path / "temp", tmp_path / "output"
    output.write_text("")
    (temp / "cifix/bin").mkdir(parents=True, exist_ok=True)
    for name, line in (("cifix", "from cifix.cli.main import run; run()"), ("python", "")):
        program = temp / "cifix/bin" / name
        program.unlink(missing_ok=True)
        program.write_text(f"#!{sys.executable}\n{line}\n" if line else f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        program.chmod(0o755)
    known = {"github.token": WEAK}
    known |= {f"inputs.{name}": resolved(one["default"], known) for name, one in action["inputs"].items()}
    known |= {f"inputs.{name}": value for name, value in given.items()}
    runner = {"RUNNER_TEMP": str(temp), "GITHUB_OUTPUT": str(output), "GITHUB_ACTION_PATH": str(FOLDER)}
    code, printed = 0, ""
    for step in action["runs"]["steps"]:
        own = {key: resolved(value, known) for key, value in step.get("env", {}).items()}
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = subprocess.run(shell, env={**os.environ, **runner, **own}, capture_output=True, check=False)
        code, printed = done.returncode, printed + done.stdout.decode() + done.stderr.decode()
    outputs = told(output)
    known |= {f"steps.pr.outputs.{name}": value for name, value in outputs.items()}
    wanted = {name: known.get(one["value"][4:-3], "") for name, one in action["outputs"].items()}
    return code, wanted, printed


def test_the_action_opens_a_request_and_says_which(
    action: Any, forge: Forge, github: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    given = {"path": str(github.clone.path), "labels": "ci, bot\nmore", "title": 'fix: $(touch x) `y` "z"'}
    code, outputs, printed = driven(action, tmp_path, given)
    assert code == 0, printed
    assert outputs["state"] == "opened"
    assert (outputs["changed"], outputs["exit-code"], outputs["held-reason"]) == ("true", "0", "")
    assert (outputs["pull-request-number"], outputs["commit-sha"]) == ("1", github.tip())
    assert outputs["pull-request-url"] == f"{forge.url}/o/r/pull/1"
    assert forge.requests[0]["labels"] == ["ci", "bot", "more"]
    assert forge.requests[0]["title"] == given["title"]
    assert github.bare.git("log", "-1", "--format=%an", "cifix/fixes") == "github-actions[bot]"
    assert WEAK not in printed
    again = driven(action, tmp_path, given)[1]
    assert (again["state"], again["changed"]) == ("unchanged", "false")


def test_what_is_held_warns_and_does_not_fail(
    action: Any, github: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    github.commit({".github/workflows/ci.yml": WORKFLOW})
    code, outputs, printed = driven(action, tmp_path, {"path": str(github.clone.path)})
    assert (code, outputs["exit-code"], outputs["state"]) == (0, "7", "held")
    assert "::warning title=cifix is held::the token may not push" in printed


def test_an_error_fails_the_step(action: Any, github: Project, tmp_path: Path) -> None:
    code, outputs, _ = driven(action, tmp_path, {"path": str(github.clone.path), "token": "ghp_wrong"})
    assert (code, outputs["exit-code"], outputs["state"]) == (6, "6", "")


def test_a_dry_run_opens_nothing(action: Any, forge: Forge, github: Project, tmp_path: Path) -> None:
    given = {"path": str(github.clone.path), "dry-run": "true", "ignore": "lazy-init"}
    code, outputs, _ = driven(action, tmp_path, given)
    assert (code, outputs["state"], forge.writes) == (0, "would-open", [])


def test_no_expression_stands_in_a_script(action: Any) -> None:
    for step in action["runs"]["steps"]:
        assert "${{" not in step["run"]


def test_the_first_step_installs_this_checkout_once(action: Any, tmp_path: Path) -> None:
    outer = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "XDG_CACHE_HOME")}
    environment = outer | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_ACTION_PATH": str(FOLDER),
    }
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", action["runs"]["steps"][0]["run"]]
    done = subprocess.run(shell, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    python = tmp_path / "cifix/bin/python"
    made = python.lstat().st_ctime_ns
    code = "import github, cifix; print(cifix.__version__, cifix.__file__)"
    told = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert told[0] == __version__
    assert told[1].startswith(str(tmp_path))
    subprocess.run(shell, env=environment, check=True)
    assert python.lstat().st_ctime_ns == made
