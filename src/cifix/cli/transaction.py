"""What commands that change something have in common: on a branch, in the work tree, or in a dry run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from cifix.cli.examine import Examined, again
from cifix.cli.options import Writing
from cifix.engine.plan import Plan
from cifix.errors import GitError
from cifix.model.change import Untrack
from cifix.model.snapshot import File, Snapshot, Source
from cifix.report.outcome import Outcome
from cifix.run.drafts import drafts_of
from cifix.vcs.commit import State, commit
from cifix.vcs.inplace import take_back, unfinished, write_in_place
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source, worktree_source

UNBORN = "There is no commit yet, so nothing was looked at; --in-place fixes the files that are staged."


def source_of(repository: Repository, how: Writing) -> Source:
    """The files on disk, where these are to be changed, or those of the commit to start from.

    What a run that died has left half done on disk is taken back first.
    """
    if how.in_place:
        _settle(repository, how)
        return worktree_source(repository)
    return commit_source(repository, "HEAD" if how.base is None else how.base)


def _settle(repository: Repository, how: Writing) -> None:
    if not how.dry_run:
        take_back(repository.place, repository.git_dir)
    elif unfinished(repository.git_dir):
        raise GitError("a run with --in-place was cut short, or is at work: the next one without --dry-run mends that")


def written(
    repository: Repository,
    examined: Examined,
    path: Path,
    arguments: tuple[str, ...],
    how: Writing,
    *,
    proven: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Outcome:
    """Write the proven patches in the asked way; `arguments` and the path are what was typed.

    `proven` are further lines for the commits of a rule, such as what was tried outside of the plan.
    """
    outcome = examined.outcome("dry-run", again(path, repository), arguments)
    unborn = () if outcome.base or how.in_place else (UNBORN,)
    outcome = replace(outcome, notes=(*unborn, *outcome.notes), in_place=how.in_place)
    if not how.in_place:
        return _commit(repository, examined, how, outcome, proven)
    if how.dry_run:
        return outcome
    _write(repository, examined.proven.plan)
    return replace(outcome, mode="in-place")


def _write(repository: Repository, plan: Plan) -> None:
    left = {change.path for patch in plan.patches for change in patch.changes if isinstance(change, Untrack)}
    changed = [path for path in plan.before.differences(plan.after) if path not in left]
    before = {path: _on_disk(plan.before, path) for path in changed}
    after = {path: plan.after.file(path) for path in changed if plan.after.file(path) != before[path]}
    write_in_place(repository.place, repository.git_dir, {path: before[path] for path in after}, after)


def _on_disk(snapshot: Snapshot, path: str) -> File | None:
    if path in snapshot.disk:
        return File(snapshot.read(path), snapshot.disk[path])
    return snapshot.file(path)


def _commit(
    repository: Repository,
    examined: Examined,
    how: Writing,
    outcome: Outcome,
    proven: Mapping[str, Sequence[str]],
) -> Outcome:
    """The outcome of the commits; a dry run goes as far as to know what would become of the branch."""
    drafts = drafts_of(examined, proven)
    mode = "dry-run" if how.dry_run else "apply"
    if not drafts:
        return replace(outcome, mode=mode, state=State.NOTHING_TO_DO)
    made = commit(repository, outcome.base, how.branch, drafts, dry=how.dry_run)
    if not how.dry_run:
        return replace(outcome, mode=mode, state=made.state, branch=how.branch, commits=made.commits)
    held = (f"Branch {how.branch} holds all of this already.",) if made.state is State.ALREADY_DONE else ()
    return replace(outcome, mode=mode, state=made.state, notes=(*outcome.notes, *held))
