"""Downloads of everything: one step for each name, so that every artifact keeps the folder it had."""

import re
from collections.abc import Iterator, Mapping, Sequence

from cifix.formats.actions.artifacts import Site
from cifix.formats.actions.expression import literal, spelling
from cifix.formats.actions.flow import MAGIC, deliveries, uploads
from cifix.formats.actions.names import FORBIDDEN
from cifix.formats.actions.runs import Occurrence, Run
from cifix.formats.yaml import Map, Scalar, leaves
from cifix.formats.yaml.edit import insert, replace, spelled
from cifix.model.change import Edit, splice
from cifix.model.expect import Absent, Expect, Route, Value
from cifix.model.text import Opaque
from cifix.rules.upgrade_artifacts.moves import moved, moves
from cifix.rules.upgrade_artifacts.remedy import Key, Old, Problem, Remedy, Split
from cifix.rules.upgrade_artifacts.renames import Shared, choose

_DASH = re.compile(r"[ \t]*-[ \t]+")
_MOST = 8
_LESSON = "each new name would get a folder of its own, where the steps below look for the old one"


def split(group: Sequence[Run], old: Mapping[Key, Old], renamed: Sequence[Shared]) -> Iterator[Remedy | Problem]:
    """What to do about each download of everything in a run where names change."""
    changed = {site.key: one for one in renamed for site in one.sites}
    found: dict[Key, tuple[Site, dict[str, str]]] = {}
    for run in group:
        if any(upload.site.key in changed for upload in uploads(run)):
            for download in run.occurrences:
                if not download.site.upload and download.name is None and download.site.key in old:
                    names = found.setdefault(download.site.key, (download.site, {}))[1]
                    names.update(_patterns(run, download, changed))
    for key, (site, names) in found.items():
        try:
            yield _split(old[key], names)
        except Opaque as why:
            detail = f"{site} downloads everything into folders with names that must change; {why}"
            yield Problem("nameless-download", detail, (site,))


def _patterns(run: Run, download: Occurrence, changed: Mapping[Key, Shared]) -> Iterator[tuple[str, str]]:
    """Each name that a download fetched so far, with the pattern that fetches what becomes of it."""
    stored = uploads(run)
    for upload in (stored[one.upload] for one in deliveries(run, download, {})):
        name, one = literal(upload.name or ()), changed.get(upload.site.key)
        if name is None:
            yield spelling(upload.name or ()), ""
        else:
            yield name, f"{name}{choose(one)}*" if one else name


def _split(step: Old, names: Mapping[str, str]) -> Remedy:
    site = step.site
    problem = next(
        (name for name, to in names.items() if not to or MAGIC.intersection(name) or FORBIDDEN.search(name)), None
    )
    if problem is not None or len(names) > _MOST:
        raise Opaque(f"{problem!r} is not a name that can be written down" if problem else "they are too many")
    node = site.step.node
    document = site.document
    text = document.text.text
    start, end = text.rfind("\n", 0, node.start) + 1, document.line_end(node.end)
    dash = text[start : node.start].lstrip("\ufeff")
    if (
        node.flow
        or not _DASH.fullmatch(dash)
        or "id" in {entry.key.value for entry in node.entries}
        or "\r" in text[start:end].replace("\r\n", "")
    ):
        raise Opaque("the step has an id, or is not written as a block of its own")
    last = node.entries[-1].value
    if isinstance(last, Scalar) and last.style in {"|", ">"}:
        raise Opaque("the step ends in a block of text")
    edits = [(_fetch(site, name, pattern), name, pattern) for name, pattern in names.items()]
    newline = document.text.newline_at(node.start)
    copies = [_copy(text, node.start, end, (*moves(step), *some)) for some, _, _ in edits[1:]]
    more = Edit(site.path, end, end, "".join(f"{newline}{dash}{copy}" for copy in copies))
    first = edits[0]
    claims = _claims(site, first[1], first[2])
    parts = tuple(_leaves(step, name, pattern) for _, name, pattern in edits[1:])
    doubt = f"{site} becomes {len(names)} steps, one for each artifact" if copies else ""
    return Remedy(
        first[0],
        tuple(Value(site.path, (*site.step.route, *route), value) for route, value in claims.items()),
        {site.key: _LESSON},
        (doubt or f"{site} fetches into a folder with the old name",),
        (Split(site.path, site.step.route, parts),) if copies else (),
        (more,) if copies else (),
    )


def _folder(site: Site, name: str) -> str:
    scalar = site.step.inputs.get("path")
    base = scalar.value.rstrip("/") if scalar else ""
    return name if base in {"", "."} else f"{base}/{name}"


def _claims(site: Site, name: str, pattern: str) -> dict[Route, str]:
    """The inputs that fetch one artifact into its folder, by their place in the step."""
    return {
        ("with", "pattern"): pattern,
        ("with", "path"): _folder(site, name),
        ("with", "merge-multiple"): "true",
    }


def _fetch(site: Site, name: str, pattern: str) -> tuple[Edit, ...]:
    """Edits that give the step these inputs."""
    node, document = site.step.node, site.document
    given = node.get("with")
    entries = {"pattern": spelled(pattern), "path": spelled(_folder(site, name)), "merge-multiple": "true"}
    if given is None:
        return (insert(site.path, document, node, {"with": entries}),)
    scalar = site.step.inputs.get("path")
    if (
        not isinstance(given, Map)
        or given.flow
        or scalar is None
        or len(given.entries) != 1
        or node.entry("with") is None
    ):
        raise Opaque("its inputs are not just a path")
    if len(document.routes(scalar)) != 1 or scalar.style in {"|", ">"}:
        raise Opaque("its path is shared, or written as a block")
    before = insert(site.path, document, given, {"pattern": entries["pattern"]}, first=True)
    path = replace(site.path, document, scalar, (0, len(scalar.value)), _folder(site, name))
    return before, path, insert(site.path, document, given, {"merge-multiple": "true"})


def _copy(text: str, start: int, end: int, edits: Sequence[Edit]) -> str:
    """A step with edits, as text that can stand behind another dash."""
    inside = [Edit(edit.path, edit.start - start, edit.end - start, edit.text) for edit in edits]
    return splice(text[start:end], inside)


def _leaves(step: Old, name: str, pattern: str) -> dict[Route, str]:
    """The data of a copy of the step, by place in it."""
    site, route = step.site, step.site.step.route
    every = leaves(site.document.text).items()
    found = {place[len(route) :]: value for place, (_, value) in every if place[: len(route)] == route}
    return {**found, ("uses",): moved(step), **_claims(site, name, pattern)}


def shifted(
    claims: Sequence[Expect], splits: Sequence[Split], texts: Mapping[str, Mapping[Route, str]]
) -> tuple[Expect, ...]:
    """Claims about files in which steps were split, at the places that steps have afterwards.

    `texts` is the data of those files before. Every step behind a new one is claimed to be what it was.
    """
    done: list[Expect] = list(claims)
    for path, prefix in dict.fromkeys((one.path, one.route[:-1]) for one in splits):
        mine = [one for one in splits if (one.path, one.route[:-1]) == (path, prefix)]
        about = [
            claim
            for claim in done
            if isinstance(claim, Value | Absent) and claim.path == path and claim.route[: len(prefix)] == prefix
        ]
        wanted = {route: value for route, value in texts[path].items() if route[: len(prefix)] == prefix}
        old = frozenset(wanted)
        for claim in about:
            if isinstance(claim, Value):
                wanted[claim.route] = claim.value
            else:
                wanted.pop(claim.route, None)
        moved_leaves = {_moved(route, prefix, mine): value for route, value in wanted.items()}
        for one in mine:
            place = _moved(one.route, prefix, mine)
            for index, copy in enumerate(one.copies, start=1):
                at = int(place[-1]) + index
                moved_leaves |= {(*prefix, at, *route): value for route, value in copy.items()}
        done = [claim for claim in done if claim not in about]
        done += [Value(path, route, value) for route, value in moved_leaves.items()]
        done += [Absent(path, route) for route in old - moved_leaves.keys()]
    return tuple(done)


def _moved(route: Route, prefix: Route, splits: Sequence[Split]) -> Route:
    place = int(route[len(prefix)])
    further = sum(len(one.copies) for one in splits if int(one.route[-1]) < place)
    return (*prefix, place + further, *route[len(prefix) + 1 :])
