"""The module is in git and the job does not find it: the project is not installed, or only a part of it.

Sources: https://docs.astral.sh/uv/concepts/projects/config/, https://setuptools.pypa.io/en/latest/userguide/ and
https://hatch.pypa.io/latest/config/build/, read 2026-11.
"""

import re
from collections.abc import Iterator

from cifix.diagnosis.catalogue import Answer, Verdict
from cifix.diagnosis.checks.declarations import installing
from cifix.diagnosis.checks.tables import table
from cifix.diagnosis.insight import Insight, Question
from cifix.formats.python.hatch import left_out

_INSTALLS = re.compile(
    r"\bpip3? install\b[^\n]*?(?:\s-e\s|\s--editable\s|\s[\"']?\.{1,2}[/\[\s\"']|\s\.$|\.whl|\bdist/)"
    r"|\bsetup\.py (?:install|develop)|\buv (?:sync|run|pip)\b"
    r"|\b(?:poetry|pdm|hatch|flit|pipenv|tox|nox|conda|mamba|pixi|rye|make|just|invoke|task|docker|maturin|meson)\b"
    r"|\bcibuildwheel\b|\.sh\b|^\s*-e\s",
    re.MULTILINE,
)
_OTHER_ENVIRONMENT = Answer(("sync-uv-groups",))


def uninstalled(question: Question, stem: str) -> Insight:
    """What the checkout says about a first-party module that git has at `stem` and the job does not find."""
    for insight in (
        *_other_pytest(question),
        *_left_out(question, stem),
        *_unlisted(question, stem),
        *_never(question),
    ):
        return insight
    return Insight(
        Verdict.LIKELY,
        f"git has {stem}: this job does not install the project, or runs a Python that it did not install it into",
        "install the project in this job, and run the tool in that same environment",
        f"git ls-files -- {stem}.py {stem}/",
    )


def _other_pytest(question: Question) -> Iterator[Insight]:
    """`uv run` starts a tool from elsewhere on PATH if the environment lacks it; that one does not know the project."""
    if not question.known or "uv run" not in question.scripts:
        return
    name = question.values.get("job", "")
    found = question.checkout.concerning(question.checkout.answering(_OTHER_ENVIRONMENT, {}), name)
    if found:
        yield Insight(
            Verdict.CONFIRMED,
            "the environment of this job lacks the tool, so that `uv run` starts one from elsewhere, which does not "
            "know the project",
            "let `uv sync` install the tool into the project's environment",
            "uv run --no-sync python -m pytest --version",
            findings=tuple(found),
        )


def _left_out(question: Question, stem: str) -> Iterator[Insight]:
    """Tracked, and matched by an ignore pattern: hatchling leaves it out of the wheel."""
    for match in left_out(question.checkout.snapshot):
        if match.path in (f"{stem}.py", f"{stem}/__init__.py"):
            source, number = match.line
            written = match.pattern.written.decode(errors="replace")
            yield Insight(
                Verdict.CONFIRMED,
                f"git has {match.path}, but hatchling leaves it out of the wheel ({source}:{number} `{written}`)",
                f"anchor `{written}` to the folder that it means",
                "git ls-files -ci --exclude-standard",
            )


def _unlisted(question: Question, stem: str) -> Iterator[Insight]:
    """Setuptools is told the packages one by one, and this one is not among them."""
    tool = table(question.checkout.toml("pyproject.toml"), "tool", "setuptools")
    listed = tool.get("packages")
    module = question.values["module"]
    package = module if question.checkout.packages.exists(f"{stem}/__init__") else module.rpartition(".")[0]
    if isinstance(listed, list) and package and package not in listed and package.partition(".")[0] in listed:
        yield Insight(
            Verdict.CONFIRMED,
            f"git has {stem}, but [tool.setuptools] packages in pyproject.toml does not list {package}",
            f"list {package} there, or use [tool.setuptools.packages.find]",
            "git grep -n packages -- pyproject.toml",
        )
        return
    folder = stem if f"{stem}/__init__.py" in question.checkout.snapshot else stem.rpartition("/")[0]
    bare = folder and f"{folder}/__init__.py" not in question.checkout.snapshot and "." in module
    if bare and isinstance(table(tool, "packages").get("find"), dict) and _finds_regular(question, folder):
        yield Insight(
            Verdict.LIKELY,
            f"{folder} has no __init__.py, so that setuptools may not take it for a package",
            f"add {folder}/__init__.py, as the folders beside it have",
            f"git ls-files -- {folder}/",
        )


def _finds_regular(question: Question, folder: str) -> bool:
    find = table(question.checkout.toml("pyproject.toml"), "tool", "setuptools", "packages", "find")
    return find.get("namespaces") is False and folder.rpartition("/")[0] in question.checkout.packages.regular


def _never(question: Question) -> Iterator[Insight]:
    """No step installs the project, or uv is told that there is nothing to install."""
    data = question.checkout.toml("pyproject.toml")
    packaged = table(data, "tool", "uv").get("package")
    if "uv sync" in question.scripts and data.get("project") and "build-system" not in data and packaged is not True:
        yield Insight(
            Verdict.CONFIRMED if question.sure else Verdict.LIKELY,
            "pyproject.toml has no [build-system], so that `uv sync` does not install the project itself",
            "add a [build-system], or `package = true` to [tool.uv]",
            "git grep -n build-system -- pyproject.toml",
        )
    elif question.sites and question.sure and not _INSTALLS.search(installing(question.checkout, question.scripts)):
        site = question.sites[0]
        yield Insight(
            Verdict.CONFIRMED,
            f"no step of the job `{site.job.id}` in {site.path} installs the project",
            "add `pip install -e .` (or `uv sync`) before the step that failed",
            f"git grep -n install -- {site.path}",
        )
