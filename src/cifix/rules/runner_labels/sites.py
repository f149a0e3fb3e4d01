"""Where a job's runner labels are written: in `runs-on`, or in the matrix that feeds it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cifix.formats.actions.workflow import Job, Workflow
from cifix.formats.yaml import Document, Map, Node, Scalar, Seq, resolved
from cifix.model.expect import Route

_MENTION = re.compile(r"\bmatrix((?:\.[\w-]+|\[\s*'[\w-]+'\s*\])+)")
_FED = re.compile(rf"\$\{{\{{\s*{_MENTION.pattern}\s*\}}\}}")
_KEY = re.compile(r"[\w-]+")
_INPUT = re.compile(r"\binputs\.([\w-]+)", re.IGNORECASE)
_RUNNER = re.compile(r"(?i).*(?:runs?[-_]?on|runner|\bos\b|image).*")


@dataclass(frozen=True, slots=True)
class Site:
    """One label as written, and the route to it; `stray` names the refusal if it cannot be replaced there."""

    route: Route
    scalar: Scalar
    stray: str = ""

    @property
    def label(self) -> str:
        """The label, for comparison."""
        return self.scalar.value.strip().lower()


@dataclass(frozen=True, slots=True)
class Runner:
    """How a job chooses its runner: `axis` is the path below `matrix` that feeds `runs-on`, empty if none does."""

    job: Job
    axis: tuple[str, ...]
    sites: tuple[Site, ...]

    @property
    def matrix(self) -> Route:
        """The route to the matrix."""
        return (*self.job.route, "strategy", "matrix")


def runner(workflow: Workflow, job: Job) -> Runner:
    """Every place of a job that can hold a runner label."""
    axis: tuple[str, ...] = ()
    found: list[Site] = []
    for site in _labels((*job.route, "runs-on"), job.node.get("runs-on")):
        fed = _FED.fullmatch(site.scalar.value.strip())
        if fed and not site.stray:
            axis = tuple(_KEY.findall(fed.group(1)))
        elif "${{" in site.scalar.value:
            found += [Site(site.route, site.scalar, site.stray or "indirect"), *_inputs(workflow, site.scalar)]
            found += _mentioned(workflow.document, job, site)
        else:
            found.append(site)
    found += _fed(workflow.document, (*job.route, "strategy", "matrix"), axis) if axis else ()
    if job.node.entry("uses"):
        found += [
            Site((*job.route, "with", key), it, "indirect") for key, it in job.inputs.items() if _RUNNER.match(key)
        ]
    return Runner(job, axis, tuple(found))


def _labels(route: Route, node: Node | None) -> Iterator[Site]:
    """The labels of a `runs-on`; several of them together, or a group, belong to somebody's own runners."""
    node = resolved(node) if node else None
    match node:
        case Scalar():
            yield Site(route, node)
        case Seq(items=items):
            for index, item in enumerate(items):
                for site in _labels((*route, index), item):
                    yield site if len(items) == 1 else Site(site.route, site.scalar, "custom-runner")
        case Map() if labels := node.get("labels"):
            for site in _labels((*route, "labels"), labels):
                yield Site(site.route, site.scalar, "custom-runner")
        case _:
            pass


def _inputs(workflow: Workflow, scalar: Scalar) -> Iterator[Site]:
    """The defaults and choices of the inputs that an expression mentions."""
    names = {name.lower() for name in _INPUT.findall(scalar.value)}
    for route, node in workflow.document.walk():
        match route:
            case ("on", _, "inputs", str(name), "default") | ("on", _, "inputs", str(name), "options", int()):
                if name.lower() in names and isinstance(node, Scalar):
                    yield Site(route, node, "indirect")
            case _:
                pass


def _mentioned(document: Document, job: Job, site: Site) -> Iterator[Site]:
    """The places of the matrix that a larger expression, or a list of labels, reads."""
    for mention in _MENTION.finditer(site.scalar.value):
        axis = tuple(_KEY.findall(mention.group(1)))
        for fed in _fed(document, (*job.route, "strategy", "matrix"), axis):
            yield Site(fed.route, fed.scalar, fed.stray or site.stray or "indirect")


def _fed(document: Document, route: Route, axis: tuple[str, ...]) -> Iterator[Site]:
    matrix = document.at(route)
    if isinstance(matrix, Scalar):
        yield Site(route, matrix, "indirect")
    for entry in matrix.entries if isinstance(matrix, Map) else ():
        key = entry.key.value
        path = axis[1:] if key.lower() == axis[0].lower() else axis if key in {"include", "exclude"} else None
        values = resolved(entry.value)
        if path is not None and isinstance(values, Scalar):
            yield Site((*route, key), values, "indirect")
        elif path is not None and isinstance(values, Seq):
            for index, item in enumerate(values.items):
                yield from _inside((*route, key, index), item, path)


def _inside(route: Route, node: Node, path: tuple[str, ...]) -> Iterator[Site]:
    node = resolved(node)
    if not path:
        for site in _labels(route, node):
            dynamic = "${{" in site.scalar.value
            yield Site(site.route, site.scalar, "indirect") if dynamic and not site.stray else site
    elif isinstance(node, Map):
        for entry in node.entries:
            if entry.key.value.lower() == path[0].lower():
                yield from _inside((*route, entry.key.value), entry.value, path[1:])
    elif isinstance(node, Scalar):
        yield Site(route, node, "indirect")
