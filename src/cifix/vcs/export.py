"""Write the files of a commit into a folder, as git stores them: no filter, hook or attribute has a say."""

import os
from collections.abc import Sequence
from pathlib import Path

from cifix.model.snapshot import EXECUTABLE, REGULAR
from cifix.vcs.disk import SYMLINK, stays_inside
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source

_AT_ONCE = 256


def export(repo: Repository, rev: str | None, folder: Path) -> None:
    """Write the tree of `rev` below `folder`, which is empty; without `rev`, write nothing.

    Submodules, links that lead out of the tree and paths inside git's own folder are left out. Raises `GitError`
    for commits and objects that the repository does not have.
    """
    if rev is None:
        return
    source = commit_source(repo, rev)
    paths = [path for path, mode in source.modes.items() if mode in (REGULAR, EXECUTABLE, SYMLINK)]
    kept = sorted(filter(stays_inside, paths))
    links: dict[str, bytes] = {}
    for start in range(0, len(kept), _AT_ONCE):
        batch = kept[start : start + _AT_ONCE]
        source.prefetch(batch)
        for path in batch:
            data = source.read(path)
            if source.modes[path] == SYMLINK:
                links[path] = data
            else:
                _write(folder / path, data, executable=source.modes[path] == EXECUTABLE)
    for path, target in links.items():
        _link(folder, path, os.fsdecode(target))


def changed(repo: Repository, base: str | None, tip: str) -> Sequence[str]:
    """The paths whose mode or content differs between two commits, sorted; all of `tip` without a base."""
    if base is None:
        return sorted(commit_source(repo, tip).modes)
    told = repo.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", base, tip)
    return sorted(os.fsdecode(told).split("\0")[:-1])


def _write(place: Path, data: bytes, *, executable: bool) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    place.chmod(0o755 if executable else 0o644)


def _link(folder: Path, path: str, target: str) -> None:
    leads = os.path.normpath(Path(path).parent / target)
    if Path(target).is_absolute() or leads.split("/")[0] == ".." or "/../" in f"/{target.lstrip('./')}/":
        return
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)
