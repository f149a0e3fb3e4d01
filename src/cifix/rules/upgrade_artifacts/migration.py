"""What the steps of a group need beyond their new ref, so that every artifact still reaches its place."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from cifix.formats.actions.artifacts import Repository
from cifix.formats.actions.flow import traceable
from cifix.formats.actions.names import Clash, clashes
from cifix.formats.actions.runs import Run
from cifix.formats.actions.sameness import differences
from cifix.model.change import overlap
from cifix.model.expect import SameArtifacts
from cifix.model.finding import Fix
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.upgrade_artifacts.hidden import hidden
from cifix.rules.upgrade_artifacts.outside import outside
from cifix.rules.upgrade_artifacts.remedy import Key, Old, Problem, Remedy, add, together
from cifix.rules.upgrade_artifacts.renames import rename, shared
from cifix.rules.upgrade_artifacts.rewriters import rewrite
from cifix.rules.upgrade_artifacts.splits import split

_FOLDER = "the files would land beside the folder that v1 made for them"


def migrate(
    snapshot: Snapshot, repository: Repository, group: Sequence[Run], old: Sequence[Old]
) -> tuple[Remedy, list[Problem]]:
    """What to do for the steps of a group, and what keeps them back; nothing is to be done if anything does."""
    if large := next((run.path for run in group if not traceable(run)), None):
        return Remedy(), [Problem("dynamic-name", f"{large} has more uploads and downloads than can be followed")]
    moving = {step.site.key: step for step in old}
    hiding = list(hidden(group, old))
    stored = {key for one in hiding if isinstance(one, Remedy) for key in one.lessons}
    found = [*_renamed(snapshot, repository, group, moving, stored), *hiding, *_folders(old)]
    remedies = [one for one in found if isinstance(one, Remedy)]
    problems = [one for one in found if isinstance(one, Problem)]
    return together(remedies), list({(problem.key, problem.detail): problem for problem in problems}.values())


def unproven(snapshot: Snapshot, fix: Fix) -> Iterator[Problem]:
    """What following the runs before and after a fix brings to light."""
    edits = fix.changes
    if any(overlap(one, other) for one in edits for other in edits if one is not other):  # type: ignore[arg-type]
        yield Problem("alias", "two changes would meet at one place")
        return
    after = snapshot.with_changes(edits)
    for claim in fix.expects:
        if isinstance(claim, SameArtifacts):
            try:
                wrong = list(differences(snapshot, after, claim.paths, dict(claim.commits)))
            except Opaque as why:
                wrong = [str(why)]
            yield from (Problem("name-collision", detail) for detail in wrong)


def _renamed(
    snapshot: Snapshot,
    repository: Repository,
    group: Sequence[Run],
    moving: Mapping[Key, Old],
    hiding: Collection[Key],
) -> Iterator[Remedy | Problem]:
    """New names for uploads that clash, where that is all that is wrong with them."""
    found = [
        clash
        for run in group
        for clash in clashes(run)
        if not clash.sites or any(site.key in moving for site in clash.sites)
    ]
    yield from (Remedy(doubts=(clash.detail,)) for clash in found if clash.kind == "far-fetched")
    found = [clash for clash in found if clash.kind != "far-fetched"]
    hopeless = [clash for clash in found if not _solvable(repository, clash)]
    if hopeless:
        yield from (Problem(clash.kind, clash.detail, clash.sites) for clash in hopeless)
        return
    pools = []
    for one in shared(group, [clash.sites for clash in found]):
        if rewriting := rewrite(one):
            yield rewriting
            continue
        pools.append(one)
        remedy = rename(repository, one, moving)
        yield remedy
        if isinstance(remedy, Remedy):
            yield from outside(snapshot, repository, one, hiding, next(iter(moving.values())).pair)
    yield from split(group, moving, pools)


def _solvable(repository: Repository, clash: Clash) -> bool:
    """Whether names of their own may settle a clash; an action at the root is published, and others see its names."""
    if any(site.path in {"action.yml", "action.yaml"} for site in clash.sites):
        return False
    called = any(site.path in repository.actions for site in clash.sites)
    if clash.kind == "dynamic-name":
        return len(clash.sites) == 1
    return clash.kind in {"name-collision", "reusable-caller"} or (clash.kind == "composite-matrix" and called)


def _folders(old: Sequence[Old]) -> Iterator[Remedy | Problem]:
    """A path for downloads of v1 without one: they made a folder named after the artifact."""
    for step in old:
        site = step.site
        if site.upload or (step.numbers or (0,))[0] != 1 or "path" in site.step.inputs:
            continue
        name = site.step.inputs.get("name")
        try:
            if name is None or not name.value:
                yield Problem("v1-download-folder", f"{site} downloads without a name; v1 does not do that", (site,))
                continue
            edit, claim = add(site, "path", name.value)
            yield Remedy((edit,), (claim,), {site.key: _FOLDER})
        except Opaque as why:
            yield Problem("v1-download-folder", f"{site} needs the path that v1 gave it; {why}", (site,))
