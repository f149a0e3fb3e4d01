"""Requirements, extras and groups of a `pyproject.toml`."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Judge
from packaging.utils import canonicalize_name

from cifix.formats.python.requirements import Declared, Requirement, declared, requirement

NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True)


@given(
    NAMES,
    st.lists(NAMES, max_size=2),
    st.sampled_from(["", ">=1", " ~= 1.0, !=1.1", " @ https://example.org/x.whl"]),
    st.sampled_from(["", " ; python_version < '3.9'"]),
)
def test_requirements_are_read_as_packaging_reads_them(name: str, extras: list[str], version: str, marker: str) -> None:
    text = f"{name}[{','.join(extras)}]{version}{marker}" if extras else f"{name}{version}{marker}"
    judge = Judge(text)
    found = requirement(text)
    assert found is not None
    assert found.name == canonicalize_name(judge.name)
    assert found.extras == {canonicalize_name(extra) for extra in judge.extras}
    assert bool(found.marker) == (judge.marker is not None)


@pytest.mark.parametrize("text", ["", "-e .", "./local", ".[test]", "-r requirements.txt", "a/b", "C:\\x"])
def test_what_has_no_name_is_none(text: str) -> None:
    with pytest.raises(InvalidRequirement):
        Judge(text)
    assert requirement(text) is None


def test_a_project_with_all_tables() -> None:
    found = declared(
        tomllib.loads("""
        [project]
        name = "My.Project"
        dependencies = ["Some_Thing[Fast]>=1"]
        dynamic = ["version"]
        optional-dependencies.Test_All = ["pytest; python_version > '3'"]
        scripts.mine = "a:b"
        [dependency-groups]
        Lint = ["ruff", { include-group = "types" }]
        types = ["mypy", { include-group = "LINT" }]
        """)
    )
    assert found.name == "my-project"
    assert found.dependencies == (Requirement("some-thing", frozenset({"fast"})),)
    assert found.extras["test-all"].name == "Test_All"
    assert found.extras["test-all"].requirements == (Requirement("pytest", marker="python_version > '3'"),)
    assert {line.name for line in found.groups["lint"].requirements} == {"ruff", "mypy"}
    assert found.scripts == {"mine"}
    assert not found.dynamic


@pytest.mark.parametrize("name", ["dependencies", "optional-dependencies"])
def test_what_the_build_decides_is_dynamic(name: str) -> None:
    assert declared({"project": {"name": "x", "dynamic": [name]}}).dynamic


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"project": 1},
        {"project": {"name": 1, "dependencies": "x", "optional-dependencies": [], "dynamic": "all", "scripts": 2}},
        {"dependency-groups": ["x"]},
    ],
)
def test_values_of_other_types_count_as_absent(data: dict[str, object]) -> None:
    assert declared(data) == Declared()


def test_a_group_that_is_no_list_is_empty() -> None:
    found = declared({"dependency-groups": {"dev": "pytest", "more": [1, {"include-group": "missing"}]}})
    assert not any(bundle.requirements for bundle in found.groups.values())
