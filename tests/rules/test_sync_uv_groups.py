"""What sync-uv-groups sees in jobs, beyond its cases and what uv itself is asked for."""

from collections.abc import Mapping

import pytest

from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.snapshot import File, Memory, Snapshot
from cifix.rules.sync_uv_groups import Options, rule
from cifix.rules.sync_uv_groups.facts import implied
from cifix.rules.sync_uv_groups.needs import Need, needs, options, peeled
from cifix.rules.sync_uv_groups.settings import Settings, settings

PROJECT = (
    '[project]\nname = "demo"\nversion = "1"\n[project.optional-dependencies]\n'
    'test = ["pytest", "pytest-cov", "pytest-xdist", "coverage"]\n[dependency-groups]\nlint = ["ruff", "mypy"]\n'
)
CHECKOUT = "      - uses: actions/checkout@v6\n"


def tree(steps: str, files: Mapping[str, str], *, job: str = "", top: str = "on: push\n") -> Snapshot:
    text = f"{top}jobs:\n  one:\n    runs-on: ubuntu-latest\n{job}    steps:\n{CHECKOUT}{steps}"
    every = {"pyproject.toml": PROJECT, "src/demo.py": "", ".github/workflows/ci.yml": text, **files}
    return Snapshot(Memory({path: File(source.encode()) for path, source in every.items()}))


def block(script: str) -> str:
    return "      - run: |\n" + "".join(f"          {line}\n" for line in script.split("\n"))


def found(script: str, *, job: str = "", before: str = "", top: str = "on: push\n", **files: str) -> list[Finding]:
    paths = {name.replace("__", "/").replace("_toml", ".toml"): text for name, text in files.items()}
    return list(rule.find(tree(before + block(script), paths, job=job, top=top), Options()))


def edits(findings: list[Finding]) -> list[str]:
    fixes = dict.fromkeys(one.outcome for one in findings if isinstance(one.outcome, Fix))
    return [change.text for fix in fixes for change in fix.changes if hasattr(change, "text")]


@pytest.mark.parametrize(
    "script",
    [
        "uv sync && uv run pytest",
        "uv sync; uv run pytest -q | cat",
        "uv sync\nuv run xvfb-run -a -s '-screen 0' pytest",
        "uv sync\nxvfb-run -a uv run pytest",
        "uv sync\ntimeout 10m uv run pytest",
        "uv sync\nenv A=b uv run pytest",
        "uv sync\nA=b uv run pytest",
        "uv sync\nif true; then uv run pytest; fi",
        "uv sync\nfor x in 1 2; do uv run pytest $x; done",
        "uv sync\nuv run -p 3.12 --python-platform linux -- pytest",
        "uv sync\nuv run --python $PYTHON pytest",
        "uv sync\nuv run python -W error -m pytest",
        "uv sync\nuv run python -um pytest",
        "uv sync --quiet\nuv run python3.12 -m pytest",
        "uv sync\nuv run coverage run --source x -m pytest",
        "uv sync\nsource .venv/bin/activate\npytest",
        "uv sync\n.venv/bin/pytest",
        "uv sync\ncurl -LsSf https://astral.sh/uv/install.sh | sh\nuv run pytest",
        'uv sync\ncd "$GITHUB_WORKSPACE"\nuv run pytest',
        "uv sync\ncd src && cd .. && uv run pytest",
        "uv sync; (cd src; uv run pytest)",
        "uv sync\nuv run --directory src pytest",
        "uv sync --extra test\nuv run --isolated pytest",
        "uv sync\nuv pip install httpx\nuv run pytest",
        "uv sync\npip install httpx\nuv run pytest",
        "uv sync\nset -x\necho hi >> $GITHUB_PATH\nuv run pytest",
        "uv sync || uv sync\nuv run pytest",
        "uv sync --dry-run --extra test\nuv sync\nuv run pytest",
    ],
)
def test_a_missing_tool_is_found(script: str) -> None:
    findings = found(script)
    assert findings
    assert set(edits(findings)) == {" --extra test"}


@pytest.mark.parametrize(
    "script",
    [
        "uv sync --extra test\nuv run pytest",
        "uv sync --inexact --extra test\nuv run pytest",
        "uv sync $FLAGS\nuv run pytest",
        "$UV sync\nuv run pytest",
        "uv run $FLAGS pytest",
        "uv run",
        "uv run --script tool.py",
        "uv run --no-project pytest",
        "uv run --with pytest,httpx pytest",
        "uv run --with-requirements dev.txt pytest",
        "uv run --with ./here pytest",
        "uv run python tool.py",
        "uv run python -c 'import pytest'",
        "uv run python",
        "uv run python $X -m pytest",
        "uv run coverage-something",
        "uv run unknown",
        "uv run ./pytest.sh",
        "uv lock\nuv tree",
        "uv sync\nuv tool install pytest\nuv run pytest",
        "uv sync\nuv tool install tox --with pytest\nuv run pytest",
        "uv sync\npip install pytest\nuv run pytest",
        "uv sync\npython -m pip install -r dev.txt\nuv run pytest",
        "uv sync\nsudo apt-get install -y python3-pytest\nuv run pytest",
        "uv sync\nuv pip install -r dev.txt\nuv run pytest",
        "uv sync\nuv pip install --system pytest\nuv sync\nuv run pytest",
        "uv sync\nuv pip sync dev.txt\nuv run pytest",
        "uv add --dev pytest\nuv run pytest",
        "make env\nuv run pytest",
        ". ci/prepare.sh\nuv run pytest",
        "uv run --with nox nox\nuv run pytest",
        "uv run 'pytest",
        "echo UV_NO_SYNC=1 >> $GITHUB_ENV\nuv run pytest",
        "export UV_PROJECT=elsewhere\nuv run pytest",
        "export UV_NO_DEV=$(x)\nuv run pytest",
        "UV_NO_DEV=$X uv run pytest",
        "cd $SOMEWHERE\nuv run pytest",
        "cd ../other\nuv run pytest",
        "cd ~\nuv run pytest",
        "cd\nuv run pytest",
        "pushd src\nuv run pytest",
        "if x; then cd src; fi\nuv run pytest",
        "pytest",
        "uv sync\n./pytest",
        "uv sync\necho hello",
        "uv sync\nexport PATH=.venv/bin:$PATH\nuv sync --extra test\npytest",
        "uv sync --extra test\n.venv/bin/pytest",
        "if x; then uv sync; fi\npytest",
        "uv sync --active --extra test\nuv run pytest",
        "x=1\nuv run --extra test pytest",
        "uv run --package unknown pytest",
    ],
)
def test_nothing_is_said_of_what_works_or_cannot_be_known(script: str) -> None:
    assert found(script) == []


@pytest.mark.parametrize(
    ("script", "level"),
    [
        ("uv run pytest", Safety.SAFE),
        ("uv run pytest || true", Safety.REVIEW),
        ("uv run pytest | tee log", Safety.REVIEW),
        ("set -eo pipefail\nuv run pytest | tee log", Safety.SAFE),
        ("set +e\nuv run pytest", Safety.REVIEW),
        ("! uv run pytest", Safety.REVIEW),
        ("if uv run pytest; then x; fi", Safety.REVIEW),
    ],
)
def test_a_fix_is_safe_where_the_failure_counts(script: str, level: Safety) -> None:
    (finding,) = found(script)
    assert isinstance(finding.outcome, Fix)
    assert finding.outcome.safety is level


def test_a_requirement_for_some_systems_only_is_to_be_reviewed() -> None:
    text = PROJECT.replace('"pytest",', "\"pytest; sys_platform == 'linux'\",")
    (finding,) = found("uv run pytest", pyproject_toml=text)
    assert isinstance(finding.outcome, Fix)
    assert finding.outcome.safety is Safety.REVIEW


def test_two_kinds_of_tools_need_an_extra_and_a_group() -> None:
    findings = found("uv sync --locked\nuv run pytest\nuv run ruff check")
    assert edits(findings) == [" --extra test --group lint"]


def test_a_call_of_uv_run_gets_only_what_it_needs() -> None:
    assert edits(found("uv run pytest\nuv run ruff check")) == [" --extra test", " --group lint"]


@pytest.mark.parametrize(
    "job",
    [
        "    defaults:\n      run:\n        working-directory: other\n",
        "    defaults:\n      run:\n        shell: python\n",
        "    env:\n      UV_PROJECT_ENVIRONMENT: /opt/venv\n",
        "    env:\n      UV_NO_GROUP: ${{ vars.X }}\n",
    ],
)
def test_settings_of_the_job_are_heard(job: str) -> None:
    assert found("uv run pytest", job=job) == []


def test_settings_of_the_workflow_are_heard() -> None:
    assert found("uv run pytest", top="on: push\ndefaults:\n  run:\n    working-directory: other\n") == []
    assert found("uv run ruff", top="on: push\nenv:\n  UV_NO_DEV: 1\n") != []


@pytest.mark.parametrize(
    "step",
    [
        "      - uses: acme/setup-tools@v1\n",
        "      - uses: ./.github/actions/unknown\n",
        "      - uses: pre-commit/pytest@v1\n",
        "      - uses: actions/cache@v5\n        with: {path: .venv, key: x}\n",
        "      - uses: actions/cache@v5\n        with: {path: '${{ steps.x.outputs.y }}', key: x}\n",
        "      - uses: actions/checkout@v6\n        with: {repository: acme/other}\n",
    ],
)
def test_steps_that_may_change_everything(step: str) -> None:
    assert found("uv run pytest", before=step) == []


def test_a_checkout_in_a_folder() -> None:
    step = "      - uses: actions/checkout@v6\n        with: {path: here}\n"
    assert found("cd here && uv run pytest", before=step) != []
    snapshot = tree(block("uv run pytest"), {})
    text = snapshot.read(".github/workflows/ci.yml").decode().replace(CHECKOUT, step)
    moved = Memory({"pyproject.toml": File(PROJECT.encode()), ".github/workflows/ci.yml": File(text.encode())})
    assert list(rule.find(Snapshot(moved), Options())) == []


def test_steps_that_change_nothing() -> None:
    step = "      - uses: docker://alpine\n      - uses: actions/setup-python@v6\n      - uses: acme/notify@v1\n"
    step += "      - {}\n"
    assert found("uv run pytest", before=step) != []


def test_conditions_of_steps() -> None:
    never = "      - if: false\n        run: uv sync --extra test\n"
    perhaps = "      - if: github.event_name == 'push'\n        run: uv sync --extra test\n"
    always = "      - if: always()\n        run: uv sync\n"
    assert found("uv run pytest", before=never) != []
    assert found("uv run pytest", before=perhaps) == []
    assert edits(found("uv run pytest", before=perhaps + always)) == [" --extra test"]


def test_legs_of_a_matrix() -> None:
    job = "    strategy:\n      matrix:\n        include:\n          - {flags: --extra test}\n          - {flags: ''}\n"
    assert edits(found("uv sync ${{ matrix.flags }}\nuv run pytest", job=job)) == [" --extra test"]
    job = "    strategy:\n      matrix: ${{ fromJSON(needs.x.outputs.y) }}\n"
    assert found("uv sync ${{ matrix.flags }}\nuv run pytest", job=job) == []


def test_a_project_that_cannot_be_read_is_left_alone() -> None:
    assert found("uv run pytest", pyproject_toml="[") == []


def test_a_project_that_uv_does_not_manage_is_left_alone() -> None:
    assert found("uv run pytest", pyproject_toml=PROJECT + "[tool.uv]\nmanaged = false\n") == []


def test_a_member_that_brings_two_tools() -> None:
    root = '[project]\nname = "demo"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["packages/*"]\n'
    member = '[project]\nname = "one"\n[dependency-groups]\ndev = ["pytest"]\nfast = ["pytest-xdist"]\n'
    findings = found("uv run pytest -n2", pyproject_toml=root, packages__one__pyproject_toml=member)
    assert edits(findings) == [" --package one --group fast"]


def test_a_build_that_decides_about_dependencies_is_left_alone() -> None:
    text = PROJECT.replace('version = "1"', 'dynamic = ["version", "dependencies", "optional-dependencies"]')
    assert found("uv sync --extra nothing\nuv run ruff", pyproject_toml=text) == []


@pytest.mark.parametrize(
    ("script", "key"),
    [
        ("uv sync --extra nothing", "undefined"),
        ("uv sync --only-group test", "undefined"),
        ("uv sync\nuv run nox", "nowhere"),
        ("uv run --no-sync pytest", "elsewhere"),
        ("uv run --only-group lint pytest", "kept-out"),
    ],
)
def test_refusals(script: str, key: str) -> None:
    (finding,) = found(script)
    assert isinstance(finding.outcome, Refusal)
    assert finding.outcome.key == key


def test_the_commands_that_prepare_another_one() -> None:
    assert peeled(["env", "A=b", "timeout", "-k", "5", "10", "nice", "-n", "3", "pytest", "-x"]) == 9
    assert peeled([None, "x"]) == 0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pytest", [Need("pytest", "pytest")]),
        ("python -m coverage run -m pytest", [Need("coverage", "coverage"), Need("pytest", "pytest")]),
        ("coverage run script.py", [Need("coverage", "coverage")]),
        ("coverage report", [Need("coverage", "coverage")]),
        ("sphinx-build", [Need("sphinx", "sphinx-build")]),
        ("/usr/bin/python3 -m sphinx", [Need("sphinx", "sphinx")]),
        ("unknown", []),
    ],
)
def test_what_programs_need(line: str, expected: list[Need]) -> None:
    assert list(needs(line.split())) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("pytest -q", ["-q"]),
        ("python -m pytest -q", ["-q"]),
        ("coverage run -m pytest -q", ["-q"]),
        ("python -m coverage run -m pytest -q", ["-q"]),
        ("coverage run x.py", None),
        ("python x.py", None),
        ("ruff", None),
        ("", None),
    ],
)
def test_options_reach_pytest_through_other_programs(line: str, expected: list[str] | None) -> None:
    assert options(line.split()) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pytest.ini": "[pytest]\naddopts = -a\n", "tox.ini": "[pytest]\naddopts = -b\n"}, ["-a"]),
        ({"pytest.ini": "", "tox.ini": "[pytest]\naddopts = -b\n"}, []),
        ({"tox.ini": "[tox]\n", "setup.cfg": "[tool:pytest]\naddopts =\n  -c\n  'd e'\n"}, ["-c", "d e"]),
        ({"pyproject.toml": '[tool.pytest.ini_options]\naddopts = ["-a", "b c"]\n'}, ["-a", "b c"]),
        ({"pyproject.toml": '[tool.pytest]\naddopts = ["-n4"]\n'}, ["-n4"]),
        ({"pyproject.toml": "[tool.pytest]\nini_options = 1\n"}, []),
        ({"pyproject.toml": "[tool.ruff]\n", "setup.cfg": "[metadata]\n"}, []),
        ({"pytest.toml": '[pytest]\naddopts = ["-t"]\n'}, ["-t"]),
        ({"pytest.toml": "", "pytest.ini": "[pytest]\naddopts = -a\n"}, []),
        ({"pytest.ini": "no section", "tox.ini": "[pytest]\naddopts = -b\n"}, ["-b"]),
        ({"pytest.ini": "[pytest]\naddopts = 'a\n"}, []),
        ({"sub/pytest.ini": "[pytest]\naddopts = -s\n", "pytest.ini": "[pytest]\naddopts = -a\n"}, ["-s"]),
        ({}, []),
    ],
)
def test_the_settings_that_pytest_reads(files: Mapping[str, str], expected: list[str]) -> None:
    snapshot = Snapshot(Memory({path: File(text.encode()) for path, text in files.items()}))
    assert settings(snapshot, "sub", "") == Settings(tuple(expected))


@pytest.mark.parametrize(
    "files",
    [
        {"pytest.ini": "[pytest]\nrequired_plugins = pytest-cov>=1 Pytest_Xdist\n"},
        {"pyproject.toml": '[tool.pytest.ini_options]\nrequired_plugins = ["pytest-cov>=1", "Pytest_Xdist"]\n'},
    ],
)
def test_plugins_that_must_be_there(files: Mapping[str, str]) -> None:
    snapshot = Snapshot(Memory({path: File(text.encode()) for path, text in files.items()}))
    assert settings(snapshot, "", "").required == ("pytest-cov", "pytest-xdist")


def test_a_required_plugin_that_is_missing_is_found() -> None:
    text = PROJECT + 'dev = ["pytest"]\n[tool.pytest.ini_options]\nrequired_plugins = "pytest-cov"\n'
    (finding,) = found("uv run pytest", pyproject_toml=text)
    assert finding.message.startswith("Missing required plugins: pytest-cov")
    assert edits([finding]) == [" --extra test"]


@pytest.mark.parametrize(
    "line", ["pytest -c x.ini", "pytest --rootdir=x", "pytest -o addopts=", "pytest -p no:cov", "pytest -pno:cov"]
)
def test_settings_and_plugins_can_be_switched_off(line: str) -> None:
    text = PROJECT + 'dev = ["pytest"]\n[tool.pytest.ini_options]\naddopts = "--cov"\n'
    assert found(f"uv run {line}", pyproject_toml=text) == []
    assert edits(found("uv run pytest", pyproject_toml=text)) == [" --extra test"]


@pytest.mark.parametrize(
    ("name", "brought"),
    [
        ("pytest-cov", {"pytest", "coverage"}),
        ("pylint-pytest", {"pytest", "pylint", "isort"}),
        ("flake8-bugbear", {"flake8"}),
        ("flake8-pytest-style", set()),
        ("mypy-extensions", set()),
        ("pre-commit-hooks", set()),
        ("pytest-runner", set()),
        ("slipcover", set()),
        ("nbqa", set()),
    ],
)
def test_a_name_alone_says_what_a_distribution_surely_brings(name: str, brought: set[str]) -> None:
    assert set(implied(name)) == brought
