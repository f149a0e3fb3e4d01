"""The options that say what a request shall be like, for every command that opens some."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from cifix.cli.options import chain
from cifix.forge.request import EDITS, Wish


def requesting(function: Callable[..., None]) -> Callable[..., None]:
    """What every request shall be like, handed to the command as `wish`; the way to the forge is another option."""

    @wraps(function)
    def call(
        *arguments: Any,  # noqa: ANN401 - whatever click hands over
        labels: tuple[str, ...],
        reviewers: tuple[str, ...],
        draft: bool,
        edits: str,
        split: str | None,
        **others: Any,  # noqa: ANN401
    ) -> None:
        function(*arguments, wish=Wish("auto", labels, reviewers, draft, edits, split is not None), **others)

    decorated: Callable[..., None] = chain(
        click.option("--label", "labels", multiple=True, metavar="NAME", help="Label to add; may be repeated."),
        click.option("--reviewer", "reviewers", multiple=True, metavar="NAME", help="Whom to ask; on GitHub org/team."),
        click.option("--draft", is_flag=True, help="Open requests as drafts."),
        click.option(
            "--split",
            type=click.Choice(["workflows"]),
            help="Keep workflow files apart from the rest, which needs no permission for them.",
        ),
        click.option(
            "--on-human-edits",
            "edits",
            type=click.Choice(EDITS),
            default=EDITS[0],
            show_default=True,
            help="What to do where the branch holds commits of others: stop, append to them, or THROW THEM AWAY.",
        ),
    )(call)
    return decorated
