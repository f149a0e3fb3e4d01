"""Who may name a parameter: callers by keyword, overriding methods, decorators."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache

from cifix.formats import python
from cifix.formats.python.scopes import Function, Parents, parameters, shared
from cifix.model.finding import Refusal
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_KEEPING = frozenset(
    {
        *("staticmethod", "classmethod", "property", "cache", "lru_cache", "cached_property"),
        *("contextmanager", "asynccontextmanager", "setter", "deleter"),
    }
)
"""Decorators that call a function with what they are called with, or with nothing that has a name."""

_TEST = re.compile(r"(?:.*/)?(?:tests?/.*|conftest\.py|test_[^/]*|[^/]*_test\.py)")


def named_elsewhere(
    snapshot: Snapshot, path: str, node: Function, name: str, above: Parents, *, public: bool
) -> Refusal | None:
    """Why the parameter `name` of a function cannot get another name; None if nobody can know it by that name."""
    given = node.args
    if name in {each.arg for each in (given.vararg, given.kwarg) if each is not None}:
        return None
    decorated = [each for each in map(_last, node.decorator_list) if each not in _KEEPING]
    if decorated:
        return Refusal("decorated", f"@{decorated[0]} may call {node.name} with the names of its parameters")
    if name in {each.arg for each in given.posonlyargs}:
        return None
    scope = _scope(node, above)
    nested = isinstance(scope, Function | ast.Lambda) and node.name not in shared(scope)
    private = node.name.startswith("_") and not node.name.startswith("__")
    if not nested and not private and not public:
        return Refusal("public", f"users of {node.name} may pass {name} by its name")
    if not nested and not private and _TEST.fullmatch(path):
        return Refusal("decorated", f"pytest may call {node.name} with the names of its parameters")
    owner = above[node]
    if isinstance(owner, ast.ClassDef):
        override = _overrides(snapshot, owner, node)
        if override is not None:
            return Refusal("override", override)
    return _called(snapshot, node, name, scope if nested else None)


def _scope(node: ast.AST, above: Parents) -> ast.AST:
    parent = above[node]
    while not isinstance(parent, Function | ast.Lambda | ast.ClassDef | ast.Module):
        parent = above[parent]
    return parent


def _last(expression: ast.expr) -> str:
    match expression:
        case ast.Call(func=function):
            return _last(function)
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ast.unparse(expression)


def _overrides(snapshot: Snapshot, owner: ast.ClassDef, method: Function) -> str | None:
    """Why other classes may tie a method to the names of its parameters."""
    if method.name.startswith("__") and method.name.endswith("__"):
        return f"{method.name} is called by Python and by the users of {owner.name}"
    bases = [ast.unparse(each) for each in owner.bases]
    if owner.keywords or owner.decorator_list or any(each != "object" for each in bases):
        listed = ", ".join(bases) or "what decorates it"
        return f"{owner.name} takes its methods' signatures from {listed} perhaps"
    defined = [node for _, node in _mentions(snapshot, method.name) if isinstance(node, Function)]
    if sum(node.name == method.name for node in defined) > 1:
        return f"another class may override {method.name}"
    return None


def _called(snapshot: Snapshot, function: Function, name: str, scope: ast.AST | None) -> Refusal | None:
    """Whether anything but a call without that keyword is done to the function."""
    called: set[ast.AST] = set()
    for where, node in _mentions(snapshot, function.name) if scope is None else _within(scope):
        if isinstance(node, ast.Call) and _last(node.func) == function.name:
            called.add(node.func)
            keywords = {keyword.arg for keyword in node.keywords}
            if name in keywords or None in keywords:
                return Refusal("keyword", f"{where}: {function.name} is called with {name} by its name, or with **")
        elif _passes(node, function.name) and node not in called:
            return Refusal("passed", f"{where}: {function.name} is handed on, and its callers are not known")
    return None


def _within(scope: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    return (("here", node) for node in ast.walk(scope))


def _passes(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Name(id=found, ctx=ast.Load()) | ast.Attribute(attr=found):
            return found == name
        case ast.alias(name=found, asname=str()):
            return found == name
        case ast.Constant(value=str(text)):
            return re.search(rf"(?:^|[.:]){name}$", text) is not None
    return False


def _mentions(snapshot: Snapshot, name: str) -> Iterable[tuple[str, ast.AST]]:
    """Every node of every file that holds a name; a file that cannot be read is one that hands it on."""
    return [entry for path in _holding(snapshot, name) for entry in _nodes(snapshot, path, name)]


@cache
def _globs() -> tuple[str, ...]:
    return tuple(f"**/*.{suffix}" for suffix in ("py", "pyi", "pyx", "pxd", "pxi", "ipynb"))


def _holding(snapshot: Snapshot, name: str) -> Iterator[str]:
    return snapshot.containing((name.encode(),), _globs())


def _nodes(snapshot: Snapshot, path: str, name: str) -> Iterator[tuple[str, ast.AST]]:
    try:
        tree = snapshot.parsed(path, python.parse).tree if path.endswith(".py") else None
    except Opaque:
        tree = None
    if tree is None:
        yield path, ast.Name(name, ast.Load())
        return
    for node in ast.walk(tree):
        yield path, node


def documented(node: Function, name: str) -> bool:
    """Whether the function's documentation speaks of the parameter, or may."""
    return re.search(rf"\b{name}\b", ast.get_docstring(node, clean=False) or "") is not None


def has_parameter(node: ast.AST, name: str) -> bool:
    """Whether `name` is a parameter of a function."""
    return any(each.arg == name for each in parameters(node))
