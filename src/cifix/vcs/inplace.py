"""Writing into the work tree: every file is ready before the first one changes, and all of them change or none.

A run that is killed between two files has left a journal, by which the next one takes back what it did.
"""

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cifix.errors import GitError
from cifix.model.snapshot import EXECUTABLE, File
from cifix.model.text import Opaque
from cifix.vcs.disk import WorkTree, stays_inside
from cifix.vcs.journal import Entry, Journal, desk, digest, folder_of, pour, sync
from cifix.vcs.whole import NO_FOLLOW

_LINKLESS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EXDEV)
"""How file systems say that they have no hard links, or none more."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One file: what it was when looked at, what it is to be, and where the new and the old file are kept."""

    target: Path
    before: File | None
    after: File | None
    status: os.stat_result | None
    entry: Entry
    new: Path
    old: Path


def write_in_place(
    root: Path, git_dir: Path, before: Mapping[str, File | None], after: Mapping[str, File | None]
) -> None:
    """Change the files below `root` from `before` to `after`, where None means that there is no such file.

    Both hold the same paths: those to write, so neither `Track` nor `Untrack`, which leave the disk alone. The journal
    lies below `git_dir` meanwhile. Raises `GitError`, with the work tree as it was, for a file that is not as `before`
    says, that is or lies behind a symbolic link, or that cannot be written.
    """
    for beside in ("", f".cifix-{secrets.token_hex(8)}"):
        try:
            _write(root, git_dir, before, after, beside)
        except OSError as why:
            if why.errno != errno.EXDEV or beside:
                raise GitError(f"cannot write {why.filename or root}: {why.strerror}; nothing was changed") from why
        else:
            return


def unfinished(git_dir: Path) -> bool:
    """Whether a run has left its journal, because it died or is still at work."""
    return folder_of(git_dir).exists()


def take_back(root: Path, git_dir: Path) -> None:
    """Take back what a run that died has done; raises `GitError` if it is still at work."""
    if unfinished(git_dir):
        with desk(WorkTree(root), git_dir):
            pass


def _write(
    root: Path, git_dir: Path, before: Mapping[str, File | None], after: Mapping[str, File | None], beside: str
) -> None:
    tree = WorkTree(root)
    with desk(tree, git_dir) as place:
        steps = [_step(tree, place, beside, path, (before[path], after[path])) for path in sorted(after)]
        journal = Journal([step.entry for step in steps], _missing(root, steps))
        journal.begin(place)
        try:
            _all(root, steps, journal)
            journal.end(place)
        except BaseException:
            _undo(root, place, journal)
            raise
        journal.clear(root, place)
    _remove_empty(root, [step.target.parent for step in steps if step.after is None])


def _undo(root: Path, place: Path, journal: Journal) -> None:
    try:
        journal.take_back(WorkTree(root), place)
        journal.end(place)
        journal.clear(root, place)
    except OSError as why:
        raise GitError(
            f"cannot put {why.filename or root} back: {why.strerror}; mend that, and the next --in-place run does it"
        ) from why


def _all(root: Path, steps: Sequence[_Step], journal: Journal) -> None:
    for folder in journal.folders:
        (root / folder).mkdir()
    for step in steps:
        _stage(step)
    for step in steps:
        _refuse_changed(step)
    for step in steps:
        _do(step)
    for step in steps:
        _refuse_edited(step)
    for changed in {step.target.parent for step in steps}:
        sync(changed)


def _step(tree: WorkTree, place: Path, beside: str, path: str, change: tuple[File | None, File | None]) -> _Step:
    before, after = change
    target = tree.root / path
    status = _expected(tree, path, before)
    poured = status is not None and after is not None and _shared(status)
    entry = Entry(path, _digest(before), _digest(after), poured, beside)
    new, old = (entry.place(place, target, kind) for kind in ("new", "old"))
    return _Step(target, before, after, status, entry, new, old)


def _digest(file: File | None) -> str | None:
    return None if file is None else digest(file.data)


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


def _missing(root: Path, steps: Iterable[_Step]) -> list[str]:
    """The folders that have to be made, outermost first."""
    missing: set[Path] = set()
    for step in steps:
        folder = step.target.parent
        while step.after is not None and folder != root and not folder.exists():
            missing.add(folder)
            folder = folder.parent
    return sorted(folder.relative_to(root).as_posix() for folder in missing)


def _shared(status: os.stat_result) -> bool:
    """Whether the file has other names, or an owner or group that a new file could not have."""
    if not hasattr(os, "geteuid"):
        return status.st_nlink > 1
    groups = {os.getegid(), *os.getgroups()}
    strange = status.st_uid != os.geteuid() or (status.st_gid not in groups and os.geteuid() != 0)
    return status.st_nlink > 1 or strange


def _stage(step: _Step) -> None:
    """Write the new content where nobody looks for it, with the permissions that it is to have."""
    if step.after is None:
        return
    with open(os.open(step.new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW, 0o666), "wb") as file:  # noqa: PTH123
        file.write(step.after.data)
        file.flush()
        os.fsync(file.fileno())
    folder = step.target.parent.stat()
    status = step.status or step.new.stat()
    group = status.st_gid if step.status is not None else folder.st_gid
    if hasattr(os, "chown") and (step.status is not None or folder.st_mode & stat.S_ISGID):
        with suppress(PermissionError):
            os.chown(step.new, -1, group)
    step.new.chmod(_permissions(status, step.before, step.after))


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
        raise _changed(step)


def _identity(status: os.stat_result | None) -> tuple[int, ...]:
    if status is None:
        return ()
    return status.st_dev, status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns


def _do(step: _Step) -> None:
    """Change one file; what was there is kept, and whatever happens in between shows in what is kept."""
    if step.status is None:
        _place(step)
    elif step.after is None:
        step.target.replace(step.old)
    elif step.entry.poured:
        _copy(step.target, step.old)
        _refuse_edited(step)
        pour(step.new, step.target)
    else:
        _keep(step.target, step.old)
        _refuse_changed(step)
        step.new.replace(step.target)


def _place(step: _Step) -> None:
    """Give a new file its name, if nothing has taken that meanwhile."""
    try:
        step.target.hardlink_to(step.new)
    except FileExistsError as why:
        raise _changed(step) from why
    except OSError as why:
        if why.errno not in _LINKLESS:
            raise
        _refuse_changed(step)
        step.new.replace(step.target)


def _keep(target: Path, old: Path) -> None:
    """A second name keeps everything, times included; where the file system has none, a copy must do."""
    try:
        old.hardlink_to(target)
    except OSError as why:
        if why.errno not in _LINKLESS:
            raise
        _copy(target, old)


def _copy(target: Path, old: Path) -> None:
    """A copy that is whole once it has its name."""
    part = old.with_name(old.name.replace("old-", "old-part-"))
    shutil.copy2(target, part, follow_symlinks=False)
    part.replace(old)


def _refuse_edited(step: _Step) -> None:
    """Somebody who had the old file open may have written to it until it was put aside."""
    if step.status is None or step.before is None:
        return
    kept = step.old.lstat()
    with suppress(OSError), open(os.open(step.old, os.O_RDONLY | NO_FOLLOW), "rb") as file:  # noqa: PTH123
        if file.read() == step.before.data and stat.S_IMODE(kept.st_mode) == stat.S_IMODE(step.status.st_mode):
            return
    raise _changed(step)


def _changed(step: _Step) -> GitError:
    return GitError(f"{step.target} changed while cifix was writing; nothing was changed, try again")


def _remove_empty(root: Path, folders: Iterable[Path]) -> None:
    """Git keeps no empty folders, so those that a deletion emptied go as well, if they may."""
    with suppress(OSError):
        for folder in folders:
            for empty in _upwards(root, folder):
                if not empty.is_dir() or any(empty.iterdir()):
                    break
                empty.rmdir()


def _upwards(root: Path, folder: Path) -> Iterator[Path]:
    while folder != root:
        yield folder
        folder = folder.parent
