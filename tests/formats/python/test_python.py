"""Places of statements in Python sources, whatever the line ends, the encoding and the white space."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cifix.formats.python import Module, parse, untouched
from cifix.model.change import Edit, inverse, splice
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text

STATEMENTS = (
    "x = 1",
    "y = 'ü€𝄞'; z = 2",
    "import os  # ü",
    "from a import (\n    b,  # one\n    c,\n)",
    "from a import b, \\\n    c",
    "@deco\n@other(1)\ndef f(a, *, b=2):\n    return a",
    "class C(\n    object,\n):\n    x = '''a\n  b'''",
    "if x:\n    pass\nelse:\n    x = '€'",
    "\x0cw = 3",
    "async def g(): ...",
    "# only a comment",
    "",
)


def module(source: str | bytes) -> Module:
    return parse(Text.decode(source.encode() if isinstance(source, str) else source, cookie=True))


@given(
    st.lists(st.sampled_from(STATEMENTS)),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.booleans(),
)
def test_the_span_of_every_statement_is_its_source(parts: list[str], newline: str, bom: bool, ended: bool) -> None:
    source = ("\n".join(parts) + "\n" * ended).replace("\n", newline)
    found = module("\ufeff" * bom + source)
    for statement in found.tree.body:
        again = ast.parse(found.source(statement).lstrip("\x0c"))
        assert ast.dump(again) == ast.dump(ast.Module([statement], []))


def test_columns_count_characters_in_any_encoding() -> None:
    found = module("# coding: latin-1\ns = 'éé'; t = 1\n".encode("latin-1"))
    assert [found.source(statement) for statement in found.tree.body] == ["s = 'éé'", "t = 1"]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("x = 1\nprint 'a'\n", "line 2 is not valid Python"),
        ("x = " + "(" * 300 + ")" * 300, "not valid Python"),
        ("x = " + "-" * 100_000 + "1", "cannot parse"),
    ],
)
def test_what_python_cannot_read_is_opaque(source: str, told: str) -> None:
    with pytest.raises(Opaque, match=told):
        module(source)


def test_equal_content_is_parsed_once_and_warns_of_nothing() -> None:
    snapshot = Snapshot.of({"a.py": b"x = '\\d'\n"})
    assert snapshot.parsed("a.py", parse) is snapshot.parsed("a.py", parse)


def test_a_decorated_function_begins_at_its_first_decorator() -> None:
    found = module("x = 1\n@ a.b(\n    '@'\n)\n@c\ndef f(): ...\n")
    assert found.source(found.tree.body[1]).startswith("@ a.b(")


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_of_a_statement_take_comment_and_line_ending_along(newline: str) -> None:
    source = "import a  # why\nif a:\n    b = 1\nc = 1; d = 2\nlast = 3".replace("\n", newline)
    found = module(source)
    first, condition, one, two, last = found.tree.body
    assert found.lines(first) == (0, len("import a  # why" + newline))
    assert found.trailing_comment(first) == "# why"
    assert found.source(condition).endswith("b = 1")
    assert found.lines(one) is None
    assert found.lines(two) is None
    assert found.trailing_comment(one) == ""
    assert found.trailing_end(one) == found.span(one)[1]
    assert found.lines(last) == (source.index("last"), len(source))


def test_a_byte_order_mark_belongs_to_no_statement() -> None:
    found = module("\ufeffimport a\nimport b\n")
    assert found.lines(found.tree.body[0]) == (1, 10)
    assert found.line_at(0) == "import a"


@pytest.mark.parametrize(
    ("source", "indent", "quote"),
    [
        ("x = 1\n", "    ", '"'),
        ("if x:\n\ty = 'a'\n", "\t", "'"),
        ("if x: y = 'a'\nclass A:\n  b = \"c\"\n", "  ", '"'),
        ("f = lambda: 'a'\n", "    ", "'"),
    ],
)
def test_habits_are_read_from_the_file(source: str, indent: str, quote: str) -> None:
    found = module(source)
    assert (found.indent, found.quote) == (indent, quote)


def test_statements_that_no_edit_touches_are_found_again_on_the_other_side() -> None:
    before = module("import a\nimport b\nx = 1\n\ny = 2\n")
    edits = [Edit("m.py", 9, 18, "")]
    after = module(splice(before.text.text, edits))
    undone = [(edit.start, edit.end) for edit in inverse(before.text.text, edits)]
    assert untouched(before, [(9, 18)]) == tuple(ast.dump(before.tree.body[number]) for number in (0, 3))
    assert untouched(after, undone) == tuple(ast.dump(after.tree.body[number]) for number in (0, 2))
    assert len(untouched(before, ())) == 4


def test_an_edit_at_the_edge_of_a_statement_touches_it() -> None:
    found = module("x = 1\n\ny = 2\n")
    assert untouched(found, [(5, 5)]) == untouched(found, [(0, 0)]) == (ast.dump(found.tree.body[1]),)
