"""The JSON document of a fleet, described by `schema.json` beside this file; all other forms are made from it."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from cifix import __version__
from cifix.errors import Exit, UsageError
from cifix.fleet.analysis import KEPT
from cifix.fleet.job import PUSHING, Mode, State
from cifix.fleet.state import Row
from cifix.report.characters import legible

SCHEMA_VERSION = 1
"""Raised when a field is removed or changes its meaning; new fields may come at any time."""
Document = Mapping[str, Any]


def document(rows: Iterable[Row], mode: Mode, branch: str) -> Document:
    """The document for the repositories of a state; `mode` is that of the last run."""
    return _whole([_repository(row) for row in rows], mode, branch)


def merged(documents: Sequence[Document]) -> Document:
    """One document for the shards of a fleet; raises `UsageError` if they are not shards of one."""
    branches = {told["branch"] for told in documents}
    if len(branches) != 1:
        raise UsageError(f"the reports are about different branches ({', '.join(sorted(branches))}), so not of one run")
    found: dict[str, Any] = {}
    for told in documents:
        for repository in told["repositories"]:
            if repository["url"] in found:
                raise UsageError(f"two of the reports hold {repository['url']}: they are not shards of one fleet")
            found[repository["url"]] = repository
    modes = {told["mode"] for told in documents}
    mode = next((mode for mode in reversed(PUSHING) if mode in modes), Mode.PLAN)
    return _whole(sorted(found.values(), key=lambda one: (one["slug"], one["url"])), mode, branches.pop())


def text(told: Document) -> str:
    """The document as JSON text, indented, with a final newline."""
    return json.dumps(told, indent=2, ensure_ascii=True) + "\n"


def read(data: bytes, name: str) -> Document:
    """What `text` wrote; raises `UsageError` for anything else."""
    try:
        told = json.loads(data)
    except ValueError as why:
        raise UsageError(f"{name} is not JSON: {why}") from why
    if not isinstance(told, dict) or told.get("schema_version") != SCHEMA_VERSION or "repositories" not in told:
        raise UsageError(f"{name} is not a report of `cifix fleet` that this version reads")
    return told


def schema() -> Document:
    """The JSON Schema (draft 2020-12) that every document fulfils."""
    loaded: Document = json.loads(files("cifix.fleet.report").joinpath("schema.json").read_text("utf-8"))
    return loaded


def remaining(repository: Document) -> int:
    """How many findings of a repository no commit answers."""
    return sum(finding["answer"] != "commit" for finding in repository["findings"])


def fixed(repository: Document) -> int:
    """How many findings the commits of a repository answer."""
    return len(repository["findings"]) - remaining(repository)


def _whole(repositories: Sequence[Document], mode: Mode, branch: str) -> Document:
    counts = Counter(repository["state"] for repository in repositories)
    return {
        "schema_version": SCHEMA_VERSION,
        "cifix_version": __version__,
        "mode": mode,
        "branch": branch,
        "counts": {state.value: counts[state] for state in State},
        "repositories": repositories,
        "exit_code": int(_exit(repositories, mode)),
    }


def _exit(repositories: Sequence[Document], mode: Mode) -> Exit:
    """The worst that happened: a failed or held repository, a crash, a failed proof, findings that are left."""
    states = {repository["state"] for repository in repositories}
    if State.FAILED in states:
        return Exit.REMAIN
    if State.HELD in states:
        return Exit.HELD
    if any(repository["crashes"] for repository in repositories):
        return Exit.CRASHED
    if any(repository["failed_proofs"] for repository in repositories):
        return Exit.UNPROVEN
    if mode in PUSHING:
        return Exit.REMAIN if any(map(remaining, repositories)) else Exit.DONE
    return Exit.FOUND if mode is Mode.PLAN and any(one["findings"] for one in repositories) else Exit.DONE


def _repository(row: Row) -> Document:
    found = row.analysis
    nothing: dict[str, Any] = {"suppressed": 0}
    run = found.run if found else {key: nothing.get(key, []) for key in KEPT}
    return {
        "slug": row.target.slug,
        "url": row.target.url,
        "state": row.state.value,
        "reason": legible(row.reason),
        "base_branch": row.base or row.target.base,
        "base": found.base if found else None,
        "shas": list(row.commits),
        "request": row.request or None,
        **{key: run[key] for key in KEPT},
        "patch": found.patch.decode("utf-8", "replace") if found else "",
        "seconds": dict(row.seconds),
    }
