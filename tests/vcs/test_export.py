"""A commit's files, written as git stores them."""

import os
from pathlib import Path

from cifix.vcs.export import changed, export
from cifix.vcs.repository import Repository
from tests.vcs.repositories import Tree


def written(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def test_bytes_and_modes_are_those_of_the_commit(tree: Tree, repo: Repository, tmp_path: Path) -> None:
    tree.write({".gitattributes": b"*.txt text eol=crlf filter=nasty export-ignore ident\n"})
    tree.git("config", "filter.nasty.smudge", f"touch {tmp_path}/ran")
    tree.write({"a.txt": b"one\n$Id$\n", "b/run.sh": b"x\n", ".gitignore": b"/ignored\n"})
    (tree.path / "b" / "run.sh").chmod(0o755)
    commit = tree.commit()
    tree.write({"ignored": b"x", "untracked": b"x", "a.txt": b"changed"})
    (tmp_path / "out").mkdir()
    export(repo, commit, tmp_path / "out")
    assert sorted(written(tmp_path / "out")) == [".gitattributes", ".gitignore", "a.txt", "b/run.sh"]
    assert (tmp_path / "out" / "a.txt").read_bytes() == b"one\n$Id$\n"
    assert os.access(tmp_path / "out" / "b" / "run.sh", os.X_OK)
    assert not os.access(tmp_path / "out" / "a.txt", os.X_OK)
    assert not (tmp_path / "ran").exists()


def test_links_stay_inside_the_tree(tree: Tree, repo: Repository, tmp_path: Path) -> None:
    tree.write({"a/b": b"x"})
    kept = {"near": "a/b", "a/up": "../near", "a/deep/here": "../b", "dot": "."}
    for name, target in {**kept, "out": "../x", "far": "/etc/passwd", "a/out": "../../x", "sly": "dot/../x"}.items():
        (tree.path / name).parent.mkdir(exist_ok=True)
        (tree.path / name).symlink_to(target)
    commit = tree.commit()
    (tmp_path / "out").mkdir()
    export(repo, commit, tmp_path / "out")
    assert written(tmp_path / "out") == {"a/b": b"x", **{name: target.encode() for name, target in kept.items()}}


def test_no_commit_is_no_file(repo: Repository, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export(repo, None, tmp_path / "out")
    assert written(tmp_path / "out") == {}


def test_changed_paths_of_any_name(tree: Tree, repo: Repository) -> None:
    one = tree.commit({"a": b"1", "b": b"1", "gone": b"x"})
    (tree.path / "gone").unlink()
    (tree.path / "b").chmod(0o755)
    two = tree.commit({"ü\n": b"2"})
    assert changed(repo, one, two) == ["b", "gone", "ü\n"]
    assert changed(repo, None, one) == ["a", "b", "gone"]
