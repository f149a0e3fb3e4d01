"""Every option that commands share, once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from cifix.cli.examine import Selection
from cifix.errors import UsageError

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

_SELECT = (
    click.option("--select", multiple=True, metavar="ID", help="Run only this rule; may be given several times."),
    click.option("--ignore", multiple=True, metavar="ID", help="Leave this rule out; may be given several times."),
)
# Options of rules that are worth a name on the command line; they win over the configuration.
_RULES = (
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


def safety(usual: str) -> Callable[[F], F]:
    """The floor under the fixes that are applied; `usual` holds unless the user gives one."""
    return click.option(
        "--safety",
        type=click.Choice(["safe", "review"]),
        default=usual,
        show_default=True,
        help="Lowest level of fixes to apply: `review` also takes those that a person must read.",
    )


def selection_from(usual: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """What to run, handed to the command as `asked`; `usual` is the floor that holds unless the user gives one."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
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

        return chain(*_SELECT, safety(usual), *_RULES)(call)

    return decorate


selection = selection_from("safe")


@dataclass(frozen=True, slots=True)
class Writing:
    """How the result is to be written; `base` is None for HEAD, `arguments` are the choice as it is typed."""

    dry_run: bool
    in_place: bool
    branch: str
    base: str | None
    arguments: tuple[str, ...]


def writing(usual: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Where the result goes, handed to the command as `how`; `usual` is the branch that it makes unasked."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def call(
            *arguments: Any,  # noqa: ANN401 - whatever click hands over
            dry_run: bool,
            in_place: bool,
            branch: str,
            base: str | None,
            **others: Any,  # noqa: ANN401
        ) -> None:
            if in_place and base is not None:
                raise UsageError(
                    "--in-place changes the files on disk, so it cannot start from another commit: drop --base."
                )
            typed = (*_named("--branch", branch if branch != usual else None), *_named("--base", base))
            typed += ("--in-place",) if in_place else ()
            function(*arguments, how=Writing(dry_run, in_place, branch, base, typed), **others)

        return chain(
            click.option("--dry-run", is_flag=True, help="Print the diffs; write nothing at all."),
            click.option("--in-place", is_flag=True, help="Change the files of the work tree; commit nothing."),
            click.option("--branch", default=usual, show_default=True, metavar="NAME", help="Branch to commit on."),
            click.option("--base", metavar="REV", help="Commit to start from.  [default: HEAD]"),
        )(call)

    return decorate


def _named(option: str, value: str | None) -> tuple[str, ...]:
    return (option, value) if value is not None else ()


def reporting(formats: Iterable[str], default: str = "text") -> Callable[[F], F]:
    """Where the report goes, and in which of `formats`."""
    return chain(
        click.option("--format", "form", type=click.Choice(list(formats)), default=default, show_default=True),
        click.option(
            "--output",
            type=click.Path(path_type=Path, dir_okay=False, writable=True, allow_dash=True),
            callback=_reachable,
            metavar="FILE",
            help="Write the report there instead of to the terminal.",
        ),
    )


profile = click.option(
    "--profile", is_flag=True, help="Tell on standard error what each rule took, in one process and without the cache."
)
jobs = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Let N processes look at the files of a large repository: less time, more work in all.",
)
