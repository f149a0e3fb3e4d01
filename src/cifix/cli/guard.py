"""`cifix guard init`: add, on a branch, what keeps CI from breaking the same way again."""

from dataclasses import replace
from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.examine import Examined, Selection, examine
from cifix.cli.options import Writing
from cifix.cli.show import FORMATS, show
from cifix.cli.transaction import source_of, written
from cifix.engine.prove import prove
from cifix.guard import PARTS, guard
from cifix.guard.wanted import wanted
from cifix.vcs.ignores import ignored
from cifix.vcs.repository import Repository

BRANCH = "cifix/guard"
FIRST = "Merge what `cifix apply` fixes first: until then the hook, and perhaps the job, stops at it."


@click.group("guard")
def command() -> None:
    """Keep CI from breaking the same way again."""


@command.command("init")
@options.target
@options.writing(BRANCH)
@click.option("--only", multiple=True, type=click.Choice(list(PARTS)), help="Add this; may be given several times.")
@options.reporting(FORMATS)
@click.pass_context
def init(
    ctx: click.Context,
    *,
    path: Path,
    how: Writing,
    only: tuple[str, ...],
    form: str,
    output: Path | None,
) -> None:
    """Add a pre-commit hook, a smoke job and a section for contributors to the repository at PATH, on a branch.

    Each is added only where it is not there yet, all in one commit; the work tree, the index and HEAD are not touched.
    """
    arguments = tuple(part for name in only for part in ("--only", name))
    with Repository.open(path) as repository:
        examined = examine(repository, source_of(repository, how), Selection(safety="review"))
        made = _guarded(examined, only or tuple(PARTS))
        outcome = written(repository, made, path, (*arguments, *how.arguments), how)
        first = (FIRST,) if examined.proven.plan.patches else ()
        outcome = replace(outcome, command=("guard", "init"), notes=(*outcome.notes, *first))
        show(outcome, form, output)
    ctx.exit(outcome.exit)


def _guarded(examined: Examined, parts: tuple[str, ...]) -> Examined:
    """What the guard adds to the files that all rules were run on."""
    plan = examined.proven.plan
    rule = guard(wanted(parts, plan, examined.rules))
    return replace(examined, proven=prove(plan.before, [rule], examined.settings, ignored), rules=(rule,))
