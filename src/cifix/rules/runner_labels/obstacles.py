"""What makes another runner image a change that a person must think through."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cifix.formats.actions.expression import Lookup, Unknown, literal, render
from cifix.formats.actions.matrix import Data, at
from cifix.formats.actions.workflow import Workflow
from cifix.formats.yaml import Document
from cifix.rules.runner_labels.comparisons import mention, scalars
from cifix.rules.runner_labels.sites import Runner


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a label (in lower case) from being replaced: the key of a refusal, and its detail.

    `python` is the version that the successor lacks, if that is the reason.
    """

    label: str
    key: str
    detail: str
    python: str = ""


OLD_PYTHON = re.compile(r"(?:2(?:\.\d+)?|3\.[0-7])(?:\.[\dxX*]+)?(?:-dev)?")
PYTHON = re.compile(r"(?i)py(?:$|[^a-z]|thon|ver|v$)")
_CONDA = re.compile(r"conda|mamba|pixi")
XCODE = re.compile(r"Xcode[-_ ]?\d|/Applications/Xcode|xcode-version", re.IGNORECASE)
_ARTIFACT = ("actions/upload-artifact", "actions/download-artifact")


def obstacles(workflow: Workflow, runner: Runner, moved: Sequence[str]) -> Iterator[Obstacle]:
    """Why some of the old labels `moved` of a job, in lower case, should not simply be replaced."""
    document = workflow.document
    yield from _old_python(document, runner, moved)
    for label in moved:
        if label.startswith("macos"):
            yield from _xcode(document, runner, label)
        yield from _in_scripts(document, runner, label)
        if runner.axis:
            yield from _in_images(document, runner, label)
            yield from _in_artifacts(workflow, runner, label)


def _old_python(document: Document, runner: Runner, moved: Sequence[str]) -> Iterator[Obstacle]:
    own = any(step.uses and step.uses.slug == "actions/setup-python" for step in runner.job.steps)
    if not own and any(step.uses and _CONDA.search(step.uses.slug) for step in runner.job.steps):
        return
    for label, version in _pythons(document, runner):
        if OLD_PYTHON.fullmatch(version):
            for old in moved:
                if old.startswith("ubuntu") and label in {old, ""}:
                    detail = f"the job runs Python {version}, which ubuntu-24.04 does not have"
                    yield Obstacle(old, "old-python", detail, version)


def _pythons(document: Document, runner: Runner) -> Iterator[tuple[str, str]]:
    """The Python versions that the job names, each with the label it runs on; an empty label stands for all."""
    written = [
        step.inputs["python-version"].value
        for step in runner.job.steps
        if step.uses and step.uses.slug == "actions/setup-python" and "python-version" in step.inputs
    ]
    matrix = runner.job.matrix
    for leg in matrix.legs if matrix.unknown is not None else ():
        found = at(leg, ".".join(runner.axis).lower()) if runner.axis else None
        label = found.lower() if isinstance(found, str) else ""
        texts = [*written, *(f"${{{{ matrix.{key} }}}}" for key in leg if PYTHON.match(key))]
        for text in texts:
            yield from ((label, version) for version in (literal(render(text, _values(leg))) or "").split())
    if matrix.unknown is None:
        for route, scalar in scalars(document, runner.matrix):
            if any(isinstance(key, str) and PYTHON.match(key) for key in route[len(runner.matrix) :]):
                yield "", scalar.value


def _values(leg: Mapping[str, Data]) -> Lookup:
    def value(path: str) -> str | float | bool | Unknown | None:
        context, _, name = path.partition(".")
        found = at(leg, name) if context == "matrix" else Unknown(path)
        return Unknown(path) if isinstance(found, list | dict) else found

    return value


def _xcode(document: Document, runner: Runner, label: str) -> Iterator[Obstacle]:
    for route, scalar in scalars(document, runner.job.route):
        if XCODE.search(scalar.value) or XCODE.search(str(route[-1])):
            line = document.text.line_column(scalar.start)[0]
            yield Obstacle(label, "xcode", f"line {line} names an Xcode that the new image may not have")


def _in_scripts(document: Document, runner: Runner, label: str) -> Iterator[Obstacle]:
    """Scripts and settings of the steps that spell the label."""
    word = re.compile(rf"{re.escape(label)}(?![\w.-])")
    for route, scalar in scalars(document, (*runner.job.route, "steps")):
        value = scalar.value.lower()
        if (value == label and route[-1] != "name") or (route[-1] == "run" and word.search(value)):
            line = document.text.line_column(scalar.start)[0]
            yield Obstacle(label, "label-elsewhere", f"the step at line {line} spells {label} itself")


def _in_images(document: Document, runner: Runner, label: str) -> Iterator[Obstacle]:
    for part in ("container", "services"):
        for _, scalar in scalars(document, (*runner.job.route, part)):
            if mention(runner.axis).search(scalar.value):
                yield Obstacle(label, "container", f"the label names a container too: {scalar.value}")


def _in_artifacts(workflow: Workflow, runner: Runner, label: str) -> Iterator[Obstacle]:
    """Artifacts named after the label, where another job spells that name."""
    named = any(
        step.uses and step.uses.slug in _ARTIFACT and mention(runner.axis).search(step.inputs["name"].value)
        for step in runner.job.steps
        if "name" in step.inputs
    )
    for job in workflow.jobs if named else ():
        for _, scalar in scalars(workflow.document, (*job.route, "steps")) if job.id != runner.job.id else ():
            if label in scalar.value.lower():
                detail = f"job {job.id} uses {scalar.value.strip()!r}, named after {label}"
                yield Obstacle(label, "artifact-name", detail)
