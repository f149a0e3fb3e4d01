"""quote-versions: names of versions, and what the findings of each system say."""

from datetime import date

import pytest

from cifix.model.finding import ALREADY, Finding, Fix, Safety
from cifix.model.rule import NoOptions
from cifix.model.snapshot import Snapshot
from cifix.rules.quote_versions import rule
from cifix.rules.quote_versions.names import names_version


def findings(path: str, source: str) -> list[Finding]:
    return list(rule.find(Snapshot.of({path: source.encode()}), NoOptions()))


@pytest.mark.parametrize(
    "name", ["python", "PYTHON_VERSION", "pythonVersion", "python.version", "go-version", "versions", "py", "pythons"]
)
def test_names_of_versions(name: str) -> None:
    assert names_version(name)


@pytest.mark.parametrize("name", ["happy", "conversion", "versioned", "timeout", "goal", "", "python-path"])
def test_other_names(name: str) -> None:
    assert not names_version(name)


@pytest.mark.parametrize(
    ("path", "source", "day", "safety"),
    [
        (".github/workflows/a.yml", "jobs: {a: {steps: [{with: {python-version: 3.10}}]}}", ALREADY, Safety.SAFE),
        (".gitlab-ci.yml", "variables: {PYTHON_VERSION: 3.10}", ALREADY, Safety.SAFE),
        (".gitlab-ci.yml", "variables: {NODE_VERSION: 3.10}", None, Safety.REVIEW),
        (".gitlab-ci.yml", "a: {image: 'x/python:$V'}\nvariables: {V: 3.10}", ALREADY, Safety.SAFE),
        (".gitlab-ci.yml", "include: {local: a.yml, inputs: {python: 3.10}}", ALREADY, Safety.SAFE),
        (".gitlab-ci.yml", "include: [{component: a, inputs: {python: 3.10}}]", ALREADY, Safety.SAFE),
        ("azure-pipelines.yml", "steps: [{task: UsePythonVersion@0, inputs: {versionSpec: 3.10}}]", None, Safety.SAFE),
        ("azure-pipelines.yml", "steps: [{task: NodeTool@0, inputs: {versionSpec: 18.10}}]", None, Safety.REVIEW),
        (".circleci/config.yml", "jobs: {a: {steps: [{python/x: {version: 3.10}}]}}", ALREADY, Safety.SAFE),
        (".circleci/config.yml", "jobs: {a: {steps: [{ruby/x: {version: 3.10}}]}}", None, Safety.REVIEW),
        (".circleci/config.yml", "jobs: {a: {executor: {name: b, python: 3.10}}}", ALREADY, Safety.SAFE),
        (".circleci/config.yml", "jobs: {a: {environment: {PYTHON_VERSION: 3.10}}}", None, Safety.SAFE),
        (
            ".circleci/config.yml",
            "workflows: {w: {jobs: [a: {matrix: {exclude: [{py: 3.10}]}}]}}",
            ALREADY,
            Safety.SAFE,
        ),
    ],
)
def test_each_system_says_what_it_knows(path: str, source: str, day: date | None, safety: Safety) -> None:
    (found,) = findings(path, source)
    assert found.red_from == day
    assert found.about == (f"{float(source[found.start : found.end]):g}",)
    assert isinstance(found.outcome, Fix)
    assert found.outcome.safety == safety


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (".circleci/config.yml", "version: 2.10\n"),
        (".circleci/config.yml", "jobs: {a: {executor: {name: 3.10}, steps: [{run: {version: 3.10}}]}}"),
        (".circleci/config.yml", "workflows: {w: {jobs: [a: {name: 3.10, requires: 1.10}]}}"),
        (".circleci/config.yml", "parameters: {version: {type: integer, default: 3.10}}"),
        (".circleci/config.yml", "parameters: {version: 3.10}"),
        ("azure-pipelines.yml", "name: 3.10\nparameters: [{name: python, type: number, default: 3.10}]"),
        ("sub/.gitlab-ci.yml", "variables: {PYTHON_VERSION: 3.10}"),
    ],
)
def test_other_numbers_are_left_alone(path: str, source: str) -> None:
    assert findings(path, source) == []
