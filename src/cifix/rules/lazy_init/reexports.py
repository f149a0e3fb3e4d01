"""The names that a package's `__init__.py` takes from its own modules, and what keeps each from being lazy."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from cifix.formats.python import Module
from cifix.formats.python.effects import Effects
from cifix.formats.python.functions import Function, asks, head, hook, owner, readers
from cifix.formats.python.keyword import is_lazy
from cifix.formats.python.lazy import BUILTINS, MACHINERY, TABLE, Entry, attached, beside, lazy_modules
from cifix.formats.python.names import Names, certain, dunder_all, flattened, has_dunder_all, names, running
from cifix.formats.python.packages import Package

Statement = ast.ImportFrom | ast.Import


@dataclass(frozen=True, slots=True)
class Reexport:
    """One name of one top-level import statement: what a table says of it, and the module that it loads."""

    statement: Statement
    position: int
    entry: Entry
    target: str

    @property
    def name(self) -> str:
        """The name that the package offers."""
        return self.entry.name


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why `names` of a statement must be imported with the package; without names, why the whole file is left alone."""

    statement: ast.stmt
    key: str
    names: tuple[str, ...]
    detail: str


@dataclass(frozen=True)
class Init:
    """The `__init__.py` of `name`, one of the modules of `package`.

    `native`: Python itself shall make the imports lazy, so that functions find the names as globals. `older`: the
    Pythons that do not know the file's `__lazy_modules__` count, for which its imports are not lazy.
    """

    package: Package
    name: str
    path: str
    module: Module
    native: bool = False
    older: bool = False

    @cached_property
    def names(self) -> Names:
        """What the file binds and uses when it runs, outside a lazy block of its own."""
        return names(self._runtime)

    @cached_property
    def effects(self) -> Effects:
        """What the modules of the package do when they are imported, each looked at once for all drafts."""
        return Effects(self.package)

    @cached_property
    def children(self) -> frozenset[str]:
        """The submodules of this package."""
        return frozenset(self.package.children(self.name))

    @cached_property
    def own(self) -> Mapping[str, ast.FunctionDef]:
        """Those of `__getattr__` and `__dir__` that the file defines itself, outside a lazy block."""
        return {name: found for name in ("__getattr__", "__dir__") if (found := hook(self._runtime, name))}

    def readers(self, name: str) -> tuple[Function, ...] | None:
        """The functions that read a name as a global and can import it themselves; None if there are other uses."""
        found = readers(self._runtime, name)
        barred = found is None or name.startswith("__") or any(each in self.own.values() for each in found)
        return None if barred or any(head(self.module, each) is None for each in found or ()) else found

    @cached_property
    def reexports(self) -> tuple[Statement, ...]:
        """Every import statement of the module scope that names this package's family, guarded ones included."""
        return tuple(
            statement
            for statement in flattened(running(self.module.tree).body)
            if isinstance(statement, Statement) and self._taken(statement) and not self._is_lazy(statement)
        )

    def _is_lazy(self, statement: Statement) -> bool:
        return is_lazy(statement) or (isinstance(statement, ast.ImportFrom) and self.base(statement) in self._listed)

    @cached_property
    def _listed(self) -> frozenset[str]:
        return frozenset() if self.older else lazy_modules(self.module.tree, self.name)

    @cached_property
    def _runtime(self) -> ast.Module:
        return beside(self.module.tree)

    @cached_property
    def _needed(self) -> frozenset[str]:
        """The names that something needs at once, type checkers' code included."""
        return self.names.now | names(self.module.tree).now

    def survey(self) -> tuple[list[Reexport], list[Obstacle]]:
        """The names that could be lazy for all that this file says, and what keeps the others."""
        free: list[Reexport] = []
        kept: dict[tuple[int, str], Obstacle] = {}
        for statement in self.reexports:
            found = [(each[2], self._name(statement, *each)) for each in self._taken(statement)]
            blocked = [bound for bound, result in found if not isinstance(result, Reexport)]
            for bound, result in found:
                if isinstance(result, Reexport) and not (blocked and statement.names[0].name == "*"):
                    free.append(result)
                    continue
                star = "star-import", f"the star stays for the sake of {blocked[0]}"
                key, detail = star if isinstance(result, Reexport) else result
                before = kept.get((id(statement), key))
                together = (*(before.names if before else ()), bound)
                kept[id(statement), key] = Obstacle(statement, key, together, detail)
        return free, list(kept.values())

    def _taken(self, statement: Statement) -> list[tuple[int, str, str]]:
        """The names of this package's family in a statement: position, what is taken, and as what."""
        if isinstance(statement, ast.Import):
            return [
                (position, alias.name, alias.asname or alias.name.partition(".")[0])
                for position, alias in enumerate(statement.names)
                if self.package.contains(alias.name) and "." in alias.name
            ]
        if not self.package.contains(self.base(statement)):
            return []
        if statement.names[0].name == "*":
            return [(0, name, name) for name in self._star_names(statement) or ("*",)]
        return [(position, alias.name, alias.asname or alias.name) for position, alias in enumerate(statement.names)]

    def file_obstacle(self) -> tuple[str, str] | None:
        """Why nothing in the file can be lazy, as a key and a detail; None if names may be looked at one by one."""
        hidden = sorted((self.children | set(self.names.bound)) & BUILTINS)
        if answering := self._answering():
            return "existing-getattr", answering
        if self.names.dynamic:
            return "dynamic-namespace", "the file reads or writes its own namespace as a dictionary"
        if dunder_all(self.module.tree) is None:
            return "dynamic-all", "__all__ is computed, which needs the modules at once"
        if hidden:
            return "shadowed-builtin", f"{hidden[0]} is a builtin that the lazy block needs, and a name of this package"
        if unknown := next((star for star in self._stars if self._star_names(star) is None), None):
            return "star-import", f"line {unknown.lineno} takes names that no literal __all__ lists"
        if not has_dunder_all(self.module.tree) and (unsure := self._unsure()):
            return "no-star-list", f"there is no __all__, and {unsure[0]} is bound under a condition only"
        return None

    @cached_property
    def closed(self) -> bool:
        """Whether the file says what is lazy in a way that cannot be added to."""
        return attached(self.module.tree) or ("__lazy_modules__" in self.names.bound and not self.older)

    def _answering(self) -> str | None:
        """What is in the way of another `__getattr__` and its table."""
        bound = self.names.bound
        taken = sorted({*bound} & (MACHINERY - {"TYPE_CHECKING", "__all__"}) - set(self.own))
        answer = self.own.get("__getattr__")
        if taken:
            return f"the file defines {taken[0]} itself"
        if answer and (asks(answer) is None or head(self.module, answer) is None):
            return "nothing can be put in front of what the file's own __getattr__ does"
        return None

    def star_list(self) -> tuple[str, ...]:
        """What `from package import *` takes without `__all__`, submodules that get loaded left out; sorted."""
        public = {name for name in self.names.bound if not name.startswith("_")} - self.names.deleted
        public |= {name for star in self._stars for name in self._star_names(star) or ()}
        return tuple(sorted(public))

    @cached_property
    def _stars(self) -> tuple[ast.ImportFrom, ...]:
        return tuple(
            statement
            for statement in flattened(running(self.module.tree).body)
            if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*"
        )

    def _star_names(self, statement: ast.ImportFrom) -> tuple[str, ...] | None:
        base = self.base(statement)
        source = self.package.source(base) if base in self.package.modules and base is not None else None
        return (dunder_all(source.tree) or None) if source else None

    def _unsure(self) -> list[str]:
        listed = {name for star in self._stars for name in self._star_names(star) or ()}
        return sorted(set(self.star_list()) - listed - certain(running(self.module.tree).body))

    def base(self, statement: ast.ImportFrom) -> str | None:
        """The absolute name of the module that a `from` statement takes names from."""
        return self.package.absolute(self.name, statement.level, statement.module)

    def _name(self, statement: Statement, position: int, taken: str, bound: str) -> Reexport | tuple[str, str]:
        if taken == "*":
            return "star-import", "the names a star takes are not written here"
        target = self._target(statement, position, taken)
        if target is None:
            missing = f"{self._spelled(statement)}.{taken}".lstrip(".")
            return "missing-module", f"{missing} is in no commit, and being lazy would only hide that"
        entry, loaded = target
        blocked = self._place(statement) or self._use(statement, bound) or self._clash(bound, loaded, entry)
        return blocked or Reexport(statement, position, Entry(bound, *entry), loaded)

    def _spelled(self, statement: Statement) -> str:
        """What a message says before the name that is taken."""
        if isinstance(statement, ast.Import):
            return ""
        return self.base(statement) or ""

    def _target(self, statement: Statement, position: int, name: str) -> tuple[tuple[str, str | None], str] | None:
        """The table entry for one taken name, and the module it loads; None if that module does not exist."""
        if isinstance(statement, ast.Import):
            top = name if statement.names[position].asname else self.package.name
            return ((top, None), name) if name in self.package.modules else None
        base = self.base(statement)
        spelled = "." * statement.level + (statement.module or "")
        if base is None or base not in self.package.modules:
            return None
        full = f"{base}.{name}"
        source = self.package.source(base)
        is_module = full in self.package.modules and (
            base == self.name or source is None or name not in names(source.tree).bound
        )
        if is_module:
            separator = "" if spelled.endswith(".") else "."
            return (f"{spelled}{separator}{name}", None), full
        return None if base == self.name else ((spelled, name), base)

    def _place(self, statement: Statement) -> tuple[str, str] | None:
        if statement not in self.module.tree.body:
            return "conditional", "the import stands in a condition, a loop, a `with` or a `try`"
        if self.module.lines(statement) is None:
            return "shared-line", "other statements stand on the same line"
        return None

    def _use(self, statement: Statement, name: str) -> tuple[str, str] | None:
        if self._binders(name) > 1:
            return "rebound", f"{name} is bound more than once"
        if name in self.names.deleted:
            return "deleted", f"{name} is deleted further on"
        if name in self._needed:
            return "used-at-import", f"{name} is used while the package is imported"
        if name in self.names.hinted:
            return "used-in-annotation", f"an annotation names {name}, and typing.get_type_hints would not find it"
        if name in self.names.later and not self.native:
            return self._function(statement, name)
        return None

    def _binders(self, name: str) -> int:
        """How many statements bind a name; all that `import car.engine` and `import car.wheels` bind is one `car`."""
        dotted = [
            alias
            for statement in self.reexports
            if isinstance(statement, ast.Import) and name == self.package.name
            for alias in statement.names
            if alias.asname is None and self.package.contains(alias.name)
        ]
        starred = sum(name in (self._star_names(star) or ()) for star in self._stars)
        return self.names.bound.get(name, 0) + starred - max(0, len(dotted) - 1)

    def _function(self, statement: Statement, name: str) -> tuple[str, str] | None:
        """Why the functions that use a name as a global cannot import it themselves."""
        using = None if isinstance(statement, ast.Import) else self.readers(name)
        if using is None:
            return "used-in-function", f"a function of the file uses {name}, and would not find it"
        running_now = [top for each in using if (top := owner(self._runtime, each)) in self.names.now]
        if running_now:
            return "used-at-import", f"{running_now[0]} uses {name}, and the package needs that while it is imported"
        return None

    def _clash(self, name: str, loaded: str, entry: tuple[str, str | None]) -> tuple[str, str] | None:
        if name == TABLE or (name.startswith("__") and name.endswith("__") and name in _MODULE_ATTRIBUTES):
            return "submodule-clash", f"{name} is an attribute that Python keeps for itself"
        if name in self.children and (entry[1] is not None or loaded != f"{self.name}.{name}"):
            return "submodule-clash", f"a submodule is called {name} too, and would take its place once it is imported"
        return None


_MODULE_ATTRIBUTES = frozenset(
    {"__builtins__", "__cached__", "__doc__", "__file__", "__loader__"}
    | {"__name__", "__package__", "__path__", "__spec__"}
)
