"""`cifix guard init` in real repositories: what it adds, what it leaves alone, and that the job really works."""

import os
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from cifix import __version__
from cifix.model.snapshot import File
from cifix.testing import build
from tests.cli.conftest import Cifix, cifix
from tests.conftest import Git
from tests.original import original
from tests.rules.uv_projects import environment
from tests.test_schemas import violations

UV = environment()

__all__ = ["cifix"]

BRANCH = "cifix/guard"
SMOKE = ".github/workflows/smoke.yml"

BACKEND = b'''\
"""The smallest build backend there is: it packs one package and needs nothing to be installed."""

import zipfile


def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "shop-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
        for path in ("shop/__init__.py", "shop/till.py"):
            wheel.write(path)
        wheel.writestr("shop-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: shop\\nVersion: 1\\n")
        wheel.writestr("shop-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("shop-1.dist-info/RECORD", "")
    return name
'''
FORGETFUL = BACKEND.replace(b'("shop/__init__.py", "shop/till.py")', b'["shop/__init__.py"]')
"""The same, but a module is missing from the wheel."""

SHOP = {
    "backend.py": BACKEND,
    "pyproject.toml": (
        b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n\n'
        b'[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\n'
    ),
    "shop/__init__.py": b"from shop import till\n",
    "shop/till.py": b"TOTAL = 0\n",
    ".pre-commit-config.yaml": b"# ours\nrepos:\n  - repo: local\n    hooks: []  # none yet\n",
    "CONTRIBUTING.md": b"# Contributing\n\n## Tests\n\nRun them.\n",
}


def made(folder: Path, **files: bytes | None) -> Path:
    """A repository like SHOP; None leaves a file out."""
    tree = {**SHOP, **files}
    build({path: File(data) for path, data in tree.items() if data is not None}, folder)
    return folder


def shown(git: Git, repo: Path, path: str) -> bytes:
    return git("show", f"{BRANCH}:{path}", cwd=repo)


def added(git: Git, repo: Path) -> set[str]:
    return set(git("diff", "--name-only", "HEAD", BRANCH, cwd=repo).decode().splitlines())


def test_all_parts_come_in_one_commit_and_nothing_else_is_touched(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    before = git("status", "--porcelain=v2", "-uall", cwd=repo), (repo / ".git/index").read_bytes()
    done = cifix("guard", "init", "repo")
    assert done.code == 0, done.text
    assert (git("status", "--porcelain=v2", "-uall", cwd=repo), (repo / ".git/index").read_bytes()) == before
    log = (
        git("log", "--format=%s|%(trailers:key=Cifix-Rule,valueonly)", f"HEAD..{BRANCH}", cwd=repo).decode().split("\n")
    )
    assert log[0] == "ci: guard CI with a hook, a smoke job and a page for contributors|guard"
    assert added(git, repo) == {SMOKE, ".pre-commit-config.yaml", "CONTRIBUTING.md"}
    removed = git("diff", "-U0", "HEAD", BRANCH, cwd=repo).decode().splitlines()
    assert not [line for line in removed if line.startswith("-") and not line.startswith("---")]


def test_the_preview_is_the_commit(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    preview = cifix("guard", "init", "repo", "--dry-run")
    assert preview.code == 1
    assert preview.text.splitlines()[-1] == "Next: cifix guard init repo"
    git("apply", "--cached", "-", cwd=repo, stdin=preview.out)
    tree = git("write-tree", cwd=repo)
    git("reset", "-q", cwd=repo)
    cifix("guard", "init", "repo")
    assert git("rev-parse", f"{BRANCH}^{{tree}}", cwd=repo) == tree


def test_a_second_run_adds_nothing(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    cifix("guard", "init", "repo")
    tip = git("rev-parse", BRANCH, cwd=repo)
    again = cifix("guard", "init", "repo", "--format", "json")
    assert (again.code, again.json["state"]) == (0, "already-done")
    assert git("rev-parse", BRANCH, cwd=repo) == tip
    done = cifix("guard", "init", "repo", "--base", BRANCH, "--branch", "other", "--format", "json")
    assert (done.code, done.json["findings"], done.json["state"]) == (0, [], "nothing-to-do")


def test_the_branch_can_be_verified(cifix: Cifix, tmp_path: Path) -> None:
    made(tmp_path / "repo")
    cifix("guard", "init", "repo")
    assert cifix("verify", BRANCH, "--repo", "repo").code == 0


def test_in_place_writes_the_files_and_commits_nothing(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    assert cifix("guard", "init", "repo", "--in-place").code == 0
    assert (repo / SMOKE).is_file()
    assert git("rev-list", "--count", "--all", cwd=repo) == b"1\n"
    git("add", SMOKE, cwd=repo)
    assert cifix("guard", "init", "repo", "--in-place", "--dry-run").code == 0


@pytest.mark.parametrize(
    ("part", "path"), [("hook", ".pre-commit-config.yaml"), ("smoke", SMOKE), ("contributing", "CONTRIBUTING.md")]
)
def test_one_part_alone(cifix: Cifix, git: Git, tmp_path: Path, part: str, path: str) -> None:
    repo = made(tmp_path / "repo")
    assert cifix("guard", "init", "repo", "--only", part).code == 0
    assert added(git, repo) == {path}


def test_the_job_is_valid_and_asks_for_little(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = made(tmp_path / "repo")
    cifix("guard", "init", "repo")
    data = shown(git, repo, SMOKE)
    assert violations(SMOKE, data) == []
    told = YAML(typ="safe", pure=True).load(data)
    assert told["permissions"] == {"contents": "read"}
    steps = told["jobs"]["import"]["steps"]
    assert steps[0]["with"] == {"persist-credentials": False}
    assert steps[1]["with"] == {"python-version": "3.11"}
    assert cifix("check", "repo", "--base", BRANCH).code == 0


def run_job(checkout: Path, data: bytes, temp: Path) -> list[int]:
    """The exit codes of the `run` steps, each as the runner starts it, up to the first that fails."""
    temp.mkdir()
    plain = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    offline = {"PIP_NO_INDEX": "1", "UV_OFFLINE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "RUNNER_TEMP": str(temp)}
    told = YAML(typ="safe", pure=True).load(data)
    codes = []
    for step in told["jobs"]["import"]["steps"]:
        if "run" in step:
            script = step["run"].replace("python -m venv", "python3 -m venv")
            done = subprocess.run(
                ["bash", "-e", "-c", script], cwd=checkout, env={**plain, **offline}, capture_output=True, check=False
            )
            codes.append(done.returncode)
            if done.returncode:
                break
    return codes


def test_the_job_really_installs_and_imports_and_fails_for_a_file_in_no_commit(
    cifix: Cifix, git: Git, tmp_path: Path
) -> None:
    """In clean clones; the sources would be importable from the checkout itself in both cases."""
    for name, files, codes in (("whole", {}, [0, 0]), ("hidden", {"backend.py": FORGETFUL}, [0, 1])):
        repo = made(tmp_path / name, **files)
        cifix("guard", "init", name)
        git("clone", "-q", "-b", BRANCH, str(repo), f"{name}-clone")
        assert run_job(tmp_path / f"{name}-clone", shown(git, repo, SMOKE), tmp_path / f"{name}-temp") == codes


@pytest.mark.skipif(UV is None, reason="the real uv is not installed")
def test_the_job_of_a_project_of_uv_does_the_same(
    cifix: Cifix, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "uv").symlink_to(str(UV))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    for name, files, codes in (("whole", {}, [0, 0]), ("hidden", {"backend.py": FORGETFUL}, [0, 1])):
        repo = made(tmp_path / name, **{**files, "uv.lock": b"version = 1\n"})
        cifix("guard", "init", name)
        git("clone", "-q", "-b", BRANCH, str(repo), f"{name}-clone")
        assert run_job(tmp_path / f"{name}-clone", shown(git, repo, SMOKE), tmp_path / f"{name}-temp") == codes


def test_the_hook_leaves_out_rules_that_find_what_nothing_fixes(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = made(tmp_path / "repo", **{"shop/till.py": b"from shop import nowhere\n"})
    cifix("guard", "init", "repo")
    config = YAML(typ="safe", pure=True).load(shown(git, repo, ".pre-commit-config.yaml"))
    assert config["repos"][-1] == {
        "repo": "local",
        "hooks": [
            {
                "id": "cifix",
                "name": "cifix",
                "entry": "cifix check --ignore missing-first-party-module",
                "language": "python",
                "additional_dependencies": [f"cifix=={__version__}"],
                "pass_filenames": False,
                "always_run": True,
            }
        ],
    }


def test_the_original_case_is_told_to_merge_the_fixes_first(cifix: Cifix, tmp_path: Path) -> None:
    original(tmp_path / "repo")
    done = cifix("guard", "init", "repo")
    assert "Merge what `cifix apply` fixes first" in done.text
