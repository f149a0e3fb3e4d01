"""The lazy table as it is written, read back and run."""

import ast

import pytest

from cifix.formats.python.lazy import Entry, Style, beside, ends, exports, render, table

ENTRIES = [Entry("Engine", ".engine", "Engine"), Entry("tools", ".tools", None), Entry("oil", ".oil", None)]
STATIC = ["from .engine import Engine as Engine", "from . import tools as tools"]


def written(style: Style = Style("    ", '"')) -> str:  # noqa: B008 - a frozen record
    return "import os\nTYPE_CHECKING = False\n" + render(ENTRIES, STATIC, "TYPE_CHECKING", style) + "\nx = 1\n"


@pytest.mark.parametrize("style", [Style("    ", '"'), Style("\t", "'"), Style("  ", '"')])
def test_what_is_written_is_read_back(style: Style) -> None:
    tree = ast.parse(written(style))
    assert list(table(tree).values()) == ENTRIES
    last, value = ends(tree)
    assert (ast.unparse(last), ast.unparse(value)) == (STATIC[1].replace(" as tools", " as tools"), "('.oil', None)")


def test_a_style_reaches_every_line() -> None:
    lines = written(Style("\t", "'")).splitlines()
    assert not any('"' in line or line.startswith(" ") for line in lines)


def test_exports_are_the_names_for_users() -> None:
    assert exports(ast.parse(written())) == {"os", "x", "Engine", "tools"}
    assert exports(ast.parse("import os\nfrom .engine import Engine\nfrom . import tools\nx = 1")) == {
        "os",
        "x",
        "Engine",
        "tools",
    }


def test_the_block_is_set_apart_from_the_rest_of_the_file() -> None:
    assert ast.unparse(beside(ast.parse(written()))) == "import os\nTYPE_CHECKING = False\nx = 1"


@pytest.mark.parametrize(
    "source",
    ["x = 1", "_LAZY = {'a': ('.a', None)}", "if TYPE_CHECKING:\n    import a\nelse:\n    a = None"],
)
def test_anything_else_is_no_table(source: str) -> None:
    assert not table(ast.parse(source))
    with pytest.raises(ValueError, match="no lazy block"):
        ends(ast.parse(source))


def test_entries_of_another_shape_are_not_read() -> None:
    tree = ast.parse("if TYPE_CHECKING:\n    pass\nelse:\n    _LAZY = {'a': ('.a', None), 'b': '.b', **c}")
    assert list(table(tree)) == ["a"]
