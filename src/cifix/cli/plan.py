"""`cifix plan`: the remediation plan, as a document."""

from collections.abc import Iterator
from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.examine import Examined, Selection, again, examine
from cifix.cli.show import deliver
from cifix.guard import missing
from cifix.guard.wanted import wanted
from cifix.report.remediation import machine, markdown
from cifix.report.remediation.build import remediation
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source

FORMS = {"markdown": markdown.document, "json": machine.document}


@click.command("plan")
@options.target
@click.option("--base", metavar="REV", help="Commit to plan for.  [default: HEAD]")
@options.selection_from("review")
@options.reporting(FORMS, default="markdown")
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
    """Write down what is wrong with the CI of the repository at PATH, the proof of it, every fix, and what to do next.

    Nothing is changed. The fixes are those that `cifix apply` commits with the same options.
    """
    with Repository.open(path) as repository:
        source = commit_source(repository, "HEAD" if base is None else base)
        examined = examine(repository, source, asked)
        arguments = (*asked.arguments, *(("--base", base) if base is not None else ()))
        outcome = examined.outcome("dry-run", again(path, repository), arguments)
    deliver((), FORMS[form](remediation(outcome, _actions(examined))).encode(), output)
    ctx.exit(outcome.exit)


def _actions(examined: Examined) -> Iterator[str]:
    """What would keep the same from happening again, as far as it is not there yet."""
    plan = examined.proven.plan
    for part, title in missing(plan.after, wanted((), plan, examined.rules)):
        yield f"{title}: `cifix guard init --only {part}`"
