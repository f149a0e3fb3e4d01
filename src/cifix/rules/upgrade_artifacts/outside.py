"""Who else may fetch an artifact by its name: other workflows, scripts, and pages that people read."""

import re
from collections.abc import Collection, Iterator, Sequence

from cifix.formats.actions.artifacts import Repository, sites
from cifix.formats.actions.expression import Parts, literal
from cifix.formats.actions.runs import DEFAULT
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.upgrade_artifacts.facts import Pair
from cifix.rules.upgrade_artifacts.merge_job import merge
from cifix.rules.upgrade_artifacts.remedy import Key, Problem, Remedy
from cifix.rules.upgrade_artifacts.renames import Shared

_NEEDLES = (
    *(b"gh run download", b"nightly.link", b"/artifacts", b"ction-download-artifact", b"ownloadArtifact"),
    *(b"WorkflowRunArtifacts", b"ArtifactsForRepo", b"getArtifact", b"run-id:", b"download_artifact", b"artifacts_url"),
    b"download-workflow-artifact",
)
_FETCHES = re.compile(
    "|".join(
        r"runs/\S*/artifacts|actions/artifacts" if needle == b"/artifacts" else re.escape(needle.decode())
        for needle in _NEEDLES
    )
)
_NEAR = 500


def outside(
    snapshot: Snapshot, repository: Repository, one: Shared, hiding: Collection[Key], pair: Pair
) -> Iterator[Remedy | Problem]:
    """How those outside go on to get a name that changes, or why they cannot; a doubt where any might be meant.

    `hiding` are the uploads that go on to store hidden files, `pair` the majors that all move to.
    """
    named = re.compile("|".join(dict.fromkeys(_mentioned(name) for name in one.names)))
    own = {path for run, _ in one.found for path in run.files}
    details: list[tuple[str, bool]] = []
    for path in snapshot.once(_fetching):
        try:
            text = snapshot.text(path)
        except Opaque:
            continue
        steps = _steps(repository, path) if path in own else None
        found = _mention(path, text.text, named, steps)
        if found is not None:
            line, _ = text.line_column(found)
            word = text.text[found:].split()[0]
            details.append((f"{path}:{line} fetches artifacts of workflow runs and names {word!r}", path in own))
        elif "gh run download" in text.text or (path not in own and _waits(repository, path)):
            yield Remedy(doubts=(f"{path} fetches artifacts, perhaps those with names that change",))
    if details:
        yield _merged(repository, one, details, hiding, pair)


def _fetching(snapshot: Snapshot) -> tuple[str, ...]:
    """The files that may fetch artifacts."""
    return tuple(snapshot.containing(_NEEDLES, ("**",)))


def _merged(
    repository: Repository, one: Shared, details: Sequence[tuple[str, bool]], hiding: Collection[Key], pair: Pair
) -> Remedy | Problem:
    """A job that keeps the old name for those outside; a step of the same run would come too early for it."""
    inside = next((detail for detail, own in details if own), None)
    if inside:
        return Problem("outside-consumer", f"{inside}, perhaps of the same run", one.sites)
    try:
        return merge(repository, one, details[0][0], hiding, pair)
    except Opaque as why:
        detail = f"{details[0][0]}, and they cannot be merged for it: {why}"
        return Problem("outside-consumer", detail, one.sites)


def _mentioned(name: Parts) -> str:
    """An expression for texts that may mean this name: the whole of it, or its longest part that is known."""
    if name == (DEFAULT,):
        return rf"""(?:name[:=]\s*["']?|-n\s+|["'/]){DEFAULT}(?:\.zip)?(?![\w-])"""
    known = max((part.strip(" -_.") for part in name if isinstance(part, str)), key=len, default="")
    if not known:
        return r"(?!)"
    return rf"(?<![\w-]){re.escape(known)}(?![\w-])" if literal(name) else rf"(?<!\w){re.escape(known)}(?!\w)"


def _steps(repository: Repository, path: str) -> list[tuple[int, int]]:
    """Where the artifact steps of a file stand, but for those that fetch from another run."""
    return [
        (site.step.node.start, site.step.node.end)
        for site in sites(repository, path)
        if not {"run-id", "github-token", "repository"} & site.step.inputs.keys()
    ]


def _mention(path: str, text: str, named: re.Pattern[str], steps: Sequence[tuple[int, int]] | None) -> int | None:
    """Where a text names an artifact, close to what fetches some; in another workflow the distance does not matter.

    `steps` are those of a file of the run itself, where names are not mentions.
    """
    fetching = [found.start() for found in _FETCHES.finditer(text)]
    for found in named.finditer(text):
        near = any(abs(found.start() - place) < _NEAR for place in fetching)
        known = any(start <= found.start() < end for start, end in steps or ())
        if not known and (near or (steps is None and path.startswith(".github/"))):
            return found.start()
    return None


def _waits(repository: Repository, path: str) -> bool:
    """Whether a workflow starts when another one is done."""
    found: Sequence[str] = sorted(repository.workflows[path].triggers) if path in repository.workflows else ()
    return "workflow_run" in found
