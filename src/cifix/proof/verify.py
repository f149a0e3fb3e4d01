"""The whole verification of a branch, proof after proof."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cifix.engine.resolve import Locked
from cifix.model.snapshot import Snapshot
from cifix.proof import static
from cifix.proof.imports import Plan, Side, compare_imports
from cifix.proof.planned import exported
from cifix.proof.process import Python
from cifix.proof.result import Timing, Verification
from cifix.proof.span import Span
from cifix.proof.timing import timings
from cifix.proof.trial.trial import Trials, tried_out
from cifix.vcs.commit import filtered
from cifix.vcs.export import changed
from cifix.vcs.repository import Repository
from cifix.vcs.scratch import scratch
from cifix.vcs.source import commit_source


@dataclass(frozen=True, slots=True)
class Asked:
    """What to verify beside the commits: which proofs may run code, in which interpreter, of which packages.

    `trials` are the commands of the branch itself to run.
    """

    imports: bool = False
    simulate: bool = False
    python: Python | None = None
    packages: tuple[str, ...] = ()
    seconds: float = 600
    trials: Trials | None = None


def verify(repo: Repository, span: Span, asked: Asked) -> Verification:
    """Prove what was asked about the commits of `span`.

    Raises `GitError` for what git does not give, and `UsageError` for packages that the base does not have.
    """
    before, after = _snapshot(repo, span.base), _snapshot(repo, span.tip)
    paths = changed(repo, span.base, span.tip)
    proofs = [
        static.trees(repo, span),
        static.rules(span, before, after, _locked(repo, span.tip)),
        *static.order(before, after, paths),
    ]
    times: list[Timing] = []
    if asked.python is not None and (asked.imports or asked.simulate):
        with _sides(repo, span, before, after) as (old, new):
            for simulate in _runs(asked):
                plan = Plan(asked.python, frozenset(paths), asked.packages, asked.seconds, simulate)
                proofs += compare_imports(old, new, plan)
                times += [] if simulate else timings(old, new, plan)
    ran = tuple("--simulate" if simulate else "--import" for simulate in _runs(asked))
    if asked.trials is not None:
        proofs += tried_out(after, asked.trials)
        ran += asked.trials.words
    python = asked.python.words if asked.python and ran else None
    return Verification(span.branch, span.base, span.tip, tuple(proofs), tuple(times), ran, python)


def _locked(repo: Repository, tip: str) -> Locked:
    return lambda paths: dict.fromkeys(filtered(repo, tip, paths), "a filter program would have to run")


def _runs(asked: Asked) -> Iterator[bool]:
    if asked.imports:
        yield False
    if asked.simulate:
        yield True


def _snapshot(repo: Repository, rev: str | None) -> Snapshot:
    return Snapshot(commit_source(repo, rev)) if rev is not None else Snapshot.of({})


@contextmanager
def _sides(repo: Repository, span: Span, before: Snapshot, after: Snapshot) -> Iterator[tuple[Side, Side]]:
    """Both trees, written into temporary folders whose names are equally long."""
    with scratch() as folder:
        yield exported(repo, span.base, before, folder / "base"), exported(repo, span.tip, after, folder / "tips")
