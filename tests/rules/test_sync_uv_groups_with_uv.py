"""What the rule says of uv's environments against uv itself, before and after its fixes."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from cifix.formats.actions.workflow import workflow
from cifix.formats.yaml import Scalar
from cifix.model.finding import Finding, Fix, Safety
from cifix.model.snapshot import File, Memory, Snapshot
from cifix.rules.sync_uv_groups import Options, rule
from tests.rules.uv_projects import environment, run, wheels, write

UV = environment()
pytestmark = pytest.mark.skipif(UV is None, reason="the real uv is not installed")

PROJECT = '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.11"\n'
EXTRAS = "[project.optional-dependencies]\n"
GROUPS = "[dependency-groups]\n"
MEMBER = '[project]\nname = "{}"\nversion = "1"\nrequires-python = ">=3.11"\n'

LAYOUTS: Mapping[str, Mapping[str, str]] = {
    "extra dev": {"pyproject.toml": f'{PROJECT}{EXTRAS}dev = ["pytest"]\n'},
    "extra test": {"pyproject.toml": f'{PROJECT}{EXTRAS}test = ["pytest"]\n'},
    "group dev": {"pyproject.toml": f'{PROJECT}{GROUPS}dev = ["pytest"]\n'},
    "group test": {"pyproject.toml": f'{PROJECT}{GROUPS}test = ["pytest"]\n'},
    "old dev-dependencies": {"pyproject.toml": f'{PROJECT}[tool.uv]\ndev-dependencies = ["pytest"]\n'},
    "group test by default": {
        "pyproject.toml": f'{PROJECT}{GROUPS}test = ["pytest"]\n[tool.uv]\ndefault-groups = ["test"]\n'
    },
    "all groups by default": {
        "pyproject.toml": f'{PROJECT}{GROUPS}test = ["pytest"]\n[tool.uv]\ndefault-groups = "all"\n'
    },
    "no group by default": {"pyproject.toml": f'{PROJECT}{GROUPS}dev = ["pytest"]\n[tool.uv]\ndefault-groups = []\n'},
    "group dev includes test": {
        "pyproject.toml": f'{PROJECT}{GROUPS}test = ["pytest"]\ndev = [{{include-group = "test"}}]\n'
    },
    "extra dev holds extra test": {"pyproject.toml": f'{PROJECT}{EXTRAS}test = ["pytest"]\ndev = ["demo[test]"]\n'},
    "group dev holds extra test": {
        "pyproject.toml": f'{PROJECT}{EXTRAS}test = ["pytest"]\n{GROUPS}dev = ["demo[test]"]\n'
    },
    "extra dev and another group dev": {
        "pyproject.toml": f'{PROJECT}{EXTRAS}dev = ["pytest"]\n{GROUPS}dev = ["ruff"]\n'
    },
    "pdm": {"pyproject.toml": f'{PROJECT}[tool.pdm.dev-dependencies]\ntest = ["pytest"]\n'},
    "nowhere": {"pyproject.toml": f'{PROJECT}dependencies = ["mypy"]\n'},
    "conflicting extras": {
        "pyproject.toml": f'{PROJECT}{EXTRAS}test = ["pytest"]\na = ["ruff"]\nb = ["mypy"]\n'
        '[tool.uv]\nconflicts = [[{ extra = "a" }, { extra = "b" }]]\n'
    },
    "groups without a project": {"pyproject.toml": f'{GROUPS}dev = ["pytest"]\n'},
    "brought by a plugin": {"pyproject.toml": f'{PROJECT}{GROUPS}dev = ["pytest-cov"]\n'},
    "a dependency": {"pyproject.toml": f'{PROJECT}dependencies = ["pytest"]\n'},
    "member of a project": {
        "pyproject.toml": f'{PROJECT}[tool.uv.workspace]\nmembers = ["packages/*"]\n',
        "packages/one/pyproject.toml": f'{MEMBER.format("one")}{EXTRAS}test = ["pytest"]\n',
    },
    "member of no project": {
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
        "packages/one/pyproject.toml": f'{MEMBER.format("one")}{EXTRAS}test = ["pytest"]\n',
        "packages/two/pyproject.toml": f'{MEMBER.format("two")}{GROUPS}test = ["ruff"]\n',
    },
}
SYNCS = (
    "uv sync",
    "uv sync --dev",
    "uv sync --all-extras",
    "uv sync --extra dev",
    "uv sync --extra test",
    "uv sync --group dev",
    "uv sync --group test",
    "uv sync --all-groups",
    "uv sync --no-dev",
    "uv sync --no-default-groups --dev",
    "uv sync --only-dev",
)
SEQUENCES: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "a later sync removes the extra": ("extra test", "uv sync --extra test\nuv sync\nuv run pytest", {}),
    "a later sync that is inexact does not": (
        "extra test",
        "uv sync --extra test\nuv sync --inexact\nuv run pytest",
        {},
    ),
    "uv run does not remove it": ("extra test", "uv sync --extra test\nuv run python -V\nuv run pytest", {}),
    "an exact uv run does": ("extra test", "uv sync --extra test\nuv run --exact python -V\nuv run pytest", {}),
    "the extra of uv run stays": ("extra test", "uv run --extra test python -V\nuv run pytest", {}),
    "without any sync": ("extra test", "uv run pytest", {}),
    "with": ("extra test", "uv sync\nuv run --with pytest pytest", {}),
    "uv pip install": ("extra test", "uv sync\nuv pip install pytest\nuv run pytest", {}),
    "uv pip install and a later sync": ("extra test", "uv sync\nuv pip install pytest\nuv sync\nuv run pytest", {}),
    "python -m": ("extra test", "uv sync\nuv run python -m pytest", {}),
    "uv run -m": ("extra test", "uv sync\nuv run -m pytest", {}),
    "coverage runs pytest": ("brought by a plugin", "uv sync\nuv run coverage run -m pytest", {}),
    "no-sync": ("group dev", "uv sync --no-dev\nuv run --no-sync pytest", {}),
    "UV_NO_SYNC": ("group dev", "uv sync --no-dev\nuv run pytest", {"UV_NO_SYNC": "1"}),
    "UV_NO_DEV": ("group dev", "uv sync\nuv run pytest", {"UV_NO_DEV": "1"}),
    "UV_NO_DEV against --group": ("group dev", "uv sync --group dev\nuv run pytest", {"UV_NO_DEV": "1"}),
    "UV_NO_DEFAULT_GROUPS": ("group dev", "uv sync\nuv run pytest", {"UV_NO_DEFAULT_GROUPS": "true"}),
    "isolated": ("extra test", "uv sync --extra test\nuv run --isolated pytest", {}),
    "the folder of a member": ("member of a project", "uv sync\ncd packages/one\nuv run --extra test pytest", {}),
    "the folder of a member without the extra": (
        "member of a project",
        "uv sync\ncd packages/one && uv run pytest",
        {},
    ),
    "all packages": ("member of a project", "uv sync --all-packages --all-extras\nuv run pytest", {}),
    "a package": ("member of a project", "uv sync --package one --extra test\nuv run pytest", {}),
    "a bracket": ("extra test", "(uv sync --extra test)\nuv run pytest && (uv sync) && uv run pytest", {}),
    "activated": ("extra test", "uv sync\nsource .venv/bin/activate\npytest", {}),
    "activated with it": ("extra test", "uv sync --extra test\nsource .venv/bin/activate\npytest", {}),
    "bare": ("extra test", "uv sync --extra test\npytest", {}),
    "bare and missing": ("extra test", "uv sync\npytest", {}),
    "groups of the command line": ("group test", "uv run --group test pytest\nuv run --no-sync pytest", {}),
    "only a group": ("group test", "uv sync --only-group test\nuv run --no-sync pytest", {}),
}


@pytest.fixture(scope="session")
def links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheels(tmp_path_factory.mktemp("uv") / "wheels")


def snapshot(files: Mapping[str, str], script: str, env: Mapping[str, str]) -> Snapshot:
    """A repository whose only job runs each line of a script as a step."""
    lines = ["on: push", "jobs:", "  test:", "    runs-on: ubuntu-latest", "    steps:"]
    lines += [
        "      - uses: actions/checkout@v4",
        "      - run: |",
        *(f"          {line}" for line in script.split("\n")),
    ]
    lines += ["        env:", *(f"          {name}: '{value}'" for name, value in env.items())] if env else []
    tree = {**files, ".github/workflows/ci.yml": "\n".join(lines) + "\n"}
    return Snapshot(Memory({path: File(text.encode()) for path, text in tree.items()}))


def lines(tree: Snapshot) -> str:
    (job,) = tree.parsed(".github/workflows/ci.yml", workflow).jobs
    script = job.steps[1].node.get("run")
    assert isinstance(script, Scalar)
    return script.value


def works(tree: Snapshot, folder: Path, links: Path, env: Mapping[str, str]) -> str:
    """`ok`, or what stops the script of the job when it really runs."""
    assert UV is not None
    ((code, errors),) = run(UV, folder, links, [lines(tree)], env)
    if code == 0:
        return "ok"
    if re.search(r"is not defined in|incompatible with the declared conflicts", errors):
        return "uv"
    assert re.search(r"Failed to spawn: `?\w|No module named|command not found", errors), errors
    return "tool"


def foreseen(findings: list[Finding]) -> str:
    if any(found.message.startswith("uv stops") for found in findings):
        return "uv"
    return "tool" if findings else "ok"


def repaired(tree: Snapshot) -> Iterator[Snapshot]:
    """The tree after each round of fixes, until a round finds nothing that it can fix."""
    while True:
        found = [one.outcome for one in rule.find(tree, Options())]
        changes = dict.fromkeys(change for fix in found if isinstance(fix, Fix) for change in fix.changes)
        assert all(fix.safety >= Safety.REVIEW for fix in found if isinstance(fix, Fix))
        if not changes:
            return
        tree = tree.with_changes(changes)
        yield tree


def check(files: Mapping[str, str], script: str, env: Mapping[str, str], folder: Path, links: Path) -> None:
    """The rule foresees what uv does, and what it repairs works."""
    tree = snapshot(files, script, env)
    findings = list(rule.find(tree, Options()))
    assert foreseen(findings) == works(tree, folder, links, env), (script, findings)
    rounds = list(repaired(tree))
    if rounds:
        refused = list(rule.find(rounds[-1], Options()))
        assert refused or works(rounds[-1], folder, links, env) == "ok", lines(rounds[-1])


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_and_options_do_what_the_rule_says(name: str, tmp_path: Path, links: Path) -> None:
    folder = write(tmp_path, LAYOUTS[name])
    for sync in SYNCS:
        check(LAYOUTS[name], f"{sync}\nuv run pytest", {}, folder, links)


@pytest.mark.parametrize("title", SEQUENCES)
def test_sequences_of_commands_do_what_the_rule_says(title: str, tmp_path: Path, links: Path) -> None:
    layout, script, env = SEQUENCES[title]
    check(LAYOUTS[layout], script, env, write(tmp_path, LAYOUTS[layout]), links)
