"""Functions that a fix writes into."""

import ast

import pytest

from cifix.formats import python
from cifix.formats.python.functions import annotated, asks, head, hook, owner, readers
from cifix.model.text import Text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(): return A", ["f"]),
        ("def f(A): return A", []),
        ("def f():\n A = 1\n return A", []),
        ("def f():\n A = 1\n def g(): return A\n", []),
        ("def f():\n def g(): return A\n return g", ["g"]),
        ("async def f(): return [A for x in A]", ["f"]),
        ("def f(): return lambda: A", ["f"]),
        ("def f(): return lambda A: A", []),
        ("class C:\n def f(self): return A", ["f"]),
        ("def f(x=A): return A", None),
        ("f = lambda: A", None),
        ("def f():\n global A\n return A", None),
        ("def f():\n class C:\n  A = A", None),
        ("def f(): return B", []),
    ],
)
def test_readers_of_a_global(source: str, expected: list[str] | None) -> None:
    found = readers(ast.parse(source), "A")
    assert (None if found is None else [each.name for each in found]) == expected


def test_the_owner_is_what_the_module_knows() -> None:
    tree = ast.parse("class C:\n def f(self): return A\ndef g(): pass\n")
    (method,) = readers(tree, "A") or ()
    assert owner(tree, method) == "C"
    assert owner(ast.parse(""), method) == "f"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def __getattr__(name): ...", True),
        ("if not TYPE_CHECKING:\n def __getattr__(name): ...", True),
        ("if TYPE_CHECKING:\n pass\nelse:\n def __getattr__(name): ...", True),
        ("if x:\n def __getattr__(name): ...", False),
        ("__getattr__ = make()", False),
        ("def __getattr__(name): ...\ndef __getattr__(name): ...", False),
        ("def __getattr__(name): ...\n__getattr__ = cache(__getattr__)", False),
    ],
)
def test_a_hook_is_certain(source: str, *, found: bool) -> None:
    assert (hook(ast.parse(source), "__getattr__") is not None) is found


@pytest.mark.parametrize(
    ("source", "parameter"),
    [
        ("def f(key): ...", "key"),
        ("def f(key: str, /): ...", "key"),
        ("def f(*key): ...", None),
        ("def f(a, b): ...", None),
        ("@cache\ndef f(a): ...", None),
    ],
)
def test_what_a_hook_is_asked_for(source: str, parameter: str | None) -> None:
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    assert asks(function) == parameter
    assert annotated(function) == (": str" in source)


@pytest.mark.parametrize(
    ("source", "below"),
    [
        ("def f():\n    return 1\n", "    return 1\n"),
        ("def f():\n    # why\n    return 1\n", "    # why\n    return 1\n"),
        ("def f():\n    'what'\n    return 1\n", "    return 1\n"),
        ("def f():\n    'what'\n", "    'what'\n"),
        ("def f(): return 1\n", None),
        ("def f():\n    'what'; return 1\n", None),
        ("def f():\n    a = 1; return 1\n", None),
    ],
)
def test_the_head_of_a_function(source: str, below: str | None) -> None:
    module = python.parse(Text.decode(source.encode()))
    (function,) = module.tree.body
    assert isinstance(function, ast.FunctionDef)
    found = head(module, function)
    assert (found and (source[found[0] :], found[1])) == (below and (below, "    "))
