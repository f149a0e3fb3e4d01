"""What a run is about to do to the work tree, written down first, so that the next run can take it back if it dies.

The journal and the files it speaks of lie in a folder below git's own, out of sight of `git status`. Somebody else may
have written what is found there, so nothing that it says leads out of the work tree, and only files in a state that
the journal knows are changed.
"""

import json
import os
import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from cifix.errors import GitError
from cifix.model.text import Opaque
from cifix.vcs.claim import claim
from cifix.vcs.disk import WorkTree, stays_inside
from cifix.vcs.whole import NO_FOLLOW, write_whole

_BEGUN, _DONE = "journal", "done"
_BESIDE = re.compile(r"(\.cifix-[0-9a-f]{16})?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: digests of its content before and after, None where there is no such file.

    `poured` says that it stays the same file and only its content changes. `beside` is empty, or how the names of the
    files begin that lie beside it because the journal is on another file system.
    """

    path: str
    before: str | None
    after: str | None
    poured: bool = False
    beside: str = ""

    def place(self, desk: Path, target: Path, kind: str) -> Path:
        """Where the finished content (`kind` is "new") or the old file ("old") is kept."""
        name = f"{kind}-{sha256(os.fsencode(self.path)).hexdigest()[:16]}"
        return target.with_name(f"{self.beside}-{name}") if self.beside else desk / name


@dataclass(frozen=True, slots=True)
class Journal:
    """The files of one run, and the folders that it makes, outermost first."""

    entries: Sequence[Entry]
    folders: Sequence[str] = ()

    def begin(self, desk: Path) -> None:
        """Write it down, before anything else happens."""
        write_whole(desk / _BEGUN, json.dumps(asdict(self)).encode())
        sync(desk)

    def end(self, desk: Path) -> None:
        """From here on there is nothing to take back."""
        with suppress(FileNotFoundError):
            (desk / _BEGUN).replace(desk / _DONE)

    def clear(self, root: Path, desk: Path) -> None:
        """Remove the files that were only needed on the way; what cannot be removed now is left to the next run."""
        with suppress(OSError):
            for entry in self.entries:
                for kind in ("new", "old", "old-part"):
                    entry.place(desk, root / entry.path, kind).unlink(missing_ok=True)
            (desk / _DONE).unlink()

    def take_back(self, tree: WorkTree, desk: Path) -> None:
        """Put every file back that is as the run left it; what somebody has changed since stays as it is."""
        for entry in self.entries:
            if tree.inside(entry.path):
                _take_back(tree, desk, entry)
        for folder in reversed(self.folders):
            with suppress(OSError):
                if tree.inside(f"{folder}/"):
                    (tree.root / folder).rmdir()


@contextmanager
def desk(tree: WorkTree, git_dir: Path) -> Iterator[Path]:
    """The folder for the journal, ours alone; what a run that died has left there is taken back first.

    Raises `GitError` if another run is at work, and for a folder that cifix did not make.
    """
    folder = folder_of(git_dir)
    if not WorkTree(git_dir).inside("cifix/in-place/journal"):
        raise GitError(f"{folder} lies behind a symbolic link, which cifix does not follow; delete that")
    folder.mkdir(parents=True, exist_ok=True)
    with claim(folder) as ours:
        if not ours:
            raise GitError(f"another cifix changes files in {tree.root}; nothing was changed, try again")
        _settle(tree, folder)
        try:
            yield folder
        finally:
            if not any((folder / name).exists() for name in (_BEGUN, _DONE)):
                shutil.rmtree(folder, ignore_errors=True)
                with suppress(OSError):
                    folder.parent.rmdir()


def folder_of(git_dir: Path) -> Path:
    """The folder of the journal; where there is none, no run has died."""
    return git_dir / "cifix" / "in-place"


def sync(folder: Path) -> None:
    """Let names in a folder outlive a power failure, where the system can be asked for that."""
    with suppress(PermissionError, IsADirectoryError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def pour(source: Path, target: Path) -> None:
    """Overwrite content and permissions of a file that must stay the same file."""
    with open(os.open(source, os.O_RDONLY | NO_FOLLOW), "rb") as file:  # noqa: PTH123
        data = file.read()
    with open(os.open(target, os.O_RDWR | NO_FOLLOW), "r+b") as file:  # noqa: PTH123
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    if stat.S_IMODE(source.stat().st_mode) != stat.S_IMODE(target.stat().st_mode):
        shutil.copymode(source, target)


def digest(data: bytes | None) -> str | None:
    """What an entry keeps of a file."""
    return None if data is None else sha256(data).hexdigest()


def _settle(tree: WorkTree, folder: Path) -> None:
    for name in (_BEGUN, _DONE):
        journal = _read(folder / name)
        if journal is not None:
            if name == _BEGUN:
                journal.take_back(tree, folder)
                journal.end(folder)
            journal.clear(tree.root, folder)


def _read(file: Path) -> Journal | None:
    try:
        with open(os.open(file, os.O_RDONLY | NO_FOLLOW), encoding="ascii") as opened:  # noqa: PTH123
            told = json.load(opened)
        journal = Journal([Entry(**entry) for entry in told["entries"]], list(told["folders"]))
        paths = [*(entry.path for entry in journal.entries), *journal.folders]
        sane = all(map(stays_inside, paths)) and all(_BESIDE.fullmatch(entry.beside) for entry in journal.entries)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        sane = False
    if not sane:
        raise GitError(f"{file} is not what cifix writes; look at {file.parent}, then delete it")
    return journal


def _take_back(tree: WorkTree, desk: Path, entry: Entry) -> None:
    target = tree.root / entry.path
    old = entry.place(desk, target, "old")
    try:
        now = tree.read(entry.path) if tree.status(entry.path) is not None else None
    except Opaque:
        return
    if entry.before is None:
        if now is not None and digest(now) == entry.after:
            target.unlink()
    elif _regular(old) and not _same(old, target) and _known(now, entry, old, tree, desk):
        if entry.poured:
            pour(old, target)
        else:
            old.replace(target)


def _known(now: bytes | None, entry: Entry, old: Path, tree: WorkTree, desk: Path) -> bool:
    """Whether a file is as the run found it or left it, or in between where it was poured."""
    if digest(now) in (entry.before, entry.after):
        return True
    new = entry.place(desk, tree.root / entry.path, "new")
    return entry.poured and now is not None and _regular(new) and _torn(now, old.read_bytes(), new.read_bytes())


def _torn(now: bytes, before: bytes, after: bytes) -> bool:
    """Whether `after` has been written over `before` up to some place."""
    pairs = enumerate(zip(now, after, strict=False))
    shared = next((place for place, (one, other) in pairs if one != other), min(len(now), len(after)))
    return now[shared:] == before[shared:]


def _regular(file: Path) -> bool:
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except FileNotFoundError:
        return False


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except FileNotFoundError:
        return False
