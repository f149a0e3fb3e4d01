"""Whether the uploads of a run get along in v4, where an artifact is stored once under its name."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations, product

from cifix.formats.actions.artifacts import Site
from cifix.formats.actions.conditions import exclusive
from cifix.formats.actions.expression import Parts, Unknown, disjoint, literal, spelling
from cifix.formats.actions.runs import Occurrence, Run

FORBIDDEN = re.compile(r'["*:<>|?\r\n\\/]')
"""What the name of an artifact must not hold."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Uploads that would fail: a `kind` of trouble, in words, and the sites it concerns; none if all.

    The kinds are `forbidden-name`, `name-collision`, `reusable-caller` and `composite-matrix` (a collision
    of a file with itself, called several times), `dynamic-name` (not known before the run), and `far-fetched`
    (a collision only if one expression has several values that make up for what else differs).
    """

    kind: str
    detail: str
    sites: tuple[Site, ...]


def clashes(run: Run, overwriting: Collection[tuple[str, int]] = ()) -> Iterator[Clash]:
    """What is wrong with the names of a run's uploads; nothing if each is surely stored once.

    `overwriting` are the keys of sites that may take the place of an earlier upload, if they say so.
    """
    uploads: dict[Parts, list[Occurrence]] = {}
    for occurrence in run.occurrences:
        if occurrence.site.upload and occurrence.name:
            uploads.setdefault(folded(occurrence.name), []).append(occurrence)
    for same in uploads.values():
        yield from _alone(same[0])
        together = _together(same, overwriting)
        if len(together) > 1:
            yield _repeated(together)
    unknown = [name for name in uploads if literal(name) is None]
    known = [name for name in uploads if literal(name) is not None]
    for one, other in chain(combinations(unknown, 2), product(known, unknown)):
        if not disjoint(one, other):
            yield _perhaps(uploads[one][0], uploads[other][0])
    if not run.complete:
        yield Clash("dynamic-name", f"{run.path} runs more steps than can be followed", ())


def _together(same: list[Occurrence], overwriting: Collection[tuple[str, int]]) -> list[Occurrence]:
    """The uploads of a name that can happen in one run, whatever their conditions and those of the others are.

    One that overwrites is left out where it is alone: it takes the place of what was stored before.
    """
    kinds: dict[tuple[str, ...], list[Occurrence]] = {}
    for upload in same:
        kinds.setdefault(upload.conditions, []).append(upload)
    found = []
    for conditions, some in kinds.items():
        others = [other for other in kinds if other != conditions]
        if len(some) > 1 or any(not excluded(conditions, other) for other in others):
            found += some
    keys = [upload.site.key for upload in found]
    alone = {key for key in overwriting if keys.count(key) == 1}
    return [one for one in found if one.site.key not in alone or one.given.get("overwrite") != ("true",)]


def excluded(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether two executions with these conditions never happen in one run."""
    return any(exclusive(one, other) for one in some for other in others)


def folded(name: Parts) -> Parts:
    """Names that differ in case only count as one."""
    return tuple(part.lower() if isinstance(part, str) else part for part in name)


def _alone(upload: Occurrence) -> Iterator[Clash]:
    """What is wrong with an upload whatever the others do."""
    name = upload.name or ()
    bad = next((part for part in name if isinstance(part, str) and FORBIDDEN.search(part)), None)
    if bad is not None:
        yield Clash(
            "forbidden-name", f"{_where(upload)} uploads {spelling(name)!r}; v4 does not allow that", (upload.site,)
        )
    missing = sorted(axis for axis in upload.open_axes if not mentions(upload, axis))
    if missing:
        axes = ", ".join(f"matrix.{axis.lstrip('^')}" for axis in missing)
        detail = f"{_where(upload)} uploads {spelling(name)!r} in legs that {axes} makes up at run time"
        yield Clash("dynamic-name", detail, (upload.site,))


def mentions(upload: Occurrence, axis: str) -> bool:
    """Whether legs that differ in an axis give different names; those of a caller do through inputs only."""
    unknown = [part.text for part in upload.name or () if isinstance(part, Unknown)]
    own = axis.lstrip("^")
    written = "strategy.job-index" if own == "*" else f"matrix.{own.lower()}"
    spots = (written, "strategy.job-index")
    given = any(f"${{{{ {spot} }}}}" in text for text in unknown for spot in spots)
    return given or (own == axis and any(text in spots for text in unknown))


def _repeated(same: list[Occurrence]) -> Clash:
    """One name, several uploads."""
    first, second = same[0], same[1]
    name = spelling(first.name or ())
    found = tuple({occurrence.site.key: occurrence.site for occurrence in same}.values())
    if any(isinstance(part, Unknown) and not part.constant for part in first.name or ()):
        return Clash("dynamic-name", f"{_where(first)} and {_where(second)} may both upload {name!r}", found)
    if first.site.key != second.site.key:
        return Clash("name-collision", f"{_where(first)} and {_where(second)} both upload {name!r}", found)
    if first.calls == second.calls:
        detail = f"{_where(first)} uploads {name!r} in {len(same)} legs of its matrix"
        return Clash("name-collision", detail, found)
    kind = "reusable-caller" if any(call.kind == "reusable" for call in first.calls) else "composite-matrix"
    jobs = "job " + first.job if first.job == second.job else f"jobs {first.job} and {second.job}"
    return Clash(kind, f"{first.site} uploads {name!r} in each of {len(same)} calls, from {jobs}", found)


def _perhaps(one: Occurrence, other: Occurrence) -> Clash:
    names = f"{spelling(one.name or ())!r} and {spelling(other.name or ())!r}"
    detail = f"{_where(one)} and {_where(other)} upload {names}, which may turn out to be the same"
    steady = (tuple(_steady(part) for part in upload.name or ()) for upload in (one, other))
    kind = "far-fetched" if disjoint(*steady) else "dynamic-name"
    return Clash(kind, detail, (one.site, other.site))


def _steady(part: str | Unknown) -> str | Unknown:
    return replace(part, constant=True) if isinstance(part, Unknown) else part


def _where(upload: Occurrence) -> str:
    return f"{upload.site} (job {upload.job})" if upload.job else str(upload.site)
