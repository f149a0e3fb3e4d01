"""Names of their own for uploads that share one, and downloads that gather them again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cifix.formats.actions.artifacts import Repository, Site
from cifix.formats.actions.expression import Parts, Unknown, literal, spelling
from cifix.formats.actions.flow import MAGIC, deliveries, fits, uploads
from cifix.formats.actions.names import folded
from cifix.formats.actions.runs import DEFAULT, Occurrence, Run
from cifix.formats.actions.workflow import Job
from cifix.model.text import Opaque
from cifix.rules.upgrade_artifacts.callers import GIVEN, extended
from cifix.rules.upgrade_artifacts.downloads import gather
from cifix.rules.upgrade_artifacts.order import apart, follows
from cifix.rules.upgrade_artifacts.remedy import Key, Problem, Remedy, add, append, together
from cifix.rules.upgrade_artifacts.suffix import INDEX, suffix, varies

SEPARATORS = ("-", "-leg-", "--")
"""What may stand between the old name and what is added: the first one with which no other artifact is gathered."""

_CONFLICT = "the second upload would fail with (409) Conflict: an artifact with this name already exists"
_STEADY = ("sha", "run_id", "run_number", "run_attempt", "job", "event_name", "workflow", "actor", "repository_owner")
_MOST = 500


@dataclass(frozen=True, slots=True)
class Shared:
    """One name, or one way to write it, that several uploads share; `found` are all those uploads with their runs.

    `downloads` are the executions of downloads that may fetch one of them, each with all that it may fetch.
    """

    sites: tuple[Site, ...]
    found: tuple[tuple[Run, Occurrence], ...]
    downloads: tuple[tuple[Run, Occurrence, tuple[Occurrence, ...]], ...]

    @property
    def names(self) -> tuple[Parts, ...]:
        """The names that the uploads have so far, each once."""
        return tuple(dict.fromkeys(upload.name or () for _, upload in self.found))


def shared(group: Sequence[Run], clashing: Iterable[Sequence[Site]]) -> list[Shared]:
    """The uploads that take part in clashes, together where they have a name in common."""
    pools: list[set[Key]] = []
    sites: dict[Key, Site] = {}
    every = [(run, upload) for run in group for upload in uploads(run)]
    named: dict[Parts, set[Key]] = {}
    for _, upload in every:
        named.setdefault(folded(upload.name or ()), set()).add(upload.site.key)
        sites[upload.site.key] = upload.site
    wanted = {site.key for some in clashing for site in some}
    for keys in (*({site.key for site in some} for some in clashing), *named.values()):
        if not keys.isdisjoint(wanted):
            touching = [pool for pool in pools if not pool.isdisjoint(keys)]
            pools = [pool for pool in pools if pool not in touching] + [set[Key]().union(keys, *touching)]
    fetched = [(run, *one) for run in group for one in _fetched(run)] if pools else []
    return [
        Shared(
            tuple(sites[key] for key in sorted(pool)),
            tuple((run, upload) for run, upload in every if upload.site.key in pool),
            tuple(one for one in fetched if any(upload.site.key in pool for upload in one[2])),
        )
        for pool in pools
    ]


def _fetched(run: Run) -> Iterator[tuple[Occurrence, tuple[Occurrence, ...]]]:
    """Each execution of a download, with all uploads that it may fetch."""
    stored = uploads(run)
    for download in run.occurrences:
        if not download.site.upload:
            yield download, tuple(stored[one.upload] for one in deliveries(run, download, {}))


def rename(repository: Repository, one: Shared, moving: Mapping[Key, object]) -> Remedy | Problem:
    """Give each upload a name of its own, and let downloads fetch all of them."""
    problem = next(_obstacles(one, moving), None)
    if problem:
        return problem
    separator = next((sign for sign in SEPARATORS if not list(_strangers(one, sign))), None)
    if separator is None:
        stranger = next(_strangers(one, SEPARATORS[-1]))
        detail = (
            f"{one.sites[0]}: no pattern tells its new names from {spelling(stranger.name or ())!r} ({stranger.site})"
        )
        return Problem("name-collision", detail, one.sites)
    additions = {site.key: _addition(repository, one, site) for site in one.sites}
    called = sorted({site.path for site in one.sites if _called_often(one, site)})
    if hopeless := next((site for site in one.sites if not additions[site.key] and site.path not in called), None):
        kind = "composite-matrix" if hopeless.path in repository.actions else "name-collision"
        return Problem(kind, f"{hopeless}: nothing tells its uploads of one name apart", one.sites)
    try:
        edited = [_renamed(site, additions[site.key], separator, one) for site in one.sites]
        gathered = [gather(site, separator) for site in _fetching(one)]
        calls = [extended(repository, path, separator) for path in called]
    except Opaque as why:
        kind = "reusable-caller" if called else "alias" if "anchor" in str(why) else "opaque"
        return Problem(kind, str(why), one.sites)
    return together([*edited, *gathered, *calls, Remedy(doubts=tuple(_doubts(repository, one)))])


def choose(one: Shared) -> str | None:
    """What to put between the old name and what is added, so that a pattern fetches nothing else; None if nothing."""
    return next((sign for sign in SEPARATORS if not list(_strangers(one, sign))), None)


def _obstacles(one: Shared, moving: Mapping[Key, object]) -> Iterator[Problem]:
    """Why the names cannot be changed with certainty."""
    for site in one.sites:
        if site.key not in moving:
            detail = f"{site} uploads a name with {site.uses.ref} that older steps of its run upload too"
            yield Problem("name-collision", detail, one.sites)
    if len(one.found) > _MOST:
        yield Problem("name-collision", f"{one.sites[0]} would store more than {_MOST} artifacts", one.sites)
        return
    for _, download, fetched in one.downloads:
        about = (*one.sites, download.site)
        strangers = [upload for upload in fetched if upload.site.key not in {site.key for site in one.sites}]
        if download.site.key not in moving:
            detail = f"{download.site} downloads with {download.site.uses.ref} what older steps upload"
            yield Problem("name-collision", detail, about)
        elif download.name is None:
            continue
        elif strangers or download.name not in one.names:
            detail = f"{download.site} may download {spelling(download.name)!r}, which must change, or another name"
            yield Problem("dynamic-name", detail, about)
        elif not all(_literal(part) for part in download.name):
            detail = f"{download.site} downloads {spelling(download.name)!r}, which a pattern would not read as it is"
            yield Problem("pattern", detail, about)
    if one.downloads:
        yield from _ordered(one)


def _ordered(one: Shared) -> Iterator[Problem]:
    """Uploads in a fixed order, of which a later one may have replaced files of an earlier one."""
    for first, second in pairs(one):
        paths = literal(first.path), literal(second.path)
        if first.path == second.path or (first.job != second.job and not apart(*paths)):
            detail = (
                f"{second.site} may replace files that {first.site} uploaded; downloads would get both in any order"
            )
            yield Problem("same-files", detail, (first.site, second.site))


def pairs(one: Shared) -> Iterator[tuple[Occurrence, Occurrence]]:
    """Uploads of two steps that surely happen one after the other."""
    for index, (run, first) in enumerate(one.found):
        for other, second in one.found[index + 1 :]:
            if other is run and first.site.key != second.site.key and follows(run, first, second):
                yield first, second


def _literal(part: str | Unknown) -> bool:
    """Whether a pattern reads a part of a name as just these characters."""
    if isinstance(part, Unknown):
        return part.text in {f"github.{word}" for word in _STEADY}
    return MAGIC.isdisjoint(part)


def _strangers(one: Shared, separator: str) -> Iterator[Occurrence]:
    """Uploads of the same runs that a pattern made of an old name would fetch too."""
    keys = {site.key for site in one.sites}
    wanted = {
        (run.path, name)
        for run, download, _ in one.downloads
        for name in ([download.name] if download.name else one.names)
    }
    for run in {id(run): run for run, _ in one.found}.values():
        names = [name for path, name in wanted if path == run.path]
        for upload in uploads(run):
            if upload.site.key not in keys and any(
                fits((*name, f"{separator}*"), upload.name or ()) is not False for name in names
            ):
                yield upload


def _addition(repository: Repository, one: Shared, site: Site) -> str:
    """What to add to the name of one upload: its job, its place among those of the job, and its leg."""
    beside = [other for other in one.sites if _job(other) == _job(site)]
    mine = [upload for _, upload in one.found if _job(upload.site) == _job(site)]
    place = [str(beside.index(site) + 1)] if _share_a_leg(one, beside) else []
    if site.path in repository.actions:
        parts = [*_callers(one, site), *place]
    else:
        jobs = dict.fromkeys(_job(other) for other in one.sites)
        parts = [_job(site)[-1]] if len(jobs) > 1 else []
        parts += place
        parts += [suffix(_matrix_job(repository, site).matrix, mine)] if varies(mine) else []
    return "-".join(parts)


def _called_often(one: Shared, site: Site) -> bool:
    """Whether a run calls the workflow of an upload more than once, or may."""
    calls: dict[int, set[object]] = {}
    for run, upload in one.found:
        if upload.site.key == site.key and any(call.kind == "reusable" for call in upload.calls):
            calls.setdefault(id(run), set()).add(upload.calls)
            calls[id(run)] |= {axis for axis in upload.open_axes if axis.startswith("^")}
    return any(len(found) > 1 for found in calls.values())


def _callers(one: Shared, site: Site) -> Iterator[str]:
    """What tells the jobs and legs apart that call an action."""
    jobs: dict[int, set[str]] = {}
    legs: set[int] = set()
    for run, upload in one.found:
        if upload.site.key == site.key:
            jobs.setdefault(id(run), set()).add(upload.job)
            legs |= {upload.leg, *([-1] if upload.open_axes else [])}
    if any(len(labels) > 1 for labels in jobs.values()):
        yield "${{ github.job }}"
    if len(legs) > 1:
        yield INDEX


def _job(site: Site) -> tuple[str, str]:
    return site.path, str(site.step.route[1])


def _matrix_job(repository: Repository, site: Site) -> Job:
    return next(job for job in repository.workflows[site.path].jobs if job.id == _job(site)[1])


def _share_a_leg(one: Shared, beside: Sequence[Site]) -> bool:
    """Whether two of the sites, all of one job, are executed in one leg."""
    places: set[tuple[object, ...]] = set()
    for site in beside:
        mine = {
            (id(run), upload.job, upload.calls, upload.leg) for run, upload in one.found if upload.site.key == site.key
        }
        if not places.isdisjoint(mine):
            return True
        places |= mine
    return False


def _renamed(site: Site, addition: str, separator: str, one: Shared) -> Remedy:
    added = (GIVEN if _called_often(one, site) else "") + (separator + addition if addition else "")
    lesson = _CONFLICT if len(one.found) > 1 else f"each leg would upload the same name, and {_CONFLICT}"
    lessons = {site.key: lesson}
    if "name" in site.step.inputs:
        edit, claim = append(site, "name", added)
    else:
        edit, claim = add(site, "name", f"{DEFAULT}{added}", first=True)
    return Remedy((edit,), (claim,), lessons)


def _fetching(one: Shared) -> list[Site]:
    return list({download.site.key: download.site for _, download, _ in one.downloads if download.name}.values())


def _doubts(repository: Repository, one: Shared) -> Iterator[str]:
    """Why a person must look: others may call an action, and which of two files with one name wins may change."""
    for site in (*one.sites, *_fetching(one)):
        if site.path in repository.actions or "workflow_call" in repository.workflows[site.path].triggers:
            yield f"{site.path} gives its artifacts other names wherever it is called, from other repositories too"
    if not one.downloads:
        return
    for first, second in pairs(one):
        if not apart(literal(first.path), literal(second.path)):
            yield f"{first.site} and {second.site} may hold files of the same name, and the later one won so far"
            return
