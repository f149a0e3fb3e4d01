"""What a project says of its Pythons and dependencies."""

import pytest

from cifix.formats.python.project import Project, normalised, project, project_of
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text


def read(source: str) -> Project:
    return project(Text.decode(source.encode()))


@pytest.mark.parametrize(
    ("requires", "lowest"),
    [
        (">=3.15", (3, 15)),
        ("~=3.11", (3, 11)),
        ("==3.9.*", (3, 9)),
        (">=3", (3, 0)),
        ("<4,>= 3.10", (3, 10)),
        ("", (0, 0)),
    ],
)
def test_the_lowest_python(requires: str, lowest: tuple[int, int]) -> None:
    assert read(f'[project]\nrequires-python = "{requires}"\n').lowest == lowest


def test_names_of_distributions_are_normalised() -> None:
    found = read(
        "[project]\ndependencies = ['Lazy_Loader>=0.4 ; python_version > \"3\"', 'a.b[c]']\n"
        "[project.optional-dependencies]\nx = ['Pillow', 'A-B']\n"
    )
    assert found.required == frozenset({"lazy-loader", "a-b"})
    assert found.optional == {"pillow", "a-b"}
    assert normalised("A__.b") == "a-b"


def test_computed_dependencies_are_unknown() -> None:
    assert read("[project]\ndynamic = ['dependencies']\n").required is None
    assert read("[tool.poetry]\n") == Project()
    assert read("[project]\noptional-dependencies = 1\n").optional == frozenset()


def test_the_nearest_file_above_counts() -> None:
    files = {
        "pyproject.toml": b"[project]\nrequires-python = '>=3.11'\n",
        "in/pyproject.toml": b"[project]\nrequires-python = '>=3.15'\n",
        "bad/pyproject.toml": b"[project\n",
    }
    tree = Snapshot.of(files)
    assert [project_of(tree, path).lowest for path in ("p/__init__.py", "in/src/p/a.py", "bad/p/a.py")] == [
        (3, 11),
        (3, 15),
        (0, 0),
    ]
    assert project_of(Snapshot.of({}), "p/a.py") == Project()
    with pytest.raises(Opaque, match="not valid TOML"):
        read("[project\n")
