"""The remediation plan: that its commands give what it says, that it is stable, and that it writes nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from cifix.model.snapshot import File
from cifix.report.remediation.machine import schema
from cifix.testing import build
from tests.cli.conftest import Cifix, Ran
from tests.conftest import Git
from tests.original import original

CI = b"""\
name: ci
on: push
jobs:
  smoke:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/upload-artifact@v3
        with: {name: a, path: a}
  lint:
    needs: smoke
    runs-on: ubuntu-latest
    steps:
      - run: ruff check
  test:
    needs: [lint]
    runs-on: ubuntu-latest
    steps:
      - run: uv run pytest
"""
BROKEN = {
    ".gitignore": b"lib/\nbuild/\n",
    ".github/workflows/ci.yml": CI,
    ".github/workflows/hard.yml": (
        b"on: push\njobs:\n  a:\n    runs-on: x\n    strategy: {matrix: {os: [a, b]}}\n    steps:\n"
        b"      - uses: actions/upload-artifact@v3\n        with: {name: a/b, path: x}\n"
    ),
    ".github/workflows/hooks.yml": b"on: push\njobs:\n  p: {runs-on: x, steps: [{uses: pre-commit/action@v3.0.1}]}\n",
    ".pre-commit-config.yaml": (
        b"repos:\n  - repo: local\n    hooks:\n      - {id: x, name: x, entry: python x.py, language: system}\n"
    ),
    "shop/__init__.py": b"",
    "shop/lib/__init__.py": b"",
    "shop/lib/prices.py": b"PRICE = 1\n",
    "shop/till.py": b"from shop.lib import prices\nfrom shop import gone\nfrom shop import nothing\n",
    "shop/build/__init__.py": b"",
    "sh\xc3\xb6p/a b.py".encode("latin-1").decode(): b"import shop.never  # caf\xc3\xa9\r\n",
}
FORCED = ("shop/build/__init__.py",)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    build({path: File(data) for path, data in BROKEN.items()}, tmp_path / "repo", force=FORCED)
    return tmp_path / "repo"


def evidence(document: Ran) -> list[tuple[str, list[str]]]:
    """Every command of a plan with the lines it must give."""
    found = [*document.json["causes"], *document.json["left"]]
    return [(proof["command"], proof["shows"]) for one in found for proof in one["evidence"]]


def assert_proven(document: Ran, checkout: Path) -> None:
    proofs = evidence(document)
    assert proofs
    for command, shows in proofs:
        done = subprocess.run(command, shell=True, cwd=checkout, capture_output=True, check=False)  # noqa: S602
        lines = done.stdout.decode().splitlines()
        for begin in shows:
            assert any(line.startswith(begin) for line in lines), (command, begin, lines)
        assert shows or not lines, (command, lines)
        assert not done.stderr, (command, done.stderr)


@pytest.mark.parametrize("clone", [False, True], ids=["where it was found", "in a clean clone"])
def test_every_command_gives_what_the_plan_says(
    cifix: Cifix, git: Git, tmp_path: Path, broken: Path, clone: bool
) -> None:
    checkout = broken
    if clone:
        checkout = tmp_path / "clone"
        git("clone", "-q", str(broken), str(checkout))
    told = cifix("plan", checkout.name, "--format", "json")
    assert_proven(told, checkout)
    commands = [command.split(" -- ")[0] for command, _ in evidence(told)]
    assert "git ls-files -ci --exclude-standard" in commands
    assert "git check-ignore -v --no-index" in commands
    assert "git ls-files" in commands


def test_the_evidence_of_the_original_case_names_the_line_that_masks(cifix: Cifix, tmp_path: Path) -> None:
    repo = original(tmp_path / "repo")
    told = cifix("plan", "repo", "--format", "json")
    assert_proven(told, repo)
    first = told.json["causes"][0]
    assert first["rule"] == "anchor-gitignore"
    assert ".gitignore:12:lib/\tquant/lib/labels.py" in [line for proof in first["evidence"] for line in proof["shows"]]


def test_the_plan_is_the_same_twice_and_writes_nothing(cifix: Cifix, git: Git, broken: Path, tmp_path: Path) -> None:
    def state() -> object:
        objects = sorted((broken / ".git").rglob("*"))
        return objects, git("status", "--porcelain", "--ignored", cwd=broken), (broken / ".git/index").read_bytes()

    before = state()
    for form in ("markdown", "json"):
        once, again = (cifix("plan", "repo", "--format", form) for _ in range(2))
        assert (once.out, once.code) == (again.out, 1)
        assert cifix("plan", "repo", "--format", form, "--output", "plan.txt").out == b""
        assert (tmp_path / "plan.txt").read_bytes() == once.out
    assert state() == before


def test_the_json_fulfils_its_schema(cifix: Cifix, broken: Path) -> None:
    told = cifix("plan", broken.name, "--format", "json").json
    jsonschema.validate(told, schema(), jsonschema.Draft202012Validator)
    assert told["left"]


def test_what_hides_files_comes_first_and_then_what_blocks_most(cifix: Cifix, broken: Path) -> None:
    told = cifix("plan", broken.name, "--format", "json").json
    assert [one["rule"] for one in told["causes"]] == ["anchor-gitignore", "upgrade-artifacts", "hook-python3"]
    assert [one["commits"] for one in told["causes"]] == [[1], [3], [2]]


def test_jobs_are_those_that_run_what_was_found_and_those_that_wait_for_them(cifix: Cifix, broken: Path) -> None:
    told = cifix("plan", broken.name, "--format", "json").json
    ci, hard, hooks = (f".github/workflows/{name}.yml" for name in ("ci", "hard", "hooks"))
    by_rule = {one["rule"]: one for one in told["causes"]}
    assert by_rule["anchor-gitignore"]["jobs"] == [{"workflow": ci, "job": "test"}]
    assert by_rule["hook-python3"]["jobs"] == [{"workflow": hooks, "job": "p"}]
    assert by_rule["upgrade-artifacts"]["jobs"] == [{"workflow": ci, "job": "smoke"}]
    assert [job["job"] for job in by_rule["upgrade-artifacts"]["waiting"]] == ["lint", "test"]
    jobs = {(job["workflow"], job["job"]): job for job in told["jobs"]}
    assert told["jobs"][0]["job"] == "smoke"
    assert jobs[ci, "test"]["after"] == [{"workflow": ci, "job": "smoke"}]
    assert (jobs[hard, "a"]["fixed"], jobs[hard, "a"]["left"]) == ([], 1)


def test_the_document_has_the_parts_of_a_plan_in_order(cifix: Cifix, broken: Path) -> None:
    text = cifix("plan", broken.name).text
    heads = [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")]
    assert heads == [
        "Executive summary",
        "Evidence",
        "Root causes and fixes",
        "Left for a person",
        "Validation plan",
        "Risk",
        "Post-fix actions",
    ]
    assert "`smoke` of `ci.yml` blocks `lint` of `ci.yml`, `test` of `ci.yml`: they wait for it" in text
    assert "forbidden-name" in text
    assert "cifix guard init --only hook" in text


def test_the_validation_commands_do_what_they_are_for(cifix: Cifix, tmp_path: Path) -> None:
    repo = original(tmp_path / "repo")
    commands = cifix("plan", "repo", "--format", "json").json["validation"]
    codes = []
    for command in commands:
        done = subprocess.run(f"{sys.executable} -m {command}", shell=True, cwd=repo, capture_output=True, check=False)  # noqa: S602
        codes.append(done.returncode)
    assert [command.split()[1] for command in commands] == ["apply", "verify", "check", "verify"]
    assert codes == [0, 0, 0, 0]


def test_fixes_that_are_held_back_are_shown_with_their_diff(cifix: Cifix, tmp_path: Path) -> None:
    files = {"till/__init__.py": b"", "till/a.py": b"from till import Prices\n", "till/prices.py": b""}
    build({path: File(data) for path, data in files.items()}, tmp_path / "repo")
    safe = cifix("plan", "repo", "--safety", "safe", "--format", "json").json
    review = cifix("plan", "repo", "--format", "json").json
    for one in safe["left"]:
        if one["state"] == "held back":
            assert one["diff"].startswith("diff --git")
    assert len(safe["left"]) == len(review["left"]) + sum(len(one["findings"]) for one in review["causes"])


def test_a_clean_repository_and_one_without_commits_have_short_plans(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    build({"a.txt": File(b"x\n")}, tmp_path / "clean")
    git("init", "-q", "unborn")
    for name in ("clean", "unborn"):
        done = cifix("plan", name, "--ignore", "lazy-init")
        assert done.code == 0
        assert "Nothing was found" in done.text
        assert "Root causes" not in done.text
        told = cifix("plan", name, "--format", "json").json
        jsonschema.validate(told, schema(), jsonschema.Draft202012Validator)


def test_the_choice_of_the_user_stands_in_the_commands(cifix: Cifix, broken: Path) -> None:
    done = cifix(
        "plan", broken.name, "--select", "hook-python3", "--base", "main", "--safety", "safe", "--format", "json"
    )
    assert done.json["validation"][0] == "cifix apply --select hook-python3 --base main"
    assert done.json["validation"][2] == "cifix check --select hook-python3 --base cifix/fixes"
    assert json.dumps(done.json)


STAMP = "2026-07-16T20:33:28.4578760Z "
RED = "".join(
    f"{STAMP}{line}\n"
    for line in (
        "##[group]Run pytest",
        (
            "E   ImportError: cannot import name 'labels' from partially initialized module 'quant.lib' "
            "(most likely due to a circular import) (/home/runner/work/quant/quant/quant/lib/__init__.py)"
        ),
        "##[error]Process completed with exit code 2.",
    )
)


def test_the_logs_of_a_red_run_lead_the_plan(cifix: Cifix, tmp_path: Path) -> None:
    repo = original(tmp_path / "repo")
    (tmp_path / "red.txt").write_text(RED)
    told = cifix("plan", repo, "--log", tmp_path / "red.txt").text
    order = [
        "## Executive summary",
        "- Red: ",
        "There is none:",
        "## What the logs say",
        "## Evidence",
        "## Root causes",
    ]
    places = [told.index(words) for words in order]
    assert places == sorted(places)
    assert "What would fail next" in told
    plain = cifix("plan", repo).text
    assert "What the logs say" not in plain


def test_what_makes_the_run_red_comes_before_what_would(cifix: Cifix, tmp_path: Path) -> None:
    repo = original(tmp_path / "repo")
    line = "##[error]This request has been automatically failed because it uses a deprecated version of "
    (tmp_path / "red.txt").write_text(f"{line}`actions/upload-artifact: v3`.\n")
    done = cifix("plan", repo, "--log", tmp_path / "red.txt", "--format", "json")
    jsonschema.Draft202012Validator(schema()).validate(done.json)
    assert done.json["causes"][0]["rule"] == "upgrade-artifacts"
    (cause,) = done.json["logs"]["causes"]
    assert (cause["verdict"], cause["rules"], cause["advice"]) == ("confirmed", ["upgrade-artifacts"], "")
    assert done.json["logs"]["coming"]
    assert cifix("plan", repo, "--format", "json").json["logs"] is None


def test_what_is_left_for_a_person_is_told_from_the_log(cifix: Cifix, tmp_path: Path) -> None:
    repo = original(tmp_path / "repo")
    done = cifix("plan", repo, "--log", "-", stdin="FAILED tests/test_a.py::test_x - assert 1\n##[error]exit\n")
    assert "### For a person" in done.text
    assert "tests fail: a person must look" in done.text
    (tmp_path / "green.txt").touch()
    assert "- Nothing failed in the logs." in cifix("plan", repo, "--log", tmp_path / "green.txt").text
