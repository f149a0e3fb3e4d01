"""Which files a workflow surely gives to `ruff check`, and fails for."""

from collections.abc import Iterator, Sequence

from cifix.formats import shell
from cifix.formats.actions.workflow import WORKFLOWS, Job, Step, Workflow, run_default, workflow
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_ACTIONS = {"astral-sh/ruff-action", "chartboost/ruff-action"}
_RUNNERS = {"uv", "uvx", "run", "poetry", "pdm", "pipx", "python", "python3", "-m"}
_IDLE = {
    "--output-format",
    "--no-cache",
    "--show-fixes",
    "--statistics",
    "-q",
    "--quiet",
    "-v",
    "--verbose",
    "--no-fix",
}
"""Options that change nothing of what `ruff check` looks for, nor of how it ends."""


def linted(snapshot: Snapshot) -> Iterator[str]:
    """The files and folders that some step always checks as the settings say; the empty one is the repository."""
    for path in snapshot.containing((b"ruff",), WORKFLOWS):
        try:
            found = snapshot.parsed(path, workflow)
        except Opaque:
            continue
        for job in found.jobs:
            for step in job.steps if _always(job.node.get("continue-on-error"), job.condition) else ():
                if _always(step.node.get("continue-on-error"), step.condition):
                    yield from _of_step(found, job, step)


def _always(tolerated: object, condition: str | None) -> bool:
    return tolerated is None and condition is None


def _of_step(found: Workflow, job: Job, step: Step) -> Iterator[str]:
    if step.uses is not None:
        if step.uses.slug in _ACTIONS and not {"args", "src", "version-file"} & step.inputs.keys():
            yield ""
        return
    elsewhere = [run_default(node, "working-directory") for node in (job.node, found.document.at(()))]
    if step.node.entry("working-directory") or any(elsewhere):
        return
    try:
        commands = shell.commands(step.node.word("run") or "")
    except Opaque:
        return
    if any(command.words and command.words[0].text in {"cd", "pushd", "set"} for command in commands):
        return
    for command in commands:
        plain = not command.inside and not command.negated and not {"||", "|", "&"} & {command.before, command.after}
        if plain and all(word.literal for word in command.words):
            yield from _paths([word.text for word in command.words])


def _paths(words: Sequence[str]) -> Iterator[str]:
    """What a command line gives to `ruff check`, if it leaves the settings as they are."""
    start = next((place for place, word in enumerate(words) if word not in _RUNNERS), len(words))
    if [*words[start : start + 2]] != ["ruff", "check"]:
        return
    given = words[start + 2 :]
    if any(word.startswith("-") and word.partition("=")[0] not in _IDLE for word in given):
        return
    paths = [word for place, word in enumerate(given) if not word.startswith("-") and _stands_alone(given[:place])]
    yield from (path.removeprefix("./").strip("/").removeprefix(".") for path in paths or [""])


def _stands_alone(before: Sequence[str]) -> bool:
    return not before or before[-1] != "--output-format"
