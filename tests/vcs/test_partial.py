"""Partial clones: blobs come in one go, only those that are needed, and never through a program of the repository."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cifix.errors import GitError
from cifix.vcs.commit import State, commit
from cifix.vcs.partial import promisor
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source, worktree_source
from tests.vcs.repositories import Tree, draft, seen

BRANCH = "cifix/fixes"


@pytest.fixture
def clone(tree: Tree, tmp_path: Path) -> Tree:
    tree.commit(
        {f"pkg/{number}.py": b"%d\n" % number for number in range(50)} | {"pkg/.gitattributes": b"*.bin -text\n"}
    )
    tree.commit({"pkg/0.py": b"second\n"})
    tree.git("config", "uploadpack.allowFilter", "true")
    tree.git("config", "uploadpack.allowAnySHA1InWant", "true")
    url = f"file://{tree.path}"
    subprocess.run(
        ["git", "clone", "--quiet", "--filter=blob:none", "--no-checkout", url, tmp_path / "clone"], check=True
    )
    return Tree(tmp_path / "clone")


@pytest.fixture
def opened(clone: Tree) -> Iterator[Repository]:
    with Repository.open(clone.path) as repo:
        yield repo


def lacking(clone: Tree) -> int:
    listed = clone.git("rev-list", "--objects", "--max-count=1", "HEAD", "--missing=print", "--no-object-names")
    return sum(line.startswith("?") for line in listed.splitlines())


def test_only_the_blobs_asked_for_are_fetched(clone: Tree, opened: Repository) -> None:
    refs = clone.refs()
    source = commit_source(opened, "HEAD")
    assert len(source.modes) == 51
    assert lacking(clone) == 51
    source.prefetch([f"pkg/{number}.py" for number in range(10)])
    assert lacking(clone) == 41
    assert source.read("pkg/3.py") == b"3\n"
    assert source.read("pkg/20.py") == b"20\n"
    assert lacking(clone) == 40
    assert clone.refs() == refs
    assert not (clone.path / ".git/FETCH_HEAD").exists()


def test_many_blobs_come_in_one_fetch(clone: Tree, opened: Repository) -> None:
    commit_source(opened, "HEAD").prefetch([f"pkg/{number}.py" for number in range(50)])
    assert len(list((clone.path / ".git/objects/pack").glob("*.pack"))) == 2


def test_a_commit_fetches_the_attribute_files_at_most(clone: Tree, opened: Repository) -> None:
    base = clone.git("rev-parse", "HEAD")
    before = seen(clone, without=[f"refs/heads/{BRANCH}"])
    result = commit(opened, base, BRANCH, [draft({"pkg/0.py": b"new\n", "pkg/x.py": b"x\n", "pkg/1.py": None})])
    assert result.state is State.CREATED
    assert lacking(clone) == 50
    assert seen(clone, without=[f"refs/heads/{BRANCH}"]) == before
    clone.git("push", "--quiet", "origin", BRANCH)


def test_a_sparse_work_tree_reads_what_was_left_out(clone: Tree, opened: Repository) -> None:
    clone.git("sparse-checkout", "set", "--cone")
    clone.git("checkout", "--quiet", "main")
    clone.write({"pkg/loose.py": b"1", "pkg/loose.bin": b"1\r\n"})
    source = worktree_source(opened)
    source.prefetch(["pkg/1.py", "pkg/loose.py"])
    assert [source.read(path) for path in ("pkg/1.py", "pkg/2.py", "pkg/loose.py")] == [b"1\n", b"2\n", b"1"]
    assert lacking(clone) == 48


@pytest.mark.parametrize(
    "key", ["core.sshCommand", "credential.https://example.org.helper", "remote.origin.uploadpack"]
)
def test_programs_of_the_repository_do_not_fetch(clone: Tree, opened: Repository, key: str, tmp_path: Path) -> None:
    clone.git("config", key, f"touch {tmp_path}/ran; false")
    source = commit_source(opened, "HEAD")
    with pytest.raises(GitError, match="cifix runs no program of the repository"):
        source.read("pkg/1.py")
    assert not (tmp_path / "ran").exists()


def test_the_name_of_a_remote_is_no_option(clone: Tree, opened: Repository, tmp_path: Path) -> None:
    config = (clone.path / ".git/config").read_text()
    (clone.path / ".git/config").write_text(config.replace('"origin"', f'"--upload-pack=touch {tmp_path}/ran;"'))
    assert commit_source(opened, "HEAD").read("pkg/1.py") == b"1\n"
    assert not (tmp_path / "ran").exists()


def test_a_remote_that_is_gone_is_an_error(opened: Repository, tree: Tree) -> None:
    tree.path.rename(tree.path.with_name("moved"))
    with pytest.raises(GitError, match="git fetch failed"):
        commit_source(opened, "HEAD").read("pkg/1.py")


def test_the_older_setting_names_the_remote_too(clone: Tree, opened: Repository) -> None:
    assert promisor(opened) == "origin"
    clone.git("config", "--unset", "remote.origin.promisor")
    clone.git("config", "extensions.partialClone", "origin")
    assert promisor(opened) == "origin"


def test_complete_clones_promise_nothing(tree: Tree, repo: Repository) -> None:
    tree.git("config", "remote.origin.promisor", "false")
    assert promisor(repo) is None
