"""The edits of one step: its ref, the comment behind it, and its inputs; with what they mean."""

import re
from collections.abc import Iterator
from itertools import combinations

from cifix.formats.yaml import Alias, Map, Scalar
from cifix.formats.yaml.edit import fill, insert, replace, spelled
from cifix.formats.yaml.removal import remove
from cifix.model.change import Edit, overlap
from cifix.model.expect import Absent, Value
from cifix.model.text import Opaque
from cifix.rules.upgrade_actions.inputs import Inputs
from cifix.rules.upgrade_actions.sites import Site

_BARE = re.compile(r"true|false|0|[1-9][0-9]*")


def edits(site: Site, uses: str, comment: str | None, inputs: Inputs) -> tuple[Edit, ...]:
    """Everything that changes in the file; `comment` is the new version in the comment, None if it can stay.

    Raises `Opaque` where that cannot be written with certainty.
    """
    found = [_uses(site, uses)]
    if comment is not None and site.comment is not None:
        found.append(Edit(site.path, site.comment.start, site.comment.end, comment))
    found += _inputs(site, inputs)
    if any(overlap(first, second) for first, second in combinations(found, 2)):
        raise Opaque("the changes of the step stand too close together")
    return tuple(found)


def _uses(site: Site, uses: str) -> Edit:
    old = site.written.value
    same = len(site.name) + 1 if uses.startswith(f"{site.name}@") else 0
    return replace(site.path, site.document, site.written, (same, len(old)), uses[same:])


def _inputs(site: Site, inputs: Inputs) -> Iterator[Edit]:
    path, document, node = site.path, site.document, site.step.node
    given = node.entry("with")
    holder = given.value if given else None
    renamed = {key: new for key, new in inputs.names.items() if key != new}
    turned = {key: inputs.values[key] for key in inputs.names if inputs.values[key] != inputs.given[key]}
    if not (renamed or turned or inputs.gone or inputs.added):
        return
    shared = isinstance(holder, Alias) or (holder is not None and len(document.routes(holder)) > 1)
    if len(site.routes) > 1 or shared:
        raise Opaque("the step is shared through an anchor, and its inputs must change")
    if isinstance(holder, Map) and holder.entries and len(inputs.gone) == len(holder.entries) and not inputs.added:
        yield remove(path, document, (*site.step.route, "with"))
        return
    yield from (remove(path, document, (*site.step.route, "with", key)) for key in sorted(inputs.gone))
    if isinstance(holder, Map):
        for entry in holder.entries:
            key, value = entry.key, entry.value
            if key.value in renamed:
                yield replace(path, document, key, (0, len(key.value)), renamed[key.value])
            if key.value in turned and isinstance(value, Scalar):
                yield replace(path, document, value, (0, len(value.value)), turned[key.value])
    if inputs.added:
        yield _added(site, holder, inputs)


def _added(site: Site, holder: object, inputs: Inputs) -> Edit:
    path, document, node = site.path, site.document, site.step.node
    flow = node.flow or (isinstance(holder, Map) and holder.flow)
    new = {key: value if _BARE.fullmatch(value) else spelled(value, flow=flow) for key, value in inputs.added.items()}
    if holder is None:
        return insert(path, document, node, {"with": new})
    if not isinstance(holder, Map):
        return fill(path, document, node, "with", new)
    last = bool(holder.entries) and holder.entries[-1].key.value in inputs.gone
    return insert(path, document, holder, new, first=last)


def expects(site: Site, uses: str, inputs: Inputs) -> Iterator[Value | Absent]:
    """What the edits mean to the data."""
    for route in site.routes:
        yield Value(site.path, route, uses)
    route = (*site.step.route, "with")
    for key in inputs.gone:
        yield Absent(site.path, (*route, key))
    for key, new in inputs.names.items():
        if key != new:
            yield Absent(site.path, (*route, key))
        if key != new or inputs.values[key] != inputs.given[key]:
            yield Value(site.path, (*route, new), inputs.values[key])
    for key, value in inputs.added.items():
        yield Value(site.path, (*route, key), value)
