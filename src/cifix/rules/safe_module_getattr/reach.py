"""Which imports a function comes to when it is called with one known string, read without running it."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cifix.formats.python.names import dunder_all, is_type_checking, names

_CATCHING = {"RecursionError", "RuntimeError", "Exception", "BaseException"}


@dataclass(frozen=True, slots=True)
class Reached:
    """A `from` statement that is executed: surely, or perhaps if `certain` is False."""

    statement: ast.ImportFrom
    certain: bool


@dataclass(frozen=True)
class Function:
    """A module-level `__getattr__`; `constants` are the module's collections of strings, by name."""

    node: ast.FunctionDef
    constants: Mapping[str, frozenset[str]]

    @property
    def parameter(self) -> str:
        """The parameter that holds the name; empty if the function gives it another value, or takes more."""
        arguments = self.node.args
        every = [*arguments.posonlyargs, *arguments.args]
        more = len(every) != 1 or arguments.vararg or arguments.kwarg or arguments.kwonlyargs
        return "" if more or every[0].arg in names(ast.Module(self.node.body, [])).bound else every[0].arg

    def reached(self, name: str) -> list[Reached]:
        """Every `from` statement that a call with `name` executes, in order."""
        walk = _Walk(self, name)
        walk.block(self.node.body, certain=True)
        return walk.found


def constants(tree: ast.Module) -> dict[str, frozenset[str]]:
    """The literal collections of strings that a module binds once, by name; of a dictionary its keys."""
    found: dict[str, frozenset[str]] = {}
    bound = names(tree).bound
    for statement in tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if bound[name] == 1 and (members := _members(value)) is not None:
                found[name] = members
    listed = dunder_all(tree)
    return found | ({"__all__": frozenset(listed)} if listed else {})


@dataclass
class _Walk:
    """One call; `found` grows while blocks are walked."""

    function: Function
    name: str
    found: list[Reached] = field(default_factory=list)

    def block(self, body: Sequence[ast.stmt], *, certain: bool) -> bool | None:
        """Walk statements; whether what stands after them is executed: True, False, or None for perhaps."""
        flow: bool | None = True
        for statement in body:
            after = self.statement(statement, certain=certain and flow is True)
            if after is False:
                return False
            flow = flow if after else None
        return flow

    def statement(self, statement: ast.stmt, *, certain: bool) -> bool | None:
        match statement:
            case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
                return False
            case ast.ImportFrom():
                self.found.append(Reached(statement, certain))
            case ast.If(test=test, body=body, orelse=orelse):
                return self.either([(self.truth(test), body), (True, orelse)], certain=certain)
            case ast.Match(cases=cases):
                return self.either([*self.cases(statement, cases), (True, [])], certain=certain)
            case ast.Try() | ast.TryStar():
                return self.attempt(statement, certain=certain)
            case ast.With(body=body):
                return self.block(body, certain=certain)
            case ast.For(body=body, orelse=orelse) | ast.While(body=body, orelse=orelse):
                self.block([*body, *orelse], certain=False)
                return None
        return True

    def either(self, ways: Sequence[tuple[bool | None, list[ast.stmt]]], *, certain: bool) -> bool | None:
        """The first way whose condition holds is taken; where one may hold, so may those after it."""
        flows: set[bool | None] = set()
        for holds, body in ways:
            if holds is not False:
                flows.add(self.block(body, certain=certain and holds is True and not flows))
            if holds:
                break
        return flows.pop() if len(flows) == 1 else None

    def cases(self, match: ast.Match, cases: Sequence[ast.match_case]) -> Iterator[tuple[bool | None, list[ast.stmt]]]:
        for case in cases:
            held = self.pattern(case.pattern) if self.is_parameter(match.subject) else None
            yield (held if case.guard is None or held is False else None), case.body

    def attempt(self, statement: ast.Try | ast.TryStar, *, certain: bool) -> bool | None:
        caught = {word for handler in statement.handlers for word in _caught(handler)}
        flow = self.block(statement.body, certain=certain and not caught & _CATCHING)
        for handler in statement.handlers:
            self.block(handler.body, certain=False)
        if flow is not False:
            self.block(statement.orelse, certain=False)
        if self.block(statement.finalbody, certain=certain) is False:
            return False
        return flow if not statement.handlers else None

    def truth(self, test: ast.expr) -> bool | None:
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.truth(operand)
                return None if inner is None else not inner
            case ast.BoolOp(op=operator, values=values):
                parts = [self.truth(value) for value in values]
                deciding = isinstance(operator, ast.Or)
                return deciding if deciding in parts else None if None in parts else not deciding
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                return self.compared(left, operator, right)
            case ast.Call(func=ast.Attribute(value=value, attr="startswith"), args=[ast.Constant(value=str(start))]):
                return self.name.startswith(start) if self.is_parameter(value) else None
        return False if is_type_checking(test) else None

    def compared(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> bool | None:
        if not self.is_parameter(left) and isinstance(operator, ast.Eq | ast.NotEq):
            left, right = right, left
        if not self.is_parameter(left):
            return None
        match operator, right:
            case ast.Eq() | ast.NotEq(), ast.Constant(value=str(value)):
                return (self.name == value) is isinstance(operator, ast.Eq)
            case ast.In() | ast.NotIn(), _ if (members := self.members(right)) is not None:
                return (self.name in members) is isinstance(operator, ast.In)
        return None

    def members(self, value: ast.expr) -> frozenset[str] | None:
        return self.function.constants.get(value.id) if isinstance(value, ast.Name) else _members(value)

    def pattern(self, pattern: ast.pattern) -> bool | None:
        match pattern:
            case ast.MatchValue(value=ast.Constant(value=str(value))):
                return self.name == value
            case ast.MatchOr(patterns=patterns):
                parts = [self.pattern(part) for part in patterns]
                return True if True in parts else None if None in parts else False
            case ast.MatchAs(pattern=None):
                return True
            case ast.MatchAs(pattern=ast.pattern() as inner):
                return self.pattern(inner)
        return None

    def is_parameter(self, value: ast.expr) -> bool:
        return isinstance(value, ast.Name) and value.id == self.function.parameter


def _members(value: ast.expr) -> frozenset[str] | None:
    match value:
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            found = list[ast.expr | None](items)
        case ast.Dict(keys=keys):
            found = list(keys)
        case ast.Call(func=ast.Name(id="frozenset" | "set" | "tuple" | "list"), args=[inner], keywords=[]):
            return _members(inner)
        case _:
            return None
    strings = [item.value for item in found if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return frozenset(strings) if len(strings) == len(found) else None


def _caught(handler: ast.ExceptHandler) -> Iterator[str]:
    if handler.type is None:
        yield "BaseException"
        return
    for node in ast.walk(handler.type):
        if isinstance(node, ast.Name):
            yield node.id
