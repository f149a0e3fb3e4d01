"""What a `permissions` block grants, and which scopes a step needs."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cifix.formats.actions.workflow import Job, Step, Workflow
from cifix.formats.yaml import Map, Node, Scalar, resolved
from cifix.rules.workflow_permissions.facts import TOKEN, Need, needs

_OWN = re.compile(r"(?i)\s*\$\{\{\s*(?:github\.token|secrets\.github_token)\s*\}\}\s*")
_HOSTED = re.compile(r"(?i)(?:ubuntu|macos|windows)-(?:latest|\d[\w.]*)(?:-\w+)*")
_CHECKOUT = "actions/checkout"
_IMAGES = {"docker/build-push-action", "docker/bake-action"}
_ALL = ("read-all", "write-all")
_TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")


@dataclass(frozen=True, slots=True)
class Lack:
    """A step, the scopes it needs and does not get, those it may need `also`, and whether it fails in every run."""

    step: Step
    scopes: tuple[str, ...]
    also: tuple[str, ...]
    always: bool


def granted(block: Node | None) -> Mapping[str, str] | str | None:
    """The level of each scope that a block names, or the word for all of them; None for anything else."""
    node = resolved(block) if block is not None else None
    if isinstance(node, Map):
        levels = {entry.key.value: node.word(entry.key.value) for entry in node.entries}
        return None if None in levels.values() else {scope: level or "" for scope, level in levels.items()}
    return node.value if isinstance(node, Scalar) and node.value in _ALL else None


def lacking(found: Workflow, job: Job, levels: Mapping[str, str] | str) -> Iterator[Lack]:
    """The steps of a job that need to write where they may not."""
    for step in job.steps:
        unmet = [need for need in _needs(step) if _applies(need, found, job, step) and not _met(need, levels)]
        if unmet:
            scopes = _missing(levels, (scope for need in unmet for scope in need.write))
            also = _missing(levels, (scope for need in unmet for scope in need.also))
            yield Lack(step, tuple(scopes), tuple(also), not all(need.sometimes for need in unmet))


def _met(need: Need, levels: Mapping[str, str] | str) -> bool:
    return not _missing(levels, need.write) or len(_missing(levels, need.alternatives)) < len(need.alternatives)


def _missing(levels: Mapping[str, str] | str, scopes: Iterable[str]) -> list[str]:
    """Those of the scopes that may not be written to, each once."""
    return [scope for scope in dict.fromkeys(scopes) if _level(levels, scope) != "write"]


def _needs(step: Step) -> tuple[Need, ...]:
    if step.uses is None or step.uses.local is not None:
        return ()
    name = f"{step.uses.slug}/{step.uses.path}" if step.uses.path else step.uses.slug
    return needs().get(name.lower(), ())


def _level(levels: Mapping[str, str] | str, scope: str) -> str:
    return levels.get(scope, "none") if isinstance(levels, Mapping) else levels.removesuffix("-all")


def _applies(need: Need, found: Workflow, job: Job, step: Step) -> bool:
    """Whether a step surely needs what its action may need."""
    given = {key.lower(): scalar.value for key, scalar in step.inputs.items()}
    variables = {**found.env, **job.env, **step.env}
    if any(key in variables and not _OWN.fullmatch(variables[key]) for key in _TOKENS):
        return False
    if any(given.get(key.lower()) and not _OWN.fullmatch(given[key.lower()]) for key in need.token):
        return False
    if not all(_is(given.get(key), values) for key, values in need.when.items()):
        return False
    if any(_may_be(given.get(key), values) for key, values in need.unless.items()):
        return False
    if need.events and not need.events & found.triggers:
        return False
    if need.hosted and not _HOSTED.fullmatch(job.runs_on or ""):
        return False
    if need.pushes and not _pushes_as_the_job(job):
        return False
    return not need.publishes or _publishes(job, step)


def _is(value: str | None, wanted: tuple[str, ...]) -> bool:
    if not value:
        return False
    return value.lower() in wanted or "*" in wanted or (TOKEN in wanted and _OWN.fullmatch(value) is not None)


def _may_be(value: str | None, wanted: tuple[str, ...]) -> bool:
    return value is not None and ("${{" in value or "*" in wanted or value.lower() in wanted)


def _pushes_as_the_job(job: Job) -> bool:
    """Whether the only checkouts of a job leave its own token behind."""
    checkouts = [step for step in job.steps if step.uses and step.uses.slug == _CHECKOUT]
    foreign = ("token", "ssh-key", "repository")
    return bool(checkouts) and not any(key in step.inputs for step in checkouts for key in foreign)


def _publishes(job: Job, login: Step) -> bool:
    """Whether a job logs in once, and then pushes an image."""
    logins = [step for step in job.steps if step.uses and login.uses and step.uses.slug == login.uses.slug]
    pushing = (
        step.uses is not None and step.uses.slug in _IMAGES and _is(_word(step, "push"), ("true",))
        for step in job.steps
    )
    return len(logins) == 1 and any(pushing)


def _word(step: Step, key: str) -> str | None:
    scalar = step.inputs.get(key)
    return scalar.value if scalar else None
