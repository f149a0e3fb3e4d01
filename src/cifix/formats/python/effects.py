"""What a module does to objects that live elsewhere while it is imported: effects that a delay would lose.

An object that only the module itself holds may be changed at will, for nobody can see it before the
module is imported. Everything that stays reachable without the module counts: registries of other
modules, the interpreter's hooks, the environment, other libraries. What cannot be followed counts too
if it is a call for its effect alone, and does not if its result is kept.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from cifix.formats.python.hooks import CHANGING, bindings, counts, hooks, traced
from cifix.formats.python.packages import Package
from cifix.formats.python.reach import giver, is_store, local_names, root, run_now, running

_PROCESS = (
    "atexit.",
    "builtins.",
    "codecs.register",
    "copyreg.",
    "faulthandler.",
    "gc.",
    "locale.setlocale",
    "logging.addLevelName",
    "logging.basicConfig",
    "logging.captureWarnings",
    "logging.config.",
    "logging.disable",
    "logging.setLoggerClass",
    "mimetypes.add_type",
    "mimetypes.init",
    "multiprocessing.set_start_method",
    "os.chdir",
    "os.putenv",
    "os.umask",
    "os.unsetenv",
    "random.seed",
    "signal.signal",
    "socket.setdefaulttimeout",
    "sys.set",
    "threading.setprofile",
    "threading.settrace",
    "warnings.filterwarnings",
    "warnings.resetwarnings",
    "warnings.simplefilter",
)
"""Calls into the standard library that change the process, by the beginning of their dotted name."""

_COMPUTED = frozenset(
    {"importlib.import_module", "importlib.__import__", "pkgutil.iter_modules", "pkgutil.walk_packages"}
)
"""Calls that find modules whose names no import statement shows."""

_QUIET = frozenset({"ABCMeta", "EnumMeta", "EnumType", "type"})
"""Metaclasses that keep no list of what they make."""

_MAKERS = frozenset({"__init__", "__new__", "__post_init__", "__call__"})
"""Methods that run when a class, or an object used as a decorator, is called."""

_DEPTH = 4
"""How many calls deep a function is followed before it is taken to have an effect."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What `module` does to something outside itself, at `line`; `what` completes "it ..."."""

    module: str
    line: int
    what: str


class Effects:
    """The effects of the modules of one package."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._known: dict[str, Effect | None] = {}
        self._views: dict[str, _View | None] = {}

    def of(self, module: str) -> Effect | None:
        """The first effect of importing `module`, its own imports left out; None if there is none to be seen."""
        if module not in self._known:
            view = self.view(module)
            self._known[module] = next(view.effects(), None) if view else None
        return self._known[module]

    def computes_imports(self, module: str) -> bool:
        """Whether importing `module` may import others by names that are not written in import statements."""
        view = self.view(module)
        return view is not None and view.computes()

    def view(self, module: str) -> "_View | None":
        """The scanner of one module, or None if its source cannot be read."""
        if module not in self._views:
            source = self.package.source(module) if module in self.package.modules else None
            self._views[module] = _View(self, module, source.tree) if source else None
        return self._views[module]

    def definition(self, origin: str, depth: int = _DEPTH) -> "tuple[_View, ast.stmt] | None":
        """The function or class that a dotted name means, through re-exports, with the module that defines it."""
        module, _, name = origin.rpartition(".")
        view = self.view(module)
        if view is None or not depth:
            return None
        if name in view.defined:
            return view, view.defined[name]
        return self.definition(view.origins[name], depth - 1) if name in view.origins else None

    def home(self, origin: str, depth: int = _DEPTH) -> str:
        """The dotted name that an imported name has where it comes from, as far as imports lead."""
        module, _, name = origin.rpartition(".")
        view = self.view(module)
        if view is None or name in view.defined or name not in view.origins or not depth:
            return origin
        return self.home(view.origins[name], depth - 1)


class _View:
    def __init__(self, effects: Effects, module: str, tree: ast.Module) -> None:
        self.all = effects
        self.module = module
        self.body = tuple(running(tree.body))
        self.origins: dict[str, str] = dict(self._origins())
        self.defined: dict[str, ast.stmt] = {
            statement.name: statement
            for statement in self.body
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        given = {name: value for statement in self.body for name, value in bindings(statement)}
        self.origins |= {name: dotted for name, value in given.items() if (dotted := self._alias(value))}
        self.made = {name: value.func for name, value in given.items() if isinstance(value, ast.Call)}

    def effects(self) -> Iterator[Effect]:
        for statement in self.body:
            for what in self._statement(statement):
                yield Effect(self.module, statement.lineno, what)

    def computes(self) -> bool:
        """Whether code that runs with the module imports others by computed names."""
        eager = [part for part in self.body if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
        calls = [part for statement in eager for part in run_now(statement) if isinstance(part, ast.Call)]
        return any(self._finds_modules(call, _DEPTH) for call in calls)

    def _finds_modules(self, call: ast.Call, depth: int) -> bool:
        function = call.func
        if self._dotted(function) in _COMPUTED or (isinstance(function, ast.Name) and function.id == "__import__"):
            return not self._elsewhere(call)
        found = self.definition_of(function) if depth else None
        if found is None:
            return False
        view, node = found
        calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
        return any(view._finds_modules(inner, depth - 1) for inner in calls)  # noqa: SLF001 - the same class

    def _elsewhere(self, call: ast.Call) -> bool:
        """Whether a call names, in plain text, a module that is none of this package."""
        match call.args:
            case [ast.Constant(value=str(name)), *_]:
                return not name.startswith(".") and not self.all.package.contains(name)
        return False

    def _origins(self) -> Iterator[tuple[str, str]]:
        for statement in self.body:
            match statement:
                case ast.Import(names=aliases):
                    for alias in aliases:
                        name = alias.asname or alias.name.partition(".")[0]
                        yield name, alias.name if alias.asname else name
                case ast.ImportFrom(level=level, module=module, names=aliases):
                    base = self.all.package.absolute(self.module, level, module)
                    yield from ((alias.asname or alias.name, f"{base}.{alias.name}") for alias in aliases)

    def _alias(self, value: ast.expr) -> str | None:
        """What lives elsewhere and gets another name here, as a dotted name."""
        match value:
            case ast.Name() | ast.Attribute() | ast.Subscript():
                return self._dotted(value)
            case ast.Call(func=function, args=[ast.Constant(), *_]) if self._dotted(function) == "logging.getLogger":
                return "logging.getLogger"
            case ast.Call(func=function, args=[inner, *_]) if self._dotted(function) == "functools.partial":
                return self._dotted(inner)
        return None

    def _statement(self, statement: ast.stmt) -> Iterator[str]:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from self._decorators(statement)
            case ast.ClassDef(body=body):
                yield from self._decorators(statement)
                yield from self._bases(statement)
                for inner in body:
                    yield from self._statement(inner)
            case ast.Expr(value=ast.Call() as call):
                yield from self._discarded(call)
                yield from self._expression(statement)
            case _ if not hasattr(statement, "body"):
                yield from self._stores(statement, frozenset(self.origins))
                yield from self._expression(statement)
            case _:
                for head in ast.iter_child_nodes(statement):
                    if isinstance(head, ast.expr | ast.withitem):
                        yield from self._expression(head)

    def _stores(self, statement: ast.AST, foreign: frozenset[str]) -> Iterator[str]:
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
                name = root(node)
                if name in foreign:
                    yield f"assigns to a part of {self._dotted(node.value) or name}"

    def _expression(self, node: ast.AST) -> Iterator[str]:
        for part in run_now(node):
            if isinstance(part, ast.Call):
                yield from self._call(part.func, part, _DEPTH, self.module)

    def _discarded(self, call: ast.Call) -> Iterator[str]:
        dotted = self._dotted(call.func)
        if dotted and not self.all.definition(dotted):
            yield f"calls {dotted}() for its effect"

    def _decorators(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[str]:
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            dotted = self._dotted(called)
            if dotted and self.all.package.contains(self.all.home(dotted)) and not self._known(called):
                yield f"registers {node.name} with {dotted}"
            yield from self._call(called, None, _DEPTH, self.module)
            yield from self._expression(decorator)

    def _known(self, decorator: ast.expr) -> bool:
        """Whether it can be read what a decorator does: a function or class, or an object with `__call__`."""
        return self.own(decorator) or self.class_of(decorator) is not None

    def _bases(self, node: ast.ClassDef) -> Iterator[str]:
        above = [(base, False) for base in node.bases]
        above += [(keyword.value, True) for keyword in node.keywords if keyword.arg == "metaclass"]
        for base, meta in above:
            dotted = self._dotted(base)
            found = self.all.definition(dotted) if dotted else None
            if found and found[0].watches(found[1], self.module, set(), meta=meta):
                yield f"derives {node.name} from {dotted}, which keeps track of its subclasses"

    def watches(self, node: ast.stmt, home: str, seen: set[int], *, meta: bool) -> bool:
        """Whether a class of this module notices a subclass that the module `home` makes; or a class, as metaclass."""
        if not isinstance(node, ast.ClassDef):
            return False
        if id(node) in seen:
            return False
        seen.add(id(node))
        tracing = [hook for hook in hooks(node, meta=meta) if traced(hook) or any(self.body_writes(hook, _DEPTH, home))]
        if tracing or (not meta and (counts(node) or self._listed(node.name))):
            return True
        above = [(keyword.value, True) for keyword in node.keywords if keyword.arg == "metaclass"]
        return any(self._noticed(base, home, seen, meta=kind) for base, kind in [(b, meta) for b in node.bases] + above)

    def _noticed(self, base: ast.expr, home: str, seen: set[int], *, meta: bool) -> bool:
        found = self.definition_of(base)
        if found is None:
            return meta and ast.unparse(base).rpartition(".")[2] not in _QUIET
        return found[0].watches(found[1], home, seen, meta=meta)

    def _listed(self, name: str) -> bool:
        package = self.all.package
        paths = [path for path in package.modules.values() if path]
        return any(True for _ in package.snapshot.containing([f"{name}.__subclasses__".encode()], paths))

    def own(self, expression: ast.expr) -> bool:
        """Whether an expression names something that this package defines."""
        return self.definition_of(expression) is not None

    def definition_of(self, expression: ast.expr) -> "tuple[_View, ast.stmt] | None":
        """The function or class of the package that an expression names."""
        if isinstance(expression, ast.Name) and expression.id in self.defined:
            return self, self.defined[expression.id]
        dotted = self._dotted(expression)
        return self.all.definition(dotted) if dotted else None

    def _call(self, function: ast.expr, call: ast.Call | None, depth: int, home: str) -> Iterator[str]:
        dotted = self._dotted(function)
        if dotted and dotted.startswith(_PROCESS):
            yield f"calls {dotted}(), which changes the process"
        elif dotted and isinstance(function, ast.Attribute) and function.attr in CHANGING:
            yield f"calls {dotted}(), which changes {dotted.rpartition('.')[0]}"
        elif isinstance(function, ast.Name) and function.id in {"setattr", "delattr"} and call and call.args:
            target = self._dotted(call.args[0])
            if target:
                yield f"sets an attribute of {target}"
        elif found := self.definition_of(function):
            view, node = found
            if any(view.body_writes(node, depth, home)):
                yield f"calls {dotted or node_name(node)}(), which changes something outside {home}"
        elif self.class_of(function):
            yield from self._on_object(function, "__call__", depth, home)
        elif isinstance(function, ast.Attribute):
            yield from self._on_object(function.value, function.attr, depth, home)

    def _on_object(self, holder: ast.expr, name: str, depth: int, home: str) -> Iterator[str]:
        """What calling a method changes: of a class, or of an object that a module has made at its top."""
        called = f"{ast.unparse(holder)}.{name}".removesuffix(".__call__")
        foreign = root(holder) in self.origins
        if found := self.class_of(holder):
            view, node = found
            for inner, method in view.inherited(node, frozenset({name}), set()):
                if any(inner.body_writes(method, depth, home, shares=foreign)):
                    yield f"calls {called}(), which changes something outside {home}"
        elif name in CHANGING and isinstance(holder, ast.Name) and self._fetched(holder.id):
            yield f"calls {called}(), which changes what it got from elsewhere"

    def _fetched(self, name: str) -> bool:
        """Whether a name of this module holds what a function of another module of the package gave."""
        return name in self.made and self.all.package.contains(self._dotted(self.made[name]))

    def class_of(self, expression: ast.expr) -> "tuple[_View, ast.ClassDef] | None":
        """The class of the package that an expression names, or whose object it names."""
        found = self.definition_of(expression)
        if found:
            return (found[0], found[1]) if isinstance(found[1], ast.ClassDef) else None
        if isinstance(expression, ast.Name) and expression.id in self.made:
            return self.class_of(self.made[expression.id])
        module, _, name = (self._dotted(expression) or "").rpartition(".")
        view = self.all.view(module)
        return view.class_of(view.made[name]) if view and name in view.made else None

    def inherited(self, node: ast.stmt, names: frozenset[str], seen: set[int]) -> "Iterator[tuple[_View, ast.stmt]]":
        """The methods of a class of this module and of its bases that have one of these names."""
        if isinstance(node, ast.ClassDef) and id(node) not in seen:
            seen.add(id(node))
            yield from ((self, part) for part in node.body if node_name(part) in names)
            for above in filter(None, map(self.definition_of, node.bases)):
                yield from above[0].inherited(above[1], names, seen)

    def body_writes(self, node: ast.stmt, depth: int, home: str, *, shares: bool = False) -> Iterator[str]:
        """What calling a function or class of this module changes beyond its arguments and the module `home`.

        With `shares`, the object that a method is called on lives elsewhere too.
        """
        if not depth:
            yield "calls too much to follow"
        elif isinstance(node, ast.ClassDef):
            for view, maker in self.inherited(node, _MAKERS, set()):
                yield from view.body_writes(maker, depth, home)
        else:
            foreign = self._foreign(node, home, shares=shares)
            local = local_names(node) - foreign
            yield from self._stores(node, foreign)
            for part in ast.walk(node):
                if isinstance(part, ast.Global) and self.module != home:
                    yield "rebinds a global"
                if isinstance(part, ast.Call) and root(part.func) not in local:
                    yield from self._method(part, foreign)
                    yield from self._call(part.func, part, depth - 1, home)

    def _method(self, call: ast.Call, foreign: frozenset[str]) -> Iterator[str]:
        match call:
            case ast.Call(func=ast.Attribute(attr=name)) if name in CHANGING and root(call.func) in foreign:
                yield f"changes {root(call.func)}"
            case ast.Call(func=ast.Name("setattr" | "delattr") | ast.Attribute(attr="__setattr__"), args=[target, *_]):
                if root(target) in foreign:
                    yield f"sets an attribute of {root(target)}"

    def _foreign(self, function: ast.stmt, home: str, *, shares: bool) -> frozenset[str]:
        """The names in a function that lead to objects outside the module `home`."""
        foreign = self._globals(home) - local_names(function)
        if shares and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            foreign |= {parameter.arg for parameter in function.args.args[:1]}
        given = [pair for node in ast.walk(function) for pair in bindings(node)]
        for name, value in given * 2:
            if giver(value) in foreign:
                foreign.add(name)
        return frozenset(foreign)

    def _globals(self, home: str) -> set[str]:
        if self.module == home:
            return set(self.origins)
        stored = {
            node.id for part in self.body for node in ast.walk(part) if isinstance(node, ast.Name) and is_store(node)
        }
        return {"globals", *stored, *self.origins, *self.defined}

    def _dotted(self, expression: ast.expr) -> str | None:
        """The absolute dotted name of what an imported name leads to; None for what the module made itself."""
        if isinstance(expression, ast.Name):
            return self.origins.get(expression.id)
        if isinstance(expression, ast.Attribute):
            inner = self._dotted(expression.value)
            return f"{inner}.{expression.attr}" if inner else None
        if isinstance(expression, ast.Call | ast.Subscript):
            return self._dotted(expression.func if isinstance(expression, ast.Call) else expression.value)
        return None


def node_name(node: ast.stmt) -> str:
    """The name of a function or class; empty for other statements."""
    return str(getattr(node, "name", ""))
