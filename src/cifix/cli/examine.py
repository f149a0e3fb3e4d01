"""What apply and check have in common: examine a repository while somebody may be watching."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from cifix.cli.profile import profiled
from cifix.model.learned import Learned
from cifix.model.snapshot import Snapshot, Source
from cifix.run.examine import Examined, Selection
from cifix.run.examine import examine as examined
from cifix.vcs.repository import Repository

__all__ = ["Examined", "Selection", "again", "clock", "examine"]


def examine(
    repository: Repository,
    source: Source,
    asked: Selection,
    *,
    profile: bool = False,
    jobs: int = 1,
    learned: Learned | None = None,
) -> Examined:
    """Plan and prove the fixes for the files of `source`; raises `UsageError` for unknown rules or options.

    With `profile`, what each rule took is told on standard error, for one process. `jobs` processes look at many files.
    `learned` is what is known of the files already.
    """

    def profiling(snapshot: Snapshot, _rules: int) -> AbstractContextManager[Callable[[str], None]]:
        return profiled(snapshot, repository)

    watched = profiling if profile else _progress
    return examined(repository, source, asked, clock(), watched, jobs=1 if profile else jobs, learned=learned)


def clock() -> date:
    """The day it is, in UTC; nothing below the command line asks."""
    return datetime.now(UTC).date()


def again(path: Path, repository: Repository) -> str:
    """The repository as the user named it, so that cifix and `git -C` take it when it is typed again."""
    folder = path if path.is_dir() else path.parent
    if repository.root is not None and folder.resolve().is_relative_to(repository.git_dir.resolve()):
        folder = repository.root
    return f"./{folder}" if str(folder).startswith("-") else str(folder)


@contextmanager
def _progress(_snapshot: Snapshot, rules: int) -> Iterator[Callable[[str], None]]:
    """A bar on the terminal that names the rule at work; nothing where nobody is watching."""
    if not sys.stderr.isatty():
        yield lambda _rule: None
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs rich
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("looking", total=rules)

        def advance(rule: str) -> None:
            bar.update(task, description=rule, advance=1, refresh=True)

        yield advance
