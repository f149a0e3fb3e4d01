"""What to add to an artifact's name so that each leg of a matrix stores one of its own."""

import re
from collections.abc import Iterator, Mapping, Sequence

from cifix.formats.actions.expression import Unknown, shown, spelling
from cifix.formats.actions.matrix import Data, Matrix, at
from cifix.formats.actions.names import FORBIDDEN, folded, mentions
from cifix.formats.actions.runs import Occurrence

INDEX = "${{ strategy.job-index }}"
"""Tells the legs of a job apart, whatever their values are."""

_WORD = re.compile(r"[A-Za-z_][\w-]*")
_LONG = 40


def varies(uploads: Sequence[Occurrence]) -> bool:
    """Whether legs of one job give one name to their uploads, or might."""
    if any(not mentions(upload, axis) for upload in uploads for axis in _own(upload)):
        return True
    legs: dict[object, set[int]] = {}
    for upload in uploads:
        legs.setdefault((upload.calls, upload.job, folded(upload.name or ())), set()).add(upload.leg)
    return any(len(found) > 1 for found in legs.values())


def suffix(matrix: Matrix, uploads: Sequence[Occurrence]) -> str:
    """Expressions, joined by `-`, that differ wherever the legs of these uploads do.

    They are values of the matrix, if all of them can stand in a name; else the number of the leg.
    """
    if any(_own(upload) for upload in uploads):
        return INDEX
    legs = {upload.leg: matrix.legs[upload.leg] for upload in uploads}
    names = {upload.leg: spelling(folded(upload.name or ())) for upload in uploads}
    usable = list(_usable(list(legs.values())))
    chosen: list[str] = []
    for axis in usable:
        if _kinds(legs, names, [*chosen, axis]) > _kinds(legs, names, chosen):
            chosen.append(axis)
    for axis in tuple(chosen):
        rest = [other for other in chosen if other != axis]
        if rest and _kinds(legs, names, rest) == len(legs):
            chosen = rest
    if not chosen or _kinds(legs, names, chosen) < len(legs):
        return INDEX
    return "-".join(f"${{{{ matrix.{axis} }}}}" for axis in chosen)


def _own(upload: Occurrence) -> list[str]:
    """The axes of its own job that only a run can tell."""
    return [axis for axis in upload.open_axes if not axis.startswith("^")]


def _kinds(legs: Mapping[int, Mapping[str, Data]], names: Mapping[int, str], axes: Sequence[str]) -> int:
    """How many legs the name and these axes, joined as they will be, tell apart."""
    joined = {
        leg: "-".join((names[leg], *(_word(at(values, axis.lower())) for axis in axes))) for leg, values in legs.items()
    }
    return len({text.lower() for text in joined.values()})


def _usable(legs: Sequence[Mapping[str, Data]]) -> Iterator[str]:
    """The axes, and the keys inside them, that hold a word fit for a name in every leg."""
    found = dict.fromkeys(path for leg in legs for path in _paths(leg))
    for path in found:
        words = [_word(at(leg, path.lower())) for leg in legs]
        if all(word and len(word) <= _LONG and word == word.strip() and not FORBIDDEN.search(word) for word in words):
            yield path


def _paths(values: Mapping[str, Data]) -> Iterator[str]:
    for key, value in values.items():
        if not _WORD.fullmatch(key):
            continue
        if isinstance(value, dict):
            yield from (f"{key}.{inner}" for inner in _paths(value))
        else:
            yield key


def _word(value: Data) -> str:
    return "" if value is None or isinstance(value, Unknown | list | dict) else str(shown(value))
