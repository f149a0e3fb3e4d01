import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Cifix, cifix
from tests.conftest import Git
from tests.original import MASKED, original

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


def test_the_version_that_each_build_writes_leaves_git_and_stays_on_disk(
    cifix: Cifix, git: Git, tmp_path: Path
) -> None:
    repo = original(tmp_path / "repo")
    cifix("apply", "repo")
    gone = git("diff", "--name-only", "--diff-filter=D", "HEAD", "cifix/fixes", cwd=repo).decode().splitlines()
    assert gone == ["quant/_version.py"]
    assert (repo / "quant/_version.py").exists()
    assert git("show", "cifix/fixes:.gitignore", cwd=repo).endswith(b"\n/quant/_version.py\n")


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
