import os
import pickle
from pathlib import Path

import pytest

from cifix.errors import GitError
from cifix.model.snapshot import EXECUTABLE, REGULAR, Snapshot, Source
from cifix.model.text import LIMIT, Opaque
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source, index_source, worktree_source
from tests.vcs.repositories import Tree, made, seen

SYMLINK, GITLINK = 0o120000, 0o160000


def contents(source: Source) -> dict[str, bytes]:
    return {path: source.read(path) for path, mode in source.modes.items() if mode != GITLINK}


def test_commit_index_and_work_tree_differ(tree: Tree, repo: Repository) -> None:
    base = tree.commit({"a.py": b"commit", "pkg/b.py": b"b", "gone.py": b"g"})
    tree.write({"a.py": b"index", "staged.py": b"s"})
    tree.git("add", "--all")
    tree.write({"a.py": b"disk", "loose.py": b"l"})
    (tree.path / "gone.py").unlink()
    commit, index, disk = commit_source(repo, "HEAD"), index_source(repo), worktree_source(repo)
    assert commit.base == index.base == disk.base == base
    assert contents(commit) == {"a.py": b"commit", "pkg/b.py": b"b", "gone.py": b"g"}
    assert contents(index) == {"a.py": b"index", "pkg/b.py": b"b", "gone.py": b"g", "staged.py": b"s"}
    assert contents(disk) == {"a.py": b"disk", "pkg/b.py": b"b", "staged.py": b"s"}
    assert commit.disk == index.disk == disk.disk == {"loose.py": REGULAR}
    assert commit.read("loose.py") == index.read("loose.py") == disk.read("loose.py") == b"l"


def test_a_commit_of_the_past_can_be_read(tree: Tree, repo: Repository) -> None:
    base = tree.commit({"a.py": b"1"})
    tree.commit({"a.py": b"2"})
    assert commit_source(repo, base[:12]).base == base
    assert contents(commit_source(repo, "HEAD~1")) == {"a.py": b"1"}


def test_what_the_index_dropped_but_the_commit_holds_is_not_loose(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": b"1", "b.py": b"1"})
    tree.git("rm", "--quiet", "--cached", "a.py")
    assert commit_source(repo, "HEAD").disk == {}
    assert index_source(repo).disk == {"a.py": REGULAR}


@pytest.mark.parametrize("rev", ["nothing", "--all", "HEAD~5", "HEAD:a.py"])
def test_an_unknown_commit_is_an_error(tree: Tree, repo: Repository, rev: str) -> None:
    tree.commit({"a.py": b"1"})
    with pytest.raises(GitError, match="no commit is called"):
        commit_source(repo, rev)


def test_an_unborn_head_is_an_empty_tree(tree: Tree, repo: Repository) -> None:
    tree.write({"a.py": b"1"})
    source = commit_source(repo, "HEAD")
    assert (source.base, source.modes, source.disk) == (None, {}, {"a.py": REGULAR})
    assert source.read("a.py") == b"1"
    assert index_source(repo).base is worktree_source(repo).base is None
    with pytest.raises(GitError, match="no commit is called main"):
        commit_source(repo, "main")


def test_a_bare_repository_has_commits_only(tree: Tree, tmp_path: Path) -> None:
    tree.commit({"a.py": b"1"})
    tree.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    with Repository.open(tmp_path / "bare") as bare:
        source = commit_source(bare, "HEAD")
        assert contents(source) == {"a.py": b"1"}
        assert source.disk == {}
        with pytest.raises(KeyError):
            source.read("b.py")
        with pytest.raises(GitError, match="has no index"):
            index_source(bare)
        with pytest.raises(GitError, match="has no work tree"):
            worktree_source(bare)


def test_modes_of_all_kinds(tree: Tree, repo: Repository, tmp_path: Path) -> None:
    made(tmp_path / "inner").commit({"inner.py": b"1"})
    tree.git("submodule", "--quiet", "add", str(tmp_path / "inner"), "sub")
    tree.write({"a.py": b"1", "run.sh": b"1"})
    (tree.path / "run.sh").chmod(0o755)
    (tree.path / "link").symlink_to("a.py")
    tree.commit()
    wanted = {".gitmodules": REGULAR, "a.py": REGULAR, "run.sh": EXECUTABLE, "link": SYMLINK, "sub": GITLINK}
    for source in (commit_source(repo, "HEAD"), index_source(repo), worktree_source(repo)):
        assert source.modes == wanted
        assert source.disk == {}
        assert Snapshot(source).paths == (".gitmodules", "a.py", "run.sh")
        with pytest.raises(Opaque, match="submodule"):
            source.read("sub")
    assert commit_source(repo, "HEAD").read("link") == b"a.py"
    with pytest.raises(Opaque, match="not a regular file"):
        worktree_source(repo).read("link")


def test_the_executable_bit_counts_where_git_trusts_it(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": b"1", "b.py": b"1"})
    tree.write({"loose.sh": b"1"})
    for name in ("a.py", "loose.sh"):
        (tree.path / name).chmod(0o755)
    assert worktree_source(repo).modes["a.py"] == worktree_source(repo).disk["loose.sh"] == EXECUTABLE
    tree.git("config", "core.fileMode", "false")
    assert worktree_source(repo).modes["a.py"] == worktree_source(repo).disk["loose.sh"] == REGULAR


def test_files_that_changed_their_kind(tree: Tree, repo: Repository) -> None:
    tree.commit({"now-link": b"1", "now-folder": b"1", "pipe": b"1", "far/away.py": b"1"})
    for name in ("now-link", "now-folder", "pipe"):
        (tree.path / name).unlink()
    (tree.path / "now-link").symlink_to("/etc/passwd")
    (tree.path / "now-folder").mkdir()
    os.mkfifo(tree.path / "pipe")
    (tree.path / "far").rename(tree.path.parent / "far")
    (tree.path / "far").symlink_to(tree.path.parent / "far")
    source = worktree_source(repo)
    assert source.modes == {"now-link": SYMLINK, "pipe": REGULAR, "far/away.py": REGULAR}
    for path, reason in {"now-link": "regular", "pipe": "regular", "far/away.py": "symbolic link"}.items():
        with pytest.raises(Opaque, match=reason):
            source.read(path)


def test_a_link_checked_out_as_a_file_stays_a_link(tree: Tree, repo: Repository) -> None:
    (tree.path / "link").symlink_to("a.py")
    tree.commit()
    (tree.path / "link").unlink()
    tree.write({"link": b"a.py"})
    tree.git("config", "core.symlinks", "false")
    assert worktree_source(repo).modes == {"link": SYMLINK}


def test_merge_conflicts_cannot_be_read_from_the_index(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": b"1\n"})
    tree.git("switch", "--quiet", "--create", "other")
    tree.commit({"a.py": b"2\n"})
    tree.git("switch", "--quiet", "main")
    tree.commit({"a.py": b"3\n"})
    tree.git("merge", "other", check=False)
    with pytest.raises(Opaque, match="merge conflicts"):
        index_source(repo).read("a.py")
    assert index_source(repo).modes == {"a.py": REGULAR}
    assert b"<<<<" in worktree_source(repo).read("a.py")
    assert commit_source(repo, "HEAD").read("a.py") == b"3\n"


def test_announced_files_are_not_in_the_index(tree: Tree, repo: Repository) -> None:
    tree.commit({"empty.py": b"", "a.py": b"1"})
    tree.write({"new\nname.py": b"1"})
    tree.git("add", "--intent-to-add", "new\nname.py")
    assert set(index_source(repo).modes) == {"empty.py", "a.py"}
    assert worktree_source(repo).read("new\nname.py") == b"1"


def test_a_sparse_checkout_is_whole(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": b"1", "in/b.py": b"1", "out/c.py": b"1"})
    tree.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    (tree.path / "in/b.py").unlink()
    source = worktree_source(repo)
    source.prefetch(list(source.modes))
    assert contents(source) == {"a.py": b"1", "out/c.py": b"1"}
    assert set(index_source(repo).modes) == {"a.py", "in/b.py", "out/c.py"}


def test_the_disk_shows_ignored_files_and_no_strange_ones(tree: Tree, repo: Repository) -> None:
    tree.commit({".gitignore": b"*.log\nbuild/\n"})
    tree.write({"x.log": b"1", "build/deep/y.py": b"1", "new \u00e4\n.py": b"1", "dir/z": b"1"})
    made(tree.path / "nested").commit({"inner.py": b"1"})
    made(tree.path / "build/nested").commit({"inner.py": b"1"})
    (tree.path / "link").symlink_to("x.log")
    (tree.path / "folder-link").symlink_to("/etc")
    os.mkfifo(tree.path / "pipe")
    assert set(commit_source(repo, "HEAD").disk) == {"x.log", "build/deep/y.py", "new \u00e4\n.py", "dir/z"}


def test_loose_files_read_as_git_would_store_them(tree: Tree, repo: Repository) -> None:
    attributes = (
        b"*.txt text\n*.bin -text\n*.u16 text working-tree-encoding=UTF-16LE\n*.id ident\n*.crlf text eol=crlf\n"
    )
    tree.commit({".gitattributes": attributes})
    names = [
        "a.txt",
        "b.bin",
        "c.crlf",
        "d.u16",
        "e.id",
        "g.auto",
        'odd\n\r"\\name.txt',
        "sub/.gitattributes",
        "sub/a.txt",
    ]
    data = [b"1\r\n2\r\n"] * 3 + [
        "\u00e4\r\n".encode("utf-16-le"),
        b"$Id: 123 $\n",
        b"1\r\n",
        b"1\r\n",
        b"a.txt -text\n",
        b"1\r\n",
    ]
    tree.write(dict(zip(names, data, strict=True)))
    (tree.path / "a.txt").chmod(0o755)
    tree.git("config", "core.autocrlf", "true")
    tree.git("config", "core.safecrlf", "true")
    before, stored = seen(tree), sorted((tree.path / ".git/objects").rglob("*"))
    source = commit_source(repo, "HEAD")
    source.prefetch([".gitattributes", *names[:4], "unknown"])
    read = {name: source.read(name) for name in names}
    assert (seen(tree), sorted((tree.path / ".git/objects").rglob("*"))) == (before, stored)
    tree.git("-c", "core.safecrlf=false", "add", "--all")
    assert read == {name: tree.blob(f":{name}") for name in names}
    assert [read[name] for name in ("a.txt", "b.bin", "d.u16")] == [b"1\n2\n", b"1\r\n2\r\n", "\u00e4\n".encode()]


def test_a_loose_file_that_git_cannot_convert_is_opaque_alone(tree: Tree, repo: Repository) -> None:
    tree.commit({".gitattributes": b"*.u16 text working-tree-encoding=UTF-16\n"})
    tree.write({"bad.u16": b"no mark", "good.py": b"1"})
    source = commit_source(repo, "HEAD")
    source.prefetch(["bad.u16", "good.py"])
    assert source.read("good.py") == b"1"
    with pytest.raises(Opaque, match="git cannot store it"):
        source.read("bad.u16")


def test_loose_files_that_cannot_be_read_are_opaque(tree: Tree, repo: Repository) -> None:
    tree.commit()
    tree.write({"big": b"x" * (LIMIT + 1), "gone": b"x", "fine": b"x"})
    source = commit_source(repo, "HEAD")
    assert len(source.disk) == 3
    (tree.path / "gone").unlink()
    source.prefetch(["big", "gone", "fine"])
    assert source.read("fine") == b"x"
    for path, reason in {"big": "more than", "gone": "gone"}.items():
        for _ in range(2):
            with pytest.raises(Opaque, match=reason):
                source.read(path)


def test_filtered_files_are_opaque_on_disk_and_the_filter_does_not_run(tree: Tree, repo: Repository) -> None:
    mark = tree.path.parent / "ran"
    tree.commit({".gitattributes": b"*.bin filter=evil\n", "a.bin": b"stored", "a.py": b"1"})
    for program in ("clean", "smudge", "process"):
        tree.git("config", f"filter.evil.{program}", f"touch {mark}; cat")
    tree.write({"loose.bin": b"1", "a.py": b"2"})
    commit, disk = commit_source(repo, "HEAD"), worktree_source(repo)
    for source, path in ((commit, "loose.bin"), (disk, "loose.bin"), (disk, "a.bin")):
        with pytest.raises(Opaque, match="`filter` attribute"):
            source.read(path)
    with pytest.raises(Opaque, match=r"git add -f loose\.bin"):
        commit.read("loose.bin")
    assert (commit.read("a.bin"), disk.read("a.py")) == (b"stored", b"2")
    assert not mark.exists()
    tree.git("add", "loose.bin", check=False)
    assert mark.exists()


def test_an_empty_filter_is_none_even_if_a_driver_without_a_name_exists(tree: Tree, repo: Repository) -> None:
    mark = tree.path.parent / "ran"
    tree.commit({".gitattributes": b"*.bin filter=lfs\nkept.bin filter=\n", "kept.bin": b"1"})
    for key, value in {"clean": f"touch {mark}; cat", "process": f"touch {mark}", "required": "true"}.items():
        tree.git("config", f"filter..{key}", value)
    tree.write({"sub/.gitattributes": b"* filter=\n", "sub/loose.bin": b"2"})
    source = worktree_source(repo)
    assert (source.read("kept.bin"), source.read("sub/loose.bin")) == (b"1", b"2")
    assert not mark.exists()


def test_work_tree_files_are_read_raw(tree: Tree, repo: Repository) -> None:
    tree.git("config", "core.autocrlf", "true")
    tree.commit({"a.py": b"1\r\n"})
    assert worktree_source(repo).read("a.py") == b"1\r\n"
    assert index_source(repo).read("a.py") == b"1\n"


def test_prefetching_and_reading_one_by_one_agree(tree: Tree, repo: Repository) -> None:
    files = {f"pkg/{number}.py": b"%d" % number for number in range(300)} | {"big.py": b"x" * (LIMIT + 1)}
    tree.commit(files)
    source = commit_source(repo, "HEAD")
    assert source.read("pkg/7.py") == b"7"
    source.prefetch([*files, "unknown"])
    assert contents(source) == files
    with pytest.raises(KeyError):
        source.read("unknown")


def test_a_source_keeps_only_so_much(tree: Tree, repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cifix.vcs.source._KEPT", 3)
    files = {f"{number:03}.py": b"%d" % number for number in range(600)}
    tree.commit(files)
    source = commit_source(repo, "HEAD")
    source.prefetch(list(files))
    assert contents(source) == files


def test_an_ignore_file_that_only_the_repository_names_is_not_read(
    tree: Tree, repo: Repository, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("anything\n")
    tree.git("config", "core.excludesFile", str(tmp_path / "secret"))
    assert "global" not in commit_source(repo, "HEAD").excludes


@pytest.mark.parametrize("how", ["configured", "XDG_CONFIG_HOME", "HOME"])
def test_ignore_files_from_outside_the_tree(
    tree: Tree, repo: Repository, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree.path / ".git/info/exclude").unlink(missing_ok=True)
    assert commit_source(repo, "HEAD").excludes == {}
    places = {"configured": "ex", "XDG_CONFIG_HOME": "xdg/git/ignore", "HOME": ".config/git/ignore"}
    file = (Path(os.environ["HOME"]) if how == "HOME" else tmp_path) / places[how]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"*.swp\r\n")
    if how == "configured":
        tree.git("config", "--global", "core.excludesFile", str(file))
    if how == "XDG_CONFIG_HOME":
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    (tree.path / ".git/info").mkdir(exist_ok=True)
    (tree.path / ".git/info/exclude").write_bytes(b"secret\n")
    for source in (commit_source(repo, "HEAD"), index_source(repo), worktree_source(repo)):
        assert list(source.excludes.items()) == [("global", b"*.swp\r\n"), ("info/exclude", b"secret\n")]


def test_a_name_too_long_for_the_disk_is_kept_but_cannot_be_read(tree: Tree, repo: Repository) -> None:
    tree.write({"a.py": b"1"})
    oid = tree.git("hash-object", "-w", "a.py")
    tree.git("update-index", "--add", "--cacheinfo", f"100644,{oid},{'n' * 300}")
    source = worktree_source(repo)
    assert source.modes == {"n" * 300: REGULAR}
    with pytest.raises(Opaque, match="File name too long"):
        source.read("n" * 300)
    assert index_source(repo).read("n" * 300) == b"1"


def test_sources_travel_to_other_processes(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": b"1"})
    tree.write({"loose.py": b"2"})
    for source in (commit_source(repo, "HEAD"), index_source(repo), worktree_source(repo)):
        source.prefetch(["a.py", "loose.py"])
        copy = pickle.loads(pickle.dumps(source))  # noqa: S301 - made right here
        assert (copy.read("a.py"), copy.read("loose.py"), copy.disk) == (b"1", b"2", {"loose.py": REGULAR})


def test_paths_that_are_not_utf8_survive(tree: Tree, repo: Repository) -> None:
    name = os.fsdecode(b"raw\xff.py")
    tree.commit({name: b"1"})
    tree.write({name + "x": b"2"})
    for source in (commit_source(repo, "HEAD"), index_source(repo), worktree_source(repo)):
        assert contents(source) == {name: b"1"}
        assert source.read(name + "x") == b"2"
