"""The names that a package's `__init__.py` takes from its own modules, and what keeps each from being lazy."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cifix.formats.python import Module
from cifix.formats.python.lazy import BUILTINS, MACHINERY, TABLE, Entry, beside
from cifix.formats.python.names import Names, certain, dunder_all, flattened, has_dunder_all, names, running
from cifix.formats.python.packages import Package


@dataclass(frozen=True, slots=True)
class Reexport:
    """One name of one top-level `from` statement: what a table says of it, and the module that it loads."""

    statement: ast.ImportFrom
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
    """The `__init__.py` of `name`, one of the modules of `package`."""

    package: Package
    name: str
    path: str
    module: Module

    @cached_property
    def names(self) -> Names:
        """What the file binds and uses when it runs, outside a lazy block of its own."""
        return names(beside(self.module.tree))

    @cached_property
    def children(self) -> frozenset[str]:
        """The submodules of this package."""
        return frozenset(self.package.children(self.name))

    def reexports(self) -> tuple[ast.ImportFrom, ...]:
        """Every `from` statement of the module scope that names this package's family, guarded ones included."""
        return tuple(
            statement
            for statement in flattened(running(self.module.tree).body)
            if isinstance(statement, ast.ImportFrom) and self.package.contains(self._base(statement))
        )

    def survey(self) -> tuple[list[Reexport], list[Obstacle]]:
        """The names that could be lazy for all that this file says, and what keeps the others."""
        free: list[Reexport] = []
        kept: dict[tuple[int, str], Obstacle] = {}
        for statement in self.reexports():
            for position, alias in enumerate(statement.names):
                found = self._name(statement, position)
                if isinstance(found, Reexport):
                    free.append(found)
                    continue
                key, detail = found
                before = kept.get((id(statement), key))
                together = (*(before.names if before else ()), alias.asname or alias.name)
                kept[id(statement), key] = Obstacle(statement, key, together, detail)
        return free, list(kept.values())

    def file_obstacle(self) -> tuple[str, str] | None:
        """Why nothing in the file can be lazy, as a key and a detail; None if names may be looked at one by one."""
        bound = self.names.bound
        taken = sorted({*bound} & (MACHINERY - {"TYPE_CHECKING", "__all__"}))
        hidden = sorted((self.children | set(bound)) & BUILTINS)
        if taken:
            return "existing-getattr", f"the file defines {taken[0]} itself"
        if self.names.dynamic:
            return "dynamic-namespace", "the file reads or writes its own namespace as a dictionary"
        if dunder_all(self.module.tree) is None:
            return "dynamic-all", "__all__ is computed, which needs the modules at once"
        if hidden:
            return "shadowed-builtin", f"{hidden[0]} is a builtin that the lazy block needs, and a name of this package"
        if unknown := next((star for star in self._stars() if self._star_names(star) is None), None):
            return "star-import", f"line {unknown.lineno} takes names that no literal __all__ lists"
        if not has_dunder_all(self.module.tree) and (unsure := self._unsure()):
            return "no-star-list", f"there is no __all__, and {unsure[0]} is bound under a condition only"
        return None

    def star_list(self) -> tuple[str, ...]:
        """What `from package import *` takes without `__all__`, submodules that get loaded left out; sorted."""
        public = {name for name in self.names.bound if not name.startswith("_")} - self.names.deleted
        public |= {name for star in self._stars() for name in self._star_names(star) or ()}
        return tuple(sorted(public))

    def _stars(self) -> Iterator[ast.ImportFrom]:
        for statement in flattened(running(self.module.tree).body):
            if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
                yield statement

    def _star_names(self, statement: ast.ImportFrom) -> tuple[str, ...] | None:
        base = self._base(statement)
        source = self.package.source(base) if base in self.package.modules and base is not None else None
        return (dunder_all(source.tree) or None) if source else None

    def _unsure(self) -> list[str]:
        listed = {name for star in self._stars() for name in self._star_names(star) or ()}
        return sorted(set(self.star_list()) - listed - certain(running(self.module.tree).body))

    def _base(self, statement: ast.ImportFrom) -> str | None:
        return self.package.absolute(self.name, statement.level, statement.module)

    def _name(self, statement: ast.ImportFrom, position: int) -> Reexport | tuple[str, str]:
        alias = statement.names[position]
        name = alias.asname or alias.name
        if alias.name == "*":
            return "star-import", "the names a star takes are not written here"
        target = self._target(statement, alias.name)
        if target is None:
            missing = f"{self._base(statement)}.{alias.name}" if not statement.module else self._base(statement)
            return "missing-module", f"{missing} is in no commit, and being lazy would only hide that"
        entry, loaded = target
        blocked = self._place(statement) or self._use(name) or self._clash(name, loaded, entry[1])
        return blocked or Reexport(statement, position, Entry(name, *entry), loaded)

    def _target(self, statement: ast.ImportFrom, name: str) -> tuple[tuple[str, str | None], str] | None:
        """The table entry for one taken name, and the module it loads; None if that module does not exist."""
        base = self._base(statement)
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

    def _place(self, statement: ast.ImportFrom) -> tuple[str, str] | None:
        if statement not in self.module.tree.body:
            return "conditional", "the import stands in a condition, a loop, a `with` or a `try`"
        if self.module.lines(statement) is None:
            return "shared-line", "other statements stand on the same line"
        return None

    def _use(self, name: str) -> tuple[str, str] | None:
        starred = any(name in (self._star_names(star) or ()) for star in self._stars())
        if self.names.bound[name] > 1 or starred:
            return "rebound", f"{name} is bound more than once"
        if name in self.names.deleted:
            return "deleted", f"{name} is deleted further on"
        if name in self.names.now | names(self.module.tree).now:
            return "used-at-import", f"{name} is used while the package is imported"
        if name in self.names.later:
            return "used-in-function", f"a function of the file uses {name}, and would not find it"
        return None

    def _clash(self, name: str, loaded: str, attribute: str | None) -> tuple[str, str] | None:
        if name == TABLE or (name.startswith("__") and name.endswith("__") and name in _MODULE_ATTRIBUTES):
            return "submodule-clash", f"{name} is an attribute that Python keeps for itself"
        if name in self.children and (attribute is not None or loaded != f"{self.name}.{name}"):
            return "submodule-clash", f"a submodule is called {name} too, and would take its place once it is imported"
        return None


_MODULE_ATTRIBUTES = frozenset(
    {"__builtins__", "__cached__", "__doc__", "__file__", "__loader__"}
    | {"__name__", "__package__", "__path__", "__spec__"}
)
