"""Linters and formatters: which version the project pins, and what to run.

Sources: https://docs.astral.sh/ruff/versioning/, https://black.readthedocs.io/en/stable/the_black_code_style/ and
https://pre-commit.com/#new-hooks, read 2026-11.
"""

import re
from collections.abc import Iterator, Mapping

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.checks import distributions
from cifix.diagnosis.checks.declarations import declarations
from cifix.diagnosis.insight import Insight, Question
from cifix.formats.precommit import CONFIG

_FIX: Mapping[str, str] = {
    "ruff": "ruff check --fix",
    "ruff format": "ruff format",
    "black": "black .",
    "isort": "isort .",
    "yapf": "yapf -i -r .",
    "autopep8": "autopep8 -i -r .",
}
_REQUIRING = ("pyproject.toml", "setup.cfg", "tox.ini", "noxfile.py", "**/*requirements*.txt")
_MIRRORS: Mapping[str, str] = {
    "ruff": r"ruff-pre-commit",
    "black": r"psf/black|black-pre-commit-mirror",
    "isort": r"/isort",
    "flake8": r"/flake8",
    "pylint": r"/pylint",
    "mypy": r"mirrors-mypy",
    "yapf": r"yapf",
    "codespell": r"codespell",
    "bandit": r"/bandit",
}


def why_findings(question: Question) -> Insight | None:
    """Which linter it is, what pins it, and what its own fixes are."""
    tool = _tool(question, ("ruff", "flake8", "pylint"))
    return None if tool is None else _told(question, tool)


def why_unformatted(question: Question) -> Insight | None:
    """Which formatter it is, and what pins it."""
    tool = _tool(question, ("ruff format", "black", "isort", "yapf", "autopep8"))
    return None if tool is None else _told(question, tool)


def why_configuration(question: Question) -> Insight | None:
    """Which version meets a configuration that was written for another."""
    tool = _tool(question, ("ruff", "black", "flake8"))
    return None if tool is None else _told(question, tool)


def why_untyped(question: Question) -> Insight | None:
    """Where the module that the type checker does not find is declared."""
    module = question.values["module"].partition(".")[0]
    found = list(declarations(question.checkout, distributions.of_module(module)))
    missed = [one for one in found if not one.mentioned(question.scripts)]
    if not missed:
        return None
    return Insight(
        Verdict.LIKELY,
        f"{distributions.of_module(module)} is {missed[0].words}, which the job that checks types may not install",
        f"install it in that job: {missed[0].command}",
        f"git grep -n -i {module} -- {missed[0].path}",
    )


def pins(question: Question, tool: str) -> Iterator[tuple[str, str]]:
    """Every version of a tool that the repository writes down, with the file that does."""
    program = tool.partition(" ")[0]
    yield from _written(question, program)
    yield from _chosen(question, program)
    if mirror := _MIRRORS.get(program):
        revision = re.compile(rf"repo:\s*\S*(?:{mirror})\S*\s+rev:\s*[\"']?v?(?P<version>[\w.-]+)")
        if found := revision.search(question.checkout.source(CONFIG)):
            yield found["version"], CONFIG
    for path in ("uv.lock", "poetry.lock"):
        listed = question.checkout.toml(path).get("package")
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, dict) and one.get("name") == program and "version" in one:
                yield str(one["version"]), path


def _written(question: Question, program: str) -> Iterator[tuple[str, str]]:
    """In a requirement, or in a command of the job."""
    exact = re.compile(rf"(?<![\w.-]){re.escape(program)}(?:\[[^]]*\])?\s*(?:===?|~=|@)\s*v?(?P<version>\d[\w.]*)")
    for path in question.checkout.snapshot.matching(_REQUIRING):
        if found := exact.search(question.checkout.source(path)):
            yield found["version"], path
    for site in question.sites:
        if found := exact.search(site.scripts):
            yield found["version"], site.path


def _chosen(question: Question, program: str) -> Iterator[tuple[str, str]]:
    """As an input of the action that runs it."""
    for site in question.sites:
        for step in site.job.steps:
            if step.uses is not None and program in step.uses.slug and "version" in step.inputs:
                yield step.inputs["version"].value, site.path


def _told(question: Question, tool: str) -> Insight:
    program = tool.partition(" ")[0]
    fix = _FIX.get(tool)
    pinned = next(pins(question, tool), None)
    if pinned is None:
        return Insight(
            Verdict.LIKELY,
            f"no workflow, requirement, lock or hook says which version of {program} to run: a new release may have "
            "changed its rules or its style",
            f"pin {program}; then " + (f"run `{fix}` and commit what it changes" if fix else "correct what it names"),
            f"git grep -n -w {program}",
        )
    version, place = pinned
    run = (
        f"run `uvx {program}@{version} {fix.partition(' ')[2]}` and commit what it changes"
        if fix
        else "correct what it names"
    )
    return Insight(Verdict.LIKELY, f"{place} pins {program} {version}", run, f"git grep -n -w {program} -- {place}")


def _tool(question: Question, among: tuple[str, ...]) -> str | None:
    """The one of these that the jobs run; None if it may be several."""
    found = [tool for tool in among if re.search(rf"\b{tool}\b", question.scripts)]
    uses = [step.uses.slug for site in question.sites for step in site.job.steps if step.uses is not None]
    found += [tool for tool in among if any(tool.partition(" ")[0] in slug for slug in uses) and tool not in found]
    return found[0] if len(found) == 1 else None
