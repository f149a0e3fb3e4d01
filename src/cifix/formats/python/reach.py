"""What a piece of code runs at once, and through which names it reaches the objects that it touches."""

import ast
from collections.abc import Iterator

from cifix.formats.python.names import flattened, is_main, is_type_checking

_GIVING = frozenset({"get", "items", "setdefault", "values"})
"""Methods of a container that give what it holds, not a copy."""


def running(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, nested ones too, that run when it is imported."""
    hidden = {
        id(inner)
        for statement in flattened(body)
        if isinstance(statement, ast.If) and (is_type_checking(statement.test) or is_main(statement.test))
        for inner in flattened(statement.body)
    }
    return (statement for statement in flattened(body) if id(statement) not in hidden)


def run_now(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes that run when `node` does: not the bodies of functions."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        later = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef)
        waiting += [child for child in ast.iter_child_nodes(current) if not isinstance(child, later)][::-1]


def root(node: ast.AST) -> str:
    """The name at the beginning of a chain of attributes, items and calls; empty if something else is."""
    while True:
        match node:
            case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Call(func=inner):
                node = inner
            case ast.Name(id=name):
                return name
            case _:
                return ""


def giver(value: ast.expr) -> str:
    """The name through which a value is reached, if it is the very object and not something made of it."""
    while True:
        match value:
            case ast.Attribute(value=inner) | ast.Subscript(value=inner):
                value = inner
            case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in _GIVING:
                value = inner
            case _:
                return value.id if isinstance(value, ast.Name) else ""


def is_store(node: ast.Name) -> bool:
    """Whether a name is bound here and not looked up."""
    return isinstance(node.ctx, ast.Store)


def local_names(function: ast.stmt) -> frozenset[str]:
    """The names that a function, with those inside it, binds for itself: parameters and variables."""
    shared = {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}
    stored = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and is_store(node)}
    parameters = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    return frozenset((stored | parameters) - shared)
