r"""Move upload-artifact and download-artifact off v1, v2 and v3.

Why:
    GitHub fails every job that names one of these versions before its first step runs: "This request has been
    automatically failed because it uses a deprecated version of `actions/upload-artifact: v3`". v1 and v2 stopped
    on 2024-06-30, v3 on 2025-01-30. The two actions must move together, because v4 cannot read what v3 stored.

    The fix rewrites the ref, and the version in the comment beside it, in every workflow and local composite action
    that can meet in one run. A floating `v3` becomes a floating major, an exact `v3.1.2` the newest exact version of
    that major, a commit hash the hash of that version. Which major, the option `target` says: by default upload v6
    with download v7, the lowest that work without a warning, for v4 and v5 run on a Node 20 that is gone. There is
    no upload v8: each target is a pair of majors that exist and came out together.

    Steps and their inputs stay as they are, so the fix is made only where they mean the same to the new version:
    artifacts of v4 cannot be added to, so the names are worked out for every leg of every matrix first. From v5 on a
    download without a name puts a single artifact into the folder it is given, where older ones made a folder for
    it: where one artifact is all there can be, the step gets its name and the folder it had; where several are
    certain nothing is needed; else the run moves to v4 only, and the message says so.

When this is wrong:
    On GitHub Enterprise Server, where v4 does not run; say so with `ghes = true`. On runners of your own older than
    2.327.1, which lack Node 24; say so with `target = "v4"`. Where an upload that always runs may still find no
    files: a download that now names its artifact fails without it. For workflows and actions that only other
    repositories call the fix must be reviewed, because their jobs cannot be seen from here; so must a download of all
    artifacts beside a Docker build, which stores a record that v3 did not see.

What it will not touch:
    Refs that name a branch, versions from v4 on whatever the target (they work with all later ones), steps that are
    commented out, and actions with another owner. One step that needs a person keeps back all others that share a
    run with it, and no more than those.

Sources:
    https://github.blog/changelog/2024-02-13-deprecation-notice-v1-and-v2-of-the-artifact-actions, read 2026-11
    https://github.blog/changelog/2024-04-16-deprecation-notice-v3-of-the-artifact-actions, read 2026-11
    https://github.blog/changelog/2025-09-19-deprecation-of-node-20-on-github-actions-runners, read 2026-11
    https://github.com/actions/upload-artifact/blob/main/docs/MIGRATION.md, read 2026-11
    https://github.com/actions/download-artifact/issues/419, read 2026-11
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from cifix.formats.actions.artifacts import Repository, Site, may_hide, read, sites
from cifix.formats.actions.expression import spelling
from cifix.formats.actions.names import clashes
from cifix.formats.actions.runs import Run, groups
from cifix.formats.actions.workflow import ACTIONS, LOCK, WORKFLOWS, Pin, pin, version
from cifix.formats.yaml.edit import replace
from cifix.model.change import Edit, overlap
from cifix.model.expect import Route, Value
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.upgrade_artifacts.aim import Aim, aim
from cifix.rules.upgrade_artifacts.facts import facts
from cifix.rules.upgrade_artifacts.folders import edits as folder_edits
from cifix.rules.upgrade_artifacts.folders import expects as folder_expects
from cifix.rules.upgrade_artifacts.refs import is_stale, named, target

_DEAD = re.compile(r"actions/(?:upload|download)-artifact@v?(?P<major>[123])(?![0-9a-f])", re.IGNORECASE)
_SUSPECT = re.compile(rb"load-artifact@(?:v?[123](?![0-9])|[0-9a-f]{40})", re.IGNORECASE)
_FOREIGN = re.compile(r"uses:[ \t\"']*docker/(?:build-push|bake)-action@", re.IGNORECASE)
_GHES = re.compile(r"\bGHE?_HOST\b|\bGH_ENTERPRISE_TOKEN\b|\bGITHUB_ENTERPRISE_TOKEN\b|\bgithub-server-url:")


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


@dataclass(frozen=True, slots=True)
class _Problem:
    """A reason to keep a group as it is, and the steps it is about; none if it is about the whole group."""

    key: str
    detail: str
    about: tuple[Site, ...] = ()


@dataclass(frozen=True, slots=True)
class _Old:
    """A step that must move, or might have to: its version, unless a bare hash hides it, and its comment's.

    `routes` are all that lead to its `uses`, and `strays` those of them where it is no artifact step.
    """

    site: Site
    numbers: tuple[int, ...] | None
    pin: Pin | None
    routes: tuple[Route, ...]
    strays: tuple[Route, ...]


@declare(
    __doc__,
    reads=(*WORKFLOWS, *ACTIONS),
    needles=(b"upload-artifact", b"download-artifact"),
    safety=Safety.SAFE,
    options=Options,
    refusals={
        "opaque": "The file, or another one of the same run, is YAML that cannot be edited safely",
        "actions-lock": "`actions.lock` pins the actions: allow it with `allow-locked`, then run `gh actions-lock`",
        "ghes": "The workflows show signs of GitHub Enterprise Server, where v4 does not run",
        "unknown-sha": "A commit hash without a version comment does not say which version it is",
        "alias": "The ref or its comment is shared, through an anchor or a line, with something that must not change",
        "name-collision": "Two uploads of one run have the same name; v4 refuses the second",
        "dynamic-name": "Whether two uploads of one run have the same name is known at run time only",
        "forbidden-name": "A name holds a character that v4 does not allow",
        "reusable-caller": "A local reusable workflow uploads one name in each of its several calls",
        "composite-matrix": "A local composite action uploads one name in each of its several calls",
        "v1-download-folder": "v1 downloads into a folder named after the artifact, v4 into the current one",
        "new-input": "The step gives an input that its version does not read and the new one does",
        "hidden-files": "The upload may hold hidden files, which versions before 3.2.0 stored and v4 leaves out",
    },
)
def rule(snapshot: Snapshot, options: Options) -> Iterator[Finding]:
    """Judge each group of runs that share artifact steps: all its old steps move, or none."""
    if not any(_worth_reading(snapshot, path) for path in rule.candidates(snapshot)):
        return
    repository = read(snapshot)
    signs = list(_signs(snapshot, repository, options))
    locked = [f"refresh {LOCK} with `gh actions-lock` before you merge"] if LOCK in snapshot.tracked else []
    for group in groups(repository):
        old = _old_steps(repository, group)
        goal = aim(repository, group, [step.site for step in old], options.target)
        yield from _judged(repository, group, old, signs, goal.noted(*locked))
    yield from _unreadable(repository)


def _worth_reading(snapshot: Snapshot, path: str) -> bool:
    """Whether a file can hold an old ref at all; most repositories are done here."""
    try:
        return _SUSPECT.search(snapshot.read(path)) is not None
    except Opaque:
        return True


def _signs(snapshot: Snapshot, repository: Repository, options: Options) -> Iterator[_Problem]:
    """What keeps every group of the repository back."""
    if LOCK in snapshot.tracked and not options.allow_locked:
        detail = f"{LOCK} pins all actions; allow it with --allow-locked, then refresh the lock with `gh actions-lock`"
        yield _Problem("actions-lock", detail)
    if options.ghes:
        yield _Problem("ghes", "the option `ghes` is set")
    for path, text in repository.texts.items():
        if sign := _GHES.search(text):
            yield _Problem("ghes", f"{path} mentions {sign.group().rstrip(':')}")


def _old_steps(repository: Repository, group: Sequence[Run]) -> list[_Old]:
    """The steps of a group that are too old, or might be; one that several routes lead to counts once."""
    found: dict[tuple[str, int], list[Site]] = {}
    for path in sorted({path for run in group for path in run.files}):
        for site in sites(repository, path):
            found.setdefault(site.key, []).append(site)
    return [step for same in found.values() if (step := _step(same))]


def _step(same: Sequence[Site]) -> _Old | None:
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
    return _Old(site, numbers, comment, routes, tuple(route for route in routes if route not in meant))


def _judged(
    repository: Repository, group: Sequence[Run], old: list[_Old], signs: list[_Problem], goal: Aim
) -> Iterator[Finding]:
    """One finding per old step: the fix they share, or what keeps each of them back."""
    problems = [*signs, *_problems(repository, group, old, goal)]
    outcome = None if problems else _fix(repository, group, old, goal)
    for step in old:
        yield _finding(step, outcome or _refusal(step, problems), goal.notes)


def _problems(repository: Repository, group: Sequence[Run], old: list[_Old], goal: Aim) -> Iterator[_Problem]:
    for path in sorted({path for run in group for path in run.files} & repository.opaque.keys()):
        yield _Problem("opaque", f"{path} takes part in the same runs and cannot be read: {repository.opaque[path]}")
    for step in old:
        yield from _own_problems(step, goal)
    moving = {step.site.key for step in old}
    for run in group:
        for clash in clashes(run):
            if not clash.sites or any(site.key in moving for site in clash.sites):
                yield _Problem(clash.kind, clash.detail, clash.sites)
        yield from _hidden(run, old)
    yield from _unwritable(old, goal)


def _own_problems(step: _Old, goal: Aim) -> Iterator[_Problem]:
    """What is wrong with a step by itself."""
    about = (step.site,)
    if step.numbers is None:
        yield _Problem(
            "unknown-sha", f"{step.site} names a commit of {step.site.uses.slug} that does not tell its version", about
        )
    elif "node20" in step.site.uses.ref:
        yield _Problem("ghes", f"{step.site} names {step.site.uses.ref}, a version for GitHub Enterprise Server", about)
    elif not step.site.upload and step.numbers[0] == 1 and "path" not in step.site.step.inputs:
        detail = f"{step.site} downloads without a path; v1 makes a folder named after the artifact"
        yield _Problem("v1-download-folder", detail, about)
    if new := _new_inputs(step, goal):
        detail = (
            f"{step.site} gives {', '.join(new)}, which {step.site.uses.ref} does not read and the new version does"
        )
        yield _Problem("new-input", detail, about)
    for stray in step.strays:
        yield _Problem("alias", f"{step.site} is used at {'.'.join(map(str, stray))} too", about)


def _new_inputs(step: _Old, goal: Aim) -> list[str]:
    """The inputs that a step gives in vain so far."""
    uses = step.site.uses
    majors = facts().majors[uses.slug]
    first, last = (step.numbers or (0,))[0], goal.pair[uses.slug]
    return [
        key for key in step.site.step.inputs if any(key in majors[major].inputs for major in range(first + 1, last + 1))
    ]


def _hidden(run: Run, old: Sequence[_Old]) -> Iterator[_Problem]:
    """Uploads that stored hidden files so far, where their path does not rule out that there are any."""
    storing = {step.site.key: step for step in old if step.site.upload and _stores_hidden(step)}
    seen: set[tuple[tuple[str, int], str]] = set()
    for occurrence in run.occurrences:
        step = storing.get(occurrence.site.key)
        for line in spelling(occurrence.path).splitlines() if step else ():
            if step and may_hide(line.strip()) and (step.site.key, line) not in seen:
                seen.add((step.site.key, line))
                yield _Problem(
                    "hidden-files", f"{step.site} uploads {line.strip()!r} from {step.site.uses.ref}", (step.site,)
                )


def _stores_hidden(step: _Old) -> bool:
    """Whether a version uploads hidden files; the tag v3 does not any more."""
    numbers = step.numbers or (0,)
    return step.site.uses.ref.lower() not in {"v3", "3"} and numbers < facts().hidden_excluded


def _unwritable(old: Sequence[_Old], goal: Aim) -> Iterator[_Problem]:
    """Refs that cannot be rewritten: spelled with escapes, or sharing one comment with another version."""
    edits: dict[Edit, _Old] = {}
    for step in old:
        try:
            edits |= dict.fromkeys(_edits(step, goal), step)
        except Opaque as why:
            yield _Problem("opaque", f"{step.site.path}: {why}", (step.site,))
    for one, other in combinations(edits, 2):
        if overlap(one, other):
            about = (edits[one].site, edits[other].site)
            yield _Problem("alias", f"{edits[other].site}: one comment stands for two versions", about)


def _fix(repository: Repository, group: Sequence[Run], old: Sequence[_Old], goal: Aim) -> Fix:
    """The edits of all steps; to be reviewed where unseen steps could take part in a run."""
    edits = tuple(dict.fromkeys(edit for step in old for edit in _edits(step, goal)))
    expects = tuple(claim for step in old for claim in _expects(step, goal))
    places = sorted({step.site.path for step in old})
    steps = "an artifact step" if len(old) == 1 else f"{len(old)} artifact steps"
    majors = sorted({goal.pair[step.site.uses.slug] for step in old})
    title = f"Move {steps} to {' and '.join(f'v{major}' for major in majors)} in {', '.join(places)}"
    unseen = any(run.outside or _sees_foreign_artifacts(repository, run) for run in group)
    safety = Safety.REVIEW if unseen else Safety.SAFE
    return Fix(title, safety, edits, expects)


def _sees_foreign_artifacts(repository: Repository, run: Run) -> bool:
    """Whether a step downloads everything in a run where other actions are known to store v4 artifacts of their own."""
    everything = any(occurrence.name is None for occurrence in run.occurrences)
    return everything and any(_FOREIGN.search(repository.texts.get(path, "")) for path in run.files)


def _edits(step: _Old, goal: Aim) -> Iterator[Edit]:
    site, new = step.site, target(step.site.uses, goal.pair)
    end = len(site.written.value)
    yield replace(site.path, site.document, site.written, (end - len(site.uses.ref), end), new)
    if step.pin and is_stale(step.pin, site.uses, goal.pair):
        yield Edit(site.path, step.pin.start, step.pin.end, named(step.pin.version, site.uses.slug, goal.pair))
    if site.key in goal.named:
        yield from folder_edits(site, goal.named[site.key])


def _expects(step: _Old, goal: Aim) -> Iterator[Value]:
    site, new = step.site, target(step.site.uses, goal.pair)
    for route in step.routes:
        yield Value(site.path, route, site.written.value.removesuffix(site.uses.ref) + new)
    if site.key in goal.named:
        yield from folder_expects(site, goal.named[site.key])


def _finding(step: _Old, outcome: Fix | Refusal, notes: Sequence[str]) -> Finding:
    site = step.site
    if step.numbers is None:
        message = f"the version of {step.site.uses.slug} behind this commit is not known; v3 and older fail"
    else:
        message = (
            f"{step.site.uses.slug} v{step.numbers[0]} has not worked since {facts().dead(step.numbers[0])}: "
            "This request has been automatically failed because it uses a deprecated version of "
            f"`{step.site.uses.slug}: {step.site.uses.ref}`"
        )
    if isinstance(outcome, Fix):
        message = "; ".join((message, *notes))
    return Finding("upgrade-artifacts", site.path, site.written.start, site.written.end, message, outcome)


def _refusal(step: _Old, problems: Sequence[_Problem]) -> Refusal:
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
        if found:
            message = f"{found.group()} has not worked since {facts().dead(int(found['major']))}"
        elif text is None:
            message = "the file cannot be read, so it is not known whether it uses v3 or older of the artifact actions"
        else:
            continue
        start, end = found.span() if found else (0, 0)
        yield Finding("upgrade-artifacts", path, start, end, message, Refusal("opaque", reason))
