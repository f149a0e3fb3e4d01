"""The import comparison for fixes that are in no commit yet."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from cifix.model.snapshot import EXECUTABLE, Snapshot
from cifix.proof.imports import Plan, Side, compare_imports
from cifix.proof.process import Python
from cifix.proof.result import Proof
from cifix.vcs.disk import stays_inside
from cifix.vcs.export import export
from cifix.vcs.repository import Repository
from cifix.vcs.scratch import scratch


def compare_planned(repo: Repository, before: Snapshot, after: Snapshot, python: Python) -> tuple[Proof, ...]:
    """Import the packages with changed files as they are in the base of `before` and as they are in `after`.

    This runs their module-level code. Raises `GitError` for objects that the repository does not have.
    """
    paths = before.differences(after)
    with scratch() as place:
        old = exported(repo, before.base, before, place / "base")
        new = exported(repo, before.base, after, place / "tips")
        lay(after, paths, new.folder)
        return tuple(compare_imports(old, new, Plan(python, frozenset(paths))))


def exported(repo: Repository, rev: str | None, snapshot: Snapshot, folder: Path) -> Side:
    """The tree of `rev` written below a new folder; names of equal length keep messages comparable."""
    (folder / "tree").mkdir(parents=True)
    export(repo, rev, folder / "tree")
    return Side(snapshot, folder / "tree", folder)


def lay(after: Snapshot, paths: Sequence[str], tree: Path) -> None:
    """Bring some files of a written tree to what a snapshot holds."""
    for path in filter(stays_inside, paths):
        place, file = tree / path, after.file(path)
        place.unlink(missing_ok=True)
        if file is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.data)
            place.chmod(0o755 if file.mode == EXECUTABLE else 0o644)


def told(proofs: Sequence[Proof], python: Python) -> Iterator[str]:
    """The results as lines of a commit message, without what differs from machine to machine."""
    version = ".".join(map(str, python.version))
    yield f"Imported by Python {version} before and after all fixes, which ran the code of the packages:"
    yield from (f"- {proof.verdict.value}: {proof.claim}" for proof in proofs)
