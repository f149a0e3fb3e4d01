"""`cifix plan`: the remediation plan, as a document."""

from collections.abc import Iterator
from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.examine import Examined, Selection, again, examine
from cifix.cli.logs import named
from cifix.cli.show import deliver
from cifix.diagnosis.checkout import Checkout
from cifix.diagnosis.diagnose import diagnose
from cifix.diagnosis.plan import logs
from cifix.guard import missing
from cifix.guard.wanted import wanted
from cifix.logs.facts import failures
from cifix.report.remediation import machine, markdown
from cifix.report.remediation.build import remediation
from cifix.vcs.repository import Repository
from cifix.vcs.scratch import scratch
from cifix.vcs.source import commit_source

FORMS = {"markdown": markdown.document, "json": machine.document}


@click.command("plan")
@options.target
@click.option("--base", metavar="REV", help="Commit to plan for.  [default: HEAD]")
@click.option(
    "--log",
    "places",
    multiple=True,
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="LOG",
    help="Log of a red run of that commit, as `cifix diagnose` takes it; what it tells of comes first.",
)
@options.selection_from("review")
@options.reporting(FORMS, default="markdown")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    path: Path,
    base: str | None,
    places: tuple[Path, ...],
    asked: Selection,
    form: str,
    output: Path | None,
) -> None:
    """Write down what is wrong with the CI of the repository at PATH, the proof of it, every fix, and what to do next.

    Nothing is changed. The fixes are those that `cifix apply` commits with the same options.
    """
    with Repository.open(path) as repository, scratch() as folder:
        red = list(named(places, None, folder))
        source = commit_source(repository, "HEAD" if base is None else base)
        examined = examine(repository, source, asked)
        arguments = (*asked.arguments, *(("--base", base) if base is not None else ()))
        outcome = examined.outcome("dry-run", again(path, repository), arguments)
        told = logs(diagnose(list(failures(red)), Checkout(examined.proven.plan))) if red else None
    deliver((), FORMS[form](remediation(outcome, _actions(examined), told)).encode(), output)
    ctx.exit(outcome.exit)


def _actions(examined: Examined) -> Iterator[str]:
    """What would keep the same from happening again, as far as it is not there yet."""
    plan = examined.proven.plan
    for part, title in missing(plan.after, wanted((), plan, examined.rules)):
        yield f"{title}: `cifix guard init --only {part}`"
