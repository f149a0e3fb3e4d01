"""Which names a module binds, uses and deletes at its top level, read from the tree alone."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_NAMESPACE_CALLS = {"globals", "locals", "vars", "dir", "exec", "eval"}


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one module's top level.

    `bound` counts, for each name, the places that bind it; `now` are the names read while the module
    is imported (bases, decorators, defaults, annotations and class bodies included), `later` those
    read in function bodies; `deleted` by `del` or the end of an `except ... as`. `dynamic` says that
    the module reads or writes its namespace as a dictionary, so that the other answers may be short.
    `hinted` are the names of annotations that are text when the module runs: quoted ones, and all of
    them under `from __future__ import annotations`. Nothing looks those up but `typing.get_type_hints`.
    """

    bound: dict[str, int]
    now: frozenset[str]
    later: frozenset[str]
    deleted: frozenset[str]
    dynamic: bool
    hinted: frozenset[str] = frozenset()


def names(tree: ast.Module) -> Names:
    """Read the names of a module; nothing is executed."""
    reader = _Reader(quoting=_postpones(tree))
    reader.read(tree.body)
    now, later, deleted, hinted = map(frozenset, (reader.now, reader.later, reader.deleted, reader.hinted))
    return Names(reader.bound, now, later, deleted, reader.dynamic, hinted)


def dunder_all(tree: ast.Module) -> tuple[str, ...] | None:
    """The names of a literal `__all__`, `+=` and a list sum included; () if there is none, None if it is computed."""
    found: tuple[str, ...] = ()
    for statement in tree.body:
        value = _assigned(statement, "__all__")
        if value is None:
            if _may_change(statement, "__all__"):
                return None
            if any(bound == "__all__" for bound in _imported(statement)):
                return None
            continue
        literal = _strings(value)
        if literal is None:
            return None
        found = found + literal if isinstance(statement, ast.AugAssign) else literal
    return found


def has_dunder_all(tree: ast.Module) -> bool:
    """Whether the module says anything about `__all__` at its top level."""
    return dunder_all(tree) is None or any(_assigned(statement, "__all__") is not None for statement in tree.body)


def certain(body: Sequence[ast.stmt]) -> frozenset[str]:
    """The names that are bound whenever `body` ran to its end, whatever its conditions said."""
    found: set[str] = set()
    for statement in body:
        match statement:
            case ast.If(body=body_, orelse=orelse):
                found |= certain(body_) & certain(orelse)
            case ast.Try(body=body_, handlers=handlers, orelse=orelse, finalbody=finalbody):
                ways = [certain([*body_, *orelse])]
                ways += [certain(handler.body) for handler in handlers if not _leaves(handler.body)]
                found |= frozenset.intersection(*ways) | certain(finalbody)
            case ast.With(body=body_):
                found |= certain(body_)
            case ast.For() | ast.AsyncFor() | ast.While() | ast.Match() | ast.TryStar():
                pass
            case _:
                found |= set(names(ast.Module([statement], [])).bound)
    return frozenset(found)


def running(tree: ast.Module) -> ast.Module:
    """The module without what only a type checker sees."""
    return ast.Module([part for statement in tree.body for part in _running(statement)], [])


def is_main(test: ast.expr) -> bool:
    """Whether a condition asks if the file is the program that was started."""
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.ops[0], ast.Eq)
    )


def is_type_checking(test: ast.expr) -> bool:
    """Whether a condition is `TYPE_CHECKING`, under any module's name, and so false when the program runs."""
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def flattened(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement of a scope, those inside conditions, loops, `with` and `try` included; no inner scopes."""
    for statement in body:
        yield statement
        if isinstance(statement, Scope | ast.ClassDef):
            continue
        for field in ("body", "orelse", "finalbody"):
            yield from flattened(getattr(statement, field, ()))
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from flattened(part.body)


def _running(statement: ast.stmt) -> list[ast.stmt]:
    if isinstance(statement, ast.If) and is_type_checking(statement.test):
        return [part for inner in statement.orelse for part in _running(inner)]
    return [statement]


def _assigned(statement: ast.stmt, name: str) -> ast.expr | None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
            return value
        case ast.AnnAssign(target=ast.Name(id=found), value=value) if found == name:
            return value
        case ast.AugAssign(target=ast.Name(id=found), op=ast.Add(), value=value) if found == name:
            return value
    return None


def _may_change(node: ast.AST, name: str, *, inside: bool = False) -> bool:
    """Whether anything but plain reading inside a function is done to `name`."""
    if isinstance(node, ast.Name) and node.id == name:
        return not inside or not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.Attribute | ast.Subscript | ast.Global):
        return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node)) or (
            isinstance(node, ast.Global) and name in node.names
        )
    inside |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return any(_may_change(child, name, inside=inside) for child in ast.iter_child_nodes(node))


def _strings(value: ast.expr) -> tuple[str, ...] | None:
    match value:
        case ast.List(elts=items) | ast.Tuple(elts=items):
            found = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
            return tuple(found) if len(found) == len(items) else None
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = _strings(left), _strings(right)
            return None if first is None or second is None else first + second
    return None


def _imported(statement: ast.stmt) -> list[str]:
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return []
    return [alias.asname or alias.name.partition(".")[0] for alias in statement.names if alias.name != "*"]


def _leaves(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Raise)


class _Reader(ast.NodeVisitor):
    """Reads one scope; a scope inside it gets a reader of its own, and what that one leaves unbound is read here."""

    def __init__(self, *, quoting: bool, answering: bool = False) -> None:
        self.quoting = quoting
        self.answering = answering
        self.hinted: set[str] = set()
        self.bound: dict[str, int] = {}
        self.now: set[str] = set()
        self.later: set[str] = set()
        self.deleted: set[str] = set()
        self.shared: set[str] = set()
        self.dynamic = False

    def read(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def bind(self, *names: str | None) -> None:
        for name in filter(None, names):
            self.bound[name] = self.bound.get(name, 0) + 1

    def inner(self, nodes: Iterable[ast.AST | None], *, answering: bool = False) -> "_Reader":
        reader = _Reader(quoting=self.quoting, answering=answering)
        reader.read(nodes)
        self.bind(*reader.shared)
        self.dynamic |= reader.dynamic
        self.hinted |= reader.hinted
        return reader

    def visit_Name(self, node: ast.Name) -> None:
        match node.ctx:
            case ast.Store():
                self.bind(node.id)
            case ast.Del():
                self.deleted.add(node.id)
            case _:
                self.now.add(node.id)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in _NAMESPACE_CALLS:
            self.dynamic |= not node.args or node.func.id in {"exec", "eval"}
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """A module's `__getattr__` that keeps what it found hides nothing: it is asked for unbound names only."""
        if self.answering and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "globals()":
            self.visit(node.slice)
        else:
            self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.dynamic |= node.attr == "modules" and isinstance(node.value, ast.Name) and node.value.id == "sys"
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global) -> None:
        self.shared.update(node.names)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.bind(*_imported(node))

    visit_ImportFrom = visit_Import  # noqa: N815

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.deleted.update(filter(None, [node.name]))
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        self.bind(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs  # noqa: N815

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.bind(node.rest)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.annotation(node.annotation)
        self.read([node.target, node.value] if node.value else [])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.bind(node.name)
        self.read([*node.decorator_list, *node.bases, *node.keywords])
        body = self.inner(node.body)
        self.now |= body.now
        self.later |= body.later

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.bind(node.name)
        self.read(node.decorator_list)
        self.annotation(node.returns)
        self.function(node.args, node.body, answering=node.name == "__getattr__")

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.function(node.args, [node.body])

    def function(self, arguments: ast.arguments, body: Sequence[ast.AST], *, answering: bool = False) -> None:
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        parameters = [parameter for parameter in every if parameter is not None]
        for parameter in parameters:
            self.annotation(parameter.annotation)
        self.read([*arguments.defaults, *arguments.kw_defaults])
        inside = self.inner(body, answering=answering)
        local = set(inside.bound) - inside.shared | {parameter.arg for parameter in parameters}
        self.later |= (inside.now | inside.later) - local

    def annotation(self, node: ast.expr | None) -> None:
        """What an annotation names is read now; what a quoted one names, whenever somebody resolves it."""
        if not self.quoting:
            self.read([node])
        for part in ast.walk(node) if node else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                self.hinted |= _quoted(part.value)
            elif self.quoting and isinstance(part, ast.Name):
                self.hinted.add(part.id)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self.inner([node.target])
        self.read([node.iter, *node.ifs])


def _postpones(tree: ast.Module) -> bool:
    return any(
        isinstance(statement, ast.ImportFrom)
        and statement.module == "__future__"
        and any(alias.name == "annotations" for alias in statement.names)
        for statement in tree.body
    )


def _quoted(annotation: str) -> set[str]:
    try:
        tree = ast.parse(annotation.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
