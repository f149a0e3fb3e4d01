"""Renamed variables make the same program, or the proof says no."""

import re

import pytest

from cifix.formats.python import Module, parse
from cifix.formats.python.alpha import renamed
from cifix.model.text import Text

SAME = [
    "def f(id):\n return id",
    "def f():\n id = 1\n def g(x=id):\n  return id + x\n return g",
    "def f():\n id = 1\n class C:\n  number = id\n  def g(self):\n   return id\n return C",
    "def f(a):\n try:\n  a()\n except E as id:\n  print(id)",
    "def f(a):\n return [id for id in a if id], lambda: [id for id in a]",
    "def f(id: int, *, x: 'id' = 1) -> int:\n return id",
    "def f(a):\n del a\n for id in g(id=a):\n  yield id.id, id['id'], 'id'",
    "async def f(id, a, z):\n def g():\n  return id, a, z\n return g",
    "class A:\n def f(self, id):\n  return super().f(id)",
]


def changed(source: str, old: str = "id", new: str = "id_") -> str:
    """The source with every variable `old` renamed; attributes, keywords and strings are marked with other letters."""
    return re.sub(rf"(?<![.'\w])\b{old}\b(?!=a|')", new, source)


def module(source: str) -> Module:
    return parse(Text.decode(source.encode()))


@pytest.mark.parametrize("source", SAME)
def test_local_names_do_not_matter(source: str) -> None:
    after = changed(source)
    assert after != source
    scope = "A.f" if source.startswith("class") else "f"
    assert renamed(module(source), module(after), [(scope, "id", "id_")])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(id):\n return id", "def f(id_):\n return id"),
        ("def f(id):\n return id", "def f(id):\n return id_"),
        ("def f(id):\n return id", "def f(id_):\n return 1"),
        ("def f(id):\n return g(id=id)", "def f(id_):\n return g(id_=id_)"),
        ("def f(id):\n return id.id", "def f(id_):\n return id_.id_"),
        ("def f(id):\n return 'id', id", "def f(id_):\n return 'id_', id_"),
        ("def f(id):\n return f'{id=}'", "def f(id_):\n return f'{id_=}'"),
        ("id = 1", "id_ = 1"),
        ("class A:\n id = 1", "class A:\n id_ = 1"),
        ("def f():\n global id\n id = 1", "def f():\n global id_\n id_ = 1"),
        ("def f(id):\n return id", "def f(type):\n return type"),
        ("def f(id):\n return lambda id: id", "def f(id_):\n return lambda id: id_"),
        ("def f(id, id_):\n return id, id_", "def f(id_, id):\n return id, id_"),
        ("def g(id):\n return id", "def g(id_):\n return id_"),
        ("def id():\n pass", "def id_():\n pass"),
        ("def f(id):\n id = 1\n return id", "def f(id):\n id_ = 1\n return id_"),
        ("def f(*id):\n return id", "def f(id_):\n return id_"),
        ("def f(id):\n return id\nx = 1", "def f(id_):\n return id_\nx = 1.0"),
        ("def f(id):\n return id", "def f(id_):\n return id_\nx = 1"),
        ("return", "return"),
    ],
)
def test_what_is_more_than_another_name_is_seen(before: str, after: str) -> None:
    assert not renamed(module(before), module(after), [("f", "id", "id_")])


def test_any_function_may_be_meant_by_the_module() -> None:
    before, after = "x = [id for id in y]", "x = [id_ for id_ in y]"
    assert renamed(module(before), module(after), [("<module>", "id", "id_")])


def test_names_that_stand_between_the_old_and_the_new_one_in_a_closure_are_left_in_doubt() -> None:
    before = "def f(id, id1):\n def g():\n  return id, id1\n return g"
    assert not renamed(module(before), module(changed(before)), [("f", "id", "id_")])
