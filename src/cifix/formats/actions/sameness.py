"""Whether artifacts reach the same places before and after a change, by following the runs of both."""

from collections.abc import Collection, Iterator, Mapping

from cifix.formats.actions.artifacts import Repository, read, reread
from cifix.formats.actions.expression import spelling
from cifix.formats.actions.flow import deliveries, major, traceable, uploads
from cifix.formats.actions.names import clashes
from cifix.formats.actions.runs import Occurrence, Run, runs
from cifix.model.snapshot import Snapshot

_IMMUTABLE = 4

Slots = Mapping[tuple[object, ...], frozenset[tuple[object, ...]]]


def differences(before: Snapshot, after: Snapshot, paths: Collection[str], commits: Mapping[str, int]) -> Iterator[str]:
    """What is not the same in the runs that files of `paths` take part in: nothing, if the change keeps behaviour.

    Each step must upload the same path under a name of its own, and each place that downloads must get the same
    uploads into the same folders. `commits` are the majors of the hashes that steps are pinned to.
    """
    old, new = _runs(before.once(read), paths), _runs(after.once(reread, before), paths)
    if old.keys() != new.keys():
        yield "other workflows run"
    for key in sorted(old.keys() & new.keys()):
        yield from _run(old[key], new[key], commits)


def _runs(repository: Repository, paths: Collection[str]) -> dict[tuple[str, bool], Run]:
    found = runs(repository, paths)
    return {(run.path, run.outside): run for run in found if not run.files.isdisjoint(paths)}


def _run(old: Run, new: Run, commits: Mapping[str, int]) -> Iterator[str]:
    if not traceable(old) or not traceable(new):
        yield f"{old.path} has more uploads and downloads than can be followed"
        return
    stored, again = uploads(old), uploads(new)
    if [_source(one) for one in stored] != [_source(one) for one in again]:
        yield f"{old.path} uploads other files"
        return
    moved = {
        one.site.key: one.site
        for was, one in zip(stored, again, strict=True)
        if major(was.site.uses, commits) < _IMMUTABLE <= major(one.site.uses, commits)
    }
    for clash in clashes(new, moved):
        if clash.kind != "far-fetched" and (not clash.sites or any(site.key in moved for site in clash.sites)):
            yield f"{clash.kind}: {clash.detail}"
    had, has = _slots(old, commits), _slots(new, commits)
    for slot in dict.fromkeys((*had, *has)):
        if had.get(slot) != has.get(slot):
            yield f"{slot[0]}, job {slot[1]}: a download gets {_words(has.get(slot))} and not {_words(had.get(slot))}"


def _source(upload: Occurrence) -> tuple[object, ...]:
    """What an upload is, whatever it is called."""
    return upload.site.path, upload.job, upload.leg, spelling(upload.path), upload.conditions


def _slots(run: Run, commits: Mapping[str, int]) -> Slots:
    """What arrives where: a slot is a stretch of a leg between two uploads, under the same conditions."""
    found: dict[tuple[object, ...], set[tuple[object, ...]]] = {}
    seen = 0
    for occurrence in run.occurrences:
        if occurrence.site.upload:
            seen += 1
            continue
        slot = (occurrence.site.path, occurrence.job, occurrence.leg, occurrence.conditions, seen)
        fetched = deliveries(run, occurrence, commits)
        found.setdefault(slot, set()).update((one.upload, one.folder, one.doubt) for one in fetched)
    return {slot: frozenset(fetched) for slot, fetched in found.items() if fetched}


def _words(fetched: frozenset[tuple[object, ...]] | None) -> str:
    """How much arrives, for people."""
    folders = sorted({str(folder) for _, folder, _ in fetched or ()})
    return f"{len(fetched or ())} uploads in {', '.join(folders) or 'no folder'}"
