"""What a run took, rule by rule."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import process_time

import click

from cifix.model.snapshot import Snapshot
from cifix.vcs.repository import Repository

HEAD = f"{'rule':28}{'CPU s':>9}{'read':>9}{'parsed':>9}{'git':>6}"
AFTER = "listing and proofs"
"""Not a rule: what goes before the first one, and what comes after the last one has begun again."""


@contextmanager
def profiled(snapshot: Snapshot, repository: Repository) -> Iterator[Callable[[str], None]]:
    """Tell the function before each rule; at the end a table stands on standard error.

    Of each rule, over all rounds: processor time of this process, files read from the repository, files parsed, git
    processes started. The last rule of a round is charged with what follows it.
    """
    spent: dict[str, list[float]] = {}
    rule, start = AFTER, _counts(snapshot, repository)

    def advance(following: str) -> None:
        nonlocal rule, start
        now = _counts(snapshot, repository)
        known = spent.get(rule, [0.0] * len(now))
        spent[rule] = [had + after - before for had, before, after in zip(known, start, now, strict=True)]
        rule, start = following, now

    yield advance
    advance(AFTER)
    click.echo(HEAD, err=True)
    for name, (seconds, *counts) in (
        *spent.items(),
        ("all", [sum(column) for column in zip(*spent.values(), strict=True)]),
    ):
        read, parsed, git = map(round, counts)
        click.echo(f"{name:28}{seconds:9.2f}{read:9,}{parsed:9,}{git:6}", err=True)


def _counts(snapshot: Snapshot, repository: Repository) -> tuple[float, ...]:
    return process_time(), snapshot.work["read"], snapshot.work["parsed"], repository.processes
