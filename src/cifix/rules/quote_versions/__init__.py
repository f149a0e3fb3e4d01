"""Quote version numbers that YAML would shorten.

Why:
    Without quotes `3.10` is a number, and that number is 3.1. setup-python then stops with
    `The version '3.1' with architecture 'x64' was not found for Ubuntu 24.04`, or
    `Version 3.1 was not found in the local cache`; setup-go looks for Go 1.2 where `1.20` was meant;
    setup-node quietly installs Node 18.1 for `18.10`. In a matrix the job is called `test (3.1)` as well.
    The number gets quotes where it names a version: in the inputs of a step or of a called workflow, in
    matrix axes (`include` and `exclude` too), in environment variables and in the defaults of inputs.

    The same is done for Azure Pipelines (inputs of tasks such as `UsePythonVersion`, and the matrix, variables and
    parameters that feed them or are named so), for CircleCI (parameters of jobs, commands, executors and orbs, their
    matrix and defaults, the environment) and for GitLab (`parallel: matrix`, variables, inputs of includes), where
    `image: python:$PYTHON` would ask for `python:3.1`. Azure Pipelines reads the number as it is written in some
    places, so nobody can say whether a run fails; CircleCI turns a number down where a parameter must be a text.

When this is wrong:
    The shortened number is what is wanted, as 18.1 could be. Then write it that way. A required check
    that is named after the short number must be renamed in the settings of the repository.

What it will not touch:
    Numbers that mean the same with and without quotes, such as `3.9`; `3.0`, which actions read as 3;
    values of keys that name no version; files of GitLab that the pipeline does not include.

Sources:
    - https://yaml.org/spec/1.2.2/#1032-tag-resolution (read 2026-11)
    - https://github.com/actions/setup-python#basic-usage advises quotes (read 2026-11)
    - https://github.com/microsoft/azure-pipelines-tasks/issues/17323 for Azure Pipelines (read 2026-11)
    - https://github.com/astral-sh/uv/issues/13675 for GitLab (read 2026-11)
    - https://circleci.com/docs/reference/configuration-reference/ for CircleCI (read 2026-11)
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from cifix.formats import azure as azure_format
from cifix.formats import circleci as circleci_format
from cifix.formats import gitlab as gitlab_format
from cifix.formats.actions.workflow import ACTIONS, WORKFLOWS
from cifix.formats.yaml import Document, Scalar, Seq, kind, parse, parse_merging
from cifix.model.change import Edit
from cifix.model.expect import Route, Value
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.glob import matches
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.quote_versions import azure, circleci, github, gitlab

_SHORTENED = re.compile(r"\d+\.\d*[1-9]0+")
_TEXT = re.compile(r"[:,\[\-]\s*(?:&[^\s&]+\s+)?\d+\.\d*[1-9]0+\s*(?:$|[,\]}#])", re.MULTILINE)
_SURE = re.compile(r"(?i).*(?:py|go).*")

_Versions = Callable[[Document], Callable[[Route], str | None]]
_OTHERS: tuple[tuple[tuple[str, ...], _Versions], ...] = (
    (azure_format.PIPELINES, azure.versions),
    (circleci_format.PIPELINES, circleci.versions),
    (gitlab_format.PIPELINES, gitlab.versions),
)


@declare(
    __doc__,
    reads=(*WORKFLOWS, *ACTIONS, *azure_format.PIPELINES, *circleci_format.PIPELINES, *gitlab_format.PIPELINES),
    needles=(*(b"%d0" % digit for digit in range(1, 10)), b"include:", b"template:"),
    safety=Safety.SAFE,
    refusals={
        "opaque": "the file is YAML that cannot be edited safely",
        "alias": "the number is shared, through an anchor, with a place that names no version",
    },
)
def rule(snapshot: Snapshot, _options: NoOptions) -> Iterator[Finding]:
    """Find plain numbers with a trailing zero where a version is named."""
    for path, versions in _files(snapshot):
        try:
            text = snapshot.text(path)
            if not _TEXT.search(text.text):
                continue
            document = snapshot.parsed(path, parse if versions is github.versions else parse_merging)
        except Opaque as why:
            yield Finding("quote-versions", path, 0, 0, "a version may be shortened", Refusal("opaque", str(why)))
            continue
        for number in _numbers(document, versions(document)):
            yield _finding(path, document, number, versions)


def _files(snapshot: Snapshot) -> Iterator[tuple[str, _Versions]]:
    """The files to look into, in order, each with what knows the versions of its system."""
    found: dict[str, _Versions] = {}
    for path in rule.candidates(snapshot):
        others = (versions for globs, versions in _OTHERS if matches(path, globs))
        versions = github.versions if matches(path, (*WORKFLOWS, *ACTIONS)) else next(others)
        if versions is gitlab.versions:
            found |= dict.fromkeys(gitlab_format.included(snapshot), versions)
        elif versions is azure.versions:
            found |= dict.fromkeys(azure_format.included(snapshot), versions)
        else:
            found[path] = versions
    yield from sorted(found.items(), key=lambda item: item[0])


@dataclass(frozen=True, slots=True)
class _Number:
    """A number that YAML shortens, every route that leads to it, and for each what it is the version of."""

    scalar: Scalar
    routes: tuple[Route, ...]
    names: tuple[str | None, ...]


def _numbers(document: Document, named: Callable[[Route], str | None]) -> Iterator[_Number]:
    seen: dict[int, list[Route]] = {}
    scalars: dict[int, Scalar] = {}
    for route, node in document.walk():
        if isinstance(node, Scalar) and kind(node) == "float" and _SHORTENED.fullmatch(node.value):
            scalars[id(node)] = node
            seen.setdefault(id(node), []).append(route)
    for key, scalar in scalars.items():
        names = tuple(named(route) for route in seen[key])
        if any(names):
            yield _Number(scalar, tuple(seen[key]), names)


def _finding(path: str, document: Document, number: _Number, versions: _Versions) -> Finding:
    """The finding for a number; Azure Pipelines may take it as it is written, as may who reads the environment."""
    scalar = number.scalar
    name = next(name for name in number.names if name)
    short = float(scalar.value)
    message = f"{name} {scalar.value} is the number {short:g}"
    message += (
        " to YAML" if versions in (azure.versions, circleci.versions) else f": The version '{short:g}' was not found"
    )
    environment = versions is circleci.versions and all("environment" in route for route in number.routes)
    known = versions is not azure.versions and not environment
    red_from = ALREADY if known and any(name and _SURE.fullmatch(name) for name in number.names) else None
    return Finding(
        "quote-versions",
        path,
        scalar.start,
        scalar.end,
        message,
        _outcome(path, document, number),
        red_from,
        (f"{short:g}",),
    )


def _outcome(path: str, document: Document, number: _Number) -> Fix | Refusal:
    strays = [route for route, name in zip(number.routes, number.names, strict=True) if name is None]
    if strays:
        return Refusal("alias", f"it is used at {'.'.join(map(str, strays[0]))} too")
    scalar = number.scalar
    quote = _quote(document, number.routes[0])
    edit = Edit(path, scalar.start, scalar.end, f"{quote}{scalar.value}{quote}")
    sure = all(name and _SURE.fullmatch(name) for name in number.names)
    line, _ = document.text.line_column(scalar.start)
    return Fix(
        f"Quote {scalar.value} on line {line} of {path}",
        Safety.SAFE if sure else Safety.REVIEW,
        (edit,),
        tuple(Value(path, route, scalar.value) for route in number.routes),
    )


def _quote(document: Document, route: Route) -> str:
    """The quote of the other values of the list, else the commonest one of the file, else a double one."""
    around = document.at(route[:-1])
    near = [item for item in around.items if isinstance(item, Scalar)] if isinstance(around, Seq) else []
    every = [node for _, node in document.walk() if isinstance(node, Scalar)]
    return _commonest(near) or _commonest(every) or '"'


def _commonest(scalars: Sequence[Scalar]) -> str | None:
    counted = Counter(scalar.style for scalar in scalars if scalar.style in {"'", '"'})
    return counted.most_common(1)[0][0] if counted else None
