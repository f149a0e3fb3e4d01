"""One import statement of a cycle, and the ways to put it off, or why it must stay."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from cifix.formats.python import Module
from cifix.formats.python.names import dunder_all
from cifix.formats.python.order import Order
from cifix.formats.python.packages import INIT, Package
from cifix.formats.python.programs import loads
from cifix.model.change import Edit
from cifix.model.finding import Refusal
from cifix.rules.break_import_cycle import places
from cifix.rules.break_import_cycle.surroundings import Surroundings
from cifix.rules.break_import_cycle.uses import Uses

_RESOLVES = re.compile(rb"\b(?:get_type_hints|pydantic|fastapi|typer|cattrs|msgspec|sqlmodel|strawberry|beartype)\b")
"""Signs that somebody looks up what annotations mean."""


@dataclass(frozen=True)
class Move:
    """One way to put an import off. `lines` counts what a diff would show; of equal ones the lowest `rank` is best."""

    lines: int
    rank: int
    title: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Edge:
    """An import statement at the top of `module`; `path` and `source` are that module's."""

    package: Package
    around: Surroundings
    module: str
    path: str
    source: Module
    statement: ast.Import | ast.ImportFrom

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that the statement binds."""
        return frozenset(alias.asname or alias.name.partition(".")[0] for alias in self.statement.names)

    @cached_property
    def loaded(self) -> frozenset[str]:
        """The modules of the package that it loads, parents excluded."""
        order = Order(self.package)
        lines = [one for one in loads(order.program(self.module).events) if one.line == self.statement.lineno]
        return frozenset(target for one in lines for target in order.targets(self.module, one))

    @cached_property
    def uses(self) -> Uses:
        """Where the rest of the module uses them."""
        body = self.source.tree.body
        deferred = any(
            isinstance(one, ast.ImportFrom) and one.module == "__future__" and one.names[0].name == "annotations"
            for one in body
        )
        found = Uses(self.names, deferred)
        found.block([one for one in body if one is not self.statement])
        return found

    def moves(self, *, asks: bool) -> Sequence[Move] | Refusal:
        """The ways that are open, or why there is none.

        Importing the module instead of a name still loads it, which helps only where the statement is the one that
        `asks` for a name too early.
        """
        if refusal := self._inner_refusal() or self._outer_refusal():
            return refusal
        ways = [*self._later(), *(self._dotted() if asks else ())]
        return ways or self._stays("shared-line", "other statements stand on the same line")

    def _later(self) -> Iterator[Move]:
        uses, names = self.uses, self._listed
        local = places.in_functions(self.path, self.source, self.statement, list(uses.functions))
        checked = places.under_type_checking(self.path, self.source, self.statement)
        if uses.annotations and not uses.functions and checked:
            yield self._move(1, f"{names} in {self.module} only for type checkers", checked)
        if uses.functions and not uses.annotations and local:
            yield self._move(3, f"{names} in {self.module} where it is used", (self._gone(), *local))
        if uses.functions and uses.annotations and local and checked:
            yield self._move(3, f"{names} in {self.module} where it is used and for type checkers", (*checked, *local))

    def _dotted(self) -> Iterator[Move]:
        leaf, names, uses = self._leaf(), self._listed, self.uses
        if leaf is not None and (dotted := places.by_module(self.path, self.source, self.statement, leaf, uses)):
            yield self._move(4, f"{leaf} instead of {names} in {self.module}", dotted)

    def _move(self, rank: int, title: str, edits: Sequence[Edit]) -> Move:
        return Move(places.changed_lines(self.source, edits), rank, title, tuple(edits))

    def _gone(self) -> Edit:
        return places.without(self.path, self.source, self.statement)

    def _leaf(self) -> str | None:
        """The last part of the name of the module that the statement takes names from, if it can stand for it."""
        node = self.statement
        if not isinstance(node, ast.ImportFrom) or not node.module:
            return None
        base = self.package.absolute(self.module, node.level, node.module) or ""
        outer, _, leaf = base.rpartition(".")
        parent = self.package.source(outer) if outer in self.package.modules else None
        if base not in self.package.modules or parent is None:
            return None
        submodules = any(f"{base}.{alias.name}" in self.package.modules for alias in node.names)
        start, end = self.source.span(self.statement)
        text, word = self.source.text.text, re.compile(rf"\b{re.escape(leaf)}\b")
        taken = word.search(text[:start]) or word.search(text[end:]) or word.search(parent.text.text)
        return None if submodules or taken else leaf

    def _inner_refusal(self) -> Refusal | None:
        """What the module itself has against it."""
        uses = self.uses
        if self.path.endswith(f"/{INIT}") or "*" in self.names:
            return self._stays("re-export", f"what it takes is offered to the users of {self.module}")
        if uses.now:
            return self._stays("used-at-import", f"line {min(uses.now)} needs {self._listed} to be imported")
        if uses.hidden:
            return self._stays("rebound", f"{self._listed} has another meaning somewhere in the module")
        if not uses.functions and not uses.annotations:
            return self._stays("unused", f"nothing uses {self._listed}, so the import may be there for its effect")
        return None

    def _outer_refusal(self) -> Refusal | None:
        """What the rest of the repository has against it."""
        listed = dunder_all(self.source.tree)
        offered = listed is None or not self.names.isdisjoint(listed)
        if user := self.path if offered else self.around.taker(self.module, self.path, self.names):
            return self._stays("re-export", f"{user} takes {self._listed} from {self.module}")
        if self.uses.annotations and _RESOLVES.search(self.source.text.raw):
            return self._stays("annotations-run", "something here looks up what annotations mean")
        if runner := self.around.caller(self._special()):
            return self._stays("runs-at-import", f"{runner} calls what would do the import while it is imported")
        return None

    def _special(self) -> set[str]:
        """The names by which the functions that use the import are called; dunder names say too little."""
        words = {word for one, owner in self.uses.functions.items() for word in (one.name, owner) if word}
        return {word for word in words if not (word.startswith("__") and word.endswith("__"))}

    def _stays(self, key: str, detail: str) -> Refusal:
        return Refusal(key, f"{self.path} line {self.statement.lineno}: {detail}")

    @property
    def _listed(self) -> str:
        return ", ".join(sorted(self.names))
