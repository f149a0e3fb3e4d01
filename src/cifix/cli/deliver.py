"""From a plan to a request: examine the remote's branch, commit, push, open or update."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cifix.cli.examine import Examined, Selection, again, examine
from cifix.errors import GitError
from cifix.forge import body
from cifix.forge.delivery import Delivery, State
from cifix.forge.publish import Operation, publish, standing
from cifix.forge.request import WORKFLOWS, Forge, Request, Wanted, Wish
from cifix.report import diff
from cifix.report.message import digest
from cifix.report.outcome import Outcome
from cifix.run.drafts import drafts_of
from cifix.run.wanted import wanted
from cifix.vcs.branch import Recorded, checked_name, named, strangers
from cifix.vcs.commit import State as Branch
from cifix.vcs.commit import commit
from cifix.vcs.push import Landing, bring, look, push
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source

_HELD = {
    Landing.WORKFLOWS: (
        "the token may not push files below .github/workflows: give one with the `workflow` scope, an App with the "
        "`workflows` permission, or take --split workflows for the rest"
    ),
    Landing.STALE: "somebody pushed to the branch meanwhile; try again",
    Landing.PROTECTED: "the branch is protected; allow the push, or choose another one with --branch",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """What the user wants of a request: `base` is a branch of the remote."""

    branch: str
    base: str | None
    title: str | None
    wish: Wish
    dry_run: bool
    path: Path
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """The user's repository, the private one that talks to the remote, and the forge."""

    user: Repository
    between: Repository
    forge: Forge


def based(place: Place, ask: Ask) -> tuple[str, str]:
    """The branch to merge into, by default the one that the remote's HEAD names, and its tip, which is here then."""
    name = ask.base or look(place.between).head
    if name is None:
        raise GitError("the remote does not say which branch is its default; name one with --base")
    tip = look(place.between, [name]).tips.get(name)
    if tip is None:
        raise GitError(f"the remote has no branch {name}; name another one with --base")
    bring(place.between, name, tip)
    return name, tip


def planned(place: Place, base: str, start: str, asked: Selection) -> tuple[Examined, tuple[str, ...]]:
    """The proven plan for `start`, without the rules whose commits `base` has reverted, and what to say of those."""
    return wanted(
        place.between,
        base,
        asked,
        lambda some: examine(place.between, commit_source(place.between, start, place.user), some),
    )


def deliver(place: Place, ask: Ask, asked: Selection) -> Delivery:
    """Bring one branch and its request to what the plan says now; a second time nothing is written."""
    base, oid = based(place, ask)
    examined, notes = planned(place, oid, oid, asked)
    plan = digest(examined.rules, examined.settings)
    there = standing(place.forge.requests(ask.branch), plan)
    outcome = _outcome(place, ask, examined, notes)
    if not outcome.patches:
        return Delivery(State.NOTHING, ask.branch, base, _finished(ask, outcome), there.open)
    if there.declined is not None:
        return Delivery(State.DECLINED, ask.branch, base, outcome, there.declined)
    tip = look(place.between, [ask.branch]).tips.get(ask.branch)
    start = oid
    others = _others(place, ask, tip, oid)
    if others and ask.wish.edits == "stop":
        why = (
            f"the branch holds commits that cifix did not make ({named(others)}); {_merges(others)}see --on-human-edits"
        )
        return Delivery(State.HELD, ask.branch, base, outcome, there.open, held="others-commits", reason=why)
    if others and ask.wish.edits == "append" and tip is not None:
        examined, notes = planned(place, oid, tip, asked)
        outcome, start = _outcome(place, ask, examined, notes), tip
    elif others:
        place.between.run("update-ref", "-d", checked_name(place.between, ask.branch))
    return _landed(place, ask, _Run(base, start, tip, plan, examined, outcome, there.open))


@dataclass(frozen=True, slots=True)
class _Run:
    base: str
    start: str
    tip: str | None
    plan: str
    examined: Examined
    outcome: Outcome
    request: Request | None


def _landed(place: Place, ask: Ask, run: _Run) -> Delivery:
    """Commit and push, then see to the request."""
    if not run.outcome.patches:
        return Delivery(State.UNCHANGED, ask.branch, run.base, _finished(ask, run.outcome), run.request)
    made = commit(place.between, run.start, ask.branch, drafts_of(run.examined), dry=ask.dry_run)
    outcome = replace(run.outcome, state=made.state, branch=ask.branch, commits=made.commits)
    if ask.dry_run:
        state = State.WOULD_UPDATE if run.request else State.WOULD_OPEN
        done = made.state is Branch.ALREADY_DONE and run.request is not None
        outcome = replace(outcome, branch=None, commits=())
        return Delivery(State.UNCHANGED if done else state, ask.branch, run.base, outcome, run.request)
    if made.state is not Branch.ALREADY_DONE:
        refused = _pushed(place, ask, outcome, run.tip)
        if refused is not None:
            held = replace(run.outcome, state=None)
            why = _HELD[refused]
            return Delivery(State.HELD, ask.branch, run.base, held, run.request, held=refused, reason=why)
    return _requested(place, ask, run, replace(outcome, mode="apply"))


def _pushed(place: Place, ask: Ask, outcome: Outcome, tip: str | None) -> Landing | None:
    """Push the commits; gives what a person must settle first, or None; raises `GitError` for all else."""
    if touches_workflows(outcome) and place.forge.workflows() is False:
        return Landing.WORKFLOWS
    pushed = push(place.between, ask.branch, outcome.commits[-1], tip)
    if pushed.landed:
        return None
    if pushed.landing not in _HELD:
        raise GitError(f"the remote refused branch {ask.branch} ({pushed.landing}): {pushed.said}")
    return pushed.landing


def _requested(place: Place, ask: Ask, run: _Run, outcome: Outcome) -> Delivery:
    title = ask.title or body.title(outcome)
    plan = outcome.proven.plan
    wish = ask.wish
    block = body.block(outcome, run.plan, title, wish.labels, wish.reviewers)
    text = body.text(replace(outcome, state=Branch.CREATED), ask.branch)  # the same, whichever run made the branch
    asking = Wanted(
        *(ask.branch, run.base, title, text, wish.labels, wish.reviewers),
        draft=wish.draft,
        patch=diff.patch(plan.before, plan.after),
    )
    done = publish(place.forge, run.request, asking, block)
    state = {
        Operation.OPENED: State.OPENED,
        Operation.UPDATED: State.UPDATED,
        Operation.UNCHANGED: State.UNCHANGED if outcome.state == Branch.ALREADY_DONE else State.UPDATED,
    }[done.operation]
    runs = place.forge.runs(done.request)
    return Delivery(state, ask.branch, run.base, outcome, done.request, runs, reason=done.trouble)


def touches_workflows(outcome: Outcome) -> bool:
    """Whether a permission of its own is needed to push the fixes."""
    return any(path.startswith(WORKFLOWS) for patch in outcome.patches for path in patch.paths)


def _others(place: Place, ask: Ask, tip: str | None, base: str) -> Sequence[Recorded]:
    if tip is None:
        return ()
    bring(place.between, ask.branch, tip)
    return strangers(place.between, tip, base)


def _merges(others: Sequence[Recorded]) -> str:
    merges = any(len(commit.parents) > 1 for commit in others)
    return "a merge counts as ours only if git 2.38 or newer makes it again; " if merges else ""


def _outcome(place: Place, ask: Ask, examined: Examined, notes: tuple[str, ...]) -> Outcome:
    outcome = examined.outcome("dry-run", again(ask.path, place.user), ask.arguments)
    return replace(outcome, command=("pr",), notes=(*notes, *outcome.notes))


def _finished(ask: Ask, outcome: Outcome) -> Outcome:
    return replace(outcome, mode="dry-run" if ask.dry_run else "apply", state=Branch.NOTHING_TO_DO)
