"""Workspaces, selections and what they bring."""

from collections.abc import Mapping

import pytest

from cifix.formats.python.requirements import Requirement
from cifix.formats.uv.arguments import Selection
from cifix.formats.uv.project import Conflicting, Undefined, Workspace, reached, selected, workspace
from cifix.model.snapshot import File, Memory, Snapshot
from cifix.model.text import Opaque

ROOT = (
    '[project]\nname = "root"\n[tool.uv.workspace]\nmembers = ["./packages/*", "deep/**"]\nexclude = ["packages/out"]\n'
)
MEMBER = '[project]\nname = "{}"\ndependencies = ["numpy"]\noptional-dependencies.x = ["pytest"]\n'


def at(files: Mapping[str, str], folder: str = "") -> Workspace | None:
    return workspace(Snapshot(Memory({path: File(text.encode()) for path, text in files.items()})), folder)


def alone(text: str, **more: str) -> Workspace:
    found = at({"pyproject.toml": text, **more})
    assert found is not None
    return found


def names(space: Workspace, selection: Selection) -> set[str]:
    return {line.name for line in selected(space, selection)}


def none(_name: str) -> tuple[str, ...]:
    return ()


TREE = {
    "pyproject.toml": ROOT,
    "packages/one/pyproject.toml": MEMBER.format("one"),
    "packages/out/pyproject.toml": MEMBER.format("out"),
    "deep/er/two/pyproject.toml": MEMBER.format("two"),
}


def test_the_nearest_project_and_its_workspace_are_found() -> None:
    found = at(TREE, "packages/one/src/one")
    assert found is not None
    assert found.root == ""
    assert [member.folder for member in found.members] == ["", "deep/er/two", "packages/one"]
    assert [member.folder for member in found.current] == ["packages/one"]


def test_an_excluded_folder_is_a_workspace_of_its_own() -> None:
    found = at(TREE, "packages/out")
    assert found is not None
    assert found.root == "packages/out"


def test_without_a_file_there_is_no_workspace() -> None:
    assert at({"setup.py": ""}, "a/b") is None


def test_a_file_that_is_not_toml_is_opaque() -> None:
    with pytest.raises(Opaque):
        at({"pyproject.toml": "["})


def test_packages_are_chosen() -> None:
    found = at(TREE)
    assert found is not None
    assert names(found, Selection()) == {"root"}
    assert names(found, Selection(packages=("one",), extras=("x",))) == {"one", "numpy", "pytest"}
    assert names(found, Selection(all_packages=True, all_extras=True)) == {"root", "one", "two", "numpy", "pytest"}


@pytest.mark.parametrize(
    ("selection", "kind"),
    [
        (Selection(extras=("nothing",)), "extra"),
        (Selection(groups=("nothing",)), "group"),
        (Selection(only_groups=("dev",)), "group"),
    ],
)
def test_names_that_are_not_defined(selection: Selection, kind: str) -> None:
    with pytest.raises(Undefined) as why:
        selected(alone(ROOT), selection)
    assert why.value.kind == kind


def test_conflicts_are_between_packages_extras_and_groups() -> None:
    space = alone(
        '[project]\nname = "x"\n[project.optional-dependencies]\na = []\n[dependency-groups]\nb = []\n'
        '[tool.uv]\nconflicts = [[{ extra = "a" }, { group = "b", package = "x" }], 1]\n'
    )
    assert names(space, Selection(extras=("a",))) == {"x"}
    with pytest.raises(Conflicting):
        selected(space, Selection(extras=("a",), groups=("b",)))


def test_excluded_extras_and_groups() -> None:
    space = alone(
        '[project]\nname = "x"\n[project.optional-dependencies]\na = ["one"]\nb = ["two"]\n'
        '[dependency-groups]\nc = ["three"]\nd = ["four"]\n'
    )
    assert names(space, Selection(all_extras=True, no_extras=("a",), all_groups=True, no_groups=("c",))) == {
        "x",
        "two",
        "four",
    }
    assert names(space, Selection(only_groups=("c",))) == {"three"}


def test_the_old_table_joins_the_group_dev() -> None:
    space = alone('[dependency-groups]\ndev = ["ruff"]\n[tool.uv]\ndev-dependencies = ["pytest", 1]\n')
    assert names(space, Selection()) == {"ruff", "pytest"}
    assert names(space, Selection(no_dev=True)) == set()


def test_other_tools_are_told() -> None:
    space = alone(
        '[tool.poetry.group.dev.dependencies]\nPytest = "*"\n[tool.hatch.envs.x]\ndependencies = ["ruff>=1"]\n'
    )
    assert "pytest" in space.foreign["poetry"]
    assert "ruff" in space.foreign["hatch"]


LOCK = """
[[package]]
name = "a"
dependencies = [{ name = "b", extra = ["fast"] }]
[[package]]
name = "b"
dependencies = [{ name = "c" }]
optional-dependencies.fast = [{ name = "d" }]
optional-dependencies.slow = [{ name = "e" }]
[[package]]
name = "a"
dependencies = [{ name = "f" }]
"""


def test_a_lock_tells_what_comes_along() -> None:
    space = alone('[project]\nname = "x"\n', **{"uv.lock": LOCK})
    assert reached(space, [Requirement("a")], none) == {"a", "b", "c", "d", "f"}
    assert reached(space, [Requirement("new")], lambda _name: ("never asked",)) == {"new"}


@pytest.mark.parametrize("lock", ["[", ""])
def test_a_lock_that_says_nothing(lock: str) -> None:
    space = alone('[project]\nname = "x"\n', **{"uv.lock": lock})
    assert reached(space, [Requirement("a")], none) == {"a"}
    assert (space.locked is None) == bool(lock)


def test_without_a_lock_names_imply_others_and_a_project_may_name_itself() -> None:
    space = alone('[project]\nname = "x"\noptional-dependencies.all = ["x[a]"]\noptional-dependencies.a = ["b-c"]\n')
    brought = reached(space, [Requirement("x", frozenset({"all", "missing"}))], lambda name: name.split("-")[1:])
    assert brought == {"x", "b-c", "c"}


def test_what_is_decided_by_the_build_is_told() -> None:
    assert alone('[project]\nname = "x"\ndynamic = ["dependencies"]\n').dynamic
