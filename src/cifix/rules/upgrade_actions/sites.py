"""The steps that use an action of the facts, with what surrounds them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cifix.formats.actions.workflow import Action, Pin, Reference, Step, Workflow, pin
from cifix.formats.yaml import Document, Scalar
from cifix.model.expect import Route


@dataclass(frozen=True)
class Site:
    """One step: where it is written, every route that leads to it, and the variables that reach it.

    `strays` are routes to the same text where it is not what a step uses; `triggers` those of the workflow, None in
    a composite action, which any workflow may call.
    """

    path: str
    document: Document
    step: Step
    uses: Reference
    written: Scalar
    comment: Pin | None
    routes: tuple[Route, ...]
    strays: tuple[Route, ...]
    env: Mapping[str, str]
    triggers: frozenset[str] | None

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from other sites."""
        return self.path, self.written.start

    @property
    def name(self) -> str:
        """The action as the step spells it, without its ref."""
        return self.written.value.rpartition("@")[0]

    def __str__(self) -> str:
        return f"{self.path}:{self.document.text.line_column(self.written.start)[0]}"


def sites(path: str, found: Workflow | Action) -> Iterator[Site]:
    """Every step of a file that uses a remote action, each text once."""
    document = found.document
    steps: list[tuple[Step, Mapping[str, str]]] = []
    if isinstance(found, Workflow):
        steps = [(step, {**found.env, **job.env, **step.env}) for job in found.jobs for step in job.steps]
    else:
        steps = [(step, step.env) for step in found.steps]
    meant = {(*step.route, "uses") for step, _ in steps}
    seen: set[int] = set()
    for step, env in steps:
        if step.uses is None or step.written is None or step.written.start in seen or not step.uses.slug:
            continue
        seen.add(step.written.start)
        routes = document.routes(step.written)
        strays = tuple(route for route in routes if route not in meant)
        triggers = found.triggers if isinstance(found, Workflow) else None
        comment = pin(document, step.written)
        yield Site(path, document, step, step.uses, step.written, comment, routes, strays, env, triggers)
