"""GitHub workflows and composite actions: jobs, steps and what they use."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cifix.formats.actions.expression import dynamic, literal, render
from cifix.formats.actions.matrix import Matrix, expand, leg_values
from cifix.formats.yaml import Document, Map, Node, Scalar, Seq, parse, resolved
from cifix.model.expect import Route
from cifix.model.text import Text

WORKFLOWS = (".github/workflows/*.yml", ".github/workflows/*.yaml")
"""Where GitHub looks for workflows."""

ACTIONS = ("**/action.yml", "**/action.yaml")
"""Where actions describe themselves."""

LOCK = ".github/workflows/actions.lock"
"""Pins every action of the workflows; a run fails if it does not agree with them."""

_REMOTE = re.compile(r"(?P<slug>[\w.-]+/[\w.-]+)(?:/(?P<path>[^@\s]+))?@(?P<ref>\S+)")
_VERSION = re.compile(r"[vV]?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?P<suffix>-[\w.-]+)?")
_SHA = re.compile(r"[0-9a-fA-F]{40}")
_PINNED = re.compile(
    r"#\s*(?:tag\s*=\s*|pin\s*@\s*|(?:ratchet:)?[\w.-]+/[\w./-]+@)?(?P<version>[vV]?\d+(?:\.\d+){0,2}(?:-[\w.-]+)?)(?=\s|$)"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a `uses:` names: `slug` (owner/repository, in lower case), `path` inside it, and `ref`.

    For a file of the repository itself (`./x` or `$/x`) only `local` is set, relative to its root.
    """

    slug: str = ""
    path: str = ""
    ref: str = ""
    local: str | None = None

    @property
    def sha(self) -> bool:
        """Whether the ref is a full commit hash."""
        return _SHA.fullmatch(self.ref) is not None

    @property
    def version(self) -> tuple[int, ...] | None:
        """The numbers of a version tag: `v3` is (3,), `v3.1.2` is (3, 1, 2); None for branches and hashes."""
        return version(self.ref)


@dataclass(frozen=True, slots=True)
class Pin:
    """The version that a trailing comment claims, where it stands in the text, and whether the comment ends there."""

    start: int
    end: int
    version: str
    alone: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a job or composite action; `inputs` are its `with` entries, `env` the variables it sets."""

    route: Route
    node: Map
    uses: Reference | None
    written: Scalar | None
    inputs: Mapping[str, Scalar]
    condition: str | None
    env: Mapping[str, str]


@dataclass(frozen=True)
class Job:
    """A job: steps, or a reusable workflow that it calls with `inputs`; `env` are the variables it sets."""

    id: str
    route: Route
    node: Map
    steps: tuple[Step, ...]
    uses: Reference | None
    inputs: Mapping[str, Scalar]
    matrix: Matrix
    condition: str | None
    runs_on: str | None
    needs: tuple[str, ...]
    env: Mapping[str, str]

    @cached_property
    def labels(self) -> frozenset[tuple[str, ...]]:
        """The labels of its runner in lower case, for each leg of its matrix; an empty one is not known."""
        node = self.node.get("runs-on")
        labels = [resolved(item) for item in node.items] if isinstance(node, Seq) else [node]
        texts = [label.value for label in labels if isinstance(label, Scalar)]
        legs = self.matrix.legs if any(map(dynamic, texts)) else self.matrix.legs[:1]
        lookups = [leg_values(leg, self.matrix) for leg in legs]
        return frozenset(tuple((literal(render(text, one)) or "").lower() for text in texts) for one in lookups)


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow file. `defaults` are the inputs that callers may set, with their defaults, if it can be called."""

    document: Document
    jobs: tuple[Job, ...]
    triggers: frozenset[str]
    defaults: Mapping[str, str | None]
    env: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Action:
    """A composite action; any other kind of action has no steps."""

    document: Document
    steps: tuple[Step, ...]
    defaults: Mapping[str, str | None]


def workflow(text: Text) -> Workflow:
    """Read a workflow file; raises `Opaque` if its YAML cannot be edited safely."""
    document = parse(text)
    root = _map(document.at(()))
    call = _map(_at(root, "on", "workflow_call"))
    jobs = _map(root.get("jobs"))
    return Workflow(
        document,
        tuple(_job(entry.key.value, document.at(("jobs", entry.key.value))) for entry in jobs.entries),
        frozenset(_words(root.get("on"))),
        _defaults(call.get("inputs")),
        _variables(root.get("env")),
    )


def action(text: Text) -> Action:
    """Read the description of an action; raises `Opaque` if its YAML cannot be edited safely."""
    document = parse(text)
    root = _map(document.at(()))
    steps = tuple(_steps(("runs", "steps"), _at(root, "runs", "steps")))
    return Action(document, steps, _defaults(root.get("inputs")))


def run_default(node: object, key: str) -> Scalar | None:
    """What `defaults.run` of a job or workflow says about `key`, such as `shell`, for all its scripts."""
    for name in ("defaults", "run", key):
        node = node.get(name) if isinstance(node, Map) else None
    return node if isinstance(node, Scalar) else None


def reference(text: str) -> Reference | None:
    """What a `uses:` names; None for container images and what is not understood."""
    if text.startswith(("./", "$/")):
        return Reference(local=text[2:].strip("/"))
    found = _REMOTE.fullmatch(text)
    if found is None or text.startswith("docker:"):
        return None
    return Reference(found["slug"].lower(), found["path"] or "", found["ref"])


def version(ref: str) -> tuple[int, ...] | None:
    """The numbers of a version tag, without a suffix such as `-node20`; None if it is not one."""
    found = _VERSION.fullmatch(ref)
    return tuple(int(number) for number in found.groups()[:3] if number is not None) if found else None


def pin(document: Document, scalar: Scalar) -> Pin | None:
    """The version in the comment behind a `uses:`, in any style that update tools write."""
    span = document.comment_after(scalar.end)
    found = _PINNED.match(document.text.text, *span) if span else None
    if span is None or found is None:
        return None
    return Pin(*found.span("version"), found["version"], not document.text.text[found.end() : span[1]].strip())


def _job(name: str, node: Node | None) -> Job:
    found = _map(node)
    route: Route = ("jobs", name)
    uses = found.word("uses")
    return Job(
        name,
        route,
        found,
        tuple(_steps((*route, "steps"), found.get("steps"))),
        reference(uses) if uses else None,
        _scalars(found.get("with")),
        expand(_at(found, "strategy", "matrix")),
        found.word("if"),
        found.word("runs-on"),
        tuple(_words(found.get("needs"))),
        _variables(found.get("env")),
    )


def _steps(route: Route, node: Node | None) -> Iterator[Step]:
    """The steps of a list, those inside `parallel:` included."""
    for index, item in enumerate(node.items if isinstance(node, Seq) else ()):
        found = _map(item)
        here = (*route, index)
        yield from _steps((*here, "parallel"), found.get("parallel"))
        written = found.get("uses")
        scalar = written if isinstance(written, Scalar) else None
        yield Step(
            here,
            found,
            reference(scalar.value) if scalar else None,
            scalar,
            _scalars(found.get("with")),
            found.word("if"),
            _variables(found.get("env")),
        )


def _map(node: Node | None) -> Map:
    node = resolved(node) if node else None
    return node if isinstance(node, Map) else Map(0, 0, 0, (), flow=False)


def _at(node: Map, *keys: str) -> Node | None:
    *path, last = keys
    for key in path:
        node = _map(node.get(key))
    return node.get(last)


def _scalars(node: Node | None) -> Mapping[str, Scalar]:
    found = _map(node)
    values = {entry.key.value: found.get(entry.key.value) for entry in found.entries}
    return {key: value for key, value in values.items() if isinstance(value, Scalar)}


def _variables(node: Node | None) -> Mapping[str, str]:
    return {key: scalar.value for key, scalar in _scalars(node).items()}


def _words(node: Node | None) -> Iterator[str]:
    """The words of a scalar, a list of scalars, or the keys of a mapping: three ways to write one thing."""
    match node:
        case Scalar(value=value):
            yield value
        case Seq(items=items):
            yield from (item.value for item in items if isinstance(item, Scalar))
        case Map(entries=entries):
            yield from (entry.key.value for entry in entries)
        case _:
            pass


def _defaults(node: Node | None) -> Mapping[str, str | None]:
    found = _map(node)
    return {entry.key.value: _map(entry.value).word("default") for entry in found.entries}
