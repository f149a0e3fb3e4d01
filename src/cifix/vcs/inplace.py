"""Writing into the work tree: every file is ready before the first one changes, and all of them change or none."""

import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from cifix.errors import GitError
from cifix.model.snapshot import EXECUTABLE, File
from cifix.model.text import Opaque
from cifix.vcs.disk import WorkTree, stays_inside

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class _Step:
    """One file: what it was when looked at, and the finished new content beside it (None to delete it)."""

    target: Path
    status: os.stat_result | None
    staged: Path | None


def write_in_place(root: Path, before: Mapping[str, File | None], after: Mapping[str, File | None]) -> None:
    """Change the files below `root` from `before` to `after`, where None means that there is no such file.

    Both hold the same paths: those to write, so neither `Track` nor `Untrack`, which leave the disk alone. Raises
    `GitError`, with the work tree as it was, for a file that is not as `before` says, that is or lies behind a
    symbolic link, or that cannot be written.
    """
    tree = WorkTree(root)
    try:
        with ExitStack() as litter, ExitStack() as undo:
            steps = [_staged(tree, path, before[path], after[path], litter) for path in sorted(after)]
            for step in steps:
                _refuse_changed(step)
            for step in steps:
                _do(step, litter, undo)
            undo.pop_all()
    except OSError as why:
        raise GitError(f"cannot write {why.filename or root}: {why.strerror}; nothing was changed") from why
    _remove_empty(root, [step.target.parent for step in steps if step.staged is None])


def _staged(tree: WorkTree, path: str, before: File | None, after: File | None, litter: ExitStack) -> _Step:
    """Check a file and write its new content beside it."""
    target = tree.root / path
    status = _expected(tree, path, before)
    if after is None:
        return _Step(target, status, None)
    for folder in _missing(tree.root, target.parent):
        folder.mkdir()
        litter.callback(_quietly_rmdir, folder)
    staged = _beside(target, litter)
    with open(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o666), "wb") as file:  # noqa: PTH123
        file.write(after.data)
        file.flush()
        os.fsync(file.fileno())
    staged.chmod(_permissions(status or staged.stat(), before, after))
    return _Step(target, status, staged)


def _expected(tree: WorkTree, path: str, before: File | None) -> os.stat_result | None:
    """The status of a file that is what it was when the plan was made."""
    if not stays_inside(path):
        raise GitError(f"{path!r} is not a path inside {tree.root}; nothing was changed")
    if not tree.inside(path):
        raise GitError(f"{path} lies behind a symbolic link; nothing was changed, edit it by hand")
    try:
        status = tree.status(path)
        data = tree.read(path) if status is not None else None
    except Opaque as why:
        raise GitError(f"{path}: {why}; nothing was changed, edit it by hand") from why
    if data != (before.data if before is not None else None):
        raise GitError(f"{path} is no longer what was read; nothing was changed, try again")
    return status


def _missing(root: Path, folder: Path) -> Iterable[Path]:
    missing = []
    while folder != root and not folder.exists():
        missing.append(folder)
        folder = folder.parent
    return reversed(missing)


def _beside(target: Path, litter: ExitStack) -> Path:
    path = target.with_name(f".cifix-{secrets.token_hex(8)}")
    litter.callback(path.unlink, missing_ok=True)
    return path


def _permissions(status: os.stat_result, before: File | None, after: File) -> int:
    """The old permissions; the executable bits move only where git's mode does, and follow the read bits."""
    mode = stat.S_IMODE(status.st_mode)
    if after.mode == (before.mode if before is not None else None):
        return mode
    return mode | (mode & 0o444) >> 2 if after.mode == EXECUTABLE else mode & ~0o111


def _refuse_changed(step: _Step) -> None:
    try:
        status = os.lstat(step.target)
    except FileNotFoundError:
        status = None
    if _identity(status) != _identity(step.status):
        raise GitError(f"{step.target} changed while cifix was writing; nothing was changed, try again")


def _identity(status: os.stat_result | None) -> tuple[int, ...]:
    return () if status is None else (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _do(step: _Step, litter: ExitStack, undo: ExitStack) -> None:
    backup = _beside(step.target, litter)
    if step.status is None:
        undo.callback(step.target.unlink, missing_ok=True)
    elif step.staged is not None and _shared(step.status):
        shutil.copy2(step.target, backup)
        undo.callback(_pour, backup, step.target)
        _pour(step.staged, step.target)
        return
    else:
        _keep(step.target, backup)
        undo.callback(backup.replace, step.target)
    if step.staged is not None:
        step.staged.replace(step.target)
    else:
        step.target.unlink()


def _shared(status: os.stat_result) -> bool:
    """Whether the file has other names or another owner, which a new file would lose."""
    return status.st_nlink > 1 or (hasattr(os, "geteuid") and status.st_uid != os.geteuid())


def _keep(target: Path, backup: Path) -> None:
    """A second name keeps everything, times included; where the file system has none, a copy must do."""
    try:
        backup.hardlink_to(target)
    except OSError:
        shutil.copy2(target, backup)


def _pour(source: Path, target: Path) -> None:
    """Overwrite content and permissions of a file that must stay the same file."""
    with open(os.open(target, os.O_RDWR | _NO_FOLLOW), "r+b") as file:  # noqa: PTH123
        file.write(source.read_bytes())
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    if stat.S_IMODE(source.stat().st_mode) != stat.S_IMODE(target.stat().st_mode):
        shutil.copymode(source, target)


def _quietly_rmdir(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _remove_empty(root: Path, folders: Iterable[Path]) -> None:
    """Git keeps no empty folders, so those that a deletion emptied go as well."""
    for folder in folders:
        while folder != root and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent  # noqa: PLW2901 - upwards
