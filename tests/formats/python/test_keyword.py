"""`lazy import` on any Python: places and meaning of everything else stay."""

import ast

import pytest

from cifix.formats import python
from cifix.formats.python.keyword import is_lazy, parsed
from cifix.formats.python.lazy import lazy_modules, promises
from cifix.formats.python.order import Order
from cifix.formats.python.packages import packages
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text

SOURCE = (
    '"""\nlazy from a import b\n"""\nlazy from .é import (\n    a, b)\nif x: lazy import q\nlazy = 1\n'
    "with x:\n    lazy import u as v  # ü\nelse_ = 2; lazy from . import c\n"
)


def imports(tree: ast.Module) -> list[ast.Import | ast.ImportFrom]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def test_lazy_imports_are_marked_and_stand_where_they_stood() -> None:
    module = python.parse(Text.decode(SOURCE.encode()))
    found = sorted(imports(module.tree), key=lambda node: node.lineno)
    assert [module.source(node) for node in found] == [
        "lazy from .é import (\n    a, b)",
        "lazy import q",
        "lazy import u as v",
        "lazy from . import c",
    ]
    assert all(map(is_lazy, found))
    assert len(module.tree.body) == 7


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_byte_order_marks_make_no_difference(newline: str, mark: bytes) -> None:
    module = python.parse(Text.decode(mark + f"lazy import a{newline}import b{newline}".encode()))
    assert [(module.source(node), is_lazy(node)) for node in imports(module.tree)] == [
        ("lazy import a", True),
        ("import b", False),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    lazy import a\n",
        "try:\n    lazy import a\nexcept OSError:\n    pass\n",
        "class A:\n    lazy import a\n",
        "lazy x\n",
        "x = lazy import y\n",
        "lazy import a\n'''",
    ],
)
def test_what_no_python_reads_is_an_error(source: str) -> None:
    with pytest.raises(SyntaxError):
        parsed(source)
    with pytest.raises(Opaque, match="not valid Python"):
        python.parse(Text.decode(source.encode()))


def test_promises_are_entries_of_a_table() -> None:
    found = promises(parsed("lazy from .a import A as B\nlazy from . import c\nimport d\n"))
    assert {name: (entry.module, entry.attribute) for name, entry in found.items()} == {
        "B": (".a", "A"),
        "c": (".c", None),
    }


def test_the_list_of_lazy_modules_is_read_as_far_as_it_is_written() -> None:
    tree = ast.parse('__lazy_modules__ = {__name__, f"{__name__}.a", "q.r", other()}\nx = {1}\n')
    assert lazy_modules(tree, "p") == {"p", "p.a", "q.r", ""}


@pytest.mark.parametrize(
    ("init", "fails"),
    [
        ("from .a import A\nfrom .b import B\n", True),
        ("lazy from .a import A\nfrom .b import B\n", False),
        ("from .a import A\nlazy from .b import B\n", True),
        ("lazy from .b import B\nfrom .a import A\n", False),
        ("lazy from p import b as B\nlazy import p.a\nfrom .a import A\n", False),
    ],
)
def test_the_order_of_imports_knows_promises(init: str, *, fails: bool) -> None:
    files = {"p/__init__.py": init, "p/a.py": "from p import B\nA = B\n", "p/b.py": "B = 1\n"}
    (package,) = packages(Snapshot.of({path: source.encode() for path, source in files.items()}))
    order = Order(package)
    assert (order.first("p").failure is not None) is fails
    assert order.first("p.a").failure is None or fails
