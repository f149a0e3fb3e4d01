"""How far a fleet has come: a live table on a terminal, calm lines elsewhere."""

import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cifix.fleet.job import Mode, Result, State, Target
from cifix.report.characters import single_line

if TYPE_CHECKING:
    from rich.console import Group

Tell = Callable[[Target, Result], None]

_STUCK = (State.FAILED, State.HELD)
_LINES = 10
"""Lines about the way that a run leaves in a log, however many repositories there are."""


Left = Callable[[], float]
"""The seconds that forges make the rest of a run take, at least."""


@contextmanager
def watched(number: int, mode: Mode, left: Left | None = None) -> Iterator[Tell]:
    """What is to be told of each repository that ends; `number` are to come, which takes the time `left` at least."""
    if sys.stderr.isatty():
        with _live(number, mode, left) as tell:
            yield tell
    else:
        yield _lines(number, mode, left)


def spoken(seconds: float) -> str:
    """A span of time in words."""
    minutes = math.ceil(seconds / 60)
    if minutes <= 1:
        return f"{math.ceil(seconds)} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004


def _lines(number: int, mode: Mode, left: Left | None) -> Tell:
    counts: Counter[State] = Counter()
    start = time.monotonic()

    def tell(target: Target, result: Result) -> None:
        counts[result.state] += 1
        done = counts.total()
        if result.state in _STUCK:
            _say(f"{target.slug}: {result.state}: {result.reason}")
        if done == number or done * _LINES // number > (done - 1) * _LINES // number:
            rest = f"; {spoken(left())} to go at least" if left and done < number else ""
            _say(f"{mode} {done}/{number}: {_counted(counts)}; {time.monotonic() - start:.0f} s{rest}")

    return tell


@contextmanager
def _live(number: int, mode: Mode, left: Left | None) -> Iterator[Tell]:
    from rich.console import Console, Group  # noqa: PLC0415 - only a terminal needs rich
    from rich.live import Live  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    bar = Progress(
        TextColumn(mode.value), BarColumn(), MofNCompleteColumn(), TextColumn("left:"), TimeRemainingColumn()
    )
    task = bar.add_task(mode, total=number)
    counts: Counter[State] = Counter()
    console = Console(stderr=True)
    with Live(Group(bar), console=console, transient=True) as live:

        def tell(target: Target, result: Result) -> None:
            counts[result.state] += 1
            bar.advance(task)
            if result.state in _STUCK:
                told = single_line(f"{target.slug}: {result.state}: {result.reason}")
                console.print(told, style="red", markup=False, highlight=False)
            live.update(_table(bar, counts, f"{target.slug}{f', {spoken(left())} to go' if left else ''}"))

        yield tell


def _table(bar: object, counts: Counter[State], last: str) -> "Group":
    from rich.console import Group  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(*(state.value for state in State if counts[state]), "last")
    table.add_row(*(str(counts[state]) for state in State if counts[state]), Text(single_line(last)))
    return Group(bar, table)  # type: ignore[arg-type]  # a Progress can be drawn


def _counted(counts: Counter[State]) -> str:
    return ", ".join(f"{counts[state]} {state}" for state in State if counts[state])


def _say(line: str) -> None:
    click.echo(single_line(line), err=True)
