"""Every option that commands share, once."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from cifix.cli.examine import Selection

F = TypeVar("F", bound=Callable[..., Any])


def chain(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """One decorator out of several; the first one stands on top of the help page."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def _reachable(ctx: click.Context, option: click.Parameter, file: Path | None) -> Path | None:
    """A file in a folder that is there, or None for standard output: better to know before anything is committed."""
    del ctx
    if file is None or file == Path("-"):
        return None
    if not file.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {file.parent}", param=option)
    return file


def _day(ctx: click.Context, option: click.Parameter, moment: datetime | None) -> date | None:
    del ctx, option
    return moment and moment.date()


today = click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=_day,
    metavar="YYYY-MM-DD",
    help="Judge by this day, for a run that can be repeated.  [default: the clock, in UTC]",
)
target = click.argument("path", type=click.Path(path_type=Path, readable=False), default=Path())

_selection = chain(
    click.option("--select", multiple=True, metavar="ID", help="Run only this rule; may be given several times."),
    click.option("--ignore", multiple=True, metavar="ID", help="Leave this rule out; may be given several times."),
    click.option(
        "--safety",
        type=click.Choice(["safe", "review"]),
        default="safe",
        show_default=True,
        help="Lowest level of fixes to apply: `review` also takes those that a person must read.",
    ),
    # Options of rules that are worth a name on the command line; they win over the configuration.
    click.option(
        "--target",
        type=click.Choice(["v4", "minimal", "latest"]),
        help="Move actions to the lowest major that works, to the lowest without a warning, or to the newest.",
    ),
    click.option(
        "--allow-locked", is_flag=True, help="Move actions although actions.lock pins them; then run gh actions-lock."
    ),
    today,
)


def selection(function: Callable[..., None]) -> Callable[..., None]:
    """What to run, handed to the command as `asked`."""

    @wraps(function)
    def call(
        *arguments: Any,  # noqa: ANN401 - whatever click hands over
        select: tuple[str, ...],
        ignore: tuple[str, ...],
        safety: str,
        target: str | None,
        allow_locked: bool,
        today: date | None,
        **others: Any,  # noqa: ANN401
    ) -> None:
        asked = Selection(select, ignore, safety, target, allow_locked=allow_locked, today=today)
        function(*arguments, asked=asked, **others)

    return _selection(call)


def reporting(formats: Iterable[str]) -> Callable[[F], F]:
    """Where the report goes, and in which of `formats`."""
    return chain(
        click.option("--format", "form", type=click.Choice(list(formats)), default="text", show_default=True),
        click.option(
            "--output",
            type=click.Path(path_type=Path, dir_okay=False, writable=True, allow_dash=True),
            callback=_reachable,
            metavar="FILE",
            help="Write the report there instead of to the terminal.",
        ),
    )
