"""What is to become of one step: the ref it moves to with its edits, or why a person must decide."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from cifix.formats.actions.workflow import version
from cifix.model.change import Edit
from cifix.model.expect import Absent, Value
from cifix.model.finding import ALREADY, Refusal
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.upgrade_actions.edits import edits, expects
from cifix.rules.upgrade_actions.facts import Action, Facts, Move, Replacement
from cifix.rules.upgrade_actions.goal import Reach, dead, goal, missing, moves, present, ref, told, too_old
from cifix.rules.upgrade_actions.inputs import Inputs, UnfitError, travel
from cifix.rules.upgrade_actions.sites import Site

_FOREIGN = re.compile(r"github\.head_ref|event\.pull_request\.head|refs/pull/|event\.workflow_run\.head|event\.number")
_NEAREST = Reach("v4", warned=False)
_TRUSTED = frozenset({"pull_request_target", "workflow_run"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The `refusal`, or edits and claims that put `to` into the place of the old ref; `notes` are for the reviewer.

    `crossed` are the majors that the step moves past or to, `red_from` the day since when the old one fails.
    """

    site: Site
    message: str
    red_from: date | None = None
    pair: str = ""
    to: str = ""
    crossed: range = range(0)
    edits: tuple[Edit, ...] = ()
    expects: tuple[Value | Absent, ...] = ()
    notes: tuple[str, ...] = ()
    refusal: Refusal | None = None


def verdicts(found: Iterable[Site], facts: Facts, reach: Reach, snapshot: Snapshot) -> Iterator[Verdict]:
    """The steps of one file that are too old, and those that must move with them."""
    every = list(found)
    old = [site for site in every if (action := facts.actions.get(site.uses.slug)) and _is_old(site, action, reach)]
    pairs = {facts.actions[site.uses.slug].pair for site in old} - {""}
    for site in every:
        action = facts.actions.get(site.uses.slug)
        if action is not None and (site in old or action.pair in pairs):
            yield from _moved(site, action, reach, snapshot)
        elif reach.warned and (replacement := facts.replacements.get(site.uses.slug)):
            yield _replaced(site, replacement, snapshot)


def _is_old(site: Site, action: Action, reach: Reach) -> bool:
    numbers = present(action, site.uses, site.comment)
    if numbers is None:
        return reach.warned or any(major.dead for major in action.majors.values())
    return bool(numbers) and (missing(action, site.uses) or too_old(action, numbers, reach))


def _moved(site: Site, action: Action, reach: Reach, snapshot: Snapshot) -> Iterator[Verdict]:
    numbers = present(action, site.uses, site.comment)
    if numbers is None:
        message = f"which version of {site.name} this commit is, nothing tells"
        yield Verdict(
            site, message, pair=action.pair, refusal=Refusal("unknown-sha", f"{site} has no version beside it")
        )
        return
    if not numbers or numbers[0] not in action.majors:
        return
    red_from = ALREADY if missing(action, site.uses) else dead(action, numbers)
    message = _message(site, action, numbers)
    alone = missing(action, site.uses) and not too_old(action, numbers, reach)
    major = goal(action, numbers, site.uses, _NEAREST if alone and not action.pair else reach)
    judged = Verdict(site, message, red_from, action.pair)
    if major is None:
        detail = f"{site}: no {'commit' if site.uses.sha else 'version'} of {site.name} is known to move to"
        yield replace(judged, refusal=Refusal("unknown-ref", detail))
    elif major > numbers[0] or (red_from and ref(action, major, site.uses) != site.uses.ref):
        best = _moving(judged, action, numbers, major, snapshot)
        nearer = _nearer(action, numbers, site) if best.refusal else None
        other = _moving(judged, action, numbers, nearer, snapshot) if nearer else best
        yield best if other.refusal else other


def _nearer(action: Action, numbers: tuple[int, ...], site: Site) -> int | None:
    """The nearest major that works, for a step that cannot follow further and has one that does not work at all."""
    lost = dead(action, numbers) or action.majors[numbers[0]].ended
    return goal(action, numbers, site.uses, _NEAREST) if lost and not action.pair else None


def _moving(judged: Verdict, action: Action, numbers: tuple[int, ...], major: int, snapshot: Snapshot) -> Verdict:
    site = judged.site
    uses = f"{site.name}@{ref(action, major, site.uses)}"
    comment = _comment(site, action, major)
    edits, expects, notes, refusal = _ending(site, uses, comment, moves(action, numbers, major), snapshot)
    crossed = range(numbers[0] + 1, major + 1)
    return replace(judged, to=uses, crossed=crossed, edits=edits, expects=expects, notes=notes, refusal=refusal)


def _message(site: Site, action: Action, numbers: tuple[int, ...]) -> str:
    if missing(action, site.uses):
        return f"there is no {site.written.value}: unable to find version `{site.uses.ref}`"
    major = action.majors.get(numbers[0])
    what = f"{site.name} v{'.'.join(map(str, numbers))}"
    if since := dead(action, numbers):
        return f"{what} has not worked since {since}"
    if major is not None and major.ended:
        return f"{what} was given up by its makers on {major.ended}"
    if major is not None and major.warned:
        return f"{what} was made for a Node that is gone; every run warns about it"
    return f"{what} is not the newest major"


def _comment(site: Site, action: Action, major: int) -> str | None:
    """The new version for the comment; None if there is none, or it says more than the version of a tag."""
    if site.comment is None or not (site.uses.sha or site.comment.alone):
        return None
    old = version(site.comment.version)
    if not site.uses.sha and old != site.uses.version:
        return None
    new = told(action, major, site.comment.version, sha=site.uses.sha)
    return new if new != site.comment.version else None


def _replaced(site: Site, by: Replacement, snapshot: Snapshot) -> Verdict:
    message = f"{site.name} is archived: nobody cares for it any more"
    if not by.uses:
        return Verdict(site, message, refusal=Refusal("archived", by.advice))
    if name := next((name for name in by.files if name in snapshot), None):
        detail = f"{name} says which version to take too, and {by.uses} treats it differently"
        return Verdict(site, message, refusal=Refusal("archived", detail))
    known = {*by.keep, *by.move.rename, *by.move.remove, *by.move.manual}
    for key in site.step.inputs:
        if key not in known:
            detail = f"it gives `{key}`, which {by.uses} does not know"
            return Verdict(site, message, refusal=Refusal("input", detail))
    return Verdict(site, message, None, "", by.uses, range(0), *_ending(site, by.uses, None, [by.move], snapshot))


def _ending(
    site: Site, uses: str, comment: str | None, way: Iterable[Move], snapshot: Snapshot
) -> tuple[tuple[Edit, ...], tuple[Value | Absent, ...], tuple[str, ...], Refusal | None]:
    inputs = Inputs({key: scalar.value for key, scalar in site.step.inputs.items()}, site.env)
    if refusal := _obstacle(site):
        return (), (), (), refusal
    try:
        travel(inputs, way, snapshot)
        return edits(site, uses, comment, inputs), tuple(expects(site, uses, inputs)), tuple(inputs.notes), None
    except UnfitError as why:
        return (), (), (), why.refusal
    except Opaque as why:
        return (), (), (), Refusal("opaque", str(why))


def _obstacle(site: Site) -> Refusal | None:
    """What keeps a step back whatever it moves to."""
    if site.strays:
        return Refusal("alias", f"{site} is used at {'.'.join(map(str, site.strays[0]))} too")
    if site.uses.slug == "actions/checkout" and (site.triggers is None or site.triggers & _TRUSTED):
        for name in ("ref", "repository"):
            scalar = site.step.inputs.get(name)
            if scalar is not None and _FOREIGN.search(scalar.value):
                detail = f"`{name}: {scalar.value}` fetches code of a pull request where secrets are at hand"
                return Refusal("unsafe-checkout", f"{detail}; newer versions refuse that")
    return None
