"""Raises that took the place of asserts fail in the same cases, or the proof says no."""

import ast

import pytest

from cifix.formats.python.asserts import same_failures

SAME = [
    ("assert a", "if not a:\n raise AssertionError"),
    ("assert not a, b", "if a:\n raise AssertionError(b)"),
    ("assert not not a", "if not a:\n raise AssertionError"),
    ("assert (not a)", "if not (not a):\n raise AssertionError"),
    ("assert a is b", "if a is not b:\n raise AssertionError"),
    ("assert a not in b", "if a in b:\n raise AssertionError"),
    ("assert not (a is b)", "if a is b:\n raise AssertionError"),
    ("assert a is b is c", "if not (a is b is c):\n raise AssertionError"),
    ("assert a == b", "if not (a == b):\n raise AssertionError"),
    ("assert False, a", "raise AssertionError(a)"),
    ("assert a, (b, c)", "if not a:\n raise AssertionError((b, c))"),
    ("def f():\n if x:\n  assert a", "def f():\n if x:\n  if not a:\n   raise AssertionError"),
    ("assert a", "assert a"),
]
DIFFERENT = [
    ("assert a", "if a:\n raise AssertionError"),
    ("assert a == b", "if a != b:\n raise AssertionError"),
    ("assert a < b", "if a >= b:\n raise AssertionError"),
    ("assert a is b is c", "if a is not b is not c:\n raise AssertionError"),
    ("assert a and b", "if not a and b:\n raise AssertionError"),
    ("assert a, b", "if not a:\n raise AssertionError"),
    ("assert a, b", "if not a:\n raise AssertionError(c)"),
    ("assert a, (b, c)", "if not a:\n raise AssertionError(b, c)"),
    ("assert a, b", "if not a:\n raise ValueError(b)"),
    ("assert a, b", "if not a:\n raise AssertionError(b) from c"),
    ("assert a", "if not a:\n raise AssertionError\nelse:\n b"),
    ("assert a", "raise AssertionError"),
    ("assert 0", "raise AssertionError"),
    ("assert a; b", "if not a:\n raise AssertionError"),
    ("assert a", "pass"),
    ("x = 1", "x = True"),
    ("x = 1", "x = 1.0"),
    ("x = a", "x = b"),
    ("x = a", "x = 'a'"),
]


@pytest.mark.parametrize(("before", "after"), SAME)
def test_the_same_failures(before: str, after: str) -> None:
    assert same_failures(ast.parse(before), ast.parse(after))


@pytest.mark.parametrize(("before", "after"), DIFFERENT)
def test_other_failures(before: str, after: str) -> None:
    assert not same_failures(ast.parse(before), ast.parse(after))
