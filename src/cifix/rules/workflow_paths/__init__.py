"""Name paths in workflows as they are called now.

Why:
    A folder of tests is renamed, a file of requirements moves, and the workflow goes on asking for the old path. Then
    it fails with "ERROR: file or directory not found: tests/property", "Could not open requirements file: [Errno 2] No
    such file or directory", "can't open file", "No file in /home/runner/work matched to", "An error occurred trying to
    start process ... No such file or directory", or "Can't find 'action.yml'".

    The path is looked up in the history of the repository, and where that says nothing among names that are like it or
    mean the same. What is found is put in the place of the old path.

    A move that git saw is safe to follow. A like name, and a move into an archive, must be reviewed.

When this is wrong:
    If the step was meant to go with the files, or if something that cannot be seen from here makes them.

What it will not touch:
    Paths with wildcards, expressions and variables, paths outside the repository, steps under conditions that may never
    hold, jobs that check out another repository, commit or folder, and whatever an earlier step of the job names and
    may have made. A file of which only a hash is asked, and a folder whose coverage is measured, stay unless they have
    surely moved: nothing fails without them.

Sources:
    - https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax (read 2026-11)
    - https://docs.pytest.org/en/stable/reference/exit-codes.html (read 2026-11)
    - https://pip.pypa.io/en/stable/reference/requirements-file-format (read 2026-11)
    - which words of a command are paths: `facts.toml` beside the rule
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

from cifix.formats.actions.workflow import WORKFLOWS, workflow
from cifix.formats.gitignore import Ignores, ignore_files
from cifix.formats.yaml import Document, Scalar
from cifix.formats.yaml.edit import place, replace
from cifix.formats.yaml.values import changed, edits
from cifix.model.change import Edit
from cifix.model.expect import Value
from cifix.model.facts import sheet
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.workflow_paths.facts import facts
from cifix.rules.workflow_paths.nearest import Answer, exists, nearest
from cifix.rules.workflow_paths.references import Reference, references


@declare(
    __doc__,
    reads=WORKFLOWS,
    needles=(b"jobs",),
    facts=partial(sheet, __name__),
    safety=Safety.SAFE,
    refusals={
        "missing": "nothing in the tree is called so, and nothing before the step makes files",
        "several": "more than one path may be meant",
        "removed": "the path was removed, and the history shows no new place",
        "form": "the path is written in a way that cannot be edited safely, or is shared through an anchor",
    },
)
def rule(snapshot: Snapshot, _options: NoOptions) -> Iterator[Finding]:
    """Look up every path that a job must find; a file that cannot be read names nothing that is known."""
    ignores = cache(lambda: Ignores.of(ignore_files(snapshot), snapshot.excludes))

    @cache
    def answer(lost: str) -> Answer:
        return nearest(snapshot, lost)

    for path in rule.candidates(snapshot):
        try:
            found = snapshot.parsed(path, workflow)
        except Opaque:
            continue
        missing: dict[int, list[tuple[Reference, Answer]]] = {}
        for job in found.jobs:
            for one in references(found, job):
                if not _there(snapshot, one, ignores):
                    missing.setdefault(one.scalar.start, []).append((one, answer(one.path)))
        for lost in missing.values():
            yield from _findings(path, found.document, lost)


def _there(snapshot: Snapshot, one: Reference, ignores: Callable[[], Ignores]) -> bool:
    """Whether a path is in the tree, or may well be made where it is named."""
    if exists(snapshot, one.path) or not exists(snapshot, one.base):
        return True
    if facts().made & set(one.path.split("/")) or one.path in snapshot.disk or _made(snapshot, one):
        return True
    return ignores().ignored(one.path)


def _made(snapshot: Snapshot, one: Reference) -> bool:
    """Whether something before may have made a path, since it names it, or the first part of it that is not there."""
    parts = one.path.split("/")
    prefixes = ("/".join(parts[: size + 1]) for size in range(len(parts)))
    names = {one.path, parts[-1], next((prefix for prefix in prefixes if not exists(snapshot, prefix)), one.path)}
    return any(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) for name in names for text in one.before)


def _findings(path: str, document: Document, lost: Sequence[tuple[Reference, Answer]]) -> Iterator[Finding]:
    """The findings in one scalar, which share one fix."""
    unique = list({(one.start, one.end): (one, answer) for one, answer in lost}.values())
    known = [(one, answer) for one, answer in unique if answer.path and (one.fatal or answer.sure)]
    fix = _fix(path, document, known) if known else None
    for one, answer in unique:
        if (one, answer) in known and fix is not None:
            yield _finding(path, document, one, fix)
        elif one.fatal and (refusal := _refusal(one, answer)):
            yield _finding(path, document, one, refusal)


def _fix(path: str, document: Document, known: Sequence[tuple[Reference, Answer]]) -> Fix | Refusal:
    scalar, route = known[0][0].scalar, known[0][0].route
    routes = document.routes(scalar)
    if any(where[:2] != route[:2] for where in routes):
        return Refusal("form", "other jobs share it through an anchor")
    changes = [(one.start, one.end, _seen(one, answer.path)) for one, answer in known]
    try:
        if len(changes) == 1:
            made: tuple[Edit, ...] = (replace(path, document, scalar, changes[0][:2], changes[0][2]),)
        else:
            made = tuple(edits(path, document, scalar, changes))
    except Opaque as why:
        return Refusal("form", str(why))
    claims = tuple(Value(path, where, changed(scalar.value, changes)) for where in routes)
    safety = Safety.SAFE if all(answer.sure for _, answer in known) else Safety.REVIEW
    line, _ = document.text.line_column(scalar.start)
    names = ", ".join(dict.fromkeys(answer.path for _, answer in known))
    return Fix(f"Name {names} in what begins on line {line} of {path}", safety, made, claims)


def _seen(one: Reference, path: str) -> str:
    """A path as it is written at its place: from the same folder, with the same marks at its ends."""
    written = one.scalar.value[one.start : one.end]
    seen = posixpath.relpath(path, one.base or ".")
    start = "./" if written.startswith("./") and not seen.startswith("..") else ""
    return f"{start}{seen}{'/' if written.endswith('/') else ''}"


def _refusal(one: Reference, answer: Answer) -> Refusal | None:
    if answer.removed:
        return Refusal("removed", f"commit {answer.removed} removed it")
    if answer.others:
        return Refusal("several", f"it may be {', '.join(answer.others[:3])}") if one.inert else None
    return Refusal("missing", f"no commit that is known has {one.path}") if one.inert else None


def _finding(path: str, document: Document, one: Reference, outcome: Fix | Refusal) -> Finding:
    start, end = _place(document, one.scalar, one.start, one.end)
    fate = "fails without it" if one.fatal else "does nothing without it"
    message = f"{one.path} is not in the repository, and {one.what} {fate}"
    gone = outcome.safety is Safety.SAFE if isinstance(outcome, Fix) else outcome.key == "removed"
    red_from = ALREADY if one.fatal and gone else None
    return Finding("workflow-paths", path, start, end, message, outcome, red_from, (one.path,))


def _place(document: Document, scalar: Scalar, start: int, end: int) -> tuple[int, int]:
    try:
        return place(document, scalar, start, end)
    except Opaque:
        return scalar.start, scalar.end
