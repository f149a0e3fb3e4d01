"""Whether two modules are one program with other names for local variables.

The trees say that nothing but names differs, and the code that Python's own compiler makes of them says that each
name still means the same variable: it knows local variables by their place, not by their name. Nothing is run.
"""

import ast
import dis
import warnings
from collections.abc import Collection, Sequence
from types import CodeType
from typing import Any

from cifix.formats.python import Module

_Pairs = Collection[tuple[str, str]]
Renaming = tuple[str, str, str]
"""The qualified name of a scope, and the old and new name of a variable in it."""


def renamed(before: Module, after: Module, renamings: Collection[Renaming]) -> bool:
    """Whether `after` is `before` but for local variables with other names, as `renamings` say."""
    pairs = {(old, new) for _, old, new in renamings}
    if not _alike(before.tree, after.tree, pairs):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            first, second = (
                compile(module.tree, "", "exec", dont_inherit=True, optimize=0) for module in (before, after)
            )
    except (SyntaxError, ValueError, RecursionError):
        return False
    return _same_code(first, second, renamings)


def _alike(before: object, after: object, pairs: _Pairs) -> bool:
    """Whether two trees differ only in the names of variables, parameters and caught exceptions."""
    if isinstance(before, ast.AST) and isinstance(after, ast.AST):
        return type(before) is type(after) and all(
            _alike(old, new, pairs) or (_is_variable(before, field) and (old, new) in pairs)
            for field in before._fields
            for old, new in [(getattr(before, field, None), getattr(after, field, None))]
        )
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(
            _alike(old, new, pairs) for old, new in zip(before, after, strict=True)
        )
    return type(before) is type(after) and repr(before) == repr(after)


def _is_variable(node: ast.AST, field: str) -> bool:
    return (type(node), field) in {(ast.Name, "id"), (ast.arg, "arg"), (ast.ExceptHandler, "name")}


def _same_code(before: CodeType, after: CodeType, renamings: Collection[Renaming]) -> bool:
    """Whether two code objects do the same with the same constants, globals and attributes."""
    here = {(old, new) for scope, old, new in renamings if _belongs(before.co_qualname, scope)}
    every = {(old, new) for _, old, new in renamings}  # the trees said that no text of the program changed
    head = ("co_name", "co_qualname", "co_flags", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount")
    if any(getattr(before, name) != getattr(after, name) for name in head):
        return False
    if not _same(before.co_varnames, after.co_varnames, here, renamings):
        return False
    old, new = list(dis.get_instructions(before)), list(dis.get_instructions(after))
    return len(old) == len(new) and all(
        one.opname == other.opname and _same(one.argval, other.argval, _free(one.opcode, here, every), renamings)
        for one, other in zip(old, new, strict=True)
    )


def _free(opcode: int, here: _Pairs, every: _Pairs) -> _Pairs:
    """The names that may differ in an instruction: of its own variables, and in what holds the names of others."""
    if opcode in dis.hasname:
        return frozenset()
    return every if opcode in dis.hasconst else here


def _belongs(qualified: str, scope: str) -> bool:
    return scope in {"<module>", qualified} or qualified.startswith(f"{scope}.")


def _same(before: Any, after: Any, pairs: _Pairs, renamings: Collection[Renaming]) -> bool:  # noqa: ANN401
    if isinstance(before, CodeType) and isinstance(after, CodeType):
        return _same_code(before, after, renamings)
    if isinstance(before, Sequence) and isinstance(after, Sequence) and not isinstance(before, str | bytes):
        return len(before) == len(after) and all(
            _same(old, new, pairs, renamings) for old, new in zip(before, after, strict=True)
        )
    if isinstance(before, str) and (before, after) in pairs:
        return True
    return type(before) is type(after) and repr(before) == repr(after)
