"""What a migration is made of: problems that keep steps back, and remedies that keep behaviour."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cifix.formats.actions.artifacts import Site
from cifix.formats.actions.workflow import Pin
from cifix.formats.yaml import Map
from cifix.formats.yaml.edit import insert, replace, spelled
from cifix.model.change import Edit
from cifix.model.expect import Expect, Route, Value
from cifix.model.finding import Safety
from cifix.model.text import Opaque
from cifix.rules.upgrade_artifacts.facts import Pair

Key = tuple[str, int]
"""What tells a site from others: its path and the offset of its `uses`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason to keep a group as it is, and the steps it is about; none if it is about the whole group."""

    key: str
    detail: str
    about: tuple[Site, ...] = ()


@dataclass(frozen=True, slots=True)
class Old:
    """A step that must move, or might have to: its version, unless a bare hash hides it, and its comment's.

    `routes` are all that lead to its `uses`, and `strays` those of them where it is no artifact step. `pair` are the
    majors that it and the steps around it move to.
    """

    site: Site
    numbers: tuple[int, ...] | None
    pin: Pin | None
    routes: tuple[Route, ...]
    strays: tuple[Route, ...]
    pair: Pair


@dataclass(frozen=True, slots=True)
class Split:
    """Copies that follow the step at `route`, each with its data by place in the step."""

    path: str
    route: Route
    copies: tuple[Mapping[Route, str], ...]


@dataclass(frozen=True, slots=True)
class Remedy:
    """Edits beyond the ref that steps need to go on as before, and what is claimed about them.

    `blocks` are edits that add whole steps and jobs: at one place they stand behind the others. `lessons` say in
    half a sentence, by site, what would have gone wrong with the new ref alone; `doubts` why a person must look.
    """

    edits: tuple[Edit, ...] = ()
    expects: tuple[Expect, ...] = ()
    lessons: Mapping[Key, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    splits: tuple[Split, ...] = ()
    blocks: tuple[Edit, ...] = ()

    @property
    def joined(self) -> tuple[Edit, ...]:
        """All edits, of which no two insert at one place: as the end of a value, further keys, and blocks."""
        places: dict[tuple[str, int, int], str] = {}
        for edit in (*self.edits, *self.blocks):
            place = edit.path, edit.start, edit.end
            places[place] = places.get(place, "") + edit.text
        return tuple(Edit(*place, text) for place, text in places.items())

    @property
    def safety(self) -> Safety:
        """Whether behaviour is surely kept."""
        return Safety.REVIEW if self.doubts else Safety.SAFE

    def told(self, key: Key) -> Iterator[str]:
        """What a finding about a site should say of it."""
        if key in self.lessons:
            yield f"with the new ref alone {self.lessons[key]}"
        yield from self.doubts


def together(remedies: Iterable[Remedy]) -> Remedy:
    """Several remedies as one."""
    every = list(remedies)
    return Remedy(
        tuple(dict.fromkeys(edit for remedy in every for edit in remedy.edits)),
        tuple(dict.fromkeys(claim for remedy in every for claim in remedy.expects)),
        {key: lesson for remedy in every for key, lesson in remedy.lessons.items()},
        tuple(dict.fromkeys(doubt for remedy in every for doubt in remedy.doubts)),
        tuple(one for remedy in every for one in remedy.splits),
        tuple(dict.fromkeys(edit for remedy in every for edit in remedy.blocks)),
    )


def inputs(site: Site) -> Map:
    """The `with` of a step; raises `Opaque` if it has none, or one that is shared with another place."""
    found = site.document.at((*site.step.route, "with"))
    if not isinstance(found, Map) or len(site.document.routes(found)) != 1:
        raise Opaque(f"{site}: the inputs are missing, or shared with another place through an anchor")
    return found


def append(site: Site, key: str, more: str) -> tuple[Edit, Value]:
    """Add to the end of an input's value; raises `Opaque` if it is shared, or written in an unusual way."""
    scalar = site.step.inputs.get(key)
    if inputs(site).entry(key) is None or scalar is None or len(site.document.routes(scalar)) != 1:
        raise Opaque(f"{site}: the input {key!r} is shared with another place through an anchor")
    length = len(scalar.value.rstrip())
    edit = replace(site.path, site.document, scalar, (length, length), more)
    value = scalar.value[:length] + more + scalar.value[length:]
    return edit, Value(site.path, (*site.step.route, "with", key), value)


def add(site: Site, key: str, value: str, *, first: bool = False) -> tuple[Edit, Value]:
    """Give a step one more input; raises `Opaque` if it has that one, or the inputs are shared."""
    found = inputs(site)
    if any(entry.key.value.lower() == key for entry in found.entries):
        raise Opaque(f"{site}: the input {key!r} is there already")
    source = spelled(value, flow=found.flow) if value != "true" else value
    edit = insert(site.path, site.document, found, {key: source}, first=first)
    return edit, Value(site.path, (*site.step.route, "with", key), value)
