"""Rewrite a module so that each statement at its top level, imports apart, may fail."""

from __future__ import annotations

import ast
from types import CodeType
from typing import List  # noqa: UP035 - runs on Python 3.9 too

SKIP = "__cifix_skip__"
"""The builtin that is called, with the names a statement binds, where that statement failed."""

_BLOCKS = ("body", "orelse", "finalbody")


def wrapped(source: bytes, path: str) -> CodeType:
    """The code of a module whose statements are wrapped; raises `SyntaxError` like `compile`."""
    tree = compile(source, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    assert isinstance(tree, ast.Module)  # noqa: S101 - what "exec" gives
    tree.body = _block(tree.body)
    return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


def _block(body: List[ast.stmt]) -> List[ast.stmt]:  # noqa: UP006
    return [_wrap(statement) for statement in body]


def _wrap(statement: ast.stmt) -> ast.stmt:
    if isinstance(statement, (ast.Import, ast.ImportFrom, ast.Pass, ast.Break, ast.Continue)) or _is_text(statement):
        return statement
    names = sorted(_binds(statement))
    if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        for field in _BLOCKS:
            if getattr(statement, field, None):
                setattr(statement, field, _block(getattr(statement, field)))
        for handler in getattr(statement, "handlers", ()):
            handler.body = _block(handler.body)
    call = ast.Call(ast.Name(SKIP, ast.Load()), [ast.Constant(name) for name in names], [])
    handler = ast.ExceptHandler(None, None, [ast.Expr(call)])
    return ast.copy_location(ast.Try([statement], [handler], [], []), statement)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _binds(statement: ast.AST) -> set[str]:
    """The module-level names that a statement may bind."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return set()
    if isinstance(statement, ast.Name):
        return {statement.id} if isinstance(statement.ctx, ast.Store) else set()
    found: set[str] = set()
    for child in ast.iter_child_nodes(statement):
        found |= _binds(child)
    return found
