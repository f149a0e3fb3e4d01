"""Retired images of Azure Pipelines and CircleCI: one fix for all of them in a file."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from cifix.formats import azure, circleci
from cifix.formats.yaml import Document, Scalar, leaves, parse_merging, unmerged
from cifix.formats.yaml.edit import replace
from cifix.formats.yaml.removal import Leaves
from cifix.model.expect import Route, Value
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.glob import matches
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.runner_labels.facts import Label, at, facts
from cifix.rules.runner_labels.obstacles import OLD_PYTHON, PYTHON, XCODE
from cifix.rules.runner_labels.places import Place, in_azure, in_circleci

_STUDIO = re.compile(r"Visual Studio (?:1[0-6]|20(?:1[0-9]))|\bvs-?(?:1[0-6]|201\d)\b|\bv14[012]\b", re.IGNORECASE)
_SHOWN = {"displayName", "name", "job", "stage", "deployment"}
_STRAY = {
    "custom-runner": "it stands in a pool of its own name, whose agents are not those of Microsoft",
    "indirect": "it is given to another file, which may use it for more than an image",
}


@dataclass(frozen=True, slots=True)
class _File:
    """A pipeline, its data, every place that may hold an image, and the labels that do not work."""

    path: str
    document: Document
    data: Leaves
    places: tuple[Place, ...]
    retired: Mapping[str, Label]
    day: date

    def label(self, place: Place) -> tuple[str, Label] | None:
        """The retired label that a place holds, in lower case, and what is known about it."""
        value = place.scalar.value.strip().lower()
        names = (name for name in (value, value.partition(":")[0]) if name in self.retired)
        return next(((name, self.retired[name]) for name in names), None)


def findings(snapshot: Snapshot, candidates: Sequence[str], day: date, *, announced: bool) -> Iterator[Finding]:
    """One finding per place of the candidates, or of templates that they use, that names a retired image."""
    circle = [path for path in candidates if matches(path, circleci.PIPELINES)]
    pipelines = azure.included(snapshot) if any(matches(path, azure.PIPELINES) for path in candidates) else ()
    for paths, known, places in ((pipelines, facts().azure, in_azure), (circle, facts().circleci, in_circleci)):
        retired = at(known, day, announced=announced)
        for path in sorted(paths):
            yield from _of_file(snapshot, path, day, retired, places)


def _of_file(
    snapshot: Snapshot,
    path: str,
    day: date,
    retired: Mapping[str, Label],
    places: Callable[[Document], Iterator[Place]],
) -> Iterator[Finding]:
    words = re.compile(rf"(?i)(?<![\w.-])(?:{'|'.join(map(re.escape, retired))})(?![\w.-])")
    try:
        if not words.search(snapshot.text(path).text):
            return
        document, data = snapshot.parsed(path, parse_merging), snapshot.parsed(path, leaves)
    except Opaque as why:
        message = "a job may name an image that is retired"
        yield Finding("runner-labels", path, 0, 0, message, Refusal("opaque", str(why)))
        return
    yield from _judged(_File(path, document, data, tuple(places(document)), retired, day))


def _judged(file: _File) -> Iterator[Finding]:
    held = {name: refusal for name in file.retired if (refusal := _obstacle(file, name))}
    outcome: Fix | Refusal | None = None
    seen: set[int] = set()
    for place in file.places:
        found = file.label(place)
        if found is None or place.scalar.start in seen:
            continue
        seen.add(place.scalar.start)
        name, label = found
        if place.stray:
            ending: Fix | Refusal = Refusal(place.stray, _STRAY[place.stray])
        elif name in held:
            ending = held[name]
        else:
            ending = outcome = outcome or _outcome(file, held)
        span = place.scalar.start, place.scalar.end
        written = place.scalar.value.strip()
        message = label.told(written, file.day)
        yield Finding("runner-labels", file.path, *span, message, ending, label.retired, (written,))


def _outcome(file: _File, held: Mapping[str, Refusal]) -> Fix | Refusal:
    """The fix for all images of a file that nothing keeps back, or why there is none."""
    values: dict[Route, str] = {}
    moved: dict[Scalar, tuple[str, Label]] = {}
    for place in file.places:
        found = file.label(place)
        if found and not place.stray and found[0] not in held:
            moved[place.scalar] = found
            values[place.route] = _spelled_like(place.scalar.value, found[1].successor)
    for scalar in moved:
        if stray := next((route for route in file.document.routes(scalar) if route not in values), None):
            return Refusal("alias", f"it is used at {'.'.join(map(str, stray))} too")
    if twice := _twice(file.data, values):
        return Refusal("matrix", f"two legs of {'.'.join(map(str, twice))} would become the same")
    try:
        edits = tuple(
            replace(
                file.path, file.document, scalar, (0, len(scalar.value)), _spelled_like(scalar.value, label.successor)
            )
            for scalar, (_, label) in moved.items()
        )
    except Opaque as why:
        return Refusal("opaque", str(why))
    works = any(label.retired > file.day for _, label in moved.values())
    old = dict.fromkeys(name for name, _ in moved.values())
    new = dict.fromkeys(label.successor for _, label in moved.values())
    title = f"Move {file.path} from {', '.join(old)} to {', '.join(new)}"
    claims = tuple(Value(file.path, route, value) for route, value in values.items())
    return Fix(title, Safety.SHOWN if works else Safety.REVIEW, edits, claims)


def _spelled_like(written: str, successor: str) -> str:
    """The new image with the capitals of the old one: `macOS-13` becomes `macOS-15`."""
    system = written.partition("-")[0]
    return system + successor[len(system) :] if successor.startswith(system.lower()) else successor


def _twice(data: Leaves, values: Mapping[Route, str]) -> Route | None:
    """A matrix in which two legs, or two values of a parameter, become equal."""
    for route in values:
        for holder in _holders(route):
            if len(set(_legs(data, values, holder))) < len(set(_legs(data, {}, holder))):
                return holder
    return None


def _holders(route: Route) -> Iterator[Route]:
    """The matrix whose legs are mappings, or the list of a matrix parameter, that a route lies in."""
    if route[-3:-2] == ("matrix",):
        yield route[:-2]
    if route[-4:-2] == ("matrix", "parameters"):
        yield route[:-1]


def _legs(data: Leaves, values: Mapping[Route, str], holder: Route) -> Iterator[tuple[str, ...]]:
    """What each leg of a matrix says, as texts that are the same for equal legs."""
    legs: dict[str | int, list[str]] = {}
    for route, (kind, text) in data.items():
        if route[: len(holder)] == holder and route != holder:
            inner = route[len(holder) + 1 :], kind, values.get(route, text)
            legs.setdefault(route[len(holder)], []).append(repr(inner))
    return (tuple(sorted(leg)) for leg in legs.values())


def _obstacle(file: _File, name: str) -> Refusal | None:
    """What makes another image than the one with this label a change that a person must think through."""
    own = {place.scalar for place in file.places if file.label(place) and not place.stray}
    spelled = re.compile(rf"(?i)(?<![\w.-]){re.escape(name)}(?![\w.-])")
    holders = {place.name for place in file.places if place.name and place.scalar.value.strip().lower() == name}
    for route, node in file.document.walk():
        if not isinstance(node, Scalar) or node in own or (route and route[-1] in _SHOWN):
            continue
        text = node.value.strip()
        key = ""
        if spelled.search(text):
            key = "label-elsewhere"
        elif {"container", "containers"} & set(route) and holders & set(azure.mentions(text)):
            key = "container"
        elif name.startswith("ubuntu-") and OLD_PYTHON.fullmatch(text) and _chosen(file.document, route):
            key = "old-python"
        elif name.startswith("macos") and XCODE.search(text):
            key = "xcode"
        elif "win" in name and _STUDIO.search(text):
            key = "visual-studio"
        if key:
            line = file.document.text.line_column(node.start)[0]
            return Refusal(key, f"line {line} says {text.partition(chr(10))[0]!r}")
    return None


def _chosen(document: Document, route: Route) -> bool:
    """Whether the value at a route is the version of Python that a task installs, or seems to be."""
    variable = azure.defined(document, unmerged(route))
    if variable and PYTHON.match(variable):
        return True
    for start, task, given in azure.tasks(document):
        version = given.get("versionSpec") if task == "usepythonversion" else None
        named = azure.mentions(version.value) if isinstance(version, Scalar) else ()
        if route == (*start, "inputs", "versionSpec") or variable in named:
            return True
    return False
