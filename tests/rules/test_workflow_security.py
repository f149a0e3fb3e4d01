"""workflow-security: which commands are run for their answer, and where a script loses it."""

import pytest

from cifix.formats.shell import commands
from cifix.model.finding import Finding, Fix, Safety
from cifix.model.rule import NoOptions
from cifix.model.snapshot import Snapshot
from cifix.rules.workflow_security import rule
from cifix.rules.workflow_security.scripts import gate, gates, idle, losses

PATH = ".github/workflows/a.yml"


def findings(steps: str) -> list[Finding]:
    data = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{steps}"
    return list(rule.find(Snapshot.of({PATH: data.encode()}), NoOptions()))


def lost(script: str, *, stops: bool = True, pipes: bool = False) -> list[tuple[str, str]]:
    return [(loss.gate, loss.how) for loss in losses(script, stops=stops, pipes=pipes)]


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("pytest", "pytest"),
        ("./venv/bin/pytest -q", "pytest"),
        ("python3.12 -X dev -m pytest", "pytest"),
        ("uv --quiet run --extra test -m pytest", "pytest"),
        ("uv run --group dev --no-sync ruff check .", "ruff check"),
        ("poetry run mypy .", "mypy"),
        ("coverage run --branch -m unittest", "unittest"),
        ("conda run -n env pytest", "pytest"),
        ("sudo timeout 5m env A=1 npx --yes eslint .", "eslint"),
        ("npm run test", "npm test"),
        ("black --check .", "black --check"),
        ("black .", None),
        ("uv pip install pytest", None),
        ("uv run", None),
        ("uv", None),
        ("python", None),
        ("python -m", None),
        ("python run.py -m pytest", None),
        ("sudo apt install shellcheck", None),
        ("ruff check --fix .", None),
        ("pytest --collect-only", None),
        ("$TOOL pytest", None),
    ],
)
def test_what_a_command_is_run_for(command: str, name: str | None) -> None:
    assert gate(commands(command)[0]) == name


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("pytest || true", ["or"]),
        ("tox && pytest || true", ["or"]),
        ("pytest |& tee log", ["pipe"]),
        ("pytest | tee log; cat log", ["pipe"]),
        ("pytest | tee log | cat", []),
        ("set -euo pipefail\npytest | tee log", []),
        ("pytest || exit 1", []),
        ("pytest || > log", []),
        ("pytest || (echo no; exit 1)", []),
        ("set +e\npytest\necho", ["off"]),
        ("set +o errexit; pytest; echo", ["off"]),
        ("set +e\nset -o errexit\npytest\necho", []),
        ("set +e\npytest", []),
        ("set +e\npytest\nexit $rc", []),
        ("set +e\npytest\nexit 0", ["off"]),
        ("set +e\npytest\necho $?", []),
        ("set +e\nif a; then pytest; fi\necho", []),
        ("set -x\npytest\nrc=$?", ["status"]),
        ('run\nrc="${?}"', ["status"]),
        ("run\n[[ $? == 0 ]]", ["status"]),
        ("run\n[ $a -ne 0 ]", []),
        ("run\nrc=$!", []),
        ('run\necho "slower=$?" >> "$GITHUB_OUTPUT"', ["status"]),
        ('run\necho "slower=$1" >> "$GITHUB_OUTPUT"', []),
        ("run\necho $?", []),
        ("trap x ERR\nrun\nrc=$?", []),
        ("f() { run; rc=$?; }", []),
        ("(run)\nrc=$?", []),
        ("a | b\nrc=$?", []),
        ("run || true\nrc=$?", []),
        ("A=1\nrc=$?", []),
        ("while pytest; do x; done", []),
        ("'", []),
    ],
)
def test_how_a_script_loses_an_answer(script: str, how: list[str]) -> None:
    assert [found for _, found in lost(script)] == how


def test_a_script_may_run_several_programs() -> None:
    assert list(gates("ruff check . && mypy .\necho")) == ["ruff check", "mypy"]
    assert lost("ruff check . || true\nmypy . || true") == [("ruff check", "or"), ("mypy", "or")]
    assert lost("pytest | tee log", pipes=True) == []
    assert lost("pytest\nmypy .", stops=False) == [("pytest", "off")]


def test_a_finding_points_at_the_command_and_only_shows_its_cure() -> None:
    (found,) = findings("    - run: |\n        ls\n        pytest -q || true\n")
    assert isinstance(found.outcome, Fix)
    assert found.outcome.safety is Safety.SHOWN
    assert found.message == "pytest may fail, and the step passes all the same"
    assert found.end - found.start == len("pytest -q")


def test_a_script_with_escapes_is_pointed_at_whole() -> None:
    (found,) = findings('    - run: "p\\u0079test || true"\n')
    assert not isinstance(found.outcome, Fix)
    assert found.end - found.start == len('"p\\u0079test || true"')


def test_a_step_without_a_known_system_has_no_known_shell() -> None:
    data = b'on: push\njobs: {a: {runs-on: [farm], steps: [{run: "pytest || true"}]}}\n'
    assert list(rule.find(Snapshot.of({PATH: data}), NoOptions())) == []


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo all green", True),
        ("echo a\n: b\nexit 0", True),
        ("echo a\nexit 1", False),
        ("echo a > b", False),
        ("echo $(check)", False),
        ("if x; then echo; fi", False),
        ("", False),
        ("'", False),
    ],
)
def test_a_script_that_only_says_something_cannot_fail(script: str, expected: bool) -> None:
    assert idle(script) is expected
