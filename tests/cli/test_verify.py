"""`cifix verify` from the command line, on branches that `cifix apply` made."""

import json
import sys
from pathlib import Path

import jsonschema
import pytest

from cifix.model.snapshot import File
from cifix.proof.machine import schema
from cifix.testing import build
from tests.cli.conftest import Cifix
from tests.conftest import Git

CAR = {
    "car/__init__.py": b"from .engine import Engine\nfrom . import wheels\n\n__all__ = ['Engine', 'wheels']\n",
    "car/engine.py": b"class Engine:\n    pass\n",
    "car/wheels.py": b"import nowhere_to_be_found\n\nX = nowhere_to_be_found.zeros(3)\n",
    ".pre-commit-config.yaml": (
        b"repos:\n  - repo: local\n    hooks:\n      - id: x\n        entry: python -m x\n        language: system\n"
    ),
}


@pytest.fixture
def repo(tmp_path: Path, cifix: Cifix) -> Path:
    """A repository with the branch `cifix/fixes`."""
    folder = tmp_path / "repo"
    build({path: File(data) for path, data in CAR.items()}, folder)
    done = cifix("apply", folder, "--select", "lazy-init", "--select", "hook-python3", "--safety", "review")
    assert done.code in (0, 3), done.err
    return folder


def test_without_options_nothing_of_the_repository_runs(cifix: Cifix, repo: Path) -> None:
    done = cifix("verify", "--repo", repo)
    assert done.code == 0, done.text
    first, *rest = done.text.splitlines()
    assert first.startswith("cifix/fixes (")
    assert "  trees: proven: the commits by cifix (2) hold the trees they name" in rest
    assert "  rules: proven: the rules it applied (hook-python3, lazy-init) find nothing left to fix" in rest
    assert rest[-1] == "3 proven, no code of the repository ran; --import, --simulate, --uv, --run, --job and --act do."
    assert done.err == ""


def test_running_code_is_said_in_the_first_line(cifix: Cifix, repo: Path) -> None:
    done = cifix("verify", "--repo", repo, "--import", "--simulate", "--python", sys.executable)
    assert done.code == 0, done.text
    warning = "This runs the module-level code of the repository, as it is on cifix/fixes and on its base"
    assert done.err == f"{warning}, without a sandbox.\n"
    assert done.text.startswith("Ran the module-level code of the repository (--import, --simulate) with Python 3.")
    assert "  imports: not checked: car cannot be imported here: ModuleNotFoundError: No module named" in done.text
    assert "  simulation: proven: car gives the same" in done.text
    assert done.text.endswith("4 proven, 1 not checked.\n")


def test_json_follows_its_schema(cifix: Cifix, git: Git, repo: Path, tmp_path: Path) -> None:
    git("switch", "--quiet", "cifix/fixes", cwd=repo)
    (repo / "car" / "wheels.py").write_text("X = 1\n")
    git("commit", "--quiet", "-am", "by hand", cwd=repo)
    done = cifix("verify", "--repo", repo, "--import", "--format", "json", "--output", tmp_path / "told.json")
    assert (done.code, done.out) == (0, b"")
    assert json.loads((tmp_path / "told.json").read_bytes())["ran_code"] == ["--import"]
    told = cifix("verify", "--repo", repo, "--simulate", "--package", "car", "--format", "json").json
    jsonschema.Draft202012Validator(schema()).validate(told)
    assert told["ran_code"] == ["--simulate"]


def test_what_to_try_when_a_dependency_is_missing(cifix: Cifix, repo: Path) -> None:
    done = cifix("verify", "--repo", repo, "--import")
    assert done.text.splitlines()[-1] == (
        "3 proven, 1 not checked, name an interpreter that has the dependencies with --python, or try --simulate."
    )


def test_a_difference_is_four(cifix: Cifix, git: Git, repo: Path) -> None:
    git("switch", "--quiet", "cifix/fixes", cwd=repo)
    for path, text in {
        "car/engine.py": "class Motor:\n    pass\n",
        ".pre-commit-config.yaml": CAR[".pre-commit-config.yaml"].decode(),
    }.items():
        (repo / path).write_text(text)
    git("commit", "--quiet", "-am", "by hand", cwd=repo)
    done = cifix("verify", "--repo", repo, "--simulate")
    assert done.code == 4
    assert "  rules: NOT TRUE: " in done.text
    assert "    hook-python3 at .pre-commit-config.yaml:5\n      base:   fixed\n" in done.text
    assert "      branch: ImportError: " in done.text
    assert "not true" in done.text.splitlines()[-1]


def test_a_commit_that_was_changed_after_cifix_made_it(cifix: Cifix, git: Git, repo: Path) -> None:
    git("switch", "--quiet", "cifix/fixes", cwd=repo)
    (repo / "more.txt").write_text("x")
    git("add", "-A", cwd=repo)
    git("commit", "--quiet", "--amend", "--no-edit", cwd=repo)
    done = cifix("verify", "--repo", repo)
    assert done.code == 4
    assert "  trees: NOT TRUE: " in done.text


def test_a_branch_that_was_rebased_does_what_it_says(cifix: Cifix, git: Git, repo: Path) -> None:
    (repo / "more.txt").write_text("x")
    git("add", "more.txt", cwd=repo)
    git("commit", "--quiet", "-m", "more", cwd=repo)
    git("rebase", "--quiet", "main", "cifix/fixes", cwd=repo)
    done = cifix("verify", "--repo", repo, "--base", "main")
    assert done.code == 0, done.text
    assert "  trees: proven: " in done.text
    assert done.text.count(" was rebased, and does what its message says") == 2


def test_many_differences_are_cut_in_text(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    place = tmp_path / "many"
    build({"a/__init__.py": File("".join(f"n{number} = 1\n" for number in range(50)).encode())}, place)
    git("switch", "--quiet", "--create", "work", cwd=place)
    (place / "a" / "__init__.py").write_text("")
    git("commit", "--quiet", "-am", "less", cwd=place)
    done = cifix("verify", "work", "--repo", place, "--base", "main", "--import")
    assert done.code == 4
    assert "more; --format json lists all" in done.text
    assert "  import a: " in done.text
    told = cifix("verify", "work", "--repo", place, "--base", "main", "--import", "--format", "json").json
    jsonschema.Draft202012Validator(schema()).validate(told)
    assert len(told["proofs"][-1]["differences"]) > 100
    assert len(told["timings"]) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--package", "car"], 2, "add --import or --simulate"),
        (["--python", "python3"], 2, "add --import, --simulate, --uv, --run or --job"),
        (["--import", "--python", "no-such-python"], 2, "there is no program no-such-python"),
        (["--import", "--python", "/bin/true"], 2, "is not a Python interpreter"),
        (["--import", "--package", "cart"], 2, "the tree has no package cart"),
        (["--timeout", "0"], 2, "--timeout"),
        (["no-such-branch"], 6, "no branch is called no-such-branch"),
        (["main"], 6, "no commit of main was made by cifix"),
        (["--base", "nothing"], 6, "no commit is called nothing"),
    ],
)
def test_wrong_use(cifix: Cifix, repo: Path, arguments: list[str], code: int, words: str) -> None:
    done = cifix("verify", "--repo", repo, *arguments)
    assert done.code == code
    assert words in done.err


@pytest.mark.parametrize(("minor", "option"), [(8, "--import"), (9, "--simulate")])
def test_an_interpreter_that_is_too_old(cifix: Cifix, repo: Path, tmp_path: Path, minor: int, option: str) -> None:
    old = tmp_path / "old"
    old.write_text(f"#!/bin/sh\necho '[\"/old\", [3, {minor}, 1]]'\n")
    old.chmod(0o755)
    done = cifix("verify", "--repo", repo, option, "--python", old)
    assert (done.code, f"it must be 3.{minor + 1} or newer" in done.err) == (2, True)


def test_rules_are_run_as_they_were_or_that_is_said(cifix: Cifix, git: Git, repo: Path) -> None:
    git("switch", "--quiet", "cifix/fixes", cwd=repo)
    message = git("log", "-1", "--format=%B", cwd=repo).decode()
    plan = next(line for line in message.splitlines() if line.startswith("Cifix-Plan: "))
    changed = message.replace(plan, "Cifix-Plan: 0000").replace("Cifix-Rule: ", "Cifix-Rule: no-such-")
    git("commit", "--quiet", "--amend", "-m", changed, cwd=repo)
    git("reset", "--quiet", "--soft", "main", cwd=repo)
    git("commit", "--quiet", "-m", changed, cwd=repo)
    done = cifix("verify", "--repo", repo, "--base", "main")
    assert "is not installed here and was not run" in done.text
    assert "the rules it applied (none) find nothing left to fix" in done.text
