"""Other rules of ruff that a raise breaks and an `assert` does not: nothing is won by trading one for another."""

import ast
from collections.abc import Iterator, Sequence

from cifix.formats.python import Module
from cifix.formats.python.scopes import Parents
from cifix.formats.ruff.settings import Settings
from cifix.model.change import Edit, splice

_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
_TYPE_CHECKS = frozenset({"isinstance", "issubclass", "callable"})


def broken(held: Settings, module: Module, node: ast.Assert, edits: Sequence[Edit], above: Parents) -> Iterator[str]:
    """The codes of the rules that an `assert` keeps and the raise made by `edits` breaks, by the settings `held`."""
    yield from _by_message(node.msg)
    yield from _by_check(node.test)
    yield from _by_place(node, above)
    yield from _by_size(held, node, above)
    yield from _by_length(held, module, node, edits)


def _by_message(message: ast.expr | None) -> Iterator[str]:
    match message:
        case ast.Constant(value=str()):
            yield from ("EM101", "TRY003")
        case ast.JoinedStr():
            yield from ("EM102", "TRY003")
        case ast.Call(func=ast.Attribute(attr="format")):
            yield "EM103"


def _by_check(test: ast.expr) -> Iterator[str]:
    calls = [part.func for part in ast.walk(test) if isinstance(part, ast.Call)]
    if any(isinstance(each, ast.Name) and each.id in _TYPE_CHECKS for each in calls):
        yield "TRY004"


def _by_place(node: ast.Assert, above: Parents) -> Iterator[str]:
    parent = above[node]
    never = isinstance(node.test, ast.Constant) and node.test.value is False
    match parent:
        case ast.If(body=[only], orelse=[]) if only is node and not never:
            yield "SIM102"
        case ast.If(orelse=[only]) if only is node and not never:
            yield "PLR5501"
        case ast.If(body=[*_, last], orelse=[_, *_]) if last is node and never:
            yield "RET506"
        case ast.With() | ast.AsyncWith():
            yield from ("PT012", "PT031")
    inner: ast.AST = node
    while not isinstance(parent, _SCOPES | ast.Module):
        if isinstance(parent, ast.ExceptHandler):
            yield "B904"
        if isinstance(parent, ast.Try | ast.TryStar) and inner in parent.body and parent.handlers:
            yield "TRY301"
        inner, parent = parent, above[parent]


def _by_size(held: Settings, node: ast.AST, above: Parents) -> Iterator[str]:
    """Limits on the branches and statements of a function, counted not less than ruff counts them."""
    while node in above:
        node = above[node]
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        parts = list(ast.walk(node))
        branches = sum(map(_branches, parts))
        statements = sum(
            isinstance(part, ast.stmt | ast.ExceptHandler) + isinstance(part, ast.Assert) for part in parts
        )
        if branches >= held.number("mccabe", "max-complexity", 10):
            yield "C901"
        if branches > held.number("pylint", "max-branches", 12):
            yield "PLR0912"
        if statements + branches > held.number("pylint", "max-statements", 50):
            yield "PLR0915"


def _branches(part: ast.AST) -> int:
    match part:
        case ast.Assert() | ast.ExceptHandler() | ast.match_case() | ast.comprehension():
            return 1
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
            return 1
        case ast.If(orelse=orelse) | ast.For(orelse=orelse) | ast.AsyncFor(orelse=orelse) | ast.While(orelse=orelse):
            return 1 + bool(orelse)
        case ast.Try(orelse=orelse, finalbody=last) | ast.TryStar(orelse=orelse, finalbody=last):
            return 1 + bool(orelse) + bool(last)
    return 0


def _by_length(held: Settings, module: Module, node: ast.Assert, edits: Sequence[Edit]) -> Iterator[str]:
    """A line that only the raise makes too long."""
    written, limit = module.text.text, held.longest_line
    start, end = module.line_start(module.span(node)[0]), module.trailing_end(node)
    moved = [Edit(edit.path, edit.start - start, edit.end - start, edit.text) for edit in edits]
    before, after = (
        max(map(len, text.splitlines())) for text in (written[start:end], splice(written[start:end], moved))
    )
    if after > max(limit, before):
        yield "E501"
