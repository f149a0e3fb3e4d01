"""What a shallow checkout lacks: tags and history.

Source: https://github.com/actions/checkout, read 2026-11: without `fetch-depth: 0` it fetches one commit and no tags.
"""

import re
from collections.abc import Iterator

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.insight import Insight, Question

_BACKENDS = re.compile(
    r"setuptools[-_]scm|hatch-vcs|vcs[-_]versioning|versioningit|dunamai|poetry-dynamic-versioning|uv-dynamic-versioning"
    r"|setuptools-git-versioning|\bpbr\b|flit[-_]scm|versioneer"
)
_FETCHES = re.compile(r"\bgit (?:fetch|pull)\b")
_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")
_ELSEWHERE = re.compile(r"^(?:origin|upstream|refs|v?\d)|HEAD[~^]|\.\.|^[0-9a-f]{7,40}$")


def why_no_version(question: Question) -> Insight | None:
    """Why no version can be made of git's tags."""
    backend = next(_backends(question), None)
    shallow = next(_shallow(question), None)
    if shallow is None:
        return None
    if backend is None:
        return _deeper(Verdict.LIKELY, f"{shallow} checks out one commit, without tags")
    return _deeper(
        Verdict.CONFIRMED if question.known and not _FETCHES.search(question.scripts) else Verdict.LIKELY,
        f"{shallow} checks out one commit, without tags, and {backend} makes the version of git's tags",
    )


def why_no_history(question: Question) -> Insight | None:
    """Why git does not know a revision."""
    shallow = next(_shallow(question), None)
    if shallow is None:
        return None
    revision = question.values.get("revision", "HEAD~")
    sure = question.known and not _FETCHES.search(question.scripts) and _ELSEWHERE.search(revision) is not None
    return _deeper(
        Verdict.CONFIRMED if sure else Verdict.LIKELY,
        f"{shallow} checks out one commit, without tags and without other branches",
    )


def _deeper(verdict: Verdict, sentence: str) -> Insight:
    place = sentence.partition(" ")[0].rpartition(":")[0]
    return Insight(
        verdict, sentence, "give that checkout step `with: {fetch-depth: 0}`", f"git grep -n fetch-depth -- {place}"
    )


def _shallow(question: Question) -> Iterator[str]:
    """Each checkout of the jobs that fetches no history, by file and line."""
    for site in question.sites:
        for step in site.job.steps:
            if step.uses is not None and step.uses.slug == "actions/checkout" and step.written is not None:
                depth = step.inputs.get("fetch-depth")
                if depth is None or (depth.value.strip() != "0" and "${{" not in depth.value):
                    yield f"{site.path}:{site.line(step.written.start)}"


def _backends(question: Question) -> Iterator[str]:
    """What makes the version from git, by the file that names it."""
    for path in _MANIFESTS:
        found = _BACKENDS.search(question.checkout.source(path))
        if found:
            yield f"{found[0]} in {path}"
