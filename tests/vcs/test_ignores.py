import os
from pathlib import Path

import pytest

from cifix.errors import GitError
from cifix.vcs.ignores import ignored
from tests.vcs.repositories import Tree


def test_the_last_match_in_the_nearest_file_decides() -> None:
    files = {".gitignore": b"lib/\n*.log\n!keep.log\n/build/\n", "pkg/.gitignore": b"!x.log\r\n*.tmp\r\n"}
    paths = [
        "src/lib/a.py",
        "a.log",
        "keep.log",
        "pkg/x.log",
        "pkg/y.tmp",
        "y.tmp",
        "build/x",
        "src/build/x",
        "library/a.py",
        "lib",
    ]
    assert ignored(files, {}, paths) == {"src/lib/a.py", "a.log", "pkg/y.tmp", "build/x"}


def test_a_file_below_an_excluded_folder_cannot_come_back() -> None:
    files = {".gitignore": b"env/\n!env/keep.py\n", "env/.gitignore": b"!*\n"}
    assert ignored(files, {}, ["env/keep.py", "env/x/y", "a"]) == {"env/keep.py", "env/x/y"}


def test_excludes_from_outside_are_weaker() -> None:
    excludes = {"global": b"*.swp\n*.bak\n", "info/exclude": b"!a.swp\nsecret\n"}
    paths = ["a.swp", "b.swp", "c.bak", "secret", "d/secret"]
    assert ignored({".gitignore": b"!c.bak\n"}, excludes, paths) == {"b.swp", "secret", "d/secret"}


def test_a_byte_order_mark_is_skipped() -> None:
    assert ignored({".gitignore": b"\xef\xbb\xbf*.log\n"}, {}, ["a.log", "b"]) == {"a.log"}


def test_nothing_ignored_and_nothing_asked() -> None:
    assert ignored({".gitignore": b"*.log\n"}, {}, ["a.py"]) == frozenset()
    assert ignored({}, {}, ["a.py"]) == frozenset()
    assert ignored({".gitignore": b"*\n"}, {}, []) == frozenset()


def test_any_name_works() -> None:
    paths = [
        "a b.log",
        "\u00e4.log",
        "new\nline.log",
        'quo"te.log',
        os.fsdecode(b"raw\xff.log"),
        "-x.log",
        ":(glob)*.log",
    ]
    assert ignored({".gitignore": b"*.log\n"}, {}, paths) == frozenset(paths)


def test_the_configuration_of_the_user_has_no_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "git").mkdir()
    (tmp_path / "git/ignore").write_text("*\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (Path(os.environ["HOME"]) / "config").write_text(f"[core]\nexcludesFile = {tmp_path}/git/ignore\n")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.excludesFile")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"{tmp_path}/git/ignore")
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    assert ignored({}, {}, ["a.py", "b/c"]) == frozenset()


def test_it_agrees_with_git_in_the_repository_itself(tree: Tree) -> None:
    files = {".gitignore": b"a*\n!ab\n**/x/\n\\#h\nq\\ \n", "s/.gitignore": b"/t\n[ab]?.c\n"}
    paths = ["a", "ab", "ac", "d/x/f", "#h", "q ", "q", "s/t", "s/u/t", "s/u/az.c", "az.c", "s/ab"]
    tree.write(files)
    said = tree.git("check-ignore", "--no-index", "-z", "--stdin", stdin="\0".join(paths).encode(), check=False)
    assert ignored(files, {}, paths) == set(said.strip("\0").split("\0"))


def test_paths_outside_the_tree_are_an_error() -> None:
    with pytest.raises(GitError, match="outside repository"):
        ignored({".gitignore": b"*\n"}, {}, ["../x"])
