"""Every option that commands share, once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from cifix.cli.show import FORMATS

F = TypeVar("F", bound=Callable[..., Any])


def chain(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """One decorator out of several; the first one stands on top of the help page."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


target = click.argument("path", type=click.Path(path_type=Path), default=Path())

selection = chain(
    click.option("--select", multiple=True, metavar="ID", help="Run only this rule; may be given several times."),
    click.option("--ignore", multiple=True, metavar="ID", help="Leave this rule out; may be given several times."),
    click.option(
        "--safety",
        type=click.Choice(["safe", "review"]),
        default="safe",
        show_default=True,
        help="Lowest level of fixes to apply: `review` also takes those that a person must read.",
    ),
)

reporting = chain(
    click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True),
    click.option(
        "--output",
        type=click.Path(path_type=Path, dir_okay=False, writable=True),
        metavar="FILE",
        help="Write the report there instead of to the terminal.",
    ),
)
