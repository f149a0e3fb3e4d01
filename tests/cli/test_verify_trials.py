"""`cifix verify` with --uv, --run, --job and --act: real commands of a real branch in a clean clone."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cifix.model.snapshot import File
from cifix.proof.machine import schema
from cifix.testing import build
from tests.cli.conftest import Cifix, Ran
from tests.rules.uv_projects import environment
from tests.shop import SHOP, WORKFLOW, job

UV = environment()
with_uv = pytest.mark.skipif(UV is None, reason="the real uv is not installed")
VERIFY = ("verify", "main", "--base", "main", "--repo", "shop")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is downloaded, and uv has a cache of its own."""
    given = {"UV_OFFLINE": "1", "UV_NO_INDEX": "1", "PIP_NO_INDEX": "1", "UV_PYTHON_PREFERENCE": "only-system"}
    for name, value in {**given, "UV_CACHE_DIR": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(name, value)


def made(folder: Path, files: Mapping[str, str]) -> None:
    build({path: File(text.encode()) for path, text in files.items()}, folder / "shop")


def proofs(done: Ran) -> dict[str, Any]:
    """The proofs of a JSON report by name; it must follow its schema."""
    jsonschema.Draft202012Validator(schema()).validate(done.json)
    return {proof["name"]: proof for proof in done.json["proofs"]}


@with_uv
def test_with_uv_the_branch_is_installed_and_imported_from_outside(cifix: Cifix, tmp_path: Path) -> None:
    made(tmp_path, {**SHOP, "tools/__init__.py": "", WORKFLOW: job("uv pip install .")})
    (tmp_path / "shop" / "loose.py").write_text("")
    done = cifix(*VERIFY, "--uv", "--run", "python -c 'import shop.till'; ls; pwd")
    assert done.code == 0, done.text
    warning, *announced = done.err.splitlines()
    assert warning == (
        "This runs commands of the repository as it is on main: its installation with its build backend, its jobs and "
        "its code, in a clean clone, without your environment and without a sandbox."
    )
    assert announced == [
        "  $ uv pip install .",
        "  $ python -c 'import shop'",
        "  $ python -c 'import tools'",
        "  $ python -c 'import shop.till'; ls; pwd",
    ]
    assert "Ran code and commands of the repository (--uv, --run) with Python 3." in done.text.splitlines()[0]
    source = "as job test of .github/workflows/ci.yml does"
    assert f"  installed: proven: the project can be installed, {source}\n" in done.text
    assert "    $ uv pip install . (exit code 0, " in done.text
    assert "  outside-imports: proven: imported from outside the sources: shop\n" in done.text
    assert "    note: tools is not a part of what is installed\n" in done.text
    assert "  commands: proven: where it is installed, 1 command of yours passes\n" in done.text


@with_uv
def test_a_module_that_is_missing_from_the_wheel_is_found(cifix: Cifix, tmp_path: Path) -> None:
    forgetful = SHOP["backend.py"].replace('rglob("*.py")', 'glob("__init__.py")')
    files = {**SHOP, "backend.py": forgetful, "shop/__init__.py": "from shop import till\n"}
    made(tmp_path, {**files, WORKFLOW: job("uv pip install .")})
    done = cifix(*VERIFY, "--uv", "--format", "json")
    assert (done.code, proofs(done)["outside-imports"]["verdict"]) == (4, "different")
    (difference,) = proofs(done)["outside-imports"]["differences"]
    assert "cannot import name 'till'" in difference["after"]


@with_uv
def test_a_project_of_which_nothing_is_installed(cifix: Cifix, tmp_path: Path) -> None:
    empty = SHOP["backend.py"].replace('rglob("*.py")', 'glob("*.none")')
    files = {path.replace("shop/", "store_front/"): text for path, text in SHOP.items()}
    made(tmp_path, {**files, "backend.py": empty, "setup.py": "", WORKFLOW: job("uv pip install .")})
    done = cifix(*VERIFY, "--uv")
    assert done.code == 4
    assert "outside-imports: NOT TRUE: imported from outside the sources: store_front" in done.text
    assert "      branch: ModuleNotFoundError: No module named 'store_front'" in done.text


@with_uv
@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\nrequires-python = '>=3.11'\n"},
            "nothing of the project is installed: it has no build system",
        ),
        ({"backend.py": "", "shop/__init__.py": None}, "the tree has no package to import"),
    ],
)
def test_where_nothing_can_be_imported_that_is_said(
    cifix: Cifix, tmp_path: Path, files: Mapping[str, str | None], reason: str
) -> None:
    tree = {**SHOP, WORKFLOW: job("uv sync --no-install-project"), **files}
    made(tmp_path, {path: text for path, text in tree.items() if text is not None})
    done = cifix(*VERIFY, "--uv", "--format", "json")
    assert (done.code, proofs(done)["outside-imports"]["claim"]) == (0, reason)


@with_uv
def test_nothing_of_the_caller_reaches_a_command(cifix: Cifix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "hush-hush")
    monkeypatch.setenv("UV_INDEX_URL", "https://ada:hush-hush@example.org/")
    made(tmp_path, SHOP)
    done = cifix(*VERIFY, "--uv", "--run", "env; echo ghp_abcdefghijklmnopqrstuvwx; exit 3", "--format", "json")
    assert done.code == 4
    (command,) = proofs(done)["commands"]["commands"]
    assert command["exit_code"] == 3
    assert "CI=true" in command["output"]
    assert "[hidden]" in command["output"]
    assert "hush" not in done.text + done.err
    assert str(Path.home()) not in "".join(line for line in command["output"] if line.startswith("HOME="))


@with_uv
def test_what_a_command_leaves_running_is_ended_and_a_slow_one_is_stopped(cifix: Cifix, tmp_path: Path) -> None:
    made(tmp_path, SHOP)
    late = tmp_path / "late"
    done = cifix(*VERIFY, "--uv", "--run", f"(sleep 2; touch {late}) & true", "--format", "json")
    assert (done.code, proofs(done)["commands"]["verdict"]) == (0, "proven")
    stopped = cifix(*VERIFY, "--uv", "--run", f"sleep 60; touch {late}", "--timeout", "4")
    assert stopped.code == 0
    assert "commands: not checked: `sleep 60; touch" in stopped.text
    assert "had to be stopped; allow more time with --timeout" in stopped.text
    time.sleep(0.1)
    assert not late.exists()


@with_uv
def test_a_project_that_cannot_be_installed(cifix: Cifix, tmp_path: Path) -> None:
    made(tmp_path, {**SHOP, "backend.py": "raise SystemExit('no')\n"})
    done = cifix(*VERIFY, "--uv", "--run", "true", "--format", "markdown")
    assert done.code == 4
    assert done.text.startswith("## How verified\n\n`main` at `")
    assert "- installed: **not true**: the project can be installed, as job test" in done.text
    assert "- commands: not checked: nothing was run, for the project was not installed" in done.text
    assert "  - `uv sync`: exit code " in done.text


STEPS = """\
on: push
jobs:
  test:
    runs-on: ${{ matrix.os }}
    strategy: {matrix: {os: [ubuntu-latest, ubuntu-22.04]}}
    env: {KIND: unit}
    steps:
      - uses: actions/checkout@v6
      - uses: actions/setup-python@v6
        with: {python-version: "2.7"}
      - uses: codecov/codecov-action@v5
      - run: sudo apt-get install -y gcc
      - run: exit 7
        continue-on-error: true
      - run: |
          echo "FROM=$KIND" >> "$GITHUB_ENV"
          mkdir "$RUNNER_TEMP/bin"
          printf '#!/bin/sh\\nexit 0\\n' > "$RUNNER_TEMP/bin/ours"
          chmod +x "$RUNNER_TEMP/bin/ours"
          echo "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"
      - run: test "$FROM" = unit && ours
      - run: test "$PWD" = "${{ github.workspace }}/shop"
        working-directory: shop
      - run: "false"
        working-directory: gone
      - run: echo not reached
  docs:
    runs-on: windows-latest
    steps:
      - run: dir
"""


@with_uv
def test_the_steps_of_a_job_run_as_the_runner_runs_them(cifix: Cifix, tmp_path: Path) -> None:
    made(tmp_path, {**SHOP, WORKFLOW: STEPS})
    done = cifix(*VERIFY, "--uv", "--job", "test", "--job", "docs", "--format", "json")
    assert done.code == 4
    test, docs = [proof for proof in done.json["proofs"] if proof["name"] == "job"]
    assert [command["exit_code"] for command in test["commands"]] == [7, 0, 0, 0, 1]
    assert test["commands"][0]["tolerated"]
    assert test["commands"][-1]["output"] == ["the clone has no folder gone"]
    assert test["notes"] == [
        "left out: uses codecov/codecov-action@v5: actions are run by --act only",
        "left out: sudo apt-get install -y gcc: `sudo apt-get` would reach beyond the clone",
        "this is the first of the 2 legs of its matrix",
        f"it sets up Python 2.7, and ran with {sys.version.split()[0]}",
        "not reached after that: 1 step",
    ]
    assert docs["claim"] == "job docs of .github/workflows/ci.yml has no step that can be run here"
    text = cifix(*VERIFY, "--uv", "--job", "test").text
    assert "    $ exit 7 (exit code 7, 0." in text
    assert "s, the job goes on)\n" in text


def test_without_uv_the_interpreters_own_tools_install_the_branch(cifix: Cifix, tmp_path: Path) -> None:
    made(tmp_path, {**SHOP, WORKFLOW: job("python -m pip install --quiet .\npython -c 'import shop.till'")})
    done = cifix(*VERIFY, "--job", "test", "--python", sys.executable, "--format", "json")
    assert done.code == 0, done.text
    assert {name: proof["verdict"] for name, proof in proofs(done).items() if proof["commands"]} == {
        "job": "proven",
        "outside-imports": "proven",
    }
    assert done.json["ran_code"] == ["--job"]


@with_uv
def test_pip_is_there_for_jobs_that_call_it(cifix: Cifix, tmp_path: Path) -> None:
    made(tmp_path, {**SHOP, WORKFLOW: job("pip install --quiet -e .\npython -c 'import shop.till'")})
    done = cifix(*VERIFY, "--uv", "--job", "ci.yml:test")
    assert done.code == 0, done.text


@pytest.fixture
def act(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for act on PATH, which tells what it was given; it fails for a job called `bad`."""
    folder = tmp_path / "act-bin"
    folder.mkdir()
    told = folder / "told"
    (folder / "act").write_text(f'#!/bin/sh\necho "$@" > {told}\nls -A >> {told}\nenv >> {told}\ntest "$2" != bad\n')
    (folder / "act").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return told


def test_act_runs_a_job_in_the_clean_clone(
    cifix: Cifix, tmp_path: Path, act: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "hush-hush")
    made(tmp_path, {**SHOP, WORKFLOW: f"{job('true')}  bad:\n    runs-on: ubuntu-latest\n    steps: []\n"})
    (tmp_path / "shop" / "loose").write_text("x")
    done = cifix(*VERIFY, "--act", "test", "--format", "json")
    assert (done.code, proofs(done)["act"]["verdict"]) == (0, "proven")
    first, *rest = act.read_text().splitlines()
    assert first == f"--job test --workflows {WORKFLOW} --rm"
    assert rest[:5] == [".git", ".github", "backend.py", "pyproject.toml", "shop"]
    assert "hush" not in act.read_text()
    done = cifix(*VERIFY, "--act", "bad")
    assert done.code == 4
    assert f"    $ act --job bad --workflows {WORKFLOW} --rm (exit code 1, " in done.text


def test_an_interpreter_that_can_make_no_environment_is_wrong_use(cifix: Cifix, tmp_path: Path) -> None:
    made(tmp_path, SHOP)
    odd = tmp_path / "odd"
    odd.write_text(f'#!/bin/sh\ntest "$1" = -I && echo \'["{odd}", [3, 12, 1]]\' && exit\necho no venv; exit 9\n')
    odd.chmod(0o755)
    done = cifix(*VERIFY, "--run", "true", "--python", odd)
    assert done.code == 2
    assert f"no environment can be made with {odd}: it ended with exit code 9: no venv" in done.err


def test_programs_and_jobs_that_are_not_there_are_wrong_use(
    cifix: Cifix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, SHOP)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr("cifix.proof.trial.room.find_spec", lambda _: None)
    for arguments, words in {
        ("--act", "test"): "--act: there is no program act; install it",
        ("--uv",): "--uv: there is no program uv; install it",
        ("--job", "test"): "--job test: it calls uv; add --uv",
        ("--job", "nothing"): "no workflow of the branch has a job nothing; known: test",
        ("--run", "true", "--python", "/bin/false"): "is not a Python interpreter",
        ("--run", "true", "--package", "shop"): "--package says what to import: add --import or --simulate",
    }.items():
        done = cifix(*VERIFY, *arguments)
        assert (done.code, words in done.err) == (2, True), (arguments, done.err)
        assert "This runs" not in done.err
