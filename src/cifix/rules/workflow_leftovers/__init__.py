r"""Remove settings of workflows that do nothing any more.

Why:
    `ACTIONS_ALLOW_UNSECURE_COMMANDS` lets steps print `::set-env` and `::add-path`, which anyone can do who gets a text
    into a log; it is a hole for nothing once no step does. `FORCE_JAVASCRIPT_ACTIONS_TO_NODE24` asked for what is the
    default by now. `save-always` never worked, and each run warns: "Input 'save-always' has been deprecated with
    message: save-always does not work as intended and will be removed in a future release".

    The entry is removed with its line and the comment behind it, and with it an `env` or `with` that held nothing else.

When this is wrong:
    If a program that a step runs, or an action, still prints the old commands; that cannot be seen from here, so this
    removal must be reviewed. So must that of the switch to Node 24 where runners of your own may be older. Whoever
    wants a cache saved after a failure needs a step with `actions/cache/save` and `if: always()`.

What it will not touch:
    The same words in scripts, in the settings of containers, and in inputs of other actions.

Sources:
    - https://github.blog/changelog/2020-10-01-github-actions-deprecating-set-env-and-add-path-commands (read 2026-11)
    - https://github.blog/changelog/2025-09-19-deprecation-of-node-20-on-github-actions-runners (read 2026-11)
    - https://github.com/actions/cache/pull/1452 for `save-always` (read 2026-11)
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

from cifix.formats.actions.expression import Result, Unknown, literal, render
from cifix.formats.actions.matrix import Data, at
from cifix.formats.actions.workflow import ACTIONS, WORKFLOWS, Job, Reference, Workflow, reference, workflow
from cifix.formats.yaml import Document, Map, leaves, parse
from cifix.formats.yaml.removal import Leaves, claims, remove, without
from cifix.model.change import Edit, overlap
from cifix.model.expect import Route
from cifix.model.facts import sheet
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.workflow_leftovers.facts import ALLOW, NODE24, SAVE, facts

_OLD_COMMAND = re.compile(
    rb"^(?:(?!(?:^|(?<=[\s\xbf]))(?:#|//)).)*?::(?:set-env|add-path)(?:\s|::)",  # not behind a comment's sign
    re.MULTILINE,
)
_PROSE = (".md", ".rst", ".txt", ".html", ".ipynb", ".adoc")
_HOSTED = re.compile(r"(?i)(?:ubuntu|macos|windows)-(?:latest|\d[\w.]*)(?:-\w+)*")


@dataclass(frozen=True, slots=True)
class _Leftover:
    """An entry that may go: its key, the route of its mapping, and the step it is a setting of, if of one only."""

    key: str
    holder: Route
    step: Map | None

    @property
    def route(self) -> Route:
        """The route of the entry."""
        return (*self.holder, self.key)


@declare(
    __doc__,
    reads=(*WORKFLOWS, *ACTIONS),
    needles=(ALLOW.encode(), NODE24.encode(), SAVE.encode()),
    safety=Safety.SAFE,
    after=("workflow-commands",),
    facts=partial(sheet, __name__),
    refusals={
        "opaque": "the file is YAML that cannot be edited safely, or the entry is tied to others by an anchor",
        "still-used": "a file of the repository prints `::set-env` or `::add-path`",
        "foreign-action": "the step is an action that may print the old commands",
        "mentioned": "the workflow reads the variable itself",
        "comment": "a comment would be lost that is not the entry's own",
    },
)
def rule(snapshot: Snapshot, _options: NoOptions) -> Iterator[Finding]:
    """Find the entries by their place; what stands in one mapping goes together."""
    printing: list[str] | None = None
    for path in rule.candidates(snapshot):
        try:
            document = snapshot.parsed(path, parse)
            whole = snapshot.parsed(path, workflow) if path.startswith(".github/workflows/") else None
            data = snapshot.parsed(path, leaves)
        except Opaque as why:
            yield Finding("workflow-leftovers", path, 0, 0, "a setting may be left over", Refusal("opaque", str(why)))
            continue
        found = list(_leftovers(document))
        if printing is None and any(one.key == ALLOW for one in found):
            printing = list(_printing(snapshot))
        yield from _judged(_File(path, document, data, _hosted(whole)), found, printing or [])


@dataclass(frozen=True, slots=True)
class _File:
    """A file, its data, and whether all that it says surely runs on runners of GitHub."""

    path: str
    document: Document
    data: Leaves
    hosted: bool


def _judged(file: _File, found: Sequence[_Leftover], printing: Sequence[str]) -> Iterator[Finding]:
    """One finding per entry; the entries of one mapping that may go share a fix."""
    refused = {one.route: _obstacle(file.document, one, printing) for one in found}
    for holder in dict.fromkeys(one.holder for one in found):
        inside = [one for one in found if one.holder == holder]
        going = [one for one in inside if not refused[one.route]]
        outcome = _outcome(file, going) if going else None
        for one in inside:
            if answer := refused[one.route] or outcome:
                yield _finding(file.path, file.document, one, answer)


def _leftovers(document: Document) -> Iterator[_Leftover]:
    for route, node in document.walk():
        if not isinstance(node, Map):
            continue
        step: Map | None = None
        match route:
            case ("env",) | ("jobs", str(), "env"):
                pass
            case (*_, "steps" | "parallel", int(), "env" | "with"):
                around = document.at(route[:-1])
                step = around if isinstance(around, Map) else None
            case _:
                continue
        for entry in node.entries:
            key = entry.key.value
            cached = route[-1] == "with" and key == SAVE and _action(step).slug == "actions/cache"
            if (cached and not _action(step).path) or (route[-1] == "env" and key in {ALLOW, NODE24}):
                yield _Leftover(key, route, step)


def _action(step: Map | None) -> Reference:
    """What a step uses; an empty reference if it uses nothing that is named."""
    return reference((step.word("uses") if step else None) or "") or Reference()


def _printing(snapshot: Snapshot) -> Iterator[str]:
    """The files that seem to print the commands which must be allowed."""
    for path in snapshot.containing((b"::set-env", b"::add-path"), ("**",)):
        try:
            if not path.lower().endswith(_PROSE) and _OLD_COMMAND.search(snapshot.read(path)):
                yield path
        except Opaque:
            yield path


def _obstacle(document: Document, one: _Leftover, printing: Sequence[str]) -> Refusal | None:
    if one.key == ALLOW:
        if printing:
            return Refusal("still-used", f"{printing[0]} prints a command that must be allowed")
        uses = one.step.word("uses") if one.step else None
        if uses and not _is_modern(_action(one.step)):
            return Refusal("foreign-action", f"whether {uses} prints such commands is not known")
    if one.key in {ALLOW, NODE24}:
        for route, node in document.walk():
            value = getattr(node, "value", "")
            if one.key in value:
                return Refusal("mentioned", f"{'.'.join(map(str, route))} reads it")
    return None


def _is_modern(used: Reference) -> bool:
    """Whether an action is known to write to files instead."""
    if used.local is not None or used.slug.startswith(("actions/", "github/")):
        return True
    numbers = used.version
    return numbers is not None and numbers[:1] >= (facts().modern.get(used.slug, 1_000_000),)


def _outcome(file: _File, together: Sequence[_Leftover]) -> Fix | Refusal:
    """The removal of the entries of one mapping, and of the mapping with its last entry."""
    path, document = file.path, file.document
    holder = document.at(together[0].holder)
    if not isinstance(holder, Map) or len(document.routes(holder)) > 1:
        return Refusal("opaque", "the mapping is shared through an anchor")
    every = len(holder.entries) == len(together)
    keys = [one.key for one in together]
    routes = [together[0].holder] if every else [one.route for one in together]
    try:
        edits = [remove(path, document, route) for route in routes]
    except Opaque as why:
        return Refusal("opaque", str(why))
    if any(overlap(first, second) for first, second in combinations(edits, 2)):
        return Refusal("opaque", "the entries stand too close together")
    own = {document.comment_after(entry.value.end) for entry in holder.entries if entry.key.value in keys}
    if lost := next((place for edit in edits for place in _comments(document, edit) if place not in own), None):
        return Refusal("comment", f"it would lose {document.text.text[slice(*lost)]!r}")
    after = file.data
    for route in routes:
        after = without(after, route)
    line, _ = document.text.line_column(holder.start)
    title = f"Remove {', '.join(keys)} near line {line} of {path}"
    safety = Safety.REVIEW if ALLOW in keys or (NODE24 in keys and not file.hosted) else Safety.SAFE
    return Fix(title, safety, tuple(edits), claims(path, file.data, after))


def _comments(document: Document, edit: Edit) -> Iterator[tuple[int, int]]:
    for start, end in document.comments:
        if edit.start <= start < edit.end:
            yield start, end


def _hosted(found: Workflow | None) -> bool:
    """Whether every job surely runs on a runner of GitHub; of a composite action that is not known."""
    jobs = found.jobs if found else ()
    words = [word for job in jobs for word in _runners(job)]
    return bool(words) and all(_HOSTED.fullmatch(word) for word in words)


def _runners(job: Job) -> Iterator[str]:
    """The runner of each leg of a job; empty where it is not known."""
    for leg in job.matrix.legs:

        def lookup(path: str, leg: Mapping[str, Data] = leg) -> Result:
            context, _, name = path.partition(".")
            value = at(leg, name) if context == "matrix" and job.matrix.unknown is not None else None
            return value if isinstance(value, str) else Unknown(path)

        yield literal(render(job.runs_on or "", lookup)) or ""


def _finding(path: str, document: Document, one: _Leftover, outcome: Fix | Refusal) -> Finding:
    holder = document.at(one.holder)
    entry = holder.entry(one.key) if isinstance(holder, Map) else None
    start, end = (entry.key.start, entry.key.end) if entry else (0, 0)
    return Finding("workflow-leftovers", path, start, end, f"{one.key} is left over: {facts().why[one.key]}", outcome)
