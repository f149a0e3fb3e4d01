"""`cifix apply`: find, fix, prove, and commit on a branch."""

from collections.abc import Mapping
from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.examine import Selection, examine
from cifix.cli.options import Writing
from cifix.cli.show import FORMATS, show
from cifix.cli.transaction import source_of, written
from cifix.engine.plan import Plan
from cifix.errors import UnprovenError, UsageError
from cifix.proof.planned import compare_planned, told
from cifix.proof.process import Python, interpreter
from cifix.proof.result import Verdict
from cifix.proof.text import proof_lines, warning
from cifix.vcs.repository import Repository

BRANCH = "cifix/fixes"


@click.command("apply")
@options.target
@options.writing(BRANCH)
@click.option(
    "--verify-import",
    "python",
    metavar="PYTHON",
    help="RUNS CODE: import the packages with this interpreter before and after the fixes; commit only if both agree.",
)
@options.selection
@options.reporting(FORMATS)
@options.profile
@options.jobs
@click.pass_context
def command(
    ctx: click.Context,
    *,
    path: Path,
    how: Writing,
    python: str | None,
    asked: Selection,
    form: str,
    output: Path | None,
    profile: bool,
    jobs: int,
) -> None:
    """Fix what makes CI fail in the repository at PATH, on a branch of its own.

    One commit per rule is made on the branch; the work tree, the index and HEAD are not touched.

    With --verify-import the module-level code of the packages that change runs, in processes without your environment
    but without a sandbox too; what that proves is written into the commits of Python modules.
    """
    if how.in_place and python is not None:
        raise UsageError("--verify-import proves what is committed, so it does not go with --in-place: drop one.")
    started = interpreter(python, asked_by="--verify-import") if python is not None else None
    arguments = (*asked.arguments, *how.arguments, *(("--verify-import", python) if python is not None else ()))
    with Repository.open(path) as repository:
        examined = examine(repository, source_of(repository, how), asked, profile=profile, jobs=jobs)
        proven = _imported(repository, examined.proven.plan, how.branch, started) if started else {}
        outcome = written(repository, examined, path, arguments, how, proven=proven)
        show(outcome, form, output)
    ctx.exit(outcome.exit)


def _imported(repository: Repository, plan: Plan, branch: str, python: Python) -> Mapping[str, tuple[str, ...]]:
    """What importing the packages before and after proves, for each rule that changes Python modules.

    Raises `UnprovenError` if the packages give something else than before.
    """
    rules = [patch.rule.id for patch in plan.patches if any(path.endswith(".py") for path in patch.paths)]
    if not rules:
        return {}
    click.echo(warning(branch), err=True)
    proofs = compare_planned(repository, plan.before, plan.after, python)
    wrong = [line for proof in proofs if proof.verdict is Verdict.DIFFERENT for line in proof_lines(proof)]
    if wrong:
        shown = "\n".join(line.data.decode() for line in wrong)
        raise UnprovenError(f"the packages differ after the fixes, so nothing was committed:\n{shown}")
    return dict.fromkeys(rules, tuple(told(proofs, python)))
