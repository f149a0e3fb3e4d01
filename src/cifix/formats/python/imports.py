"""What a module imports, and the names that its own code binds."""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cifix.formats.python.keyword import parsed
from cifix.model.fact import source_fact
from cifix.model.text import Text

_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
_GUARDS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_WORD = re.compile(rb"[\w\x80-\xff]+")
_IMPORT_STATEMENT = re.compile(
    rb"(?:^(?:\xef\xbb\xbf)?|[\r\n;:])[ \t]*"
    rb"(?:from[ \t]++[^\r\n;#]+?[ \t]import[ \t]*\([^)]*|(?:from|import)[ \t](?:\\\r?\n|[^\r\n])*)"
)


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement: `from {level dots}{module} import {names}`, or `import {module}` without names.

    `start:end` are the statement's characters. `guarded` says that its failure is provided for or that it
    never runs: inside `try` with an `except ImportError`, under `suppress` or `if TYPE_CHECKING`.
    """

    module: str
    level: int
    names: tuple[str, ...]
    start: int
    end: int
    guarded: bool


@source_fact
def imports(text: Text) -> tuple[Import, ...]:
    """Every import statement of a module in order; none if this Python cannot parse it."""
    tree = _tree(text)
    return () if tree is None else tuple(_imports(text, tree))


@source_fact
def binds(text: Text) -> frozenset[str] | None:
    """The names that a module's own code may bind at its top level; None if that cannot be told."""
    return _bound(text, package=False)


@source_fact
def package_binds(text: Text) -> frozenset[str] | None:
    """The same for an `__init__` module, whose submodules are not counted: `from . import name` may ask for one."""
    return _bound(text, package=True)


def mentions(data: bytes, names: Iterable[bytes]) -> bool:
    """Whether an import statement in `data` may name one of `names`; quick, and right when it says no."""
    wanted = frozenset(names)
    return any(not wanted.isdisjoint(_WORD.findall(found.group())) for found in _IMPORT_STATEMENT.finditer(data))


def _bound(text: Text, *, package: bool) -> frozenset[str] | None:
    tree = _tree(text)
    if tree is None:
        return None
    bound: set[str] = set()
    for node in _outside_functions(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.MatchAs(name=str(name)) | ast.ExceptHandler(name=str(name)):
                bound.add(name)
            case ast.ImportFrom(module=None, level=1, names=names) if package:
                # `from . import name` fails if nothing else binds the name and no module has it.
                bound |= {alias.asname or "*" for alias in names if alias.asname or alias.name == "*"}
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                bound |= {alias.asname or alias.name.partition(".")[0] for alias in names}
            case ast.Name(id="globals" | "setattr" | "vars" | "exec"):
                return None
    return None if bound & {"*", "__getattr__"} else frozenset(bound)


def _tree(text: Text) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return parsed(text.text[text.start :])
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _imports(text: Text, tree: ast.Module) -> Iterator[Import]:
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, guarded = waiting.pop()
        match node:
            case ast.Import(names=names):
                start, end = _span(text, node)
                yield from (Import(alias.name, 0, (), start, end, guarded) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                start, end = _span(text, node)
                yield Import(module or "", level, tuple(alias.name for alias in names), start, end, guarded)
            case _:
                inner = [
                    (child, guarded or (block == "body" and _guards(node)))
                    for block in _BLOCKS
                    for child in getattr(node, block, ())
                ]
                waiting += reversed(inner)


def _guards(node: ast.AST) -> bool:
    """Whether the imports in the body of `node` may fail, or never run."""
    match node:
        case ast.Try(handlers=handlers) | ast.TryStar(handlers=handlers):
            return any(_catches(handler.type) for handler in handlers)
        case ast.With(items=items):
            return any(_suppresses(item.context_expr) for item in items)
        case ast.If(test=test):
            return _last_name(test) == "TYPE_CHECKING"
    return False


def _catches(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    return any(_last_name(one) in _GUARDS for one in (caught.elts if isinstance(caught, ast.Tuple) else [caught]))


def _suppresses(context: ast.expr) -> bool:
    match context:
        case ast.Call(func=function, args=caught) if _last_name(function) in ("suppress", "raises", "assertRaises"):
            return any(_catches(one) for one in caught)
    return False


def _last_name(expression: ast.expr) -> str:
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _outside_functions(tree: ast.Module) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def _span(text: Text, node: ast.stmt) -> tuple[int, int]:
    ends = node.end_lineno or node.lineno, node.end_col_offset or 0
    return _offset(text, node.lineno, node.col_offset), _offset(text, *ends)


def _offset(text: Text, line: int, column: int) -> int:
    """The character at a place given as `ast` does: its column counts UTF-8 bytes and no byte order mark."""
    start = text.line_starts[line - 1] + (text.start if line == 1 else 0)
    return start + len(text.text[start : start + column].encode()[:column].decode(errors="ignore"))
