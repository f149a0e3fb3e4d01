"""A clean clone holds what the commit holds, and starts nothing of the repository or of the user."""

import os
from pathlib import Path

import pytest

from cifix.vcs.clone import clone
from cifix.vcs.repository import Repository
from tests.conftest import Git


def made(git: Git, repo: Path, **files: str) -> str:
    """A repository with one more commit; gives its id."""
    if not repo.exists():
        git("init", "-q", str(repo))
    for path, text in files.items():
        (repo / path).write_text(text)
    git("add", "-A", cwd=repo)
    git("commit", "-qm", "one", cwd=repo)
    return git("rev-parse", "HEAD", cwd=repo).decode().strip()


def cloned(repo: Path, tip: str, branch: str, folder: Path) -> Path:
    with Repository.open(repo) as opened:
        clone(opened, tip, branch, folder)
    return folder


def test_nothing_ignored_untracked_or_older_comes_along(git: Git, tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    made(git, repo, old="1")
    tip = made(git, repo, **{".gitignore": "/secret\n", "kept": "x", "secret": "s"})
    (repo / "loose").write_text("l")
    (repo / "kept").write_text("changed on disk")
    place = cloned(repo, tip, "main", tmp_path / "new" / "clone")
    assert sorted(path.name for path in place.iterdir()) == [".git", ".gitignore", "kept", "old"]
    assert (place / "kept").read_text() == "x"
    assert git("status", "--porcelain", cwd=place) == b""
    assert git("symbolic-ref", "--short", "HEAD", cwd=place) == b"main\n"
    assert git("log", "--format=%H", cwd=place).decode().split() == [tip]
    assert git("remote", cwd=place) == b""


def test_a_commit_that_no_branch_names_is_checked_out_without_one(git: Git, tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    first = made(git, repo, old="1")
    made(git, repo, new="2")
    place = cloned(repo, first, "main", tmp_path / "clone")
    assert git("rev-parse", "--abbrev-ref", "HEAD", cwd=place) == b"HEAD\n"
    assert not (place / "new").exists()


def test_neither_hooks_nor_filters_nor_templates_run(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo, told = tmp_path / "repo", tmp_path / "told"
    tip = made(git, repo, **{".gitattributes": "* filter=loud\n", "kept": "x"})
    template = tmp_path / "template" / "hooks"
    template.mkdir(parents=True)
    for folder in (template, repo / ".git" / "hooks"):
        for hook in ("post-checkout", "reference-transaction", "post-index-change"):
            (folder / hook).write_text(f"#!/bin/sh\necho {hook} >> {told}\n")
            (folder / hook).chmod(0o755)
    settings = tmp_path / "gitconfig"
    plain = Path(os.environ["GIT_CONFIG_GLOBAL"]).read_text()
    settings.write_text(
        f'{plain}[init]\n\ttemplateDir = {template.parent}\n[filter "loud"]\n\tsmudge = echo smudged >> {told}; cat\n'
        f"\tclean = echo cleaned >> {told}; cat\n\trequired = true\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    place = cloned(repo, tip, "main", tmp_path / "clone")
    assert not told.exists()
    assert not (place / ".git" / "hooks").exists()


def test_a_linked_work_tree_and_a_bare_repository_can_be_cloned(git: Git, tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    tip = made(git, repo, kept="x")
    git("worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"), cwd=repo)
    git("clone", "-q", "--bare", str(repo), str(tmp_path / "bare"))
    for number, source in enumerate((tmp_path / "linked", tmp_path / "bare")):
        assert (cloned(source, tip, "main", tmp_path / f"clone{number}") / "kept").read_text() == "x"


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_a_shallow_repository_and_either_kind_of_object_can_be_cloned(git: Git, tmp_path: Path, form: str) -> None:
    git("init", "-q", f"--object-format={form}", "repo")
    made(git, tmp_path / "repo", old="1")
    made(git, tmp_path / "repo", new="2")
    git("clone", "-q", "--depth=1", f"file://{tmp_path}/repo", "shallow")
    tip = made(git, tmp_path / "shallow", newest="3")
    place = cloned(tmp_path / "shallow", tip, "main", tmp_path / "clone")
    assert sorted(path.name for path in place.iterdir()) == [".git", "new", "newest", "old"]
