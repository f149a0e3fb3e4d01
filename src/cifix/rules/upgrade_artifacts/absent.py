"""Refs from v4 on that are not there: a version without its `v`, and a major that never came out."""

from collections.abc import Iterator, Sequence

from cifix.formats.actions.artifacts import Repository, Site, sites
from cifix.formats.actions.workflow import Reference
from cifix.formats.yaml.edit import replace
from cifix.model.expect import Value
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.text import Opaque
from cifix.rules.upgrade_artifacts.facts import facts
from cifix.rules.upgrade_artifacts.remedy import Problem


def absent(repository: Repository, signs: Sequence[Problem]) -> Iterator[Finding]:
    """One finding per such ref; `signs` keep all of them back."""
    for path in sorted(repository.workflows.keys() | repository.actions.keys()):
        found: dict[int, list[Site]] = {}
        for site in sites(repository, path):
            found.setdefault(site.written.start, []).append(site)
        for start, same in found.items():
            site = same[0]
            if new := _existing(site.uses):
                name = f"{site.uses.slug}@{site.uses.ref}"
                message = f"Unable to resolve action `{name}`, unable to find version `{site.uses.ref}`"
                outcome = Refusal(signs[0].key, signs[0].detail) if signs else _outcome(same, new)
                red_from = None if isinstance(outcome, Refusal) and outcome.key == "ghes" else ALREADY
                yield Finding("upgrade-artifacts", path, start, site.written.end, message, outcome, red_from, (name,))


def _existing(uses: Reference) -> str:
    """The ref that is meant by one that does not exist; empty if the ref may exist, or belongs to an old version."""
    numbers, majors = uses.version, facts().majors[uses.slug]
    if uses.sha or numbers is None or numbers[0] < facts().working:
        return ""
    if _never(uses):
        return f"v{max(majors)}"
    if uses.ref[0] in "vV" or numbers[0] not in majors:
        return ""
    tag = f"v{uses.ref}"
    return tag if len(numbers) == 1 or tag in facts().commits[uses.slug].values() else majors[numbers[0]].newest


def _never(uses: Reference) -> bool:
    """Whether a ref names a major that never came out."""
    return uses.version is not None and uses.version[0] in facts().absent[uses.slug]


def _outcome(same: Sequence[Site], new: str) -> Fix | Refusal:
    site = same[0]
    routes = site.document.routes(site.written)
    meant = {(*other.step.route, "uses") for other in same}
    if stray := next((route for route in routes if route not in meant), None):
        return Refusal("alias", f"{site} is used at {'.'.join(map(str, stray))} too")
    end = len(site.written.value)
    try:
        edit = replace(site.path, site.document, site.written, (end - len(site.uses.ref), end), new)
    except Opaque as why:
        return Refusal("opaque", f"{site.path}: {why}")
    moved = site.written.value.removesuffix(site.uses.ref) + new
    safety = Safety.REVIEW if _never(site.uses) else Safety.SAFE
    claims = tuple(Value(site.path, route, moved) for route in routes)
    return Fix(f"Name {new} of {site.uses.slug}, which exists, in {site}", safety, (edit,), claims)
