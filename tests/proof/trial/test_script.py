"""What of a job can be run here, and why the rest cannot."""

import pytest

from cifix.errors import UsageError
from cifix.model.snapshot import File, Memory, Snapshot
from cifix.proof.trial.install import install
from cifix.proof.trial.script import LeftOut, Script, planned


def tree(**files: str) -> Snapshot:
    """A tree with workflows by their name."""
    return Snapshot(Memory({f".github/workflows/{name}.yml": File(text.encode()) for name, text in files.items()}))


def workflow(steps: str, job: str = "runs-on: ubuntu-latest") -> str:
    lines = "".join(f"      {line}\n" for line in steps.splitlines())
    return f"on: push\njobs:\n  test:\n    {job}\n    steps:\n{lines}"


def steps(text: str, job: str = "runs-on: ubuntu-latest") -> tuple[Script | LeftOut, ...]:
    return planned(tree(ci=workflow(text, job)), "test").steps


def test_what_the_clone_and_the_environment_stand_for_is_done_already() -> None:
    found = steps("- uses: actions/checkout@v6\n- uses: actions/setup-python@v6\n- uses: astral-sh/setup-uv@v7")
    assert found == ()


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("- uses: codecov/codecov-action@v5", "actions are run by --act only"),
        ("- run: make\n  if: failure()", "only a run can tell whether it is skipped"),
        ("- run: echo ${{ secrets.KEY }}", "it holds an expression that only a run can tell"),
        ("- run: make\n  working-directory: ../other", "it holds an expression that only a run can tell"),
        ("- run: dir\n  shell: pwsh", "its shell is pwsh"),
        ("- run: conda info\n  shell: bash -l {0}", "its shell is bash -l {0}"),
        ("- run: sudo apt-get install -y gcc", "`sudo apt-get` would reach beyond the clone"),
        ("- run: make && git push", "`git push` would reach beyond the clone"),
        ("- run: uv pip install --system -p 3.12 .", "`uv pip` would reach beyond the clone"),
        ("- run: echo 'open", "it cannot be read (the script ends inside a quoted text or an expansion)"),
    ],
)
def test_what_is_left_out(step: str, reason: str) -> None:
    (found,) = steps(step)
    assert isinstance(found, LeftOut)
    assert found.reason == reason


def test_the_default_shell_of_windows_is_not_ours() -> None:
    (found,) = steps("- run: dir", "runs-on: windows-latest")
    assert isinstance(found, LeftOut)
    assert found.reason == "its shell is that of Windows"


def test_expressions_variables_folders_and_shells_are_as_the_runner_has_them() -> None:
    job = "runs-on: ubuntu-latest\n    env: {A: one, B: '${{ matrix.v }}', C: '${{ secrets.X }}'}\n"
    job += "    strategy: {matrix: {v: ['3.12', '3.13']}}\n    defaults: {run: {shell: bash}}"
    text = workflow(
        "- run: |\n    echo ${{ matrix.v }}\n    make\n  working-directory: sub\n- run: x\n  shell: sh", job
    )
    found = planned(tree(ci=text), "test")
    first, second = found.scripts
    assert (first.text, first.folder, first.env) == ("echo 3.12\nmake\n", "sub", {"A": "one", "B": "3.12"})
    assert (first.shell[:2], second.shell, first.title) == (("bash", "--noprofile"), ("sh", "-e"), "echo 3.12 ...")
    assert found.notes == ("this is the first of the 2 legs of its matrix",)


def test_a_shell_may_have_options_of_its_own() -> None:
    (found,) = steps("- run: x\n  shell: bash -eux -o pipefail {0}")
    assert isinstance(found, Script)
    assert found.shell == ("bash", "-eux", "-o", "pipefail")


def test_a_job_that_tests_comes_before_one_that_does_not() -> None:
    both = tree(
        docs=workflow("- run: pip install '.[docs]'"), tests=workflow("- run: pip install '.[test]'\n- run: pytest")
    )
    assert [one.text for one in install(both, (), uv=True).scripts] == ["pip install '.[test]'"]


def test_a_job_is_found_by_its_id_its_name_and_its_file() -> None:
    one = workflow("- run: one", "name: All tests\n    runs-on: ubuntu-latest")
    found = tree(ci=one, nightly=workflow("- run: two"), broken="{")
    assert planned(found, "All tests").path == ".github/workflows/ci.yml"
    assert planned(found, "nightly.yml:test").scripts[0].text == "two"
    with pytest.raises(UsageError, match=r"2 jobs are called test; say which: ci\.yml:test, nightly\.yml:test"):
        planned(found, "test")
    with pytest.raises(UsageError, match="no workflow of the branch has a job lint; known: test"):
        planned(found, "lint")
    with pytest.raises(UsageError, match="known: none"):
        planned(tree(), "test")


def test_in_what_a_runner_is_another_place_is_noted() -> None:
    text = workflow(
        "- uses: actions/setup-python@v6\n  with: {python-version: '3.14'}\n- uses: astral-sh/setup-uv@v7\n- run: x",
        "container: python:3.14\n    services: {db: {image: postgres}}",
    )
    found = planned(tree(ci=text), "test")
    assert found.pythons == ("3.14",)
    assert found.notes == ("a runner runs it in a container", "its services were not started")


def test_a_job_that_calls_a_workflow_is_left_out() -> None:
    text = "on: push\njobs:\n  test:\n    uses: ./.github/workflows/other.yml\n"
    (found,) = planned(tree(ci=text), "test").steps
    assert isinstance(found, LeftOut)
    assert found.words == "left out: uses ./.github/workflows/other.yml: it is another workflow"


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("uv sync --extra 'a b' && uv run pytest", ["uv sync --extra 'a b'"]),
        ("pip install -e .[test]", ["pip install -e .[test]"]),
        ("python -m pip install -r dev.txt\npip install .", ["python -m pip install -r dev.txt", "pip install ."]),
        ("A='x y' uv pip install '.[x]'", ["A='x y' uv pip install '.[x]'"]),
        ("if true; then pip install .; fi", ["uv pip install ."]),
        ("pip install $WHEEL\npip install .", ["uv pip install ."]),
        ("pip install pytest", ["uv pip install ."]),
        ("make", ["uv pip install ."]),
    ],
)
def test_the_project_is_installed_as_its_own_job_does(script: str, commands: list[str]) -> None:
    lines = "\n".join(f"    {line}" for line in script.splitlines())
    found = install(tree(ci=workflow(f"- run: |\n{lines}")), (), uv=True)
    assert [one.text for one in found.scripts] == commands
    own = found.source == "as job test of .github/workflows/ci.yml does"
    assert own == (commands != ["uv pip install ."])


def test_without_uv_no_command_of_uv_is_used() -> None:
    found = install(tree(ci=workflow("- run: uv sync")), (), uv=False)
    assert [one.text for one in found.scripts] == ["python -m pip install ."]
    assert found.source == "for no job says surely how it installs the project"
