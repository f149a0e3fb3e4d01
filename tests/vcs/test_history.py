import os
from pathlib import Path

import pytest

from cifix.model.history import History
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source, index_source, worktree_source
from tests.vcs.repositories import Tree

BODY = b"".join(b"line %d of a file that is long enough to be known again\n" % number for number in range(20))


def test_a_rename_and_its_successor_lead_to_where_the_file_is_now(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": BODY, "kept.py": b"k"})
    tree.git("mv", "a.py", "b.py")
    first = tree.commit()
    tree.git("mv", "b.py", "c.py")
    second = tree.commit({"c.py": BODY + b"more\n"})
    for source in (commit_source(repo, "HEAD"), index_source(repo), worktree_source(repo)):
        assert source.history == History({"a.py": "c.py", "b.py": "c.py"}, {"a.py": first[:10], "b.py": second[:10]})


def test_a_deleted_file_is_removed_and_did_not_move(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": BODY, "b.py": b"b"})
    tree.git("rm", "--quiet", "a.py")
    gone = tree.commit({"new.py": b"something else\n"})
    assert commit_source(repo, "HEAD").history == History({}, {"a.py": gone[:10]})


def test_a_path_that_is_back_has_no_fate(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": BODY})
    tree.git("mv", "a.py", "b.py")
    tree.commit()
    tree.commit({"a.py": b"new\n"})
    assert commit_source(repo, "HEAD").history == History()


def test_only_the_latest_removal_counts(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": BODY})
    tree.git("mv", "a.py", "b.py")
    tree.commit()
    tree.commit({"a.py": b"another file by this name\n"})
    tree.git("rm", "--quiet", "a.py")
    last = tree.commit({"unlike.py": b"1\n"})
    history = commit_source(repo, "HEAD").history
    assert (history.moved, history.removed) == ({}, {"a.py": last[:10]})


def test_a_file_deleted_on_disk_only_is_not_history(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": BODY})
    (tree.path / "a.py").unlink()
    assert worktree_source(repo).history == History()


def test_a_rename_on_a_merged_branch_counts(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": BODY})
    tree.git("switch", "--quiet", "--create", "side")
    tree.git("mv", "a.py", "b.py")
    moved = tree.commit()
    tree.git("switch", "--quiet", "main")
    tree.commit({"other.py": b"o"})
    tree.git("merge", "--quiet", "--no-edit", "side")
    assert commit_source(repo, "HEAD").history == History({"a.py": "b.py"}, {"a.py": moved[:10]})


def test_without_a_commit_there_is_no_history(tree: Tree, repo: Repository) -> None:
    tree.write({"a.py": BODY})
    assert commit_source(repo, "HEAD").history == History()


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
def test_names_that_look_like_git_output_are_names(tree: Tree, repo: Repository) -> None:
    odd = "\1" + "0" * 40 + "\nD"
    tree.commit({odd: BODY, "D": b"d", "R100": b"r"})
    tree.git("mv", odd, "b.py")
    tree.git("rm", "--quiet", "D", "R100")
    gone = tree.commit()[:10]
    assert commit_source(repo, "HEAD").history == History({odd: "b.py"}, {odd: gone, "D": gone, "R100": gone})


def test_a_partial_clone_knows_whole_renames_and_fetches_nothing(tmp_path: Path, tree: Tree) -> None:
    tree.git("config", "uploadpack.allowFilter", "true")
    tree.commit({"a.py": BODY, "b.py": BODY + BODY})
    tree.git("mv", "a.py", "c.py")
    tree.git("mv", "b.py", "d.py")
    tree.commit({"d.py": BODY + BODY + b"more\n"})
    part = tmp_path / "part"
    tree.git("clone", "--quiet", "--bare", "--filter=blob:none", f"file://{tree.path}", str(part))
    with Repository.open(part) as repo:
        history = commit_source(repo, "HEAD").history
        assert history.moved == {"a.py": "c.py"}
        assert set(history.removed) == {"a.py", "b.py"}
        assert repo.run("rev-list", "--objects", "--missing=print", "--all").count(b"?") == 3


@pytest.mark.parametrize(
    ("moved", "folder"),
    [
        ({"t/a.py": "tests/a.py", "t/x/b.py": "tests/x/b.py"}, "tests"),
        ({"t/a.py": "tests/a.py", "t/x/b.py": "other/x/b.py"}, None),
        ({"t/a.py": "tests/a.py"}, None),
        ({"t/a.py": "tests/a.py", "t/x/b.py": "tests/x/renamed.py"}, None),
    ],
)
def test_a_folder_moved_if_all_its_files_did(moved: dict[str, str], folder: str | None) -> None:
    history = History(moved, dict.fromkeys(("t/a.py", "t/x/b.py", "elsewhere.py"), "abc"))
    assert history.moved_folder("t") == folder
    assert history.moved_folder("never") is None
