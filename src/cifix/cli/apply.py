"""`cifix apply`: find, fix, prove, and commit on a branch."""

from dataclasses import replace
from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.examine import Examined, Selection, again, examine
from cifix.cli.show import FORMATS, show
from cifix.engine.plan import Patch, Plan
from cifix.errors import UnprovenError, UsageError
from cifix.model.change import Untrack
from cifix.model.snapshot import File, Snapshot
from cifix.proof.planned import compare_planned, told
from cifix.proof.process import Python, interpreter
from cifix.proof.result import Verdict
from cifix.proof.text import proof_lines, warning
from cifix.report.message import body, digest, subject
from cifix.report.outcome import Outcome
from cifix.vcs.commit import Draft, State, commit
from cifix.vcs.inplace import write_in_place
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source, worktree_source

BRANCH = "cifix/fixes"
UNBORN = "There is no commit yet, so nothing was looked at; --in-place fixes the files that are staged."


@click.command("apply")
@options.target
@click.option("--dry-run", is_flag=True, help="Print the diffs; write nothing at all.")
@click.option("--in-place", is_flag=True, help="Change the files of the work tree; commit nothing.")
@click.option("--branch", default=BRANCH, show_default=True, metavar="NAME", help="Branch to commit on.")
@click.option("--base", metavar="REV", help="Commit to start from.  [default: HEAD]")
@click.option(
    "--verify-import",
    "python",
    metavar="PYTHON",
    help="RUNS CODE: import the packages with this interpreter before and after the fixes; commit only if both agree.",
)
@options.selection
@options.reporting(FORMATS)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    path: Path,
    dry_run: bool,
    in_place: bool,
    branch: str,
    base: str | None,
    python: str | None,
    asked: Selection,
    form: str,
    output: Path | None,
) -> None:
    """Fix what makes CI fail in the repository at PATH, on a branch of its own.

    One commit per rule is made on the branch; the work tree, the index and HEAD are not touched.

    With --verify-import the module-level code of the packages that change runs, in processes without your environment
    but without a sandbox too; what that proves is written into the commits of Python modules.
    """
    if in_place and python is not None:
        raise UsageError("--verify-import proves what is committed, so it does not go with --in-place: drop one.")
    if in_place and base is not None:
        raise UsageError("--in-place changes the files on disk, so it cannot start from another commit: drop --base.")
    named = (*asked.arguments, *_named("--branch", branch if branch != BRANCH else None), *_named("--base", base))
    named += (*_named("--verify-import", python), *(("--in-place",) if in_place else ()))
    started = interpreter(python, asked_by="--verify-import") if python is not None else None
    with Repository.open(path) as repository:
        source = (
            worktree_source(repository) if in_place else commit_source(repository, "HEAD" if base is None else base)
        )
        examined = examine(repository, source, asked)
        outcome = examined.outcome("dry-run", again(path, repository), named)
        unborn = () if source.base or in_place else (UNBORN,)
        outcome = replace(outcome, notes=(*unborn, *outcome.notes), in_place=in_place)
        if not in_place:
            proven = _imported(repository, examined.proven.plan, branch, started) if started else ()
            outcome = _commit(repository, examined, branch, outcome, proven, dry=dry_run)
        elif not dry_run:
            _write(repository.place, examined.proven.plan)
            outcome = replace(outcome, mode="in-place")
        show(outcome, form, output)
    ctx.exit(outcome.exit)


def _named(option: str, value: str | None) -> tuple[str, ...]:
    return (option, value) if value is not None else ()


def _write(root: Path, plan: Plan) -> None:
    left = {change.path for patch in plan.patches for change in patch.changes if isinstance(change, Untrack)}
    changed = [path for path in plan.before.differences(plan.after) if path not in left]
    before = {path: _on_disk(plan.before, path) for path in changed}
    after = {path: plan.after.file(path) for path in changed if plan.after.file(path) != before[path]}
    write_in_place(root, {path: before[path] for path in after}, after)


def _on_disk(snapshot: Snapshot, path: str) -> File | None:
    if path in snapshot.disk:
        return File(snapshot.read(path), snapshot.disk[path])
    return snapshot.file(path)


def _imported(repository: Repository, plan: Plan, branch: str, python: Python) -> tuple[str, ...]:
    """What importing the packages before and after proves; raises `UnprovenError` if it gives something else."""
    if not any(_is_python(patch) for patch in plan.patches):
        return ()
    click.echo(warning(branch), err=True)
    proofs = compare_planned(repository, plan.before, plan.after, python)
    wrong = [line for proof in proofs if proof.verdict is Verdict.DIFFERENT for line in proof_lines(proof)]
    if wrong:
        shown = "\n".join(line.data.decode() for line in wrong)
        raise UnprovenError(f"the packages differ after the fixes, so nothing was committed:\n{shown}")
    return tuple(told(proofs, python))


def _is_python(patch: Patch) -> bool:
    return any(path.endswith(".py") for path in patch.paths)


def _commit(
    repository: Repository, examined: Examined, branch: str, outcome: Outcome, proven: tuple[str, ...], *, dry: bool
) -> Outcome:
    """The outcome of the commits; a dry run goes as far as to know what would become of the branch."""
    identity = digest(examined.rules, examined.settings)
    drafts = [_draft(patch, identity, proven if _is_python(patch) else ()) for patch in outcome.patches]
    mode = "dry-run" if dry else "apply"
    if not drafts:
        return replace(outcome, mode=mode, state=State.NOTHING_TO_DO)
    written = commit(repository, outcome.base, branch, drafts, dry=dry)
    if not dry:
        return replace(outcome, mode=mode, state=written.state, branch=branch, commits=written.commits)
    held = (f"Branch {branch} holds all of this already.",) if written.state is State.ALREADY_DONE else ()
    return replace(outcome, mode=mode, state=written.state, notes=(*outcome.notes, *held))


def _draft(patch: Patch, identity: str, proven: tuple[str, ...]) -> Draft:
    return Draft(
        subject=subject(patch),
        body=body(patch, proven),
        trailers={"Cifix-Rule": patch.rule.id, "Cifix-Plan": identity},
        files={path: patch.after.file(path) for path in patch.paths},
    )
