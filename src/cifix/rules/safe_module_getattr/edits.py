"""The edits that import submodules by `import_module` where a `from` statement asked the package for them."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cifix.formats.python import Module
from cifix.formats.python.names import flattened, names, running
from cifix.formats.python.statements import comment_lines
from cifix.model.change import Edit

_CALL = "import_module"
_COMMENT = re.compile(r"#[^\r\n]*")


@dataclass(frozen=True, slots=True)
class Taken:
    """The names, by position, of one `from` statement that are submodules to import by `import_module`."""

    statement: ast.ImportFrom
    positions: tuple[int, ...]


def importer(module: Module, function: ast.FunctionDef) -> str | None:
    """How `function` can already call `import_module` from its first line on; None if it must import it."""
    tree = running(module.tree)
    local, outer = names(ast.Module(function.body, [])), names(tree)
    for statement in (*_leading_imports(function), *tree.body):
        inside = statement in function.body
        for name, call in _calls(statement):
            rebound = name in outer.deleted or outer.bound.get(name) != 1 or name in local.bound
            if inside or not (rebound or name in _parameters(function)):
                return call
    return None


def hidden(function: ast.FunctionDef) -> str | None:
    """A name that `function` gives a meaning of its own although the edits need it; None if there is none."""
    bound = set(names(ast.Module(function.body, [])).bound)
    shared = {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}
    if "__name__" in bound | shared | _parameters(function):
        return "__name__"
    own = _CALL in bound and not any(
        isinstance(statement, ast.ImportFrom) and statement.module == "importlib"
        for statement in flattened(function.body)
    )
    return _CALL if own or _CALL in shared | _parameters(function) else None


def crowded(module: Module, taken: Taken) -> bool:
    """Whether comments stand inside a statement that keeps names, or that begins or ends in a line of others."""
    whole = len(taken.positions) == len(taken.statement.names) and module.lines(taken.statement) is not None
    return not whole and bool(_COMMENT.search(module.source(taken.statement)))


def edits(module: Module, path: str, function: ast.FunctionDef, taken: Sequence[Taken]) -> Iterator[Edit]:
    """Replace each statement where it stands, and import `import_module` at the top of the function if need be."""
    call = importer(module, function)
    if call is None:
        yield _imported(module, path, function, [each.statement for each in taken])
    for each in taken:
        start, end = module.span(each.statement)
        margin = module.text.text[module.line_start(start) : start].lstrip("\ufeff")
        between = module.text.newline_at(start) + margin if not margin.strip() else "; "
        yield Edit(path, start, end, between.join(_lines(module, each, call or _CALL)))


def _leading_imports(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    """The import statements that a function begins with, below its docstring."""
    for statement in function.body[_documented(function) :]:
        if not isinstance(statement, ast.Import | ast.ImportFrom) or _relative(statement):
            return
        yield statement


def _relative(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.level > 0


def _calls(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """The name that a statement binds, and how `import_module` is called by it."""
    match statement:
        case ast.Import(names=aliases):
            for alias in aliases:
                if alias.name == "importlib" or (alias.name.startswith("importlib.") and not alias.asname):
                    name = alias.asname or "importlib"
                    yield name, f"{name}.{_CALL}"
        case ast.ImportFrom(module="importlib", level=0, names=aliases):
            yield from ((alias.asname or _CALL, alias.asname or _CALL) for alias in aliases if alias.name == _CALL)


def _parameters(function: ast.FunctionDef) -> set[str]:
    return {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}


def _documented(function: ast.FunctionDef) -> int:
    return int(ast.get_docstring(function, clean=False) is not None and len(function.body) > 1)


def _imported(module: Module, path: str, function: ast.FunctionDef, replaced: Sequence[ast.stmt]) -> Edit:
    first = function.body[_documented(function)]
    start = module.span(first)[0]
    margin = module.text.text[module.line_start(start) : start]
    words = f"from importlib import {_CALL}"
    if margin.strip():
        return Edit(path, start, start, f"{words}; ")
    line = next(iter(comment_lines(module, start)), module.line_start(start))
    newline = module.text.newline_at(start)
    along = isinstance(first, ast.Import | ast.ImportFrom) and first not in replaced
    return Edit(path, line, line, f"{margin}{words}{newline if along else newline * 2}")


def _lines(module: Module, taken: Taken, call: str) -> Iterator[str]:
    """The statements that take the place of one: names that are no submodules first, as they were."""
    statement, quote = taken.statement, module.quote
    kept = [alias for position, alias in enumerate(statement.names) if position not in taken.positions]
    if kept:
        origin = "." * statement.level + (statement.module or "")
        yield f"from {origin} import {', '.join(module.source(alias) for alias in kept)}"
    for position in taken.positions:
        alias = statement.names[position]
        above, beside = _comments(module, statement, position)
        yield from above
        line = f"{alias.asname or alias.name} = {call}({quote}.{alias.name}{quote}, __name__)"
        yield "  ".join([line, *beside])


def _comments(module: Module, statement: ast.ImportFrom, position: int) -> tuple[list[str], list[str]]:
    """The comments inside a statement that belong to one of its names: those above it, and those beside it."""
    text = module.text.text
    spans = [module.span(alias) for alias in statement.names]
    line_end = module.span(statement)[1]
    if position + 1 < len(spans):
        line_end = min(module.next_line(spans[position][1]), spans[position + 1][0])
    before = module.span(statement)[0]
    if position:
        before = min(module.next_line(spans[position - 1][1]), spans[position][0])
    above, beside = text[before : spans[position][0]], text[spans[position][1] : line_end]
    return [part.rstrip() for part in _COMMENT.findall(above)], [part.rstrip() for part in _COMMENT.findall(beside)]
