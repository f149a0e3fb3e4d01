"""One import statement of a cycle, and the edits that put it off, or why it must stay."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cifix.formats.python import Module
from cifix.formats.python.imports import glanced
from cifix.formats.python.names import dunder_all, is_type_checking, names
from cifix.formats.python.packages import INIT, Package
from cifix.formats.python.statements import comment_lines
from cifix.model.change import Edit
from cifix.model.finding import Refusal
from cifix.model.text import Opaque
from cifix.rules.break_import_cycle.uses import Function, Uses, called

_RESOLVES = re.compile(rb"\b(?:get_type_hints|pydantic|fastapi|typer|cattrs|msgspec|sqlmodel|strawberry|beartype)\b")
"""Signs that somebody looks up what annotations mean."""

_LINE_END = re.compile(r"(\r\n|\r|\n)(?=[^\r\n])")


@dataclass(frozen=True)
class Edge:
    """An import statement at the top of `module`; `path` and `source` are that module's."""

    package: Package
    module: str
    path: str
    source: Module
    statement: ast.Import | ast.ImportFrom

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that the statement binds."""
        return frozenset(alias.asname or alias.name.partition(".")[0] for alias in self.statement.names)

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

    @property
    def cost(self) -> int:
        """How many places must change."""
        return 2 if self.uses.annotations else len(self.uses.functions) + 1

    @cached_property
    def refusal(self) -> Refusal | None:
        """Why the statement cannot be put off, if it cannot."""
        return self._inner_refusal() or self._outer_refusal()

    def edits(self) -> tuple[Edit, ...]:
        """Put the import off."""
        lines = self.source.lines(self.statement)
        assert lines is not None  # noqa: S101 - `refusal` looked
        if self.uses.annotations:
            return tuple(self._checked(*lines))
        start, end = lines
        if start == self.source.text.start:
            end += len(self.source.text.text[end:]) - len(self.source.text.text[end:].lstrip("\r\n"))
        return Edit(self.path, start, end, ""), *(self._inside(one) for one in self.uses.functions)

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
        if uses.functions and uses.annotations:
            return self._stays("mixed", f"both functions and annotations use {self._listed}")
        if self.source.lines(self.statement) is None or not all(self._roomy(one) for one in uses.functions):
            return self._stays("shared-line", "other statements stand on the same line")
        return None

    def _outer_refusal(self) -> Refusal | None:
        """What the rest of the repository has against it."""
        if user := self._user():
            return self._stays("re-export", f"{user} takes {self._listed} from {self.module}")
        if self.uses.annotations and _RESOLVES.search(self.source.text.raw):
            return self._stays("annotations-run", "something here looks up what annotations mean")
        if runner := self._runner():
            return self._stays("runs-at-import", f"{runner} calls what would do the import while it is imported")
        return None

    def _stays(self, key: str, detail: str) -> Refusal:
        return Refusal(key, f"{self.path} line {self.statement.lineno}: {detail}")

    @property
    def _listed(self) -> str:
        return ", ".join(sorted(self.names))

    def _written(self, margin: str) -> str:
        """The statement with the comment behind it, indented."""
        start, end = self.source.span(self.statement)[0], self.source.trailing_end(self.statement)
        return margin + _LINE_END.sub(rf"\1{margin}", self.source.text.text[start:end].rstrip())

    def _roomy(self, function: Function) -> bool:
        return self.source.lines(_first(function)) is not None

    def _inside(self, function: Function) -> Edit:
        """The import as the first statement of a function."""
        first = _first(function)
        start = self.source.span(first)[0]
        margin = self.source.text.text[self.source.line_start(start) : start]
        line = next(iter(comment_lines(self.source, start)), self.source.line_start(start))
        newline = self.source.text.newline_at(start)
        gap = newline if isinstance(first, ast.Import | ast.ImportFrom) else newline * 2
        return Edit(self.path, line, line, f"{self._written(margin)}{gap}")

    def _checked(self, start: int, end: int) -> Iterator[Edit]:
        """The import under `TYPE_CHECKING`, in the first such block or in a new one below the imports."""
        body, source = self.source.tree.body, self.source
        newline = source.text.newline_at(start)
        block = next((one for one in body if isinstance(one, ast.If) and is_type_checking(one.test)), None)
        if block is not None and source.lines(block.body[-1]) is not None:
            yield Edit(self.path, start, end, "")
            column = source.span(block.body[-1])[0]
            margin = source.text.text[source.line_start(column) : column]
            place = source.trailing_end(block.body[-1])
            yield Edit(self.path, place, place, f"{newline}{self._written(margin)}")
            return
        typing = "" if "TYPE_CHECKING" in names(source.tree).bound else f"from typing import TYPE_CHECKING{newline}"
        checked = f"{newline}if TYPE_CHECKING:{newline}{self._written(source.indent)}"
        last = self._last_import()
        if last is self.statement:
            yield Edit(self.path, start, end, f"{typing}{checked}{newline}")
        else:
            yield Edit(self.path, start, end, typing)
            yield Edit(self.path, source.trailing_end(last), source.trailing_end(last), newline + checked)

    def _last_import(self) -> ast.stmt:
        """The last of the imports that stand together with the statement."""
        body = self.source.tree.body
        last: ast.stmt = self.statement
        for statement in body[body.index(self.statement) :]:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                break
            last = statement
        return last

    def _user(self) -> str | None:
        """A file that takes one of the names from this module."""
        leaf, snapshot = self.module.rpartition(".")[2], self.package.snapshot
        listed = dunder_all(self.source.tree)
        if listed is None or not self.names.isdisjoint(listed):
            return self.path
        dotted = [re.compile(rb"\b%b\.%b\b" % (leaf.encode(), name.encode())) for name in self.names]
        for path in snapshot.containing((leaf.encode(),), ("**/*.py", "**/*.pyi")):
            try:
                data = b"" if path == self.path else snapshot.read(path)
            except Opaque:
                return path
            taken = (set(found) for module, _, found in glanced(data) if module.rpartition(".")[2] == leaf)
            if any(self.names & found or "*" in found for found in taken):
                return path
            if any(one.search(data) for one in dotted):
                return path
        return None

    def _runner(self) -> str | None:
        """A module of the package that, while it is imported, calls a function that would do the import."""
        special = {word for one, owner in self.uses.functions.items() for word in (one.name, owner) if word}
        wanted = {word for word in special if not (word.startswith("__") and word.endswith("__"))}
        for name, path in self.package.modules.items():
            module = self.package.source(name) if path is not None and wanted else None
            if module is not None and not wanted.isdisjoint(called(module.tree)):
                return path
        return None


def _first(function: Function) -> ast.stmt:
    """The first statement of a function below its docstring."""
    documented = ast.get_docstring(function, clean=False) is not None and len(function.body) > 1
    return function.body[int(documented)]
