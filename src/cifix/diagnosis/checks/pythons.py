"""Pythons that a job asks for: those that the project does not support, and those that nobody has built.

Source: https://github.com/actions/python-versions, read 2026-11.
"""

import re
from collections.abc import Iterator

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.checks.tables import table
from cifix.diagnosis.insight import Insight, Question
from cifix.formats.yaml import Map, Node, Scalar, Seq, resolved

_SPACES = re.compile(r"\s+")


def why_unsupported(question: Question) -> Insight | None:
    """The workflow asks for a Python that `requires-python` leaves out."""
    wanted = _SPACES.sub("", question.values.get("wanted", ""))
    project = table(question.checkout.toml("pyproject.toml"), "project")
    required = _SPACES.sub("", str(project.get("requires-python", "")))
    if not required or not wanted or sorted(required.split(",")) != sorted(wanted.split(",")):
        return None
    python = question.values.get("python", "")
    place = next(_asking(question, ".".join(python.split(".")[:2])), None) if python else None
    if place is None:
        return Insight(
            Verdict.LIKELY,
            f"pyproject.toml requires Python {required}",
            "run the job with such a Python, or widen requires-python: which of the two is the maintainers' choice",
            "git grep -n requires-python -- pyproject.toml",
        )
    return Insight(
        Verdict.CONFIRMED,
        f"{place} asks for Python {python}, and pyproject.toml requires {required}",
        "leave that version out of the matrix, or widen requires-python: which of the two is the maintainers' choice",
        "git grep -n requires-python -- pyproject.toml",
    )


def why_not_built(question: Question) -> Insight | None:
    """The workflow asks for a Python of which there is no build for this image."""
    version = question.values["version"]
    place = next(_asking(question, version), None)
    if place is None:
        return None
    image = question.values.get("image", "the image that the job runs on")
    return Insight(
        Verdict.CONFIRMED,
        f"{place} asks for Python {version}, of which there is no build for {image}",
        f"leave {version} out, run that leg on an older image, or let uv install it (`uv python install {version}`)",
        f"git grep -n -F -e '{version}' -- {place.rpartition(':')[0]}",
    )


def _asking(question: Question, version: str) -> Iterator[str]:
    """Where the jobs say this version: in their matrix, or in the step that sets Python up."""
    for site in question.sites:
        strategy = site.job.node.get("strategy")
        matrix = strategy.get("matrix") if isinstance(strategy, Map) else None
        inputs = [step.inputs[name] for step in site.job.steps for name in ("python-version",) if name in step.inputs]
        for scalar in (*_scalars(matrix), *inputs):
            if version and re.fullmatch(rf"{re.escape(version)}(?:\.[\dx]+)?", scalar.value.strip()):
                yield f"{site.path}:{site.line(scalar.start)}"


def _scalars(node: Node | None) -> Iterator[Scalar]:
    node = resolved(node) if node is not None else None
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Seq):
        for item in node.items:
            yield from _scalars(item)
    elif isinstance(node, Map):
        for entry in node.entries:
            yield from _scalars(entry.value)
