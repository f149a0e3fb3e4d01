"""Where an import statement can go: into functions, under `TYPE_CHECKING`, or to the module it takes names from."""

import ast
import re
from collections.abc import Iterator, Sequence

from cifix.formats.python import Module
from cifix.formats.python.names import is_type_checking, names
from cifix.formats.python.statements import comment_lines
from cifix.model.change import Edit
from cifix.rules.break_import_cycle.uses import Function, Uses

Statement = ast.Import | ast.ImportFrom

_LINE_END = re.compile(r"(\r\n|\r|\n)(?=[^\r\n])")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_FROM = re.compile(r"from\s*+(\.{0,99})\s*([\w.]+)\s+import\b")


def changed_lines(source: Module, edits: Sequence[Edit]) -> int:
    """How many lines a diff shows as removed or added, blank ones aside."""
    old = [source.text.text[edit.start : edit.end] for edit in edits]
    texts = [*old, *(edit.text for edit in edits)]
    return sum(bool(line.strip()) for text in texts for line in _NEWLINE.split(text))


def without(path: str, source: Module, statement: Statement) -> Edit:
    """Take the statement away, and the blank lines on one side of it if there are some on both."""
    start, end = source.lines(statement) or source.span(statement)
    below = source.text.text[end:]
    if start == source.text.start:
        end += len(below) - len(below.lstrip("\r\n"))
    while below.startswith(("\r", "\n")) and start > source.text.start and not source.line_at(start - 1):
        start = source.line_start(start - 1)
    return Edit(path, start, end, "")


def in_functions(
    path: str, source: Module, statement: Statement, functions: Sequence[Function]
) -> tuple[Edit, ...] | None:
    """The import as the first statement of each function; None if a line has no room for that."""
    firsts = [_first(function) for function in functions]
    if any(source.lines(one) is None for one in (statement, *firsts)):
        return None
    return tuple(_inside(path, source, statement, first) for first in firsts)


def under_type_checking(path: str, source: Module, statement: Statement) -> tuple[Edit, ...] | None:
    """The import under `TYPE_CHECKING`, in the first such block or in a new one below the imports."""
    lines = source.lines(statement)
    return None if lines is None else tuple(_checked(path, source, statement, *lines))


def by_module(path: str, source: Module, statement: Statement, leaf: str, uses: Uses) -> tuple[Edit, ...] | None:
    """Import the module `leaf` and name it before each use; None if one cannot be reached, as in quotation marks."""
    start, end = source.span(statement)
    found = _FROM.match(source.text.text, start, end)
    meanings = {alias.asname or alias.name: alias.name for alias in statement.names}
    nodes = [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Name) and node.id in meanings and isinstance(node.ctx, ast.Load)
    ]
    if found is None or uses.quoted or any(source.source(node) != node.id for node in nodes):
        return None
    dots, module = found.groups()
    outer = module.rpartition(".")[0]
    edits = [Edit(path, start, end, f"from {dots}{outer} import {leaf}" if dots or outer else f"import {leaf}")]
    edits += (Edit(path, *source.span(node), f"{leaf}.{meanings[node.id]}") for node in nodes)
    return tuple(edits)


def _inside(path: str, source: Module, statement: Statement, first: ast.stmt) -> Edit:
    """The import as a line of its own before `first`."""
    start = source.span(first)[0]
    margin = source.text.text[source.line_start(start) : start]
    line = next(iter(comment_lines(source, start)), source.line_start(start))
    newline = source.text.newline_at(start)
    gap = newline if isinstance(first, Statement) else newline * 2
    return Edit(path, line, line, f"{_written(source, statement, margin)}{gap}")


def _written(source: Module, statement: Statement, margin: str) -> str:
    """The statement with the comment behind it, indented."""
    start, end = source.span(statement)[0], source.trailing_end(statement)
    return margin + _LINE_END.sub(rf"\1{margin}", source.text.text[start:end].rstrip())


def _checked(path: str, source: Module, statement: Statement, start: int, end: int) -> Iterator[Edit]:
    newline = source.text.newline_at(start)
    block = next((one for one in source.tree.body if isinstance(one, ast.If) and is_type_checking(one.test)), None)
    if block is not None and source.lines(block.body[-1]) is not None:
        yield without(path, source, statement)
        column = source.span(block.body[-1])[0]
        margin = source.text.text[source.line_start(column) : column]
        place = source.trailing_end(block.body[-1])
        yield Edit(path, place, place, f"{newline}{_written(source, statement, margin)}")
        return
    typing = "" if "TYPE_CHECKING" in names(source.tree).bound else f"from typing import TYPE_CHECKING{newline}"
    checked = f"{newline}if TYPE_CHECKING:{newline}{_written(source, statement, source.indent)}"
    last = _last_import(source, statement)
    if last is statement:
        yield Edit(path, start, end, f"{typing}{checked}{newline}")
    else:
        yield Edit(path, start, end, typing)
        yield Edit(path, source.trailing_end(last), source.trailing_end(last), newline + checked)


def _last_import(source: Module, statement: Statement) -> ast.stmt:
    """The last of the imports that stand together with the statement."""
    body = source.tree.body
    last: ast.stmt = statement
    for one in body[body.index(statement) :]:
        if not isinstance(one, Statement):
            break
        last = one
    return last


def _first(function: Function) -> ast.stmt:
    """The first statement of a function below its docstring."""
    documented = ast.get_docstring(function, clean=False) is not None and len(function.body) > 1
    return function.body[int(documented)]
