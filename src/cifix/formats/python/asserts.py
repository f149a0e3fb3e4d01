"""When an `assert` fails, and whether a raise that took its place fails in the same cases."""

import ast
from collections.abc import Sequence

_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
"""Comparisons whose negation is exact by the language: the others ask a method of their own."""


def opposite(test: ast.expr) -> type[ast.cmpop] | None:
    """The operator that turns a single comparison into its exact negation; None if there is none."""
    match test:
        case ast.Compare(ops=[operator]):
            return _OPPOSITE.get(type(operator))
    return None


def same_failures(before: ast.Module, after: ast.Module) -> bool:
    """Whether two modules are the same but for asserts that became raises.

    Each must be `if` with the negated condition over `raise AssertionError` with the same message, or that raise
    alone for `assert False`. Only truth is compared: `not not x` counts as `x` there.
    """
    return _same(before, after)


def _same(before: object, after: object) -> bool:
    if isinstance(before, ast.Assert) and isinstance(after, ast.If | ast.Raise):
        return _raised(before, after)
    if isinstance(before, ast.AST) and isinstance(after, ast.AST):
        return type(before) is type(after) and all(
            _same(getattr(before, field, None), getattr(after, field, None)) for field in before._fields
        )
    if isinstance(before, Sequence) and isinstance(after, Sequence) and not isinstance(before, str | bytes):
        return len(before) == len(after) and all(map(_same, before, after))
    return type(before) is type(after) and repr(before) == repr(after)


def _raised(before: ast.Assert, after: ast.If | ast.Raise) -> bool:
    wanted = _truth(ast.UnaryOp(ast.Not(), before.test))
    if isinstance(after, ast.Raise):
        never = isinstance(before.test, ast.Constant) and before.test.value is False
        return never and _message(after) == _dumped(before.msg)
    match after:
        case ast.If(test=test, body=[ast.Raise() as raised], orelse=[]):
            return ast.dump(_truth(test)) == ast.dump(wanted) and _message(raised) == _dumped(before.msg)
    return False


def _message(raised: ast.Raise) -> str | None:
    """The dump of what an `AssertionError` is raised with, empty for nothing; None for any other raise."""
    match raised:
        case ast.Raise(exc=ast.Name(id="AssertionError"), cause=None):
            return ""
        case ast.Raise(exc=ast.Call(func=ast.Name(id="AssertionError"), args=[message], keywords=[]), cause=None):
            return _dumped(message)
    return None


def _dumped(message: ast.expr | None) -> str:
    return ast.dump(message) if message is not None else ""


def _truth(test: ast.expr) -> ast.expr:
    """A condition in a form that two conditions of the same truth share, as far as the language promises it."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=ast.UnaryOp(op=ast.Not(), operand=inner)):
            return _truth(inner)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Compare(left=left, comparators=comparators) as inner):
            operator = opposite(inner)
            return ast.Compare(left, [operator()], comparators) if operator else test
    return test
