"""A run that dies while it writes into the work tree, and the next one, which takes back what it did."""

import errno
import json
import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from cifix.errors import GitError
from cifix.model.snapshot import EXECUTABLE, File
from cifix.vcs import inplace
from cifix.vcs.claim import claim
from cifix.vcs.inplace import take_back, unfinished, write_in_place
from cifix.vcs.journal import Journal
from tests.vcs.repositories import FORKS

pytestmark = FORKS
OLD: dict[str, File | None] = {
    "a.py": File(b"old a"),
    "linked.py": File(b"old, and longer than the new one"),
    "mode.sh": File(b"same"),
    "new/deep/n.py": None,
    "pkg/gone.py": File(b"old gone"),
    "z.py": None,
}
NEW: dict[str, File | None] = {
    "a.py": File(b"new a"),
    "linked.py": File(b"new content"),
    "mode.sh": File(b"same", EXECUTABLE),
    "new/deep/n.py": File(b"N"),
    "pkg/gone.py": None,
    "z.py": File(b"Z"),
}
STEPS = ("open", "os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return prepared(tmp_path)


def git_dir(root: Path) -> Path:
    return root.parent / "git"


def picture(root: Path) -> dict[str, tuple[int, bytes]]:
    files = [path for path in root.rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): (path.stat().st_mode, path.read_bytes()) for path in files}


def write(root: Path) -> None:
    write_in_place(root, git_dir(root), OLD, NEW)


def interrupted(root: Path, step: int, act: Callable[[], None]) -> int:
    """Write in a fork, in which `act` is called before the step of that number; how the fork ended."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    numbers = count(1)
    busy: list[str] = []

    def watch(event: str, _given: object) -> None:
        if event in STEPS and not busy and next(numbers) == step:
            busy.append(event)
            act()
            busy.clear()

    code = 6
    try:
        sys.addaudithook(watch)
        write(root)
        code = 0
    except GitError:
        pass
    finally:
        os._exit(code)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def every_step(tmp_path: Path, make: Callable[[Path], Path], act: Callable[[Path], None]) -> "list[tuple[Path, int]]":
    """The same writing from the start, disturbed at each step in turn, until it ends before the disturbance."""
    ended: list[tuple[Path, int]] = []
    for step in count(1):
        root = make(tmp_path / str(step))
        seen = root.parent / "acted"

        def marked(root: Path = root, seen: Path = seen) -> None:
            seen.touch()
            act(root)

        code = interrupted(root, step, marked)
        if not seen.exists():
            return ended
        ended.append((root, code))
    raise AssertionError


def prepared(folder: Path) -> Path:
    root = folder / "root"
    (root / "pkg").mkdir(parents=True)
    for path, file in OLD.items():
        if file is not None:
            (root / path).write_bytes(file.data)
            (root / path).chmod(0o640)
    (root / "twin.py").hardlink_to(root / "linked.py")
    return root


def test_killed_at_any_step_the_next_run_takes_it_back(tmp_path: Path) -> None:
    old = picture(prepared(tmp_path / "old"))
    done = prepared(tmp_path / "new")
    write(done)
    new = picture(done)
    found = set()
    tries = every_step(tmp_path, prepared, lambda _root: die())
    for root, code in tries:
        assert code == -signal.SIGKILL
        now = picture(root)
        whole = {path: now.get(path) in (old.get(path), new.get(path)) for path in {*old, *new, *now}}
        assert all(whole.values()), (root, whole)
        found.add("old" if now == old else "new" if now == new else "between")
        take_back(root, git_dir(root))
        assert picture(root) in (old, new)
        assert (root / "linked.py").samefile(root / "twin.py")
        if picture(root) == old:
            write(root)
        assert picture(root) == new
        assert not unfinished(git_dir(root))
    assert len(tries) > 50
    assert found == {"old", "new", "between"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_an_error_at_any_step_changes_nothing(number: int, tmp_path: Path) -> None:
    old = picture(prepared(tmp_path / "old"))
    done = prepared(tmp_path / "new")
    write(done)
    new = picture(done)

    def fail(_root: Path) -> None:
        raise OSError(number, os.strerror(number))

    tries = every_step(tmp_path, prepared, fail)
    for root, code in tries:
        assert picture(root) == (new if code == 0 else old), root
        take_back(root, git_dir(root))
        if code:
            write(root)
        assert picture(root) == new
        assert not unfinished(git_dir(root))
    assert len(tries) > 50


def typed(root: Path) -> None:
    with (root / "a.py").open("r+b") as file:
        file.write(b"typed meanwhile")


def saved(root: Path) -> None:
    (root / "save").write_bytes(b"typed meanwhile")
    (root / "save").replace(root / "a.py")


def test_what_somebody_types_at_any_step_is_kept(tmp_path: Path) -> None:
    for root, _code in every_step(tmp_path, prepared, typed):
        assert (root / "a.py").read_bytes() == b"typed meanwhile", root
        assert not unfinished(git_dir(root))


def test_what_somebody_saves_at_any_step_but_the_very_last_is_kept(tmp_path: Path) -> None:
    """An editor that renames its file between the last look and our own rename wins nothing: one step of all."""
    tries = every_step(tmp_path, prepared, saved)
    lost = [root for root, _code in tries if (root / "a.py").read_bytes() != b"typed meanwhile"]
    assert len(lost) == 1
    assert len(tries) > 50


def test_permissions_that_change_at_any_step_are_kept(tmp_path: Path) -> None:
    tries = every_step(tmp_path, prepared, lambda root: (root / "a.py").chmod(0o600))
    lost = [root for root, _code in tries if (root / "a.py").stat().st_mode & 0o777 != 0o600]
    assert lost == []


def died(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that dies right after its last change."""
    monkeypatch.setattr(Journal, "end", lambda *_: die())
    assert interrupted(root, 0, die) == -signal.SIGKILL
    monkeypatch.undo()


def test_what_was_changed_since_the_run_died_stays(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    died(root, monkeypatch)
    (root / "a.py").write_bytes(b"mine")
    (root / "z.py").write_bytes(b"mine too")
    take_back(root, git_dir(root))
    assert (root / "a.py").read_bytes() == b"mine"
    assert (root / "z.py").read_bytes() == b"mine too"
    assert (root / "pkg/gone.py").read_bytes() == b"old gone"


def test_content_that_was_poured_halfway_is_taken_back(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    died(root, monkeypatch)
    before = OLD["linked.py"]
    assert before is not None
    (root / "linked.py").write_bytes(b"new con" + before.data[7:])
    take_back(root, git_dir(root))
    assert (root / "twin.py").read_bytes() == before.data


def test_only_one_run_writes_at_a_time(root: Path) -> None:
    folder = git_dir(root) / "cifix/in-place"
    folder.mkdir(parents=True)
    with claim(folder), pytest.raises(GitError, match="another cifix changes files"):
        write(root)


@pytest.mark.parametrize(
    "told",
    [
        "no json",
        "[]",
        {"entries": [{"path": "../x", "before": None, "after": None}], "folders": []},
        {"entries": [{"path": ".git/config", "before": None, "after": None}], "folders": []},
        {"entries": [{"path": "a", "before": None, "after": None, "beside": "../../x"}], "folders": []},
        {"entries": [], "folders": ["../x"]},
        {"entries": [{"path": 1}], "folders": []},
    ],
)
def test_a_journal_that_cifix_did_not_write_is_refused(root: Path, told: object) -> None:
    folder = git_dir(root) / "cifix/in-place"
    folder.mkdir(parents=True)
    (folder / "journal").write_text(told if isinstance(told, str) else json.dumps(told))
    before = picture(root)
    with pytest.raises(GitError, match="is not what cifix writes"):
        write(root)
    assert picture(root) == before


def test_a_journal_behind_a_link_is_not_followed(root: Path) -> None:
    outside = root.parent / "outside"
    (outside / "in-place").mkdir(parents=True)
    git_dir(root).mkdir()
    (git_dir(root) / "cifix").symlink_to(outside)
    with pytest.raises(GitError, match="behind a symbolic link"):
        write(root)
    assert list(outside.rglob("*")) == [outside / "in-place"]


def test_another_file_system_keeps_its_files_beside(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.replace

    def across(self: Path, target: Path) -> Path:
        if (git_dir(root) in self.parents) != (git_dir(root) in target.parents):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", across)
    write(root)
    assert not list(root.rglob(".cifix-*"))
    assert (root / "a.py").read_bytes() == b"new a"
    assert not (root / "pkg").exists()


def test_a_failure_to_put_back_is_left_to_the_next_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = picture(root)
    real = inplace._do  # noqa: SLF001 - the step that fails

    def fail(step: object) -> None:
        if step.target.name == "z.py":  # type: ignore[attr-defined]
            monkeypatch.setattr(Path, "replace", broken)
            raise OSError(errno.EIO, "Input/output error")
        real(step)  # type: ignore[arg-type]

    def broken(_self: Path, _target: Path) -> Path:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(inplace, "_do", fail)
    with pytest.raises(GitError, match="the next --in-place run does it"):
        write(root)
    assert unfinished(git_dir(root))
    monkeypatch.undo()
    take_back(root, git_dir(root))
    assert picture(root) == old
