"""Whatever state a repository is in, a commit on a branch moves that branch and nothing else."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cifix.errors import GitError
from cifix.model.snapshot import EXECUTABLE, File
from cifix.vcs.commit import State, commit
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source, index_source, worktree_source
from tests.vcs.repositories import Tree, draft, made, seen

BRANCH = "cifix/fixes"


def clean(tree: Tree) -> None:
    """Nothing changed since the commit; there are an executable file and a symbolic link."""
    tree.write({"run.sh": b"#!/bin/sh\n", "pkg/\u00e4 b.txt": b"umlaut\n"})
    (tree.path / "run.sh").chmod(0o755)
    (tree.path / "link").symlink_to("a.py")
    tree.commit(subject="more")


def dirty(tree: Tree) -> None:
    """Staged, unstaged, untracked, ignored and deleted files, and a stash."""
    tree.commit({"gone.py": b"1\n", "staged.py": b"1\n", ".gitignore": b"*.log\n"})
    tree.write({"a.py": b"stashed\n"})
    tree.git("stash")
    tree.write({"staged.py": b"2\n", "a.py": b"edited\n", "new.py": b"new\n", "x.log": b"log\n"})
    tree.git("add", "staged.py")
    tree.git("rm", "--quiet", "--cached", "pkg/b.py")
    (tree.path / "gone.py").unlink()


def merging(tree: Tree) -> None:
    """A merge has stopped at a conflict."""
    diverged(tree)
    tree.git("merge", "other", check=False)
    assert (tree.path / ".git/MERGE_HEAD").exists()


def rebasing(tree: Tree) -> None:
    """A rebase has stopped at a conflict."""
    diverged(tree)
    tree.git("rebase", "other", check=False)
    assert (tree.path / ".git/rebase-merge").exists()


def diverged(tree: Tree) -> None:
    tree.git("switch", "--quiet", "--create", "other")
    tree.commit({"a.py": b"theirs\n"})
    tree.git("switch", "--quiet", "main")
    tree.commit({"a.py": b"ours\n"})


def detached(tree: Tree) -> None:
    """HEAD is a commit and no branch."""
    tree.git("switch", "--quiet", "--detach")


def index_v4(tree: Tree) -> None:
    """The index has the compressed format."""
    tree.git("update-index", "--index-version", "4")


def split_index(tree: Tree) -> None:
    """The index is split and caches untracked files."""
    tree.git("update-index", "--split-index", "--untracked-cache", check=False)


def sparse(tree: Tree) -> None:
    """A cone sparse checkout with a sparse index leaves `pkg` out."""
    tree.commit({"kept/a.py": b"1\n", "left/out/b.py": b"2\n"})
    tree.git("sparse-checkout", "set", "--cone", "--sparse-index", "kept")
    assert not (tree.path / "pkg").exists()


def submodule(tree: Tree) -> None:
    """One folder is a submodule."""
    inner = made(tree.path.parent / "inner")
    inner.commit({"inner.py": b"1\n"})
    tree.git("submodule", "--quiet", "add", str(inner.path), "sub")
    tree.commit(subject="submodule")


def autocrlf(tree: Tree) -> None:
    """Line endings are converted, and one file was committed with CRLF."""
    tree.git("config", "core.autocrlf", "true")
    tree.write({"lf.py": b"1\r\n2\r\n"})
    tree.commit(subject="converted")


def hooked(tree: Tree) -> Path:
    """Every hook, the fsmonitor, the editor and the pager would leave a mark."""
    mark = tree.path.parent / "ran"
    for name in (
        "pre-commit",
        "commit-msg",
        "post-commit",
        "reference-transaction",
        "post-index-change",
        "pre-auto-gc",
    ):
        program(tree.path / ".git/hooks" / name, f"echo {name} >> {mark}")
    for key in ("core.fsmonitor", "core.editor", "core.pager", "core.sshCommand", "diff.external"):
        tree.git("config", key, str(program(tree.path.parent / key, f"echo {key} >> {mark}")))
    return mark


def program(path: Path, line: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)
    return path


STATES = [
    clean,
    dirty,
    merging,
    rebasing,
    detached,
    index_v4,
    split_index,
    sparse,
    submodule,
    autocrlf,
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_only_the_branch_moves(tree: Tree, state: Callable[[Tree], None]) -> None:
    tree.commit({"a.py": b"import os\n", "pkg/b.py": b"x = 1\n", "pkg/crlf.py": b"y\r\n"})
    state(tree)
    proven(tree)


def test_no_program_of_the_repository_runs(tree: Tree) -> None:
    tree.commit({"a.py": b"import os\n", "pkg/b.py": b"x = 1\n", "pkg/crlf.py": b"y\r\n"})
    mark = hooked(tree)
    with Repository.open(tree.path) as repo:
        for source in (commit_source(repo, "HEAD"), index_source(repo), worktree_source(repo)):
            assert source.read("a.py")
            assert not source.disk
    proven(tree)
    assert not mark.exists()
    subprocess.run(["git", "-C", tree.path, "commit", "--quiet", "--allow-empty", "-m", "sprung"], check=True)
    assert {"pre-commit", "core.fsmonitor"} <= set(mark.read_text().split())


def proven(tree: Tree) -> None:
    """Commit on `tree` twice and see that all else stays the same."""
    base = tree.git("rev-parse", "HEAD")
    before = seen(tree, without=[f"refs/heads/{BRANCH}"])
    drafts = [draft({"pkg/crlf.py": b"z\r\n", "pkg/new.py": File(b"#!\n", EXECUTABLE)}), draft({"pkg/b.py": None})]
    with Repository.open(tree.path) as repo:
        made_ = commit(repo, base, BRANCH, drafts)
        assert made_.state is State.CREATED
        assert commit(repo, base, BRANCH, drafts).commits == made_.commits
        old, new = commit_source(repo, base).modes, commit_source(repo, BRANCH).modes
    assert seen(tree, without=[f"refs/heads/{BRANCH}"]) == before
    assert new == {path: mode for path, mode in old.items() if path != "pkg/b.py"} | {"pkg/new.py": EXECUTABLE}
    assert tree.git("rev-parse", BRANCH) == made_.commits[-1]
    assert tree.git("rev-parse", f"{BRANCH}~2") == base
    assert tree.blob(f"{BRANCH}:pkg/crlf.py") == b"z\r\n"
    assert tree.git("diff", "--name-only", base, BRANCH).split("\n") == ["pkg/b.py", "pkg/crlf.py", "pkg/new.py"]
    assert "missing" not in tree.git("fsck", "--connectivity-only", check=False)


def test_sha256_repositories_work(tmp_path: Path) -> None:
    tree = made(tmp_path / "tree", "--object-format=sha256")
    tree.commit({"pkg/b.py": b"x = 1\n", "pkg/crlf.py": b"y\r\n"})
    proven(tree)


def test_a_bare_repository_works(tree: Tree, tmp_path: Path) -> None:
    tree.commit({"pkg/b.py": b"x = 1\n", "pkg/crlf.py": b"y\r\n"})
    tree.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    proven(Tree(tmp_path / "bare.git"))


def test_a_shallow_clone_works_and_can_be_pushed(tree: Tree, tmp_path: Path) -> None:
    tree.commit({"a.py": b"1\n"})
    tree.commit({"pkg/b.py": b"x = 1\n", "pkg/crlf.py": b"y\r\n"})
    tree.git("clone", "--quiet", "--depth=1", f"file://{tree.path}", str(tmp_path / "shallow"))
    shallow = Tree(tmp_path / "shallow")
    proven(shallow)
    shallow.git("push", "--quiet", "origin", BRANCH)
    assert tree.git("rev-parse", BRANCH) == shallow.git("rev-parse", BRANCH)


def test_a_linked_worktree_works(tree: Tree, tmp_path: Path) -> None:
    tree.commit({"pkg/b.py": b"x = 1\n", "pkg/crlf.py": b"y\r\n"})
    tree.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
    before = seen(tree, without=[f"refs/heads/{BRANCH}"])
    proven(Tree(tmp_path / "linked"))
    assert seen(tree, without=[f"refs/heads/{BRANCH}"]) == before


def test_an_unborn_head_gets_a_root_commit(tree: Tree, repo: Repository) -> None:
    tree.write({"a.py": b"1\n"})
    before = seen(tree, without=[f"refs/heads/{BRANCH}"])
    result = commit(repo, None, BRANCH, [draft({"a.py": b"2\n"})])
    assert result.state is State.CREATED
    assert commit(repo, None, BRANCH, [draft({"a.py": b"2\n"})]).state is State.ALREADY_DONE
    assert commit(repo, None, BRANCH, [draft({"a.py": b"3\n"})]).state is State.UPDATED
    assert tree.git("rev-list", "--count", BRANCH) == "1"
    assert "Cifix-Base: none" in tree.git("log", "-1", "--format=%B", BRANCH)
    assert seen(tree, without=[f"refs/heads/{BRANCH}"]) == before


def test_the_unborn_branch_itself_is_refused(repo: Repository) -> None:
    with pytest.raises(GitError, match="checked out"):
        commit(repo, None, "main", [draft({"a.py": b"2\n"})])


def test_inherited_variables_of_another_repository_have_no_effect(
    tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.commit({"pkg/b.py": b"x = 1\n", "pkg/crlf.py": b"y\r\n"})
    base = tree.git("rev-parse", "HEAD")
    other = made(tmp_path / "other")
    other.commit({"other.py": b"1\n"})
    before = seen(tree, without=[f"refs/heads/{BRANCH}"]), seen(other)
    inherited = {
        "GIT_DIR": str(other.path / ".git"),
        "GIT_WORK_TREE": str(other.path),
        "GIT_INDEX_FILE": str(other.path / ".git/index"),
        "GIT_OBJECT_DIRECTORY": str(other.path / ".git/objects"),
        "GIT_PREFIX": "pkg/",
        "GIT_NAMESPACE": "space",
        "GIT_QUARANTINE_PATH": str(tmp_path),
    }
    with monkeypatch.context() as patch:
        for name, value in inherited.items():
            patch.setenv(name, value)
        with Repository.open(tree.path) as repo:
            assert repo.root == tree.path
            commit(repo, base, BRANCH, [draft({"a.py": b"1\n"})])
    assert (seen(tree, without=[f"refs/heads/{BRANCH}"]), seen(other)) == before
    assert tree.git("rev-parse", f"{BRANCH}^") == base


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen signs, and it is not installed")
def test_commits_are_signed_when_the_user_wants_it(tree: Tree, repo: Repository, tmp_path: Path) -> None:
    base = tree.commit({"a.py": b"1\n"})
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    (tmp_path / "signers").write_text(f"ada@example.org {key.with_suffix('.pub').read_text()}")
    for name, value in {
        "commit.gpgSign": "true",
        "gpg.format": "ssh",
        "user.signingKey": str(key),
        "gpg.ssh.allowedSignersFile": str(tmp_path / "signers"),
    }.items():
        tree.git("config", "--global", name, value)
    commit(repo, base, BRANCH, [draft({"a.py": b"2\n"}), draft({"a.py": b"3\n"})])
    assert tree.git("log", "-2", "--format=%G?", BRANCH).split() == ["G", "G"]
    assert commit(repo, base, BRANCH, [draft({"a.py": b"2\n"}), draft({"a.py": b"3\n"})]).state is State.ALREADY_DONE


def test_a_signing_program_of_the_repository_is_not_run(tree: Tree, repo: Repository, tmp_path: Path) -> None:
    base = tree.commit({"a.py": b"1\n"})
    tree.git("config", "commit.gpgSign", "true")
    tree.git("config", "gpg.program", str(program(tmp_path / "evil", f"touch {tmp_path}/ran")))
    with pytest.raises(GitError, match=r"gpg\.program"):
        commit(repo, base, BRANCH, [draft({"a.py": b"2\n"})])
    assert not (tmp_path / "ran").exists()
