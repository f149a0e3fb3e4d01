"""Let a package's `__getattr__` import its submodules without asking the package for them.

Why:
    `from . import name` in a module-level `__getattr__` cannot serve `name` itself: the statement first looks whether
    the package has the attribute, which calls `__getattr__`, which runs the statement again. Every use of the name ends
    in "RecursionError: maximum recursion depth exceeded", whether by `pkg.name`, by `from pkg import name` or by
    `hasattr`. `importlib.import_module(".name", __name__)` imports the same module and asks nobody.

    Each name is followed through the conditions, tables and `match` statements of the function, and only imports that
    lead back to themselves are rewritten. The fix is safe where all conditions on the way are decided by the name, and
    for review where one is not.

When this is wrong:
    Code that was written to live with the RecursionError, by catching it, sees the module instead.

What it will not touch:
    `from .module import Name`, names that the package has bound by the time anybody can ask, and submodules that no
    commit holds: no spelling imports those.

Sources:
    https://peps.python.org/pep-0562/, read 2026-11
    https://docs.python.org/3/reference/simple_stmts.html#the-import-statement, read 2026-11
    https://docs.python.org/3/library/importlib.html#importlib.import_module, read 2026-11
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cifix.formats import python
from cifix.formats.python import Module
from cifix.formats.python.names import Names, certain, flattened, names, running
from cifix.formats.python.order import Order
from cifix.formats.python.packages import INIT, Package, packages
from cifix.model.expect import Exports
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.safe_module_getattr.edits import Taken, crowded, edits, hidden
from cifix.rules.safe_module_getattr.reach import Function, Reached, constants

_SUSPECT = re.compile(r"^[ \t]*from[ \t]+\S+[ \t]+import\b", re.MULTILINE)


@declare(
    __doc__,
    reads=(f"**/{INIT}",),
    needles=(b"def __getattr__",),
    safety=Safety.SAFE,
    after=("anchor-gitignore",),
    refusals={
        "computed": "the name is put into the import while the program runs",
        "crowded": "comments stand among names that stay, or the statement shares its lines with others",
        "missing-module": "no commit holds the submodule, so that no spelling imports it",
        "name-taken": "the function uses `import_module` or `__name__` for something else",
        "opaque": "the file cannot be read as Python",
        "rebound": "the file also binds the name itself, but not on every way through it",
    },
)
def rule(snapshot: Snapshot, _options: NoOptions) -> Iterator[Finding]:
    """Yield the imports of `__getattr__` functions that call the function again."""
    wanted = set(snapshot.containing((b"def __getattr__",), (f"**/{INIT}",)))
    for package in packages(snapshot) if wanted else ():
        for name, path in package.modules.items():
            if path in wanted:
                try:
                    module = snapshot.parsed(path, python.parse)
                except Opaque as why:
                    yield from _unread(snapshot, path, str(why))
                    continue
                for function in _functions(module.tree):
                    yield from _Served(package, name, path, module, function).findings()


def _unread(snapshot: Snapshot, path: str, why: str) -> Iterator[Finding]:
    try:
        suspect = bool(_SUSPECT.search(snapshot.text(path).text))
    except Opaque:
        suspect = True
    if suspect:
        yield Finding("safe-module-getattr", path, 0, 0, "its __getattr__ cannot be read", Refusal("opaque", why))


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Every `__getattr__` of the module itself that runs, in conditions too."""
    for statement in flattened(running(tree).body):
        if isinstance(statement, ast.FunctionDef) and statement.name == "__getattr__":
            yield statement


@dataclass(frozen=True)
class _Served:
    """One `__getattr__` of a package, and what calls of it lead to."""

    package: Package
    name: str
    path: str
    module: Module
    node: ast.FunctionDef

    def findings(self) -> Iterator[Finding]:
        yield from self._computed()
        taken: dict[ast.ImportFrom, list[int]] = {}
        sure = not self.node.decorator_list and sum(1 for _ in _functions(self.module.tree)) == 1
        for statement in self._statements:
            circles = {place: way for place, way in self._circles(statement) if way is not None}
            refusal = self._refusal(statement, tuple(circles)) if circles else None
            if refusal is not None:
                yield self._finding(statement, tuple(circles), refusal)
            elif circles:
                taken[statement] = list(circles)
                sure = sure and all(circles.values())
        chosen = [Taken(statement, tuple(places)) for statement, places in taken.items()]
        if chosen:
            yield from self._fixed(chosen, Safety.SAFE if sure else Safety.REVIEW)

    def _fixed(self, chosen: list[Taken], safety: Safety) -> Iterator[Finding]:
        count = sum(len(each.positions) for each in chosen)
        first = chosen[0].statement.names[chosen[0].positions[0]].name
        what = f"{count} submodules" if count > 1 else first
        changes = tuple(edits(self.module, self.path, self.node, chosen))
        fix = Fix(f"Import {what} of {self.name} without asking the package", safety, changes, (Exports(self.path),))
        for each in chosen:
            yield self._finding(each.statement, each.positions, fix)

    def _finding(self, statement: ast.ImportFrom, places: tuple[int, ...], outcome: Fix | Refusal) -> Finding:
        start, end = self.module.span(statement)
        asked = ", ".join(f"{self.name}.{statement.names[place].name}" for place in places)
        message = f"asking for {asked} calls __getattr__ again from inside it, without end"
        return Finding("safe-module-getattr", self.path, start, end, message, outcome, ALREADY)

    def _refusal(self, statement: ast.ImportFrom, places: tuple[int, ...]) -> Refusal | None:
        asked = [statement.names[place].name for place in places]
        for name in asked:
            if f"{self.name}.{name}" not in self.package.modules:
                return Refusal("missing-module", f"{self.name}.{name} is in no commit")
            if name in self._bound.bound:
                return Refusal("rebound", f"{self.path} also binds {name} itself")
        if taken := hidden(self.node):
            return Refusal("name-taken", f"{taken} has another meaning in the function")
        if crowded(self.module, Taken(statement, places)):
            return Refusal("crowded", "the comments inside the statement would lose their place")
        return None

    def _computed(self) -> Iterator[Finding]:
        """Imports from the package itself whose name is the parameter."""
        for node in ast.walk(self.node):
            if isinstance(node, ast.Call) and _asks(node, self._function.parameter):
                start, end = self.module.span(node)
                why = Refusal("computed", f"{self.module.source(node)} asks {self.name} for the very name it looks for")
                message = "the import calls __getattr__ again from inside it, without end"
                yield Finding("safe-module-getattr", self.path, start, end, message, why, ALREADY)

    @cached_property
    def _function(self) -> Function:
        return Function(self.node, constants(running(self.module.tree)))

    @cached_property
    def _statements(self) -> list[ast.ImportFrom]:
        """The imports of the function from the package itself, from the top."""
        inside = (part for part in flattened(self.node.body) if isinstance(part, ast.ImportFrom))
        return [part for part in inside if self._is_own(part)]

    def _is_own(self, statement: ast.ImportFrom) -> bool:
        if statement.level:
            return statement.level == 1 and statement.module is None
        module, folder = statement.module or "", self.path.removesuffix(f"/{INIT}")
        spelled = module == self.name or module.endswith(f".{self.name}")
        return spelled and f"/{folder}".endswith("/" + module.replace(".", "/"))

    def _circles(self, statement: ast.ImportFrom) -> Iterator[tuple[int, bool | None]]:
        """For each name of a statement whether asking for it surely comes back to it; None if it does not."""
        for place, alias in enumerate(statement.names):
            if self._is_there(alias.name):
                continue
            if self._leads(alias.name, statement, certain_only=True):
                yield place, True
            elif self._leads(alias.name, statement, certain_only=False) and self._answers(alias):
                yield place, False

    def _leads(self, name: str, statement: ast.ImportFrom, *, certain_only: bool) -> bool:
        """Whether a call with `name` executes `statement` for the same name, by itself or through other names."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            asked = waiting.pop()
            if asked in seen:
                continue
            seen.add(asked)
            for step in self._reached(asked):
                if step.certain or not certain_only:
                    imported = [alias.name for alias in step.statement.names]
                    if step.statement is statement and name in imported:
                        return True
                    waiting += [one for one in imported if not self._is_there(one)]
        return False

    def _reached(self, name: str) -> list[Reached]:
        return [step for step in self._function.reached(name) if step.statement in self._statements]

    def _answers(self, alias: ast.alias) -> bool:
        """Whether the function hands out what it imports, under its own name or out of its namespace."""
        mine = {alias.asname or alias.name}
        for node in ast.walk(self.node):
            match node:
                case ast.Return(value=ast.Name(id=name)) if name in mine:
                    return True
                case ast.Return(value=ast.Subscript(value=ast.Call(func=ast.Name(id="locals" | "globals")))):
                    return True
        return False

    def _is_there(self, name: str) -> bool:
        """Whether the package has the attribute by the time anybody can ask for it."""
        if name.startswith("__") and name.endswith("__"):
            return True
        return (name in self._surely and name not in self._bound.deleted) or f"{self.name}.{name}" in self._loaded

    @cached_property
    def _bound(self) -> Names:
        return names(running(self.module.tree))

    @cached_property
    def _surely(self) -> frozenset[str]:
        return certain(running(self.module.tree).body)

    @cached_property
    def _loaded(self) -> frozenset[str]:
        return frozenset(Order(self.package).first(self.name).loaded)


def _asks(call: ast.Call, parameter: str) -> bool:
    """Whether a call is `__import__(__name__, ..., [parameter])` or `exec(f"from . import {parameter}")`."""
    inside = {node.id for argument in call.args for node in ast.walk(argument) if isinstance(node, ast.Name)}
    inside |= {node.id for word in call.keywords for node in ast.walk(word.value) if isinstance(node, ast.Name)}
    if parameter not in inside:
        return False
    match call:
        case ast.Call(func=ast.Name(id="__import__"), args=[ast.Name(id="__name__" | "__package__"), *_]):
            return True
        case ast.Call(func=ast.Name(id="exec"), args=[ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]), *_]):
            return start.replace(" ", "") == "from.import"
    return False
