"""`cifix check`: findings only, for a gate in CI."""

from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.examine import Selection, again, examine
from cifix.cli.show import FORMATS, show
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source, worktree_source


@click.command("check")
@options.target
@click.option("--base", metavar="REV", help="Look at this commit instead of at the files on disk.")
@options.selection
@options.reporting(FORMATS)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    path: Path,
    base: str | None,
    asked: Selection,
    form: str,
    output: Path | None,
) -> None:
    """Report what cifix finds in the repository at PATH; exit with 1 if it finds anything."""
    with Repository.open(path) as repository:
        on_disk = base is None and repository.root is not None
        source = worktree_source(repository) if on_disk else commit_source(repository, "HEAD" if base is None else base)
        examined = examine(repository, source, asked)
        arguments = (*asked.arguments, *(("--base", base) if base is not None else ()))
        outcome = examined.outcome("check", again(path, repository), arguments)
        show(outcome, form, output)
    ctx.exit(outcome.exit)
