import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from cifix.engine.registry import discover
from cifix.model.snapshot import File
from cifix.testing import build
from tests.cli.conftest import Cifix, cifix
from tests.conftest import Git
from tests.original import MASKED, TREE, original

__all__ = ["cifix"]

PREVIEW = ("apply", "--dry-run", "repo")


def state(git: Git, repo: Path) -> tuple[bytes, ...]:
    """All that a run must not touch."""
    return (
        git("status", "--porcelain=v2", "--ignored", "-uall", cwd=repo),
        git("rev-parse", "HEAD", "main", cwd=repo),
        git("stash", "list", cwd=repo),
        (repo / ".git/index").read_bytes(),
    )


def test_the_preview_writes_nothing_and_is_what_apply_commits(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = original(tmp_path / "repo")
    objects = sorted((repo / ".git/objects").rglob("*"))
    before = state(git, repo)
    preview = cifix(*PREVIEW)
    assert preview.code == 1
    assert sorted((repo / ".git/objects").rglob("*")) == objects
    assert state(git, repo) == before

    applied = cifix("apply", "repo")
    assert applied.code == 0, applied.text
    assert state(git, repo) == before

    git("read-tree", "HEAD", cwd=repo)
    git("apply", "--cached", "-", cwd=repo, stdin=preview.out)
    assert git("write-tree", cwd=repo) == git("rev-parse", "cifix/fixes^{tree}", cwd=repo)


def test_one_commit_per_rule_with_subject_findings_and_trailers(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = original(tmp_path / "repo")
    head = git("rev-parse", "HEAD", cwd=repo).decode().strip()
    cifix("apply", "repo")
    log = git("log", "--format=%s|%(trailers:key=Cifix-Rule,valueonly,separator=%x2C)", "HEAD..cifix/fixes", cwd=repo)
    rules = [line.partition("|")[2] for line in log.decode().splitlines()]
    assert sorted(rules) == ["anchor-gitignore", "hook-python3", "stray-files", "upgrade-artifacts"]
    for line in log.decode().splitlines():
        assert line.split(":")[0] in {"ci", "build", "fix"}
    message = git("log", "-1", "--format=%B", "cifix/fixes", cwd=repo).decode()
    assert "Cifix-Plan: " in message
    assert f"Cifix-Base: {head}" in git("log", "--format=%B", "HEAD..cifix/fixes", cwd=repo).decode()
    assert "Cifix-Tree: " + git("rev-parse", "cifix/fixes^{tree}", cwd=repo).decode().strip() in message


def test_exactly_the_masked_sources_enter_the_branch(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = original(tmp_path / "repo")
    cifix("apply", "repo")
    added = git("diff", "--name-only", "--diff-filter=A", "HEAD", "cifix/fixes", cwd=repo).decode().splitlines()
    assert added == list(MASKED)
    ignores = git("show", "cifix/fixes:.gitignore", cwd=repo)
    assert ignores.count(b"\n/lib/\n") == 2
    assert b"**" not in ignores
    assert b"\n*.html\n!/quant/templates/report.html\n" in ignores


def test_what_a_file_manager_wrote_leaves_git_and_stays_on_disk(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = original(tmp_path / "repo")
    cifix("apply", "repo")
    gone = git("diff", "--name-only", "--diff-filter=D", "HEAD", "cifix/fixes", cwd=repo).decode().splitlines()
    assert gone == ["quant/.DS_Store"]
    assert (repo / "quant/.DS_Store").exists()
    assert git("show", "cifix/fixes:.gitignore", cwd=repo).endswith(b"\n.DS_Store\n")


def test_the_line_that_includes_the_sources_in_vain_is_named(cifix: Cifix, tmp_path: Path) -> None:
    original(tmp_path / "repo")
    told = cifix("check", "repo").text
    assert "`!quant/lib/` on line 7 cannot help, since line 12 comes later" in told


def test_comments_quotes_and_flow_style_survive(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = original(tmp_path / "repo")
    cifix("apply", "repo")
    changed = git("diff", "-U0", "HEAD", "cifix/fixes", "--", ".github", ".pre-commit-config.yaml", cwd=repo).decode()
    lines = [line for line in changed.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert lines == [
        '-      - uses: "actions/upload-artifact@v3"',
        '+      - uses: "actions/upload-artifact@v6"',
        "-      - uses: actions/upload-artifact@v3  # do not lose it",
        "+      - uses: actions/upload-artifact@v6  # do not lose it",
        "-        language: system",
        "+        language: python",
    ]


def test_a_second_run_has_nothing_to_write(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = original(tmp_path / "repo")
    cifix("apply", "repo")
    tip = git("rev-parse", "cifix/fixes", cwd=repo)
    again = cifix("apply", "repo", "--format", "json")
    assert (again.code, again.json["state"]) == (0, "already-done")
    assert git("rev-parse", "cifix/fixes", cwd=repo) == tip
    done = cifix("check", "repo", "--base", "cifix/fixes")
    assert done.code == 0, done.text


def test_a_clean_clone_of_the_branch_imports_and_the_base_does_not(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = original(tmp_path / "repo")
    cifix("apply", "repo")
    for branch, code in (("main", 1), ("cifix/fixes", 0)):
        clone = tmp_path / branch.replace("/", "-")
        git("clone", "-q", "-b", branch, str(repo), str(clone))
        done = subprocess.run(
            [sys.executable, "-c", "import quant; quant.LabelArray"], cwd=clone, capture_output=True, check=False
        )
        assert done.returncode == code, done.stderr.decode()


def test_the_lazy_conversion_is_applied_when_it_is_asked_for(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = original(tmp_path / "repo")
    asked = ("--select", "lazy-init", "--select", "anchor-gitignore", "--safety", "review")
    done = cifix("apply", "repo", *asked)
    assert done.code == 0, done.text
    clone = tmp_path / "clone"
    git("clone", "-q", "-b", "cifix/fixes", str(repo), str(clone))
    probe = "import sys, quant; assert 'quant.engine' not in sys.modules; quant.Engine; from quant import *; LabelArray"
    ran = subprocess.run([sys.executable, "-c", probe], cwd=clone, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()


def test_one_run_with_review_leaves_nothing_of_the_plan_open(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    """What the plan called success, of one command: checked in a clean clone by other means than cifix's own."""
    repo = original(tmp_path / "repo")
    applied = cifix("apply", "repo", "--safety", "review")
    assert applied.code == 0, applied.text
    clone = tmp_path / "clone"
    git("clone", "-q", "-b", "cifix/fixes", str(repo), str(clone))

    probe = "import quant, quant.engine, quant.lib.labels; from quant import *; from quant import Engine, LabelArray"
    ran = subprocess.run([sys.executable, "-c", probe], cwd=clone, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()

    used = [found for path in (clone / ".github/workflows").iterdir() for found in artifacts(path)]
    assert used
    assert min(used) >= 4

    tracked = git("ls-files", cwd=clone).decode().split()
    assert not [path for path in tracked if path.endswith((".so", ".pyc"))]
    assert not git("ls-files", "-ci", "--exclude-standard", cwd=clone)
    status = git("status", "--porcelain", "-uall", cwd=repo)
    git("read-tree", "cifix/fixes", cwd=repo)
    git("checkout-index", "-f", ".gitignore", cwd=repo)
    shown = git("ls-files", "-o", "--exclude-standard", cwd=repo).decode().split()
    assert not status
    assert shown == [], "the new ignore file shows something else on the author's disk"

    assert not [hook for hook in hooks(clone) if hook["language"] == "system" and hook["entry"].startswith("python ")]


def artifacts(path: Path) -> list[int]:
    """The majors of the artifact actions in a workflow."""
    return [int(major) for major in re.findall(r"actions/(?:up|down)load-artifact@v(\d+)", path.read_text())]


def hooks(checkout: Path) -> list[dict[str, str]]:
    """The hooks of a checkout."""
    told = YAML(typ="safe", pure=True).load((checkout / ".pre-commit-config.yaml").read_bytes())
    return [hook for repo in told["repos"] for hook in repo["hooks"]]


UV = {
    ".github/workflows/uv.yml": (
        b"on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n"
        b"      - uses: astral-sh/setup-uv@v7\n      - run: uv sync --dev\n      - run: uv run pytest\n"
        b"  quality:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n"
        b"      - uses: astral-sh/setup-uv@v7\n      - run: uv sync\n      - run: uv run ruff check\n"
    ),
    "pyproject.toml": TREE["pyproject.toml"]
    + b'\n[project.optional-dependencies]\ndev = ["ruff"]\ntest = ["pytest"]\n',
}


@pytest.mark.skipif("sync-uv-groups" not in discover(points=()).rules, reason="needs the rule sync-uv-groups")
def test_the_tools_of_every_job_are_installed_by_its_own_sync_line(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    build({path: File(data) for path, data in {**TREE, **UV}.items()}, tmp_path / "repo")
    applied = cifix("apply", "repo", "--safety", "review")
    assert applied.code == 0, applied.text
    told = YAML(typ="safe", pure=True).load(git("show", "cifix/fixes:.github/workflows/uv.yml", cwd=tmp_path / "repo"))
    for job, extra in (("test", "test"), ("quality", "dev")):
        sync, run = (step["run"] for step in told["jobs"][job]["steps"] if "run" in step)
        assert any(f"--extra {extra}" in line or "--all-extras" in line for line in (sync, run)), (sync, run)
