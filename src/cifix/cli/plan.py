"""`cifix plan`: the remediation plan, as a document."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.examine import Examined, Selection, again, examine
from cifix.cli.logs import compared, named
from cifix.cli.show import deliver
from cifix.diagnosis.checkout import Checkout
from cifix.diagnosis.diagnose import Diagnosis, diagnose
from cifix.diagnosis.plan import logs
from cifix.errors import UsageError
from cifix.guard import missing
from cifix.guard.wanted import wanted
from cifix.logs.collect import Log
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
@click.option(
    "--baseline", multiple=True, type=click.Path(path_type=Path), metavar="LOG", help="A green log of the same job."
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
    baseline: tuple[Path, ...],
    asked: Selection,
    form: str,
    output: Path | None,
) -> None:
    """Write down what is wrong with the CI of the repository at PATH, the proof of it, every fix, and what to do next.

    Nothing is changed. The fixes are those that `cifix apply` commits with the same options.
    """
    if baseline and not places:
        raise UsageError("--baseline is the green log to hold a red one against: name that by --log")
    with Repository.open(path) as repository, scratch() as folder:
        red = list(named(places, None, folder))
        source = commit_source(repository, "HEAD" if base is None else base)
        examined = examine(repository, source, asked)
        arguments = (*asked.arguments, *(("--base", base) if base is not None else ()))
        outcome = examined.outcome("dry-run", again(path, repository), arguments)
        told = logs(_diagnosed(red, baseline, examined)) if red else None
    deliver((), FORMS[form](remediation(outcome, _actions(examined), told)).encode(), output)
    ctx.exit(outcome.exit)


def _diagnosed(red: Sequence[Log], baseline: Sequence[Path], examined: Examined) -> Diagnosis:
    found = list(failures(red))
    return diagnose(found, Checkout(examined.proven.plan), compared(red, baseline, found))


def _actions(examined: Examined) -> Iterator[str]:
    """What would keep the same from happening again, as far as it is not there yet."""
    plan = examined.proven.plan
    for part, title in missing(plan.after, wanted((), plan, examined.rules)):
        yield f"{title}: `cifix guard init --only {part}`"
