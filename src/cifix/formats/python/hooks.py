"""Whether code that runs for every new subclass leaves a trace outside that subclass."""

import ast
from collections.abc import Iterator

CHANGING = frozenset(
    {
        *("add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "update"),
        *("addHandler", "add_type", "connect", "listen", "register", "setLevel", "set_default", "setdefault"),
        "subscribe",
    }
)
"""Methods that change the object they are called on, or register something with it."""

_PASSING = frozenset({"__init__", "__init_subclass__", "__new__", "__prepare__", "__set_name__", "__setattr__"})
"""Methods by which a hook hands its work on to the one above it."""


def hooks(node: ast.ClassDef, *, meta: bool) -> tuple[ast.stmt, ...]:
    """What of a class runs for each subclass of it; with `meta`, for each class of which it is the metaclass."""
    names = {"__new__", "__init__", "__prepare__"} if meta else {"__init_subclass__"}
    return tuple(part for part in node.body if not names.isdisjoint(_named(part)))


def counts(node: ast.ClassDef) -> bool:
    """Whether a class asks for the list of its subclasses."""
    return any(isinstance(part, ast.Attribute) and part.attr == "__subclasses__" for part in ast.walk(node))


def traced(hook: ast.stmt) -> bool:
    """Whether a hook changes what it reaches through its class: registries of a base, the bases themselves.

    Attributes of the new class are its own. A call for its effect that is given the class is taken for a trace,
    and so is a hook that is no plain function.
    """
    if not isinstance(hook, ast.FunctionDef):
        return True
    every = [parameter.arg for parameter in (*hook.args.posonlyargs, *hook.args.args)]
    own, shared = set(every[:1]), set(every[2:3])
    bound = [pair for node in ast.walk(hook) for pair in bindings(node)]
    for target, value in bound * 2:
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "__new__":
            own.add(target)
        elif _inherits(value, own, shared):
            shared.add(target)
    return any(_leaves(node, own, shared) for node in ast.walk(hook))


def _named(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
    return set()


def bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a statement or expression binds by itself, each with the value it is bound to or taken from."""
    match node:
        case ast.Assign(targets=targets, value=value):
            pairs = [(target, value) for target in targets]
        case ast.For(target=target, iter=value) | ast.NamedExpr(target=target, value=value):
            pairs = [(target, value)]
        case _:
            return
    for target, value in pairs:
        stored = [part for part in ast.walk(target) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]
        yield from ((part.id, value) for part in stored)


def _inherits(value: ast.expr, own: set[str], shared: set[str]) -> bool:
    """Whether a value may be an object that other classes hold too."""
    for part in ast.walk(value):
        match part:
            case ast.Attribute(value=ast.Name(id=name)) if name in own | shared:
                return True
            case ast.Name(id=name) if name in shared:
                return True
    return False


def _leaves(node: ast.AST, own: set[str], shared: set[str]) -> bool:
    match node:
        case ast.Attribute(value=inner, ctx=ast.Store() | ast.Del()):
            return _reaches(inner, shared) or (not isinstance(inner, ast.Name) and _reaches(inner, own))
        case ast.Subscript(value=inner, ctx=ast.Store() | ast.Del()):
            return _reaches(inner, shared | own)
        case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in CHANGING:
            return _reaches(inner, shared | own)
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=method))) if method in _PASSING:
            return False
        case ast.Expr(value=ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[ast.Name(id=name), *_])):
            return name in shared
        case ast.Expr(value=ast.Call(args=arguments, keywords=keywords)):
            given = (*arguments, *(keyword.value for keyword in keywords))
            return any(isinstance(part, ast.Name) and part.id in own | shared for part in given)
    return False


def _reaches(node: ast.expr, names: set[str]) -> bool:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id in names
