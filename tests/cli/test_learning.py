"""What was learned in an earlier run, or in another process, changes what a check costs and never what it says."""

import os
import pickle
from pathlib import Path
from random import Random

import pytest

from cifix.cli import cache as cache_module
from cifix.cli.cache import Cache
from cifix.cli.examine import Selection, examine
from cifix.cli.learning import learning
from cifix.engine import ahead
from cifix.vcs import source as sources
from cifix.vcs.repository import Repository
from cifix.vcs.source import worktree_source
from tests.cli.conftest import Cifix
from tests.conftest import Git

UPLOAD = "on: push\njobs:\n  a:\n    runs-on: ubuntu-20.04\n    steps:\n      - uses: actions/upload-artifact@v3\n"
SOURCES = (
    "import os\n",
    "from car import wheel\nfrom car.engine import Engine\n",
    "from .wheel import Wheel\n\nclass Engine:\n    pass\n",
    "from . import gone\n",
    "if True:\n    from .engine import Engine\nWheel = 1\n",
    "def f(id):\n    assert id\n",
    "broken(\n",
    "from car.m1 import NAME\nNAME = open('x')\n",
)


@pytest.fixture(autouse=True)
def trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache folder of the test's own that trusts files however new they are, and processes for small trees."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sources, "SETTLED", 0)
    monkeypatch.setattr(ahead, "SMALL", 0)


@pytest.fixture
def repo(tmp_path: Path, git: Git) -> Path:
    """Packages, workflows and ignore files with things to find, all committed."""
    root = tmp_path / "repo"
    files = {f"car/m{number}.py": SOURCES[number % len(SOURCES)] for number in range(24)}
    files |= {"car/__init__.py": "from .engine import Engine\nfrom .wheel import Wheel\n", ".gitignore": "lib/\n"}
    files |= {"car/engine.py": SOURCES[1], "car/wheel.py": "from car import Engine\nWheel = Engine\n"}
    files |= {f".github/workflows/{number}.yml": UPLOAD for number in range(3)}
    files |= {"car/lib/__init__.py": "", "ruff.toml": "lint.select = ['A', 'S101']\n"}
    for path, text in files.items():
        write(root / path, text)
    for arguments in ("init -q", "add -A -f", "commit -qm all"):
        git(*arguments.split(), cwd=root)
    return root


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def shaken(root: Path, git: Git, random: Random) -> None:
    """Change, add, remove or move some files."""
    here = sorted(path for path in root.rglob("*") if path.is_file() and ".git" not in path.relative_to(root).parts)
    for path in random.sample(here, 3):
        match random.randrange(4):
            case 0:
                write(path, random.choice(SOURCES) if path.suffix == ".py" else path.read_text() + "\n# more\n")
            case 1:
                path.unlink()
            case 2:
                write(path.with_name(f"new{random.randrange(9)}.py"), random.choice(SOURCES))
            case _:
                path.rename(path.with_name(f"moved{random.randrange(9)}{path.suffix}"))
    if random.random() < 0.7:
        git("add", "-A", "-f", cwd=root)


@pytest.mark.parametrize("seed", range(6))
def test_reports_are_the_same_with_and_without_the_cache_and_whatever_the_number_of_processes(
    cifix: Cifix, git: Git, repo: Path, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 - it makes trees, not secrets
    for _ in range(4):
        plain = cifix("check", repo, "--format", "json", "--no-cache", "--jobs", "1")
        assert b'"rule"' in plain.out
        for options in (["--jobs", "1"], ["--jobs", "3"], ["--jobs", "2", "--no-cache"]):
            again = cifix("check", repo, "--format", "json", *options)
            assert (again.code, again.out) == (plain.code, plain.out)
        shaken(repo, git, random)


def cost(repo: Path, jobs: int = 1) -> tuple[int, int, int]:
    """The facts that had to be found out, files that had to be read and git processes that a check takes."""
    with Repository.open(repo) as repository:
        source = worktree_source(repository)
        with learning(str(repo), source) as learned:
            examined = examine(repository, source, Selection(), jobs=jobs, learned=learned)
        return len(learned.fresh), examined.proven.plan.before.work["read"], repository.processes


def test_a_check_after_ten_changes_costs_as_much_as_those_files(repo: Path) -> None:
    cold, warm = cost(repo), cost(repo)
    assert cold[0] >= 30
    assert warm[0] == 0
    assert warm[1] < cold[1] / 3
    changed = sorted((repo / "car").glob("m*.py"))[:10]
    for path in changed:
        path.write_text(path.read_text() + "# changed\n")
    after = cost(repo)
    assert 10 <= after[0] <= 10 * 4
    assert after[1] <= warm[1] + 10 * 12
    assert after[2] == warm[2] <= cold[2]


def test_what_other_processes_found_out_is_kept_as_well(repo: Path) -> None:
    assert cost(repo, jobs=2)[0] >= 30
    assert cost(repo)[0] == 0


def test_another_program_starts_from_nothing(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cost(repo)
    monkeypatch.setattr(cache_module, "_program", lambda: iter(["another"]))
    assert cost(repo)[0] == first[0]


def test_new_files_are_not_trusted(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "SETTLED", 10**15)
    assert cost(repo)[0] == cost(repo)[0] > 0


@pytest.mark.parametrize("damage", ["cut", "empty", "foreign"])
def test_a_file_that_is_not_whole_or_holds_something_else_is_not_used(tmp_path: Path, repo: Path, damage: str) -> None:
    first = cost(repo)
    (kept,) = (tmp_path / "cache" / "cifix" / "files").iterdir()
    if damage == "foreign":
        store = Cache.of("files", 1)
        assert store is not None
        store.write(pickle.dumps(os.getcwd), str(repo), "Checkout")
    else:
        kept.write_bytes(kept.read_bytes()[:-1] if damage == "cut" else b"")
    assert cost(repo)[0] == first[0]


def test_a_rule_whose_process_ends_is_looked_at_here(cifix: Cifix, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = cifix("check", repo, "--format", "json", "--no-cache", "--jobs", "1")
    monkeypatch.setattr(ahead, "look", lambda *_: os._exit(1))
    assert cifix("check", repo, "--format", "json", "--no-cache", "--jobs", "2").out == plain.out
