"""An input for reusable workflows, by which each call gives its artifacts names of their own."""

from collections.abc import Iterator

from cifix.formats.actions.artifacts import Repository
from cifix.formats.actions.workflow import Job
from cifix.formats.yaml import Document, Map, Scalar
from cifix.formats.yaml.edit import Source, fill, insert
from cifix.model.change import Edit
from cifix.model.expect import Value
from cifix.model.text import Opaque
from cifix.rules.upgrade_artifacts.remedy import Remedy
from cifix.rules.upgrade_artifacts.suffix import INDEX

INPUT = "artifact-suffix"
"""The input that a called workflow gets."""

GIVEN = f"${{{{ inputs.{INPUT} }}}}"
"""What its uploads add to their names."""


def extended(repository: Repository, path: str, separator: str) -> Remedy:
    """Give the workflow at `path` the input, and each local call of it a value; raises `Opaque` if it cannot be."""
    edit, claims = _declared(path, repository.workflows[path].document)
    edits, values = [edit], list(claims)
    calling = list(_calls(repository, path))
    for caller, job in calling:
        beside = [other for place, other in calling if place == caller]
        legs = len(job.matrix.legs) > 1 or job.matrix.unknown != frozenset()
        parts = [*([job.id] if len(beside) > 1 or not legs else []), *([INDEX] if legs else [])]
        given, value = _given(caller, repository.workflows[caller].document, job, separator + "-".join(parts))
        edits.append(given)
        values.append(value)
    doubt = f"{path} gets an input {INPUT!r}: workflows of other repositories that call it twice must give it too"
    return Remedy(tuple(edits), tuple(values), doubts=(doubt,))


def _calls(repository: Repository, path: str) -> Iterator[tuple[str, Job]]:
    for caller, found in repository.workflows.items():
        for job in found.jobs:
            if job.uses and job.uses.local == path:
                yield caller, job


def _declared(path: str, document: Document) -> tuple[Edit, tuple[Value, ...]]:
    """The declaration of the input, an empty text by default."""
    route = ("on", "workflow_call", "inputs", INPUT)
    claims = Value(path, (*route, "type"), "string"), Value(path, (*route, "default"), "")
    spec: dict[str, Source] = {INPUT: {"type": "string", "default": "''"}}
    triggers, call, given = (document.at(route[:length]) for length in (1, 2, 3))
    if any(node is not None and len(document.routes(node)) != 1 for node in (triggers, call, given)):
        raise Opaque(f"{path}: its triggers are shared through an anchor")
    if isinstance(given, Map) and given.entries:
        if given.entry(INPUT):
            raise Opaque(f"{path}: it has an input {INPUT!r} already")
        return insert(path, document, given, spec), claims
    if isinstance(call, Map) and call.entries and given is None:
        return insert(path, document, call, {"inputs": spec}), claims
    if isinstance(triggers, Map) and isinstance(call, Scalar):
        return fill(path, document, triggers, "workflow_call", {"inputs": spec}), claims
    raise Opaque(f"{path}: its triggers are not written in a way that can take an input")


def _given(path: str, document: Document, job: Job, value: str) -> tuple[Edit, Value]:
    """The value that one call gives."""
    source = f"'{value}'" if value.startswith("-") else value
    node = document.at((*job.route, "with"))
    claim = Value(path, (*job.route, "with", INPUT), value)
    if len(document.routes(job.node)) != 1 or (node is not None and len(document.routes(node)) != 1):
        raise Opaque(f"{path}: the job {job.id} is shared through an anchor")
    if isinstance(node, Map) and node.entries:
        return insert(path, document, node, {INPUT: source}), claim
    if node is None:
        return insert(path, document, job.node, {"with": {INPUT: source}}), claim
    raise Opaque(f"{path}: the inputs of the job {job.id} are written in an unusual way")
