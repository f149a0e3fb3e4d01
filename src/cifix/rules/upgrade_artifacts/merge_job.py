"""A job that puts artifacts together again under their one name, for those who fetch it from outside the run."""

import re
from collections.abc import Collection, Iterator, Mapping

from cifix.formats.actions.artifacts import UPLOAD, Repository
from cifix.formats.actions.expression import literal
from cifix.formats.actions.flow import MAGIC, uploads
from cifix.formats.yaml import Document, Map
from cifix.formats.yaml.edit import Source, insert, spelled
from cifix.model.change import Edit
from cifix.model.expect import Route, Value
from cifix.model.text import Opaque
from cifix.rules.upgrade_artifacts.facts import Pair, facts
from cifix.rules.upgrade_artifacts.refs import target
from cifix.rules.upgrade_artifacts.remedy import Key, Remedy
from cifix.rules.upgrade_artifacts.renames import Shared, choose

_CONDITION = "${{ !cancelled() && contains(needs.*.result, 'success') }}"
_KEPT = ("retention-days", "include-hidden-files", "compression-level")


def merge(repository: Repository, one: Shared, place: str, hiding: Collection[Key], pair: Pair) -> Remedy:
    """A job that merges the new artifacts of one workflow into one of the old name.

    Raises `Opaque` where it could fail, or meet a download on its way.
    """
    name = _mergeable(repository, one)
    site = one.sites[0]
    document = site.document
    jobs = document.at(("jobs",))
    id_ = "merge-" + re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")
    if not isinstance(jobs, Map) or jobs.flow or jobs.entry(id_):
        raise Opaque(f"{site.path}: there is no place for a job {id_!r}")
    needs = list(dict.fromkeys(str(other.step.route[1]) for other in one.sites))
    given = {"name": name, "pattern": f"{name}{choose(one)}*", "delete-merged": "true", **_kept(one, hiding)}
    uses = f"{UPLOAD}/merge@{target(site.uses, pair)}"
    pinned = f"{uses} # {facts().majors[UPLOAD][pair[UPLOAD]].newest}" if site.uses.sha else uses
    inputs = {key: value if key in {"delete-merged", *_KEPT} else spelled(value) for key, value in given.items()}
    source: dict[str, Source] = {
        "needs": f"[{', '.join(needs)}]",
        "if": _CONDITION,
        "runs-on": "ubuntu-latest",
        "steps": ({"uses": pinned, "with": inputs},),
    }
    edit = _spaced(document, jobs, insert(site.path, document, jobs, {id_: source}))
    claims = [Value(site.path, ("jobs", id_, *route), value) for route, value in _leaves(needs, uses, given)]
    doubt = f"a job {id_!r} puts the artifacts together again, because {place}"
    return Remedy(expects=tuple(claims), doubts=(doubt,), blocks=(edit,))


def _mergeable(repository: Repository, one: Shared) -> str:
    """The one name of uploads that a job can merge."""
    name = literal(one.names[0]) if len(one.names) == 1 else None
    paths = {site.path for site in one.sites} | {run.path for run, _ in one.found}
    if name is None or MAGIC.intersection(name) or len(paths) != 1 or not paths <= repository.workflows.keys():
        raise Opaque("it is not one name of one workflow")
    if one.downloads:
        raise Opaque("downloads of the same run would meet the merged artifact too")
    if any(site.step.condition for site in one.sites):
        raise Opaque("an upload has a condition, and there may be nothing to merge")
    if any(upload.calls for _, upload in one.found) or len(uploads(one.found[0][0])) < 1:
        raise Opaque("a called workflow uploads it")
    return name


def _kept(one: Shared, hiding: Collection[Key]) -> dict[str, str]:
    """Inputs that all uploads agree on, and that the merged artifact needs too."""
    found: dict[str, str] = {}
    for key in _KEPT:
        values = {site.step.inputs[key].value if key in site.step.inputs else None for site in one.sites}
        if key == "include-hidden-files" and not {site.key for site in one.sites}.isdisjoint(hiding):
            values = {"true" if site.key in hiding else None for site in one.sites}
        value = values.pop()
        if values or (value is not None and not re.fullmatch(r"\w+", value)):
            raise Opaque(f"the uploads differ in {key!r}")
        if value is not None:
            found[key] = value
    return found


def _leaves(needs: list[str], uses: str, given: Mapping[str, str]) -> Iterator[tuple[Route, str]]:
    """The data of the job, by place in it."""
    yield from ((("needs", index), job) for index, job in enumerate(needs))
    yield from ((("if",), _CONDITION), (("runs-on",), "ubuntu-latest"), (("steps", 0, "uses"), uses))
    yield from ((("steps", 0, "with", key), value) for key, value in given.items())


def _spaced(document: Document, jobs: Map, edit: Edit) -> Edit:
    """The edit with an empty line before the job, where the jobs of the file have one between them."""
    newline = document.text.newline_at(edit.start)
    if len(jobs.entries) == 1 or not edit.text.startswith(newline):
        return edit
    before = document.text.text[jobs.entries[-2].value.end : jobs.entries[-1].key.outer]
    empty = before.replace(newline, "\n").count("\n\n") > 0
    return Edit(edit.path, edit.start, edit.end, newline + edit.text) if empty else edit
