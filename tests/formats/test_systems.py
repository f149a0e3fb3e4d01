"""How files of Azure Pipelines, CircleCI and GitLab name things, and which files of GitLab are one pipeline."""

import pytest

from cifix.formats import azure, circleci, gitlab
from cifix.formats.yaml import parse_merging, unmerged
from cifix.model.expect import Route
from cifix.model.snapshot import Snapshot
from cifix.model.text import Text


@pytest.mark.parametrize(
    ("text", "names", "whole"),
    [
        ("$(python.version)", ["python.version"], "python.version"),
        ("${{ parameters.image }}", ["image"], "image"),
        ("${{ variables['image'] }}", ["image"], "image"),
        ("$[ variables.image ]", ["image"], "image"),
        ("v$(a)-$(b)", ["a", "b"], None),
        ("${{ eq(variables.a, 'x') }}", ["a"], None),
        ("plain", [], None),
    ],
)
def test_azure_names_variables_and_parameters(text: str, names: list[str], whole: str | None) -> None:
    assert list(azure.mentions(text)) == names
    assert azure.fed_by(text) == whole


@pytest.mark.parametrize(
    ("text", "names", "whole"),
    [
        ("<< parameters.tag >>", ["tag"], "tag"),
        ("<<matrix.tag>>", ["tag"], "tag"),
        ("cimg/x:<< pipeline.parameters.tag >>", ["tag"], None),
        ("plain", [], None),
    ],
)
def test_circleci_names_parameters(text: str, names: list[str], whole: str | None) -> None:
    assert list(circleci.mentions(text)) == names
    assert circleci.fed_by(text) == whole


def test_gitlab_names_variables() -> None:
    assert list(gitlab.mentions("a:$B-${C}")) == ["B", "C"]


@pytest.mark.parametrize(
    ("route", "name"),
    [
        (("stages", 0, "jobs", 0, "strategy", "matrix", "leg", "PY"), "PY"),
        (("variables", "PY"), "PY"),
        (("jobs", 0, "parameters", "versions", 1), "versions"),
        (("steps", 0, "inputs", "x"), None),
    ],
)
def test_azure_knows_what_a_value_is_given_to(route: Route, name: str | None) -> None:
    assert azure.defined(parse_merging(Text.decode(b"a: 1\n")), route) == name


def test_azure_leaves_parameters_that_must_be_numbers() -> None:
    source = b"parameters:\n- {name: a, type: number, default: 1}\n- {name: b, values: [1]}\n- c\n"
    document = parse_merging(Text.decode(source))
    assert azure.defined(document, ("parameters", 0, "default")) is None
    assert azure.defined(document, ("parameters", 1, "values", 0)) == "b"
    assert azure.defined(document, ("parameters", 2, "default")) is None


def test_a_merge_key_is_no_part_of_a_route() -> None:
    assert unmerged(("a", "<<", "b", 0)) == ("a", "b", 0)
    assert unmerged(("a", "<<", 1, "b", "<<", "c")) == ("a", "b", "c")


def test_merge_keys_are_read_as_they_are_written() -> None:
    document = parse_merging(Text.decode(b"a: &a {b: 1}\nc:\n  <<: *a\n  d: !reference [a, b]\n"))
    assert [route for route, _ in document.walk()][3:] == [
        ("c",),
        ("c", "<<"),
        ("c", "<<", "b"),
        ("c", "d"),
        ("c", "d", 0),
        ("c", "d", 1),
    ]


def included(files: dict[str, str]) -> tuple[str, ...]:
    return gitlab.included(Snapshot.of({path: text.encode() for path, text in files.items()}))


def test_without_a_root_file_nothing_is_part_of_a_pipeline() -> None:
    assert included({"x.gitlab-ci.yml": "a: 1\n"}) == ()


def test_files_may_include_each_other_and_be_missing_or_unreadable() -> None:
    files = {
        ".gitlab-ci.yml": "include: [a.yml, {local: /b.yml}, {local: no.yml}, {template: x.yml}, '$X.yml']\n",
        "a.yml": "include: {local: b.yml}\n",
        "b.yml": "include: a.yml\n",
        "c.yml": "a: 1\n",
    }
    assert set(included(files)) == {".gitlab-ci.yml", "a.yml", "b.yml"}
    assert included({".gitlab-ci.yml": "a: [\n"}) == (".gitlab-ci.yml",)
    assert included({".gitlab-ci.yml": "- include\n"}) == (".gitlab-ci.yml",)
    assert set(included({".gitlab-ci.yml": "include: 'ci/**.yml'\n", "ci/x/y.yml": "a: 1\n"})) == {
        ".gitlab-ci.yml",
        "ci/x/y.yml",
    }


def test_pipelines_of_azure_use_templates_of_the_repository() -> None:
    files = {
        "ci/azure-pipelines.yml": "jobs: [{template: jobs/a.yml}, {template: /b.yml}, {template: c.yml@other}]\n",
        "ci/jobs/a.yml": "steps: [{template: ../steps.yml@self}, {template: none.yml}, {template: '${{ x }}.yml'}]\n",
        "ci/steps.yml": "steps: [{template: jobs/a.yml}]\n",
        "b.yml": "a: [\n",
        "c.yml": "a: 1\n",
    }
    found = azure.included(Snapshot.of({path: text.encode() for path, text in files.items()}))
    assert set(found) == {"ci/azure-pipelines.yml", "ci/jobs/a.yml", "ci/steps.yml", "b.yml"}


def test_circleci_knows_what_a_value_is_given_to() -> None:
    assert circleci.given_to(("workflows", "w", "jobs", 0, "python/test", "version")) == "python/test"
    assert circleci.given_to(("jobs", "a", "steps", 0, "node/install", "version")) == "node/install"
    assert circleci.given_to(("jobs", "a")) == ""
