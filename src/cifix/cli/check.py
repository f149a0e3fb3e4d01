"""`cifix check`: findings only, for a gate in CI."""

from contextlib import nullcontext
from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.examine import Selection, again, clock, examine
from cifix.cli.learning import learning
from cifix.cli.remembered import Report, remembered
from cifix.cli.show import FORMATS, deliver, finished
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source, worktree_source


@click.command("check")
@options.target
@click.option("--base", metavar="REV", help="Look at this commit instead of at the files on disk.")
@options.selection
@options.reporting(FORMATS)
@options.profile
@options.jobs
@click.option("--no-cache", is_flag=True, help="Neither look up nor keep the report in the user's cache folder.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    path: Path,
    base: str | None,
    asked: Selection,
    form: str,
    output: Path | None,
    profile: bool,
    jobs: int,
    no_cache: bool,
) -> None:
    """Report what cifix finds in the repository at PATH; exit with 1 if it finds anything."""
    arguments = (*asked.arguments, *(("--base", base) if base is not None else ()))
    with Repository.open(path) as repository:
        on_disk = base is None and repository.root is not None

        def made() -> Report:
            rev = "HEAD" if base is None else base
            source = worktree_source(repository) if on_disk else commit_source(repository, rev)
            with nullcontext() if no_cache or profile else learning(str(repository.place), source) as learned:
                examined = examine(repository, source, asked, profile=profile, jobs=jobs, learned=learned)
            return finished(examined.outcome("check", again(path, repository), arguments), form)

        if no_cache or profile:
            report = made()
        else:
            key = (form, arguments, asked.today or clock(), again(path, repository), on_disk)
            report = remembered(repository, base or "HEAD", key, made)
    deliver(report.lines, report.document, output)
    ctx.exit(report.exit)
