r"""Move upload-artifact and download-artifact from v1, v2 and v3 to v4.

Why:
    GitHub fails every job that names one of these versions before its first step runs: "This request has been
    automatically failed because it uses a deprecated version of `actions/upload-artifact: v3`". v1 and v2 stopped
    on 2024-06-30, v3 on 2025-01-30. The two actions must move together, because v4 cannot read what v3 stored.

    The fix rewrites the ref, and the version in the comment beside it, in every workflow and local composite action
    that can meet in one run. A floating `v3` becomes a floating major, an exact `v3.1.2` the newest exact version of
    that major, a commit hash the hash of that version. Which major, the option `target` says: by default upload v6
    with download v7, the lowest that work without a warning, for v4 and v5 run on a Node 20 that is gone. There is
    no upload v8: each target is a pair of majors that exist and came out together.

    The new ref alone breaks many workflows, because v4 stores a name once: the second leg of a matrix that uploads it
    fails with "Failed to CreateArtifact: Received non-retryable error: (409) Conflict: an artifact with this name
    already exists on the workflow run". So the names are worked out for every leg of every matrix. Uploads that share
    one get names of their own: by the values of the matrix that tell their legs apart, else by the number of the leg;
    by their job or their place in it. Downloads of the old name fetch all new ones by a `pattern` into the folder they
    had, with `merge-multiple`; downloads of everything become one step for each artifact. A step that stores again
    what an earlier one stored gets `overwrite`, called workflows an input `artifact-suffix`, uploads of hidden files
    `include-hidden-files`, downloads of v1 the `path` they had. If something outside the run fetches the old name, a
    job merges the artifacts again. From v5 on a download without a name puts a single artifact into the folder it is
    given, where older ones made a folder for it: where one artifact is all there can be, the step gets its name and the
    folder it had; where several are certain nothing is needed; else the run moves to v4 only, and the message says so.

    A version from v4 on that is not there, so that the job stops with "Unable to resolve action", gets the name of one
    that is: `4` becomes `v4`; `v8` of upload-artifact, which never came out, the newest.

    All of that is proven by following the runs before and after: each upload must have a name of its own, and each
    download must get the same uploads into the same folders.

When this is wrong:
    On GitHub Enterprise Server, where v4 does not run; say so with `ghes = true`. On runners of your own older than
    2.327.1, which lack Node 24; say so with `target = "v4"`. Where an upload that always runs may still find no
    files: a download that now names its artifact fails without it. Fixes that change what others can
    see must be reviewed: of workflows and actions that other repositories may call, of downloads that are split, of
    artifacts that are merged or overwritten, of hidden files that go on to be stored; and a download of all artifacts
    beside a Docker build, which stores a record that v3 did not see. A download by a pattern passes where nothing was
    uploaded; by a name it failed. Where legs store files of the same name, a download gets that of any leg, as before.

What it will not touch:
    Refs that name a branch, versions that exist from v4 on whatever the target, steps that are commented out, and
    actions with another owner. Names that only a run can tell, and files that replace each other in a fixed order. One
    step that needs a person keeps back all others that share a run with it, and no more than those.

Sources:
    https://github.blog/changelog/2024-02-13-deprecation-notice-v1-and-v2-of-the-artifact-actions, read 2026-11
    https://github.blog/changelog/2024-04-16-deprecation-notice-v3-of-the-artifact-actions, read 2026-11
    https://github.com/actions/upload-artifact/blob/main/docs/MIGRATION.md, read 2026-11
    https://github.blog/changelog/2025-09-19-deprecation-of-node-20-on-github-actions-runners, read 2026-11
    https://github.com/actions/download-artifact/issues/419, read 2026-11
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import Literal

from cifix.formats.actions.artifacts import Repository, Site, read, sites
from cifix.formats.actions.enterprise import sign
from cifix.formats.actions.runs import Run, groups
from cifix.formats.actions.workflow import ACTIONS, LOCK, WORKFLOWS, pin, version
from cifix.formats.yaml import leaves
from cifix.model.change import Edit, overlap
from cifix.model.expect import Route, SameArtifacts, Value
from cifix.model.facts import sheet
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.upgrade_artifacts.absent import absent
from cifix.rules.upgrade_artifacts.aim import Aim, aim
from cifix.rules.upgrade_artifacts.facts import facts
from cifix.rules.upgrade_artifacts.folders import edits as folder_edits
from cifix.rules.upgrade_artifacts.folders import expects as folder_expects
from cifix.rules.upgrade_artifacts.migration import migrate, unproven
from cifix.rules.upgrade_artifacts.moves import moved, moves
from cifix.rules.upgrade_artifacts.refs import target
from cifix.rules.upgrade_artifacts.remedy import Old, Problem, Remedy, together
from cifix.rules.upgrade_artifacts.splits import shifted

_DEAD = re.compile(r"actions/(?:upload|download)-artifact@v?(?P<major>[123])(?![0-9a-f])", re.IGNORECASE)
_SUSPECT = re.compile(rb"load-artifact@(?:v?[1238](?![0-9])|[0-9]|[0-9a-f]{40})", re.IGNORECASE)
_FOREIGN = re.compile(r"uses:[ \t\"']*docker/(?:build-push|bake)-action@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Options:
    """How far to move, and what is known of the repository.

    `target`: `"minimal"` is the lowest pair of majors that neither fails nor is warned about, `"v4"` the lowest that
    does not fail, `"latest"` the newest. `allow-locked`: move steps although `actions.lock` pins them; refresh it with
    `gh actions-lock` before you merge. `ghes`: the workflows run on GitHub Enterprise Server, where only v3 works.
    """

    target: Literal["v4", "minimal", "latest"] = "minimal"
    allow_locked: bool = False
    ghes: bool = False


@declare(
    __doc__,
    reads=(*WORKFLOWS, *ACTIONS),
    needles=(b"upload-artifact", b"download-artifact"),
    safety=Safety.SAFE,
    options=Options,
    facts=partial(sheet, __name__),
    refusals={
        "opaque": "The file, or another one of the same run, is YAML that cannot be edited safely",
        "actions-lock": "`actions.lock` pins the actions: allow it with `allow-locked`, then run `gh actions-lock`",
        "new-input": "The step gives an input that its version does not read and the new one does",
        "ghes": "The workflows show signs of GitHub Enterprise Server, where v4 does not run",
        "unknown-sha": "A commit hash without a version comment does not say which version it is",
        "alias": "The ref or its comment is shared, through an anchor or a line, with something that must not change",
        "name-collision": "Uploads of one run share a name, and new ones cannot be given with certainty",
        "pattern": "A name that must change holds characters that mean something else in a pattern",
        "nameless-download": "A download of everything gets a folder for each name, and a name must change",
        "same-files": "An upload replaced what an earlier one had stored under its name; v4 would keep both or neither",
        "outside-consumer": "Something outside the run fetches an artifact by a name that must change",
        "dynamic-name": "Whether two uploads of one run have the same name is known at run time only",
        "forbidden-name": "A name holds a character that v4 does not allow",
        "reusable-caller": "A local reusable workflow uploads one name in each of its several calls",
        "composite-matrix": "A local composite action uploads one name in each of its several calls",
        "v1-download-folder": "v1 downloads into a folder named after the artifact, v4 into the current one",
        "hidden-files": "The upload may hold hidden files, which versions before 3.2.0 stored and v4 leaves out",
    },
)
def rule(snapshot: Snapshot, options: Options) -> Iterator[Finding]:
    """Judge each group of runs that share artifact steps: all its old steps move, or none."""
    if not any(_worth_reading(snapshot, path) for path in rule.candidates(snapshot)):
        return
    repository = snapshot.once(read)
    signs = list(_signs(snapshot, repository, options))
    locked = [f"refresh {LOCK} with `gh actions-lock` before you merge"] if LOCK in snapshot.tracked else []
    for group in groups(repository):
        found = _old_steps(repository, group)
        goal = aim(repository, group, [step.site for step in found], options.target).noted(*locked)
        old = [replace(step, pair=goal.pair) for step in found]
        yield from _judged(snapshot, repository, group, old, signs, goal=goal) if old else ()
    yield from absent(repository, signs)
    yield from _unreadable(repository)


def _worth_reading(snapshot: Snapshot, path: str) -> bool:
    """Whether a file can hold a ref that is old, or not there; most repositories are done here."""
    try:
        return _SUSPECT.search(snapshot.read(path)) is not None
    except Opaque:
        return True


def _signs(snapshot: Snapshot, repository: Repository, options: Options) -> Iterator[Problem]:
    """What keeps every group of the repository back."""
    if LOCK in snapshot.tracked and not options.allow_locked:
        detail = f"{LOCK} pins all actions; allow it with --allow-locked, then refresh the lock with `gh actions-lock`"
        yield Problem("actions-lock", detail)
    if options.ghes:
        yield Problem("ghes", "the option `ghes` is set")
    for path, text in repository.texts.items():
        if found := sign(text):
            yield Problem("ghes", f"{path} mentions {found}")


def _old_steps(repository: Repository, group: Sequence[Run]) -> list[Old]:
    """The steps of a group that are too old, or might be; one that several routes lead to counts once."""
    found: dict[tuple[str, int], list[Site]] = {}
    for path in sorted({path for run in group for path in run.files}):
        for site in sites(repository, path):
            found.setdefault(site.key, []).append(site)
    return [step for same in found.values() if (step := _step(same))]


def _step(same: Sequence[Site]) -> Old | None:
    """A step with its version if it is too old, or might be; a branch counts as new."""
    site, uses = same[0], same[0].uses
    comment = pin(site.document, site.written)
    if uses.sha:
        known = facts().commits[uses.slug].get(uses.ref.lower())
        claimed = comment.version if comment else ""
        numbers = version(known or claimed)
    else:
        numbers = uses.version or (facts().working,)
    if numbers and numbers[0] >= facts().working:
        return None
    routes = site.document.routes(site.written)
    meant = {(*other.step.route, "uses") for other in same}
    strays = tuple(route for route in routes if route not in meant)
    return Old(site, numbers, comment, routes, strays, facts().pairs[0])


def _judged(
    snapshot: Snapshot, repository: Repository, group: Sequence[Run], old: list[Old], signs: list[Problem], *, goal: Aim
) -> Iterator[Finding]:
    """One finding per old step: the fix they share, or what keeps each of them back."""
    problems = [*signs, *_problems(repository, group, old)]
    remedy = Remedy()
    if not problems:
        remedy, problems = migrate(snapshot, repository, group, old)
        remedy = together([remedy, *_folders(old, remedy, goal)])
    outcome = None if problems else _fix(snapshot, repository, group, old, remedy)
    if isinstance(outcome, Fix):
        problems = list(unproven(snapshot, outcome))
    for step in old:
        ending = _refusal(step, problems) if problems or outcome is None else outcome
        yield _finding(step, ending, (*remedy.told(step.site.key), *goal.notes))


def _folders(old: Sequence[Old], remedy: Remedy, goal: Aim) -> Iterator[Remedy]:
    """The name and the folder for downloads of everything that find one artifact, unless they are split anyway."""
    for site in (step.site for step in old):
        if site.key in goal.named and site.key not in remedy.lessons:
            name = goal.named[site.key]
            yield Remedy(tuple(folder_edits(site, name)), tuple(folder_expects(site, name)))


def _problems(repository: Repository, group: Sequence[Run], old: list[Old]) -> Iterator[Problem]:
    """What keeps the steps back whatever else could be done for them."""
    for path in sorted({path for run in group for path in run.files} & repository.opaque.keys()):
        yield Problem("opaque", f"{path} takes part in the same runs and cannot be read: {repository.opaque[path]}")
    for step in old:
        yield from _own_problems(step)
    yield from _unwritable(old)


def _own_problems(step: Old) -> Iterator[Problem]:
    """What is wrong with a step by itself."""
    about = (step.site,)
    if step.numbers is None:
        yield Problem(
            "unknown-sha", f"{step.site} names a commit of {step.site.uses.slug} that does not tell its version", about
        )
    elif "node20" in step.site.uses.ref:
        yield Problem("ghes", f"{step.site} names {step.site.uses.ref}, a version for GitHub Enterprise Server", about)
    if new := _new_inputs(step):
        detail = (
            f"{step.site} gives {', '.join(new)}, which {step.site.uses.ref} does not read and the new version does"
        )
        yield Problem("new-input", detail, about)
    for stray in step.strays:
        yield Problem("alias", f"{step.site} is used at {'.'.join(map(str, stray))} too", about)


def _new_inputs(step: Old) -> list[str]:
    """The inputs that a step gives in vain so far."""
    uses = step.site.uses
    majors = facts().majors[uses.slug]
    first, last = (step.numbers or (0,))[0], step.pair[uses.slug]
    return [
        key for key in step.site.step.inputs if any(key in majors[major].inputs for major in range(first + 1, last + 1))
    ]


def _unwritable(old: Sequence[Old]) -> Iterator[Problem]:
    """Refs that cannot be rewritten: spelled with escapes, or sharing one comment with another version."""
    edits: dict[Edit, Old] = {}
    for step in old:
        try:
            edits |= dict.fromkeys(moves(step), step)
        except Opaque as why:
            yield Problem("opaque", f"{step.site.path}: {why}", (step.site,))
    for one, other in combinations(edits, 2):
        if overlap(one, other):
            about = (edits[one].site, edits[other].site)
            yield Problem("alias", f"{edits[other].site}: one comment stands for two versions", about)


def _fix(snapshot: Snapshot, repository: Repository, group: Sequence[Run], old: Sequence[Old], remedy: Remedy) -> Fix:
    """The edits of all steps; to be reviewed where unseen steps could take part in a run."""
    edits = tuple(dict.fromkeys((*(edit for step in old for edit in moves(step)), *remedy.joined)))
    refs = tuple(Value(step.site.path, route, moved(step)) for step in old for route in step.routes)
    places = sorted({step.site.path for step in old})
    steps = "an artifact step" if len(old) == 1 else f"{len(old)} artifact steps"
    majors = sorted({step.pair[step.site.uses.slug] for step in old})
    title = f"Move {steps} to {' and '.join(f'v{major}' for major in majors)} in {', '.join(places)}"
    unseen = any(run.outside or _sees_foreign_artifacts(repository, run) for run in group)
    safety = Safety.REVIEW if unseen else remedy.safety
    commits = {(step.site.uses.ref.lower(), (step.numbers or (0,))[0]) for step in old if step.site.uses.sha}
    pinned = [(step.site.uses, step.pair) for step in old if step.site.uses.sha]
    commits |= {(target(uses, pair).lower(), pair[uses.slug]) for uses, pair in pinned}
    same = SameArtifacts(tuple(places), tuple(sorted(commits)))
    data = {one.path: _data(snapshot, one.path) for one in remedy.splits}
    return Fix(title, safety, edits, (*shifted((*refs, *remedy.expects), remedy.splits, data), same))


def _data(snapshot: Snapshot, path: str) -> dict[Route, str]:
    return {route: value for route, (_, value) in snapshot.parsed(path, leaves).items()}


def _sees_foreign_artifacts(repository: Repository, run: Run) -> bool:
    """Whether a step downloads everything in a run where other actions are known to store v4 artifacts of their own."""
    everything = any(occurrence.name is None for occurrence in run.occurrences)
    return everything and any(_FOREIGN.search(repository.texts.get(path, "")) for path in run.files)


def _finding(step: Old, outcome: Fix | Refusal, notes: Sequence[str]) -> Finding:
    site = step.site
    dead = facts().dead(step.numbers[0]) if step.numbers else None
    if step.numbers is None:
        message = f"the version of {step.site.uses.slug} behind this commit is not known; v3 and older fail"
    else:
        message = (
            f"{step.site.uses.slug} v{step.numbers[0]} has not worked since {dead}: "
            "This request has been automatically failed because it uses a deprecated version of "
            f"`{step.site.uses.slug}: {step.site.uses.ref}`"
        )
    if isinstance(outcome, Fix):
        message = "; ".join((message, *notes))
    if isinstance(outcome, Refusal) and outcome.key == "ghes":
        dead = None
    about = (f"{site.uses.slug}@{site.uses.ref}",)
    return Finding("upgrade-artifacts", site.path, site.written.start, site.written.end, message, outcome, dead, about)


def _refusal(step: Old, problems: Sequence[Problem]) -> Refusal:
    """What keeps this step back: a problem of its own, else the first one of those it must move with."""
    own = (problem for problem in problems if any(site.key == step.site.key for site in problem.about))
    if found := next(own, None):
        return Refusal(found.key, found.detail)
    first = problems[0]
    return Refusal(first.key, f"it moves together with others: {first.detail}" if first.about else first.detail)


def _unreadable(repository: Repository) -> Iterator[Finding]:
    """Files that cannot be parsed yet show an old version, or cannot even be read."""
    for path, reason in repository.opaque.items():
        text = repository.texts.get(path)
        found = _DEAD.search(text or "")
        dead = facts().dead(int(found["major"])) if found else None
        if found:
            message = f"{found.group()} has not worked since {dead}"
        elif text is None:
            message = "the file cannot be read, so it is not known whether it uses v3 or older of the artifact actions"
        else:
            continue
        start, end = found.span() if found else (0, 0)
        yield Finding("upgrade-artifacts", path, start, end, message, Refusal("opaque", reason), dead)
