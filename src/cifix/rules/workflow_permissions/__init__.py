"""Ask for the permissions that the actions of a job need.

Why:
    As soon as a workflow or job has `permissions`, every scope that it does not name is `none`. An action that needs
    more fails with "Resource not accessible by integration", "Permission to octo/repo.git denied to
    github-actions[bot]", or "Ensure GITHUB_TOKEN has permission "id-token: write"". The scopes that are missing are
    added to the block that holds for this job alone, with those that the action may need as well; where it would hold
    for other jobs as well, the job gets a block of its own that repeats what held before.

When this is wrong:
    If the job is meant to fail there, or never to reach the step. More rights for a job are a matter to think about,
    so this must be reviewed. A token of a pull request from a fork stays read-only whatever a workflow asks for.

What it will not touch:
    Workflows without any `permissions`: what their tokens may do is a setting of the repository. Steps with a token
    of their own, scopes that are only read, and steps inside local actions and called workflows. It never writes
    `write-all`.

Sources:
    - https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions (read 2026-11)
    - https://docs.github.com/en/actions/tutorials/authenticate-with-github_token (read 2026-11)
    - what each action needs: `facts.toml` beside the rule
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as altered
from functools import partial

from cifix.formats.actions.workflow import WORKFLOWS, Job, Workflow, workflow
from cifix.formats.yaml import Document, Map, Node, Scalar
from cifix.formats.yaml.edit import Source, insert, replace
from cifix.model.change import Edit
from cifix.model.expect import Route, Value
from cifix.model.facts import sheet
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.workflow_permissions.facts import needs
from cifix.rules.workflow_permissions.scopes import Lack, granted, lacking

_KEY = "permissions"
_ABOVE = ("name", "runs-on")
"""The keys of a job behind which its permissions are written, the last one that is there."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the permissions of a job are written: in the block at `route`, or in a new one if `block` is None."""

    path: str
    document: Document
    job: Job
    route: Route
    block: Node | None


@declare(
    __doc__,
    reads=WORKFLOWS,
    needles=(b"permissions",),
    facts=partial(sheet, __name__),
    safety=Safety.REVIEW,
    refusals={
        "opaque": "the file is YAML that cannot be edited safely",
        "read-all": "the permissions are `read-all`, and one more right would have to name every other one",
        "shared": "the permissions, or the job, are shared with others through an anchor",
    },
)
def rule(snapshot: Snapshot, _options: NoOptions) -> Iterator[Finding]:
    """Compare what each job grants with what its steps need."""
    for path in rule.candidates(snapshot):
        try:
            found = snapshot.parsed(path, workflow)
        except Opaque as why:
            if any(action in snapshot.read(path).decode("utf-8", "replace").lower() for action in needs()):
                message = "an action may need permissions that the job does not have"
                yield Finding("workflow-permissions", path, 0, 0, message, Refusal("opaque", str(why)))
            continue
        yield from _findings(path, found)


def _findings(path: str, found: Workflow) -> Iterator[Finding]:
    root = found.document.at(())
    top = root.get(_KEY) if isinstance(root, Map) else None
    inheriting = [job for job in found.jobs if job.node.entry(_KEY) is None]
    for job in found.jobs:
        own = job.node.entry(_KEY) is not None
        block = job.node.get(_KEY) if own else top
        levels = granted(block)
        lacks = list(lacking(found, job, levels)) if levels is not None else []
        if not lacks or levels is None:
            continue
        alone = own or len(inheriting) == 1
        route = (*(job.route if own or not alone else ()), _KEY)
        place = _Place(path, found.document, job, route, block if alone else None)
        outcome = _outcome(
            place, levels, tuple(dict.fromkeys(scope for lack in lacks for scope in (*lack.scopes, *lack.also)))
        )
        yield from (_finding(path, lack, "job" if own else "workflow", outcome) for lack in lacks)


def _outcome(place: _Place, levels: Mapping[str, str] | str, scopes: Sequence[str]) -> Fix | Refusal:
    """The scopes that are missing, put into the block, or into a new one."""
    if not isinstance(levels, Mapping):
        return Refusal("read-all", f"the permissions of the job {place.job.id} are {levels}")
    wanted = dict.fromkeys(scopes, "write")
    try:
        if isinstance(place.block, Map):
            edits = tuple(_added(place, place.block, scopes))
        else:
            wanted = {**levels, **wanted}
            edits = (_own_block(place, wanted),)
    except _Shared as why:
        return Refusal("shared", str(why))
    except Opaque as why:
        return Refusal("opaque", str(why))
    claims = tuple(Value(place.path, (*place.route, scope), level) for scope, level in wanted.items())
    words = " and ".join(f"{scope}: write" for scope in scopes)
    return Fix(f"Grant {words} to the job {place.job.id} of {place.path}", Safety.REVIEW, edits, claims)


class _Shared(Exception):  # noqa: N818 - it says what is so, and a refusal answers it
    """A node is reached in more than one way, so that an edit of it would do more than it should."""


def _added(place: _Place, block: Map, scopes: Sequence[str]) -> Iterator[Edit]:
    _refuse_shared(place.document, block)
    for scope in scopes:
        value = block.get(scope)
        if isinstance(value, Scalar):
            _refuse_shared(place.document, value)
            yield replace(place.path, place.document, value, (0, len(value.value)), "write")
    new = {scope: "write" for scope in scopes if block.entry(scope) is None}
    if new:
        yield insert(place.path, place.document, block, new)


def _own_block(place: _Place, wanted: Mapping[str, str]) -> Edit:
    """A block for the job alone, behind its name and runner where they are."""
    job = place.job.node
    _refuse_shared(place.document, job)
    entries: Mapping[str, Source] = {_KEY: dict(wanted)}
    places = [index for index, entry in enumerate(job.entries) if entry.key.value in _ABOVE]
    if not places:
        return insert(place.path, place.document, job, entries, first=True)
    return insert(place.path, place.document, altered(job, entries=job.entries[: max(places) + 1]), entries)


def _refuse_shared(document: Document, node: Map | Scalar) -> None:
    if len(document.routes(node)) > 1:
        line, _ = document.text.line_column(node.start)
        raise _Shared(f"what begins on line {line} is used more than once")


def _finding(path: str, lack: Lack, whose: str, outcome: Fix | Refusal) -> Finding:
    step = lack.step
    written = step.written
    start, end = (written.start, written.end) if written else (step.node.start, step.node.start)
    words = " and ".join(f"`{scope}: write`" for scope in lack.scopes)
    name = written.value if written else "the step"
    message = f"{name} needs {words}, which the permissions of the {whose} do not grant"
    red_from = ALREADY if lack.always else None
    return Finding("workflow-permissions", path, start, end, message, outcome, red_from, (name,))
