"""Functions of a module that a fix writes into: those that read a global name, and the module's own hooks."""

import ast
from collections.abc import Iterable, Iterator

from cifix.formats.python import Module
from cifix.formats.python.names import flattened, is_type_checking, names, running

Function = ast.FunctionDef | ast.AsyncFunctionDef


def readers(tree: ast.Module, name: str) -> tuple[Function, ...] | None:
    """The functions whose own code reads the module's global `name`, in order, each once.

    None if anything else reads it, a lambda at the top for example, or if a function could not import
    the name for itself because it declares it global.
    """
    found = list(dict.fromkeys(_readers(tree.body, name, None)))
    functions = tuple(each for each in found if each is not None)
    return functions if len(functions) == len(found) else None


def owner(tree: ast.Module, function: Function) -> str:
    """The name that the top of the module knows a function by: its own, or that of what it is defined in."""
    for statement in flattened(tree.body):
        if isinstance(statement, Function | ast.ClassDef) and any(node is function for node in ast.walk(statement)):
            return statement.name
    return function.name


def hook(tree: ast.Module, name: str) -> ast.FunctionDef | None:
    """The function that a module answers with as `name`, defined once at its top or under `if not TYPE_CHECKING`."""
    body = [part for statement in running(tree).body for part in _certain(statement)]
    defined = [each for each in body if isinstance(each, ast.FunctionDef) and each.name == name]
    return defined[0] if len(defined) == 1 and names(tree).bound[name] == 1 else None


def asks(function: ast.FunctionDef) -> str | None:
    """The parameter of a module's `__getattr__`; None if it is no plain function of one parameter."""
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    several = len(plain) != 1 or arguments.vararg or arguments.kwarg or arguments.kwonlyargs
    return None if several or function.decorator_list else plain[0].arg


def annotated(function: Function) -> bool:
    """Whether type checkers read the body of a function: those without annotations they skip by default."""
    return function.returns is not None or any(
        each.annotation for each in (*function.args.posonlyargs, *function.args.args)
    )


def head(module: Module, function: Function) -> tuple[int, str] | None:
    """Where lines can be put in front of all that a function does, with their indentation.

    That is below its documentation and above the comments on its first statement. None if its body
    shares a line with something else.
    """
    first, *rest = function.body
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and bool(rest)
    lines = module.lines(first)
    if lines is None or function.body[0].lineno == function.lineno:
        return None
    start = module.line_start(module.span(first)[0])
    margin = module.text.text[start : module.span(first)[0]]
    if documented:
        return (lines[1], margin) if module.lines(rest[0]) else None
    while module.line_at(start - 1).startswith("#"):
        start = module.line_start(start - 1)
    return start, margin


def _certain(statement: ast.stmt) -> list[ast.stmt]:
    match statement:
        case ast.If(test=ast.UnaryOp(op=ast.Not(), operand=test), body=body) if is_type_checking(test):
            return body
    return [statement]


def _readers(nodes: Iterable[ast.AST | None], name: str, inside: Function | None) -> Iterator[Function | None]:
    for node in nodes:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _readers([*node.decorator_list, node.args, node.returns], name, inside)
                if not _is_local(node, node.body, name):
                    yield from _readers(node.body, name, node)
            case ast.Lambda():
                yield from _readers([*node.args.defaults, *node.args.kw_defaults], name, inside)
                if not _is_local(node, [], name):
                    yield from _readers([node.body], name, inside)
            case ast.Global(names=shared) if name in shared:
                yield None
            case ast.ClassDef(body=body) if name in names(ast.Module(body, [])).bound:
                yield None
            case ast.Name(id=found, ctx=ast.Load()) if found == name:
                yield inside
            case ast.AST():
                yield from _readers(ast.iter_child_nodes(node), name, inside)


def _is_local(function: Function | ast.Lambda, body: list[ast.stmt], name: str) -> bool:
    given = function.args
    parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return any(each.arg == name for each in parameters if each) or (
        name in names(ast.Module(body, [])).bound
        and not any(isinstance(each, ast.Global) and name in each.names for each in flattened(body))
    )
