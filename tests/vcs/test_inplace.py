import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from cifix.errors import GitError
from cifix.model.snapshot import EXECUTABLE, File
from cifix.vcs import inplace
from cifix.vcs.inplace import write_in_place


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "pkg").mkdir(parents=True)
    for name in ("a.py", "b.py", "pkg/c.py"):
        (folder / name).write_bytes(b"old " + name.encode())
    return folder


OLD: dict[str, File | None] = {name: File(b"old " + name.encode()) for name in ("a.py", "b.py", "pkg/c.py")}


def picture(root: Path) -> dict[str, tuple[int, int, int, bytes]]:
    return {
        str(path.relative_to(root)): (
            path.stat().st_ino,
            path.stat().st_mode,
            path.stat().st_mtime_ns,
            path.read_bytes(),
        )
        for path in root.rglob("*")
        if path.is_file()
    }


def contents(root: Path) -> dict[str, bytes]:
    return {path: data for path, (*_, data) in picture(root).items()}


def test_files_are_changed_made_and_deleted(root: Path) -> None:
    before = {**OLD, "new/deep/d.py": None}
    after = {"a.py": File(b"A"), "b.py": None, "pkg/c.py": None, "new/deep/d.py": File(b"D")}
    write_in_place(root, root.parent / "git", before, after)
    assert contents(root) == {"a.py": b"A", "new/deep/d.py": b"D"}
    assert not (root / "pkg").exists()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o444])
def test_permissions_are_kept(root: Path, mode: int) -> None:
    (root / "a.py").chmod(mode)
    write_in_place(root, root.parent / "git", {"a.py": OLD["a.py"]}, {"a.py": File(b"A")})
    assert stat.S_IMODE((root / "a.py").stat().st_mode) == mode


def test_a_new_git_mode_moves_the_executable_bits_only(root: Path) -> None:
    (root / "a.py").chmod(0o640)
    (root / "b.py").chmod(0o751)
    before = {"a.py": File(b"old a.py"), "b.py": File(b"old b.py", EXECUTABLE), "new.sh": None}
    write_in_place(
        root,
        root.parent / "git",
        before,
        {"a.py": File(b"A", EXECUTABLE), "b.py": File(b"B"), "new.sh": File(b"N", EXECUTABLE)},
    )
    modes = [stat.S_IMODE((root / name).stat().st_mode) for name in ("a.py", "b.py", "new.sh")]
    mask = os.umask(0)
    os.umask(mask)
    assert modes == [0o750, 0o640, 0o777 & ~mask]


def test_a_hard_link_stays_one(root: Path) -> None:
    (root / "twin.py").hardlink_to(root / "a.py")
    write_in_place(root, root.parent / "git", {"a.py": OLD["a.py"]}, {"a.py": File(b"A", EXECUTABLE)})
    assert (root / "twin.py").read_bytes() == b"A"
    assert (root / "a.py").samefile(root / "twin.py")
    assert os.access(root / "twin.py", os.X_OK)


def test_shorter_content_leaves_no_rest_in_a_hard_link(root: Path) -> None:
    (root / "twin.py").hardlink_to(root / "a.py")
    write_in_place(root, root.parent / "git", {"a.py": OLD["a.py"]}, {"a.py": File(b"")})
    assert (root / "twin.py").read_bytes() == b""


def changed(root: Path) -> None:
    (root / "b.py").write_bytes(b"newer")


def vanished(root: Path) -> None:
    (root / "b.py").unlink()


def appeared(root: Path) -> None:
    (root / "new.py").write_bytes(b"mine")


def linked(root: Path) -> None:
    (root / "b.py").rename(root / "real.py")
    (root / "b.py").symlink_to("real.py")


def dangling(root: Path) -> None:
    (root / "new.py").symlink_to("nowhere")


def behind_a_link(root: Path) -> None:
    (root / "pkg").rename(root.parent / "outside")
    (root / "pkg").symlink_to(root.parent / "outside")


def a_pipe(root: Path) -> None:
    (root / "b.py").unlink()
    os.mkfifo(root / "b.py")


def a_folder(root: Path) -> None:
    (root / "new.py").mkdir()


@pytest.mark.parametrize(
    "spoil",
    [changed, vanished, appeared, linked, dangling, behind_a_link, a_pipe, a_folder],
    ids=lambda spoil: spoil.__name__,
)
def test_one_file_that_is_not_as_expected_stops_all(root: Path, spoil: Callable[[Path], None]) -> None:
    spoil(root)
    before = picture(root), sorted(root.rglob("*"))
    wanted = {
        "a.py": File(b"A"),
        "b.py": File(b"B"),
        "new.py": File(b"N"),
        "pkg/c.py": File(b"C"),
        "x/y.py": File(b"Y"),
    }
    with pytest.raises(GitError, match="nothing was changed"):
        write_in_place(root, root.parent / "git", {**OLD, "new.py": None, "x/y.py": None}, wanted)
    assert (picture(root), sorted(root.rglob("*"))) == before


@pytest.mark.parametrize("path", ["../x", "/etc/x", ".git/config", "pkg/.GIT/x", "pkg//x", ""])
def test_paths_that_leave_the_tree_are_refused(root: Path, path: str) -> None:
    with pytest.raises(GitError, match="not a path inside"):
        write_in_place(root, root.parent / "git", {path: None}, {path: File(b"x")})


def test_a_file_where_a_folder_should_be_is_an_error(root: Path) -> None:
    before = picture(root)
    with pytest.raises(GitError, match="nothing was changed"):
        write_in_place(root, root.parent / "git", {"a.py/x": None}, {"a.py/x": File(b"x")})
    assert picture(root) == before


def test_an_edit_while_staging_is_noticed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync

    def edit(handle: int) -> None:
        real(handle)
        (root / "a.py").write_bytes(b"typed meanwhile")

    monkeypatch.setattr(os, "fsync", edit)
    with pytest.raises(GitError, match=r"a\.py changed while cifix was writing"):
        write_in_place(root, root.parent / "git", OLD, {"a.py": File(b"A"), "b.py": File(b"B"), "pkg/c.py": File(b"C")})
    assert contents(root) == {"a.py": b"typed meanwhile", "b.py": b"old b.py", "pkg/c.py": b"old pkg/c.py"}


def test_a_file_that_vanishes_while_staging_is_noticed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _handle: (root / "a.py").unlink(missing_ok=True))
    with pytest.raises(GitError, match=r"a\.py changed while cifix was writing"):
        write_in_place(root, root.parent / "git", {"a.py": OLD["a.py"]}, {"a.py": File(b"A")})


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "interrupt"]
)
@pytest.mark.parametrize("done", range(5))
def test_a_failure_on_the_way_puts_everything_back(
    root: Path, done: int, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real replacements run; after `done` of them the disk gives out."""
    (root / "twin.py").hardlink_to(root / "b.py")
    before, listed = picture(root), sorted(root.rglob("*"))
    real = inplace._do  # noqa: SLF001 - the step that must be undone
    left = iter([True] * done)

    def failing(*arguments: object) -> None:
        if not next(left, False):
            raise error
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(inplace, "_do", failing)
    wanted = {"a.py": File(b"A"), "b.py": File(b"B"), "new/n.py": File(b"N"), "pkg/c.py": None, "z.py": File(b"Z")}
    with pytest.raises((GitError, KeyboardInterrupt)):
        write_in_place(root, root.parent / "git", {**OLD, "new/n.py": None, "z.py": None}, wanted)
    after = picture(root)
    assert sorted(root.rglob("*")) == listed
    assert {path: (inode, mode, data) for path, (inode, mode, _, data) in after.items()} == {
        path: (inode, mode, data) for path, (inode, mode, _, data) in before.items()
    }
    assert after["a.py"] == before["a.py"]
    assert after["pkg/c.py"] == before["pkg/c.py"]


def test_file_systems_without_hard_links_work_too(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    write_in_place(root, root.parent / "git", OLD, {"a.py": File(b"A"), "b.py": None, "pkg/c.py": File(b"C")})
    assert contents(root) == {"a.py": b"A", "pkg/c.py": b"C"}
