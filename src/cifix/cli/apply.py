"""`cifix apply`: find, fix, prove, and commit on a branch."""

from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.examine import Selection, examine
from cifix.cli.options import Writing
from cifix.cli.show import FORMATS, show
from cifix.cli.transaction import source_of, written
from cifix.vcs.repository import Repository

BRANCH = "cifix/fixes"


@click.command("apply")
@options.target
@options.writing(BRANCH)
@options.selection
@options.reporting(FORMATS)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    path: Path,
    how: Writing,
    asked: Selection,
    form: str,
    output: Path | None,
) -> None:
    """Fix what makes CI fail in the repository at PATH, on a branch of its own.

    One commit per rule is made on the branch; the work tree, the index and HEAD are not touched.
    """
    with Repository.open(path) as repository:
        examined = examine(repository, source_of(repository, how), asked)
        outcome = written(repository, examined, path, (*asked.arguments, *how.arguments), how)
        show(outcome, form, output)
    ctx.exit(outcome.exit)
