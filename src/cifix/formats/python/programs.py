"""What a module does to names and to other modules while it is imported, as a list of events."""

import ast
import re
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace

from cifix.formats.python import Module, parse
from cifix.formats.python.keyword import is_lazy
from cifix.formats.python.lazy import Entry, promises, table
from cifix.formats.python.names import is_main, is_type_checking, names
from cifix.model.fact import source_fact
from cifix.model.text import Text

_REACHES_OUT = re.compile(r"\b(?:global|globals|locals|vars|dir|exec|eval|modules)\b")
"""Words by which the body of a function can change the names of its module."""


@dataclass(frozen=True, slots=True)
class Load:
    """An import statement: of `names` from a module, or of the module itself if `names` is None.

    A `local` one stands in a function that the module calls while it is imported, and may not be reached.
    """

    line: int
    level: int
    module: str | None
    names: tuple[tuple[str, str], ...] | None
    local: bool = False


@dataclass(frozen=True, slots=True)
class Bind:
    """Names that exist from here on."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """Names of `lazy from`: whoever takes one from here on imports it."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drop:
    """Names that are deleted here."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A block whose ImportError is caught: `rescue` runs then, `rest` otherwise."""

    body: tuple["Event", ...]
    rescue: tuple["Event", ...]
    rest: tuple["Event", ...]


Event = Load | Bind | Promise | Drop | Attempt


@dataclass(frozen=True)
class Program:
    """The events of a module in order; `known` are all names it ever binds, `lazy` what it imports on first use.

    An `open` module can have names that its source does not show.
    """

    events: tuple[Event, ...] = ()
    known: frozenset[str] = frozenset()
    lazy: dict[str, Entry] = field(default_factory=dict)
    open: bool = False


@source_fact
def program(text: Text) -> Program:
    """The program of a source; raises `Opaque`."""
    return compiled(parse(text))


def compiled(module: Module) -> Program:
    """The program of a parsed module."""
    plain = _REACHES_OUT.search(module.text.text) is None
    found = names(ast.Module(list(_shallow(module.tree.body)), []) if plain else module.tree)
    lazy = {**table(module.tree), **promises(module.tree)}
    return Program(tuple(_all(module.tree.body)), frozenset(found.bound), lazy, found.dynamic)


def _all(body: list[ast.stmt]) -> Iterator[Event]:
    """The events of a module, before each statement those of the functions that it calls."""
    importing = {
        statement.name: statement
        for statement in body
        if isinstance(statement, ast.FunctionDef)
        and any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(statement))
    }
    for statement in body:
        if importing:
            for name in _called(statement):
                yield from _inside(importing.get(name))
        yield from _events(statement)


def _called(statement: ast.stmt) -> Iterator[str]:
    """The plain names that a statement calls, or decorates with, when it runs."""
    if isinstance(statement, ast.If) and (is_type_checking(statement.test) or is_main(statement.test)):
        return
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        called = [node.func] if isinstance(node, ast.Call) else getattr(node, "decorator_list", ())
        yield from (each.id for each in called if isinstance(each, ast.Name))
        body = node.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) else ()
        later = {id(inner) for inner in body} if isinstance(body, list) else {id(body)}
        waiting += [child for child in ast.iter_child_nodes(node) if id(child) not in later]


def _inside(function: ast.FunctionDef | None) -> Iterator[Load]:
    """The imports of a function that run whenever it does; those under a condition or in a `try` may not."""
    body = function.body if function else []
    plain = [statement for statement in body if isinstance(statement, ast.Import | ast.ImportFrom)]
    for event in loads(_block(plain)):
        yield replace(event, local=True)


def _shallow(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements without the bodies of functions, which bind names of the module only by the words looked for."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            emptied = copy(statement)
            emptied.body = list(_shallow(statement.body)) if isinstance(statement, ast.ClassDef) else []
            yield emptied
        else:
            yield statement


def loads(events: Iterable[Event]) -> Iterator[Load]:
    """Every import statement among `events`, attempts included."""
    for event in events:
        match event:
            case Load():
                yield event
            case Attempt(body=body, rescue=rescue, rest=rest):
                yield from loads((*body, *rescue, *rest))


def _block(body: Iterable[ast.stmt]) -> Iterator[Event]:
    for statement in body:
        yield from _events(statement)


def _events(statement: ast.stmt) -> Iterator[Event]:
    match statement:
        case ast.Import() | ast.ImportFrom():
            yield from _import(statement)
        case ast.ClassDef(body=body):
            yield from (event for event in _block(body) if isinstance(event, Load))
            yield Bind((statement.name,))
        case ast.If(test=test, body=body, orelse=orelse):
            yield from _condition(test, body, orelse)
        case ast.Try() | ast.TryStar():
            yield from _try(statement)
        case ast.With(items=items, body=body) if any(_suppresses(item.context_expr) for item in items):
            yield Attempt(tuple(_block(body)), (), ())
        case ast.With(body=body) | ast.For(body=body) | ast.While(body=body):
            yield from _bound(_header(statement))
            yield from _block([*body, *getattr(statement, "orelse", ())])
        case ast.Delete():
            yield Drop(tuple(names(ast.Module([statement], [])).deleted))
        case _:
            yield from _bound(statement)


def _import(statement: ast.Import | ast.ImportFrom) -> Iterator[Event]:
    taken = tuple((alias.name, alias.asname or alias.name) for alias in statement.names)
    match statement:
        case ast.ImportFrom() if is_lazy(statement):
            yield Promise(tuple(bound for _, bound in taken))
        case ast.ImportFrom(module=module, level=level):
            yield Load(statement.lineno, level, module, taken)
        case ast.Import(names=aliases):
            for alias in aliases:
                if not is_lazy(statement):
                    yield Load(statement.lineno, 0, alias.name, None)
                yield Bind((alias.asname or alias.name.partition(".")[0],))


def _condition(test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt]) -> Iterator[Event]:
    """Only a condition that is the same everywhere is decided; of any other one both branches may run."""
    negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    plain = test.operand if isinstance(test, ast.UnaryOp) and negated else test
    if is_type_checking(plain) or is_main(plain):
        yield from _block(body if negated else orelse)
    else:
        yield from _bound(ast.Expr(test))
        yield from _block([*body, *orelse])


def _header(statement: ast.With | ast.For | ast.While) -> ast.stmt:
    """A statement that binds what the first line of a block does."""
    match statement:
        case ast.For(target=target, iter=values):
            return ast.Assign([target], values)
        case ast.While(test=test):
            return ast.Expr(test)
    return ast.With(statement.items, [])


def _try(statement: ast.Try | ast.TryStar) -> Iterator[Event]:
    body = tuple(_block(statement.body))
    rest = tuple(_block(statement.orelse))
    catching = [handler for handler in statement.handlers if _catches(handler.type)]
    if catching:
        rescue = tuple(_block(catching[0].body))
        yield Attempt(body, rescue, rest)
        yield Bind(tuple(names(ast.Module([part for each in catching for part in each.body], [])).bound))
    else:
        yield from (*body, *rest)
    yield from _block(statement.finalbody)


def _catches(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    wanted = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
    return any(isinstance(node, ast.Name) and node.id in wanted for node in ast.walk(kind))


def _suppresses(context: ast.expr) -> bool:
    match context:
        case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress"), args=args):
            return any(_catches(kind) for kind in args)
    return False


def _bound(statement: ast.stmt) -> Iterator[Event]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        found: tuple[str, ...] = (statement.name,)  # the body need not be read
    else:
        found = tuple(names(ast.Module([statement], [])).bound)
    if found:
        yield Bind(found)
