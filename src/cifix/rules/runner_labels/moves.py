"""The edits that move a job to other labels, so that each leg of its matrix stays and none runs twice."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from cifix.formats.actions.matrix import Data, data, expand
from cifix.formats.yaml import Document, Seq, parse
from cifix.formats.yaml.edit import replace
from cifix.formats.yaml.removal import Leaves, claims, remove, without
from cifix.model.change import Edit, overlap, splice
from cifix.model.expect import Absent, Route, Value
from cifix.model.text import Opaque, Text
from cifix.rules.runner_labels.sites import Runner, Site


class Uncertain(Exception):  # noqa: N818 - it is an answer, not a failure
    """The matrix would change in a way that cannot be foreseen: the message says how."""


@dataclass(frozen=True, slots=True)
class Move:
    """The edits of the matrix or `runs-on`, and the routes of items that are taken out."""

    edits: tuple[Edit, ...]
    removed: tuple[Route, ...] = ()


def move(path: str, document: Document, runner: Runner, labels: Mapping[str, str]) -> Move:
    """Put the new label in the place of each old one; an item that there is already is taken out instead.

    `labels` leads from old labels, in lower case, to new ones. Raises `Uncertain`, or `Opaque` for places that
    cannot be edited.
    """
    sites = [site for site in runner.sites if site.label in labels and not site.stray]
    doubles = list(_doubles(document, runner, labels))
    if not doubles and not _merges(runner, labels):
        return Move(tuple(_renamed(path, document, sites, labels)))
    if runner.job.matrix.unknown is None:
        raise Uncertain("two labels become one in a matrix that only a run can tell")
    merged = [site.route[: len(runner.matrix) + 2] for site in sites if _part(runner, site) == "exclude"]
    for dropped in (doubles, [*doubles, *merged]):
        removed = tuple(_whole(document, dict.fromkeys(dropped)))
        kept = [site for site in sites if not any(site.route[: len(gone)] == gone for gone in removed)]
        edits = (*_renamed(path, document, kept, labels), *(remove(path, document, gone) for gone in removed))
        if not any(overlap(one, other) for one, other in combinations(edits, 2)) and _same_legs(
            document, runner, edits, labels
        ):
            return Move(edits, removed)
    raise Uncertain("two labels become one, and the matrix says more about them than can be put together")


def expected(
    path: str, before: Leaves, values: Mapping[Route, str], removed: Iterable[Route]
) -> tuple[Value | Absent, ...]:
    """The claims of a move: the new values, and what stands elsewhere because of removed items."""
    after: Leaves = {route: (kind, values.get(route, text)) for route, (kind, text) in before.items()}
    for gone in sorted(removed, key=lambda route: route[-1] if isinstance(route[-1], int) else -1, reverse=True):
        after = without(after, gone)
    return claims(path, before, after)


def _part(runner: Runner, site: Site) -> str:
    """Where in the matrix a site is: an axis, `include` or `exclude`."""
    inside = site.route[: len(runner.matrix)] == runner.matrix
    return str(site.route[len(runner.matrix)]) if inside else ""


def _renamed(path: str, document: Document, sites: Sequence[Site], labels: Mapping[str, str]) -> Iterator[Edit]:
    for scalar in dict.fromkeys(site.scalar for site in sites):
        new = spelled_like(scalar.value, labels)
        yield replace(path, document, scalar, (0, len(scalar.value)), new)


def spelled_like(written: str, labels: Mapping[str, str]) -> str:
    """The new label in the spelling of the old one: `macOS-13` becomes `macOS-15-intel`."""
    system = written.partition("-")[0]
    return system + labels[written.lower()][len(system) :]


def _merges(runner: Runner, labels: Mapping[str, str]) -> bool:
    """Whether two different labels of the matrix become one."""
    made: dict[str, str] = {}
    for site in runner.sites:
        if _part(runner, site):
            new = labels.get(site.label, site.label)
            if made.setdefault(new, site.label) != site.label:
                return True
    return False


def _doubles(document: Document, runner: Runner, labels: Mapping[str, str]) -> Iterator[Route]:
    """The items that hold an old label and become equal to another item of their list."""
    for part in dict.fromkeys(_part(runner, site) for site in runner.sites):
        holder = document.at((*runner.matrix, part)) if part else None
        if not isinstance(holder, Seq):
            continue
        axis = runner.axis if part in {"include", "exclude"} else runner.axis[1:]
        old = [_changed(data(item), axis, str.lower) for item in holder.items]
        new = [_changed(item, axis, _moved(labels)) for item in old]
        kept = [item for item, was in zip(new, old, strict=True) if item == was]
        for index, item in enumerate(new):
            if item != old[index] and item in kept:
                yield (*runner.matrix, part, index)
            elif item != old[index]:
                kept.append(item)


def _whole(document: Document, routes: Iterable[Route]) -> Iterator[Route]:
    """The routes of items, with all items of a list made the list itself."""
    chosen = set(routes)
    for holder in dict.fromkeys(route[:-1] for route in routes):
        node = document.at(holder)
        items = [(*holder, index) for index in range(len(node.items))] if isinstance(node, Seq) else []
        yield from [holder] if set(items) <= chosen else [item for item in items if item in chosen]


def _moved(labels: Mapping[str, str]) -> Callable[[str], str]:
    return lambda label: labels.get(label.lower(), label.lower())


def _changed(value: Data, axis: tuple[str, ...], change: Callable[[str], str]) -> Data:
    """A value with the label at `axis` inside it changed."""
    if isinstance(value, dict) and axis:
        return {
            key: _changed(inner, axis[1:], change) if key.lower() == axis[0].lower() else inner
            for key, inner in value.items()
        }
    if isinstance(value, list) and not axis:
        return [_changed(inner, axis, change) for inner in value]
    return change(value) if isinstance(value, str) and not axis else value


def _same_legs(document: Document, runner: Runner, edits: Sequence[Edit], labels: Mapping[str, str]) -> bool:
    """Whether the legs are those of before with the new labels, each once."""
    text = splice(document.text.text, edits)
    try:
        after = expand(parse(Text.decode(text.encode(document.text.encoding))).at(runner.matrix))
    except Opaque:
        return False
    wanted = {_key(leg, runner.axis, _moved(labels)) for leg in runner.job.matrix.legs}
    found = [_key(leg, runner.axis, str.lower) for leg in after.legs]
    return after.unknown == runner.job.matrix.unknown and wanted == set(found) and len(found) == len(wanted)


def _key(leg: Mapping[str, Data], axis: tuple[str, ...], change: Callable[[str], str]) -> str:
    """A leg, its label changed, as a text that is the same for equal legs."""
    return repr(sorted((name, repr(_changed({name: value}, axis, change))) for name, value in leg.items()))
