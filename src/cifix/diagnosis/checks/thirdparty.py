"""Something that another distribution brings is missing: where it is declared, and whether the job installs that."""

import re

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.checks import distributions
from cifix.diagnosis.checks.declarations import Declaration, declarations, explicit, installing
from cifix.diagnosis.checks.importers import Importer, first_needing, importers, why_optional
from cifix.diagnosis.insight import Insight, Question
from cifix.formats.python.project import normalised
from cifix.formats.python.requirements import declared

_DEFERS = re.compile(r"(?<![\w./-])(?:tox|nox|make|just|invoke|task|docker|hatch|pixi|bash|sh)\s|\./\w|\.sh\b")
"""What runs installers that no workflow shows."""


def why_not_installed(question: Question) -> Insight | None:
    """Why a module of others is missing; None if the repository says nothing about it."""
    module = question.values["module"]
    top = module.partition(".")[0]
    found = importers(question.checkout, module)
    if top == "pkg_resources" or top in distributions.known().gone:
        return _gone(top, found)
    if optional := why_optional(found, module):
        return optional
    needed = first_needing(found)
    return why_not_brought(question, distributions.of_module(top), needed)


def why_not_brought(question: Question, distribution: str, needed: Importer | None = None) -> Insight | None:
    """Why a distribution is not there, by what the repository declares and what the job installs."""
    found = list(declarations(question.checkout, distribution))
    if found:
        return _declared(question, distribution, found)
    if needed is None or not explicit(question.checkout):
        return None
    if same_project(question, distribution):
        return None
    locked = _locked(question, distribution)
    beside = "; only other dependencies bring it, as uv.lock says" if locked else ""
    return Insight(
        Verdict.CONFIRMED,
        f"{needed.place} imports it, and no dependency, extra or group in git asks for {distribution}{beside}",
        f"declare {distribution} where {needed.path} is needed: in the dependencies, or in those of the tests",
        f"git grep -n -i -w {distribution} -- pyproject.toml setup.py setup.cfg '*requirements*'",
    )


def why_no_command(question: Question) -> Insight | None:
    """A command that is not there: which distribution has it, and where that is declared."""
    tool = question.values.get("tool", "")
    if (
        tool == "python"
        and not re.search(r"setup-python|setup-uv|uv venv", _uses(question))
        and question.sure
        and question.sites
    ):
        return Insight(
            Verdict.LIKELY,
            f"no step of `{question.sites[0].job.id}` in {question.sites[0].path} sets Python up",
            "add actions/setup-python, or call `python3`, which the image has",
        )
    distribution = distributions.of_command(tool)
    return None if distribution is None else why_not_brought(question, distribution)


def why_no_fixture(question: Question) -> Insight | None:
    """A fixture that no plugin brings."""
    return _plugin(question, distributions.known().fixtures.get(question.values["fixture"]))


def why_no_setting(question: Question) -> Insight | None:
    """A setting that no plugin knows."""
    return _plugin(question, distributions.known().settings.get(question.values["setting"]))


def why_no_option(question: Question) -> Insight | None:
    """An option that no plugin knows."""
    if question.values.get("program", "pytest").removesuffix(".exe") not in {"pytest", "py.test", "__main__.py"}:
        return None
    options = re.findall(r"(?<!\S)--?[A-Za-z][\w-]*", question.values["options"])
    return _plugin(question, next(filter(None, map(distributions.of_option, options)), None))


def why_no_plugin(question: Question) -> Insight | None:
    """A plugin that pytest's configuration requires."""
    name = re.split(r"[,<>=!~ ]", question.values["plugins"], maxsplit=1)[0]
    return _plugin(question, name)


def why_no_async(question: Question) -> Insight | None:
    """No plugin runs the async tests."""
    for name in ("pytest-asyncio", "anyio", "pytest-trio", "pytest-aiohttp"):
        if any(declarations(question.checkout, name)):
            return _plugin(question, name)
    return None


def same_project(question: Question, distribution: str) -> bool:
    """Whether it is the project's own name."""
    return declared(question.checkout.toml("pyproject.toml")).name == normalised(distribution)


def _plugin(question: Question, distribution: str | None) -> Insight | None:
    if distribution is None:
        return None
    return why_not_brought(question, distribution) or Insight(
        Verdict.LIKELY,
        f"{distribution} brings it, and nothing in the repository asks for {distribution}",
        f"add {distribution} to the requirements of the tests, and install these in the job",
        f"git grep -n -i -w {distribution.partition(',')[0]}",
    )


def _declared(question: Question, distribution: str, found: list[Declaration]) -> Insight:
    scripts = installing(question.checkout, question.scripts)
    missed = [one for one in found if not one.mentioned(scripts)]
    first = (missed or found)[0]
    every = len(missed) == len(found) and all(one.listed for one in found) and not _DEFERS.search(scripts)
    if every and question.sure and question.sites:
        job = question.sites[0]
        return Insight(
            Verdict.CONFIRMED,
            f"{distribution} is {first.words}, which no step of the job `{job.job.id}` in {job.path} installs",
            f"install it in that job: {first.command}",
            f"git grep -n install -- {job.path}",
        )
    return Insight(
        Verdict.LIKELY,
        f"{distribution} is {first.words}: the job does not install that part, or runs another Python",
        f"install it in the environment that the step runs in: {first.command}",
        f"git grep -n -i -w {distribution} -- {first.path}",
    )


def _gone(top: str, found: list[Importer]) -> Insight:
    needed = next((one for one in found if not one.guarded), None)
    if top == "pkg_resources":
        what, instead = "setuptools 82 and newer has no pkg_resources", "importlib.metadata or importlib.resources"
        other = "require `setuptools<82` where it is installed until that dependency has a release without it"
    else:
        what = f"Python {distributions.known().gone[top]} has no {top} any more"
        instead = f"what the documentation of {top} names in its place"
        other = "upgrade that dependency, or run the job with an older Python until it can be"
    if needed is not None:
        return Insight(
            Verdict.CONFIRMED,
            f"{what}, and {needed.place} imports it",
            f"use {instead}",
            f"git grep -n -w {top} -- '*.py'",
        )
    return Insight(Verdict.LIKELY, f"{what}; nothing in git needs it, so a dependency does", other)


def _locked(question: Question, distribution: str) -> bool:
    packages = question.checkout.toml("uv.lock").get("package")
    return any(
        normalised(str(one.get("name"))) == normalised(distribution)
        for one in (packages if isinstance(packages, list) else ())
        if isinstance(one, dict)
    )


def _uses(question: Question) -> str:
    uses = (step.node.word("uses") or "" for site in question.sites for step in site.job.steps)
    return "\n".join((*uses, question.scripts))
