"""Lock files: one that an ignore pattern keeps out of git, and one that does not know what pyproject.toml asks for."""

from collections.abc import Iterator

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.checkout import tails
from cifix.diagnosis.insight import Insight, Question
from cifix.formats.gitignore import Ignores, ignore_files
from cifix.formats.python.requirements import declared
from cifix.formats.uv.lock import lock
from cifix.model.text import Opaque

_MAKE = {"uv.lock": "uv lock", "poetry.lock": "poetry lock", "Pipfile.lock": "pipenv lock", "pdm.lock": "pdm lock"}


def why_no_lock(question: Question) -> Insight | None:
    """Why the lock is not in the checkout."""
    checkout, path = question.checkout, _place(question)
    if path in checkout.snapshot:
        return None
    make = _MAKE.get(path.rpartition("/")[2], "lock")
    match = Ignores.of(ignore_files(checkout.snapshot), checkout.snapshot.excludes).explain(path)
    if match is not None and not match.pattern.negated:
        source, number = match.line
        written = match.pattern.written.decode(errors="replace")
        return Insight(
            Verdict.CONFIRMED,
            f"{path} is not in git ({source}:{number} `{written}`)",
            f"remove that line, run `{make}`, and commit {path}",
            f"git check-ignore -v --no-index {path}",
            ignored=True,
        )
    return Insight(
        Verdict.CONFIRMED,
        f"git has no {path}",
        f"run `{make}`, and commit {path}",
        f"git ls-files -- {path}",
    )


def why_old_lock(question: Question) -> Insight | None:
    """What pyproject.toml asks for and the lock does not know."""
    path = _place(question)
    if path not in question.checkout.snapshot:
        return why_no_lock(question)
    unknown = sorted(_unknown(question, path)) if path.endswith("uv.lock") else []
    if not unknown:
        return None
    return Insight(
        Verdict.CONFIRMED,
        f"pyproject.toml asks for {', '.join(unknown)}, which {path} does not know",
        f"run `uv lock`, and commit {path}; do not drop the check",
        f"git grep -n -e {unknown[0]} -- pyproject.toml {path}",
    )


def _unknown(question: Question, path: str) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    asked = declared(question.checkout.toml(f"{folder}/pyproject.toml".lstrip("/")))
    try:
        known = question.checkout.snapshot.parsed(path, lock)
    except Opaque:
        return
    bundles = (*asked.extras.values(), *asked.groups.values())
    for one in (*asked.dependencies, *(one for bundle in bundles for one in bundle.requirements)):
        if one.name not in known and one.name != asked.name:
            yield one.name


def _place(question: Question) -> str:
    """The lock in git, wherever the log has it; the name alone where git has none."""
    written = question.values.get("file", "uv.lock")
    return question.checkout.tracked(written) or next(iter(reversed([*tails(written)])), "uv.lock")
