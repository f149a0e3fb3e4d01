"""Which majors a group of runs moves to: those asked for, unless a download would lose a folder there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cifix.formats.actions.artifacts import DOWNLOAD, Repository, Site
from cifix.formats.actions.runs import Run
from cifix.rules.upgrade_artifacts.facts import Pair, facts
from cifix.rules.upgrade_artifacts.folders import is_writable
from cifix.rules.upgrade_artifacts.present import Artifacts, artifacts


@dataclass(frozen=True, slots=True)
class Aim:
    """The majors to move to, the artifact that each download must name to keep its folder, and sentences about it."""

    pair: Pair
    named: Mapping[tuple[str, int], str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def noted(self, *notes: str) -> "Aim":
        """The same with more to say."""
        return replace(self, notes=(*self.notes, *notes))


def aim(repository: Repository, group: Sequence[Run], sites: Sequence[Site], target: str) -> Aim:
    """The majors for all old `sites` of a group, given the option `target`.

    From v5 on a download of everything puts a single artifact into the folder it is given, not into one below it.
    Where there surely are several that is no matter; where there surely is one, it can be named. Else the group
    stays with the newest majors that keep the folder.
    """
    pair, named = facts().pair(target), dict[tuple[str, int], str]()
    if pair[DOWNLOAD] < facts().single_flat:
        return Aim(pair)
    for site in sites:
        found = _found(repository, group, site)
        if found.several:
            continue
        if found.only is None or not is_writable(site):
            return _lower(site, pair)
        named[site.key] = found.only
    return Aim(pair, named)


def _found(repository: Repository, group: Sequence[Run], site: Site) -> Artifacts:
    """What a download finds when it asks for everything: the same in all its executions, or not known."""
    found = [
        artifacts(repository, run, occurrence)
        for run in group
        for occurrence in run.occurrences
        if occurrence.site.key == site.key and not occurrence.site.upload
    ]
    if all(one.several for one in found):
        return Artifacts(several=True)
    return found[0] if len(set(found)) == 1 else Artifacts()


def _lower(site: Site, pair: Pair) -> Aim:
    older = [other for other in facts().pairs if other[DOWNLOAD] < facts().single_flat]
    note = (
        f"it moves to v{older[-1][DOWNLOAD]} and not v{pair[DOWNLOAD]}, because {site} may find a single artifact, "
        f"which v{facts().single_flat} and later put into no folder of its own"
    )
    return Aim(older[-1], notes=(note,))
