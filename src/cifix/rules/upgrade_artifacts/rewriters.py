"""An upload that takes the place of an earlier one of the same name, and may say so in v4."""

import posixpath
from collections import Counter
from collections.abc import Iterator

from cifix.formats.actions.expression import literal
from cifix.formats.actions.flow import folder
from cifix.formats.actions.runs import Occurrence, Run
from cifix.model.text import Opaque
from cifix.rules.upgrade_artifacts.remedy import Problem, Remedy, add
from cifix.rules.upgrade_artifacts.renames import Shared

_LESSON = "it would fail with (409) Conflict: an artifact with this name already exists"


def rewrite(one: Shared) -> Remedy | Problem | None:
    """`overwrite: true` for a step that stores again, under one name, all that an earlier one stored.

    None if that is not what happens: another path, more than two uploads, or no certain order.
    """
    later = {upload.site.key: upload.site for upload in _later(one)}
    if len(one.sites) != len(later) + 1 or len(later) != 1:
        return None
    (site,) = later.values()
    try:
        edit, claim = add(site, "overwrite", "true")
    except Opaque as why:
        return Problem("same-files", str(why), (site,))
    doubt = f"{site} stores its artifact in the place of an earlier one: see that it holds all of that"
    return Remedy((edit,), (claim,), {site.key: _LESSON}, (doubt,))


def _later(one: Shared) -> Iterator[Occurrence]:
    """The uploads that come after another one, of the same path, once it is there."""
    times = Counter((id(run), upload.site.key) for run, upload in one.found)
    if any(upload.open_axes for _, upload in one.found) or set(times.values()) != {1}:
        return
    for index, (run, first) in enumerate(one.found):
        for other, second in one.found[index + 1 :]:
            if other is not run or first.path != second.path or not first.path:
                continue
            before, after = (second, first) if run.waits(first.job, second.job) else (first, second)
            if (before.job, before.calls) == (after.job, after.calls) or _fetched(run, before, after):
                yield after


def _fetched(run: Run, first: Occurrence, second: Occurrence) -> bool:
    """Whether the job of the second upload surely starts with what the first one stored, in the place it uploads."""
    path = literal(second.path)
    if path is None or len(path.splitlines()) != 1 or not run.waits(second.job, first.job):
        return False
    root = folder((path.strip(),))
    places = {root, posixpath.dirname(root) or "."} if "." in posixpath.basename(root) else {root}
    for occurrence in run.occurrences:
        if occurrence is second:
            return False
        same = (occurrence.job, occurrence.leg, occurrence.calls) == (second.job, second.leg, second.calls)
        if not occurrence.site.upload and same and occurrence.name == first.name and folder(occurrence.path) in places:
            return not occurrence.conditions or occurrence.conditions == second.conditions
    return False
