"""What the steps of a job do in order, one leg of its matrix at a time, local composite actions followed."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cifix.formats.actions.expression import Result, Unknown, holds, literal, render, spelling
from cifix.formats.actions.matrix import Data, at
from cifix.formats.actions.workflow import Action, Job, Reference, Step, Workflow, action, run_default
from cifix.formats.yaml import Document, Map, Scalar, Seq, resolved
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

WORKSPACE = "/github/workspace"
"""What stands for the folder of the checkout, whose path only a run can tell."""

_SYSTEMS = {"ubuntu": "Linux", "windows": "Windows", "macos": "macOS"}
_HEARD = ("UV_", "PATH", "VIRTUAL_ENV")
_INPUTS = {"path", "repository", "activate-environment"}
_ALWAYS = re.compile(r"(?:\$\{\{)?\s*(?:always|success)\(\)\s*(?:\}\})?|(?:\$\{\{)?\s*!\s*cancelled\(\)\s*(?:\}\})?")
_PLAIN_IMAGES = re.compile(
    r"(?:docker\.io/)?(?:library/)?(?:python|ubuntu|debian|alpine|fedora)(?:[:@].*)?|.*/uv(?:[:@].*)?"
)


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of a job: where it is written, and what its expressions are known to be."""

    path: str
    document: Document
    job: Job
    values: Mapping[str, Data]
    system: str
    inputs: Mapping[str, Result] = field(default_factory=dict)
    env: Mapping[str, str | None] = field(default_factory=dict)
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Visit:
    """A step of a leg: it runs `script` in `folder` (None: not known), or uses an action with `inputs`.

    A variable of `env` is None if only a run can tell its value. The step is `maybe` skipped, and its failure may be
    `tolerated`. `shell` is what it names.
    """

    leg: Leg
    node: Map
    script: Scalar | None
    uses: Reference | None
    inputs: Mapping[str, str | None]
    folder: str | None
    env: Mapping[str, str | None]
    maybe: bool
    tolerated: bool
    shell: str

    @property
    def signature(self) -> tuple[object, ...]:
        """What is equal for legs in which this step does the same to environments."""
        script = self.script
        text = _spelled(script.value, self.leg) if script else None
        env = tuple((name, value) for name, value in self.env.items() if name.startswith(_HEARD))
        inputs = tuple((name, value) for name, value in self.inputs.items() if name in _INPUTS or value is None)
        place = script.start if script else 0
        return self.leg.path, place, text, self.uses, self.folder, env, inputs, self.maybe, self.tolerated, self.shell


def visits(snapshot: Snapshot, path: str, whole: Workflow, job: Job) -> Iterator[Iterator[Visit]]:
    """The steps of each leg of a job."""
    for values in job.matrix.legs:
        leg = Leg(path, whole.document, job, values, "")
        leg = replace(leg, system=_system(runner(leg)))
        leg = _with_env(_with_env(leg, whole.env), job.env)
        top = whole.document.at(())
        holders = [job.node, *([top] if isinstance(top, Map) else [])]
        yield _steps(snapshot, leg, job.steps, holders, maybe=False)


def runner(leg: Leg) -> list[str]:
    """The labels of the runner, in lower case, as far as they are known."""
    node = leg.job.node.get("runs-on")
    labels = [resolved(item) for item in node.items] if isinstance(node, Seq) else [node]
    found = [rendered(label.value, leg) for label in labels if isinstance(label, Scalar)]
    return ["self-hosted" for label in labels if isinstance(label, Map)] + [name.lower() for name in found if name]


def image(leg: Leg) -> str:
    """The container image of a job that may hold more than Python, empty if there is none."""
    node = leg.job.node.get("container")
    name = node.word("image") if isinstance(node, Map) else node.value if isinstance(node, Scalar) else None
    found = rendered(name, leg) if name else ""
    return "" if found is not None and (not found or _PLAIN_IMAGES.fullmatch(found)) else found or str(name)


def rendered(text: str, leg: Leg) -> str | None:
    """A text with its expressions evaluated; None if only a run can tell them."""
    return literal(render(text, lambda path: _lookup(leg, path)))


def _spelled(text: str, leg: Leg) -> str:
    """A text with its expressions evaluated as far as they are known."""
    return spelling(render(text, lambda path: _lookup(leg, path)))


def inside(folder: str | None, other: str | None) -> str | None:
    """The folder that `other` names from `folder`, relative to the checkout; None if it is not known or outside."""
    if folder is None or other is None:
        return None
    if "$" in other or "~" in other or "`" in other or "\\" in other:
        return None
    whole = posixpath.normpath(posixpath.join(WORKSPACE, folder, other))
    if whole == WORKSPACE:
        return ""
    return whole.removeprefix(f"{WORKSPACE}/") if whole.startswith(f"{WORKSPACE}/") else None


def _lookup(leg: Leg, path: str) -> Result:
    context, _, name = path.partition(".")
    match context:
        case "matrix" if leg.job.matrix.unknown is not None:
            found = at(leg.values, name)
            return Unknown(path) if isinstance(found, list | dict) else found
        case "inputs" if name in leg.inputs:
            return leg.inputs[name]
        case "env" if name in {key.lower() for key in leg.env}:
            value = {key.lower(): value for key, value in leg.env.items()}[name]
            return Unknown(path) if value is None else value
        case "runner" if name == "os" and leg.system:
            return leg.system
        case "github" if name == "workspace":
            return WORKSPACE
        case _:
            return Unknown(path)


def _system(labels: Sequence[str]) -> str:
    found = {_SYSTEMS[name] for name in (label.partition("-")[0] for label in labels) if name in _SYSTEMS}
    return found.pop() if len(found) == 1 else ""


def _with_env(leg: Leg, env: Mapping[str, str]) -> Leg:
    return replace(leg, env={**leg.env, **{name: rendered(value, leg) for name, value in env.items()}})


def _steps(
    snapshot: Snapshot, leg: Leg, steps: Sequence[Step], holders: Sequence[Map], *, maybe: bool
) -> Iterator[Visit]:
    for step in steps:
        condition = None if step.condition and _ALWAYS.fullmatch(step.condition.strip()) else step.condition
        found = holds(condition, lambda path: _lookup(leg, path))
        if found is False:
            continue
        inner = _with_env(leg, step.env)
        visit = _visit(inner, step, holders, maybe=maybe or found is None)
        called = _composite(snapshot, step) if step.uses and step.uses.local is not None else None
        if called is None or leg.calls > 5:  # noqa: PLR2004 - deeper than any real nesting
            yield visit
            continue
        file, body = called
        given: dict[str, Result] = {name.lower(): value for name, value in body.defaults.items()}
        given |= {name.lower(): Unknown(name) if value is None else value for name, value in visit.inputs.items()}
        within = replace(inner, path=file, document=body.document, inputs=given, calls=leg.calls + 1)
        yield from _steps(snapshot, within, body.steps, [], maybe=visit.maybe)


def _composite(snapshot: Snapshot, step: Step) -> tuple[str, Action] | None:
    local = step.uses.local if step.uses else None
    for name in ("action.yml", "action.yaml"):
        file = f"{local}/{name}".lstrip("/")
        if file in snapshot:
            try:
                found = snapshot.parsed(file, action)
            except Opaque:
                return None
            return (file, found) if found.steps else None
    return None


def _visit(leg: Leg, step: Step, holders: Sequence[Map], *, maybe: bool) -> Visit:
    script = step.node.get("run")
    word = step.node.word("working-directory") or _default(holders, "working-directory") or ""
    tolerated = any(node.word("continue-on-error") not in {None, "false"} for node in (step.node, leg.job.node))
    return Visit(
        leg,
        step.node,
        script if isinstance(script, Scalar) else None,
        step.uses,
        {name: rendered(scalar.value, leg) for name, scalar in step.inputs.items()},
        inside("", rendered(word, leg)),
        leg.env,
        maybe,
        tolerated,
        step.node.word("shell") or _default(holders, "shell") or "",
    )


def _default(holders: Sequence[Map], key: str) -> str | None:
    """What `defaults.run` of the job or the workflow says."""
    found = (run_default(holder, key) for holder in holders)
    return next((scalar.value for scalar in found if scalar and scalar.value), None)
