"""From a log that really is red to a branch whose job really is green: one project for each class of causes.

Each project's job is run with its own commands in a clean clone of the failing commit; its log goes to `cifix diagnose
--apply`, and `cifix verify --job` runs the same job on the branch. Nothing is downloaded.
"""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from cifix.model.snapshot import File
from cifix.testing import build
from tests.cli.conftest import Cifix, Ran, cifix
from tests.conftest import Git
from tests.rules.uv_projects import environment, write
from tests.runner import Run, run_job
from tests.shop import PROJECT, WORKFLOW, job
from tests.shop import SHOP as PLAIN
from tests.wheels import repack

__all__ = ["cifix"]

UV = environment()
pytestmark = pytest.mark.skipif(UV is None, reason="the real uv is not installed")

GROUP = '\n[dependency-groups]\ndev = ["pytest"]\n'
PYTEST = "uv sync\nuv run pytest -q"


@dataclass(frozen=True)
class Case:
    """A repository on disk, and the environment of its runner."""

    repo: Path
    runner: Mapping[str, str]
    cifix: Cifix
    git: Git

    def job(self) -> Run:
        """The job in a clean clone of HEAD."""
        clone = self.repo.with_name("clone")
        self.git("clone", "-q", self.repo, clone)
        return run_job(clone, "ci.yml", "test", self.runner)

    def diagnosed(self, log: str, *options: str) -> Ran:
        """What `diagnose --apply` says of a log, as JSON."""
        place = self.repo.with_name("log.txt")
        place.write_text(log, "utf-8")
        return self.cifix("diagnose", place, "--repo", self.repo, "--apply", "--format", "json", *options)

    def verified(self) -> Ran:
        """What `verify --job` says of the branch, as JSON."""
        return self.cifix("verify", "--repo", self.repo, "--uv", "--job", "test", "--format", "json")


@pytest.fixture(scope="session")
def links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheels of the real pytest and the real pre-commit."""
    return repack(["pytest", "pre-commit"], tmp_path_factory.mktemp("wheels"))


@pytest.fixture
def runner(tmp_path: Path, links: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """The environment of a runner with uv, but without a `python`; what keeps it offline holds for cifix too."""
    assert UV is not None
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "python3").symlink_to(Path(sys.executable).resolve())
    (tools / "uv").symlink_to(UV)
    settings = {
        "UV_OFFLINE": "1",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(links),
        "UV_CACHE_DIR": str(links.parent / "cache"),
        "UV_PYTHON_PREFERENCE": "only-system",
        "PIP_NO_INDEX": "1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return {**settings, "HOME": str(tmp_path), "PATH": f"{tools}:/usr/bin:/bin", "UV_PYTHON_DOWNLOADS": "never"}


@pytest.fixture
def case(tmp_path: Path, runner: Mapping[str, str], cifix: Cifix, git: Git, request: pytest.FixtureRequest) -> Case:
    """The project that a test asks for: the files of one commit, or of several in order."""
    first, *more = request.param if isinstance(request.param, list) else [request.param]
    repo = tmp_path / "shop"
    build({path: File(text.encode()) for path, text in first.items()}, repo)
    for files in more:
        git("rm", "-rqf", ".", cwd=repo)
        write(repo, files)
        git("add", "-A", cwd=repo)
        git("commit", "-qm", "more", cwd=repo)
    return Case(repo, runner, cifix, git)


def cured(case: Case, rule: str, *options: str) -> None:
    """The job is red, the diagnosis commits what `rule` fixes and nothing else, and then the same job is green."""
    red = case.job()
    assert not red.green, red.log
    told = case.diagnosed(red.log, *options)
    assert told.json["rules"] == [rule], told.text
    assert [one["verdict"] for one in told.json["causes"] if one["findings"]] == ["confirmed"]
    assert [one["rule"] for one in told.json["applied"]["commits"]] == [rule]
    done = case.verified()
    proofs = {proof["name"]: proof for proof in done.json["proofs"]}
    assert (done.code, proofs["job"]["verdict"]) == (0, "proven"), done.text
    assert all(command["exit_code"] == 0 for command in proofs["job"]["commands"])


SHOP = {
    **PLAIN,
    "pyproject.toml": PROJECT + GROUP,
    "tests/test_till.py": "from shop.till import TOTAL\n\n\ndef test_total():\n    assert TOTAL == 0\n",
    WORKFLOW: job(PYTEST),
}


@pytest.mark.parametrize(
    "case",
    [{**SHOP, "pyproject.toml": f'{PROJECT}\n[project.optional-dependencies]\ntest = ["pytest"]\n'}],
    indirect=True,
)
def test_a_tool_that_uv_did_not_install(case: Case) -> None:
    cured(case, "sync-uv-groups")


@pytest.mark.parametrize(
    "case",
    [
        {
            **SHOP,
            ".gitignore": "lib/\n",
            "shop/lib/__init__.py": "from shop.lib.price import PRICE\n",
            "shop/lib/price.py": "PRICE = 2\n",
            "tests/test_till.py": "from shop.lib import PRICE\n\n\ndef test_price():\n    assert PRICE == 2\n",
        }
    ],
    indirect=True,
)
def test_a_module_that_an_ignore_file_hides(case: Case) -> None:
    cured(case, "anchor-gitignore")


@pytest.mark.parametrize(
    "case",
    [
        {
            **SHOP,
            "pyproject.toml": f'{PROJECT}{GROUP}\n[tool.pytest.ini_options]\naddopts = "--strict-markers"\n'
            'markers = [\n    "fast: takes no time",\n]\n',
            "tests/test_till.py": "import pytest\n\n\n@pytest.mark.slow\ndef test_total():\n    pass\n",
        }
    ],
    indirect=True,
)
def test_a_marker_that_is_not_registered(case: Case) -> None:
    cured(case, "register-markers")


@pytest.mark.parametrize(
    "case",
    [
        {
            **SHOP,
            "shop/__init__.py": "def __getattr__(name):\n    if name == 'till':\n        from . import till\n\n"
            "        return till\n    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')\n",
            WORKFLOW: job("uv sync\nuv run python -c 'import shop; print(shop.till.TOTAL)'"),
        }
    ],
    indirect=True,
)
def test_a_module_getattr_that_calls_itself(case: Case) -> None:
    cured(case, "safe-module-getattr")


@pytest.mark.parametrize(
    "case",
    [
        {
            **SHOP,
            "shop/__init__.py": "from shop.till import pay\n",
            "shop/till.py": "from shop.stock import left\n\n\ndef pay():\n    return left()\n\n\ndef open_till():\n"
            "    return 1\n",
            "shop/stock.py": "from shop.till import open_till\n\n\ndef left():\n    return open_till()\n",
            "tests/test_till.py": "from shop import pay\n\n\ndef test_pay():\n    assert pay() == 1\n",
        }
    ],
    indirect=True,
)
def test_a_circle_of_imports(case: Case) -> None:
    cured(case, "break-import-cycle", "--safety", "review")


HOOKS = """\
repos:
  - repo: local
    hooks:
      - id: compile
        name: compile
        entry: python -m compileall -q
        language: system
        types: [python]
"""


@pytest.mark.skipif(shutil.which("python", path="/usr/bin:/bin") is not None, reason="this machine has a `python`")
@pytest.mark.parametrize(
    "case",
    [
        {
            **SHOP,
            ".pre-commit-config.yaml": HOOKS,
            "pyproject.toml": PROJECT + GROUP.replace("pytest", "pre-commit"),
            WORKFLOW: job("uv sync\n.venv/bin/pre-commit run --all-files"),
        }
    ],
    indirect=True,
)
def test_a_hook_that_calls_a_python_that_is_not_there(case: Case) -> None:
    cured(case, "hook-python3")


@pytest.mark.parametrize(
    "case",
    [
        [
            {**SHOP, WORKFLOW: job("uv sync\nuv run pytest -q tests/test_till.py")},
            {
                **{path: text for path, text in SHOP.items() if not path.startswith("tests/")},
                "checks/unit/test_till.py": SHOP["tests/test_till.py"],
                WORKFLOW: job("uv sync\nuv run pytest -q tests/test_till.py"),
            },
        ]
    ],
    indirect=True,
)
def test_a_path_of_the_workflow_that_moved(case: Case) -> None:
    cured(case, "workflow-paths")


@pytest.mark.parametrize("case", [{**SHOP, "shop/till.py": "TOTAL = 1\n"}], indirect=True)
def test_a_test_that_really_fails_is_left_to_a_person(case: Case) -> None:
    red = case.job()
    assert not red.green
    told = case.diagnosed(red.log)
    assert {one["verdict"] for one in told.json["causes"]} == {"not mechanical"}
    assert (told.json["rules"], told.json["applied"]) == ([], None)
    assert case.git("for-each-ref", "--format=%(refname)", cwd=case.repo) == b"refs/heads/main\n"
    done = case.cifix("verify", "main", "--base", "main", "--repo", case.repo, "--uv", "--job", "test")
    assert done.code == 4
    assert "job: NOT TRUE: job test of .github/workflows/ci.yml passes" in done.text
    assert "FAILED tests/test_till.py::test_total - assert 1 == 0" in done.text
