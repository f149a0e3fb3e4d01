"""Python sources: the syntax tree, and the exact place of each statement in the text."""

import ast
import re
import warnings
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from cifix.formats.python.keyword import parsed
from cifix.model.text import Opaque, Text

DEPTH = 150
"""Levels of syntax above which a source is not read: an `elif` or a term of a sum is one."""

LENGTH = 1024 * 1024
"""Characters above which a source is not read: the tree of short statements takes five hundred times their bytes."""

Span = tuple[int, int]
"""Half-open offsets in characters of the exact text."""

_LINE_END = re.compile(r"[ \t\f]*(#[^\r\n]*)?(?=[\r\n]|\Z)")


@dataclass(frozen=True)
class Module:
    """A parsed source: `tree` is what Python reads, `text` what the file says."""

    text: Text
    tree: ast.Module

    def offset(self, line: int, column: int) -> int:
        """Turn a position of `ast` (lines from 1, columns in UTF-8 bytes) into an offset of the text."""
        start, end = self.text.line_starts[line - 1], len(self.text.text)
        if line < len(self.text.line_starts):
            end = self.text.line_starts[line]
        if line == 1:
            start += self.text.start
        content = self.text.text[start:end]
        return start + (column if content.isascii() else len(content.encode()[:column].decode()))

    def span(self, node: ast.stmt | ast.expr | ast.alias) -> Span:
        """The characters of a node; those of a decorated function or class begin at the first `@`."""
        start = self.offset(node.lineno, node.col_offset)
        assert node.end_lineno is not None  # noqa: S101 - `ast.parse` always sets it
        assert node.end_col_offset is not None  # noqa: S101
        end = self.offset(node.end_lineno, node.end_col_offset)
        decorators = getattr(node, "decorator_list", ())
        if decorators:
            start = self.text.text.rindex("@", 0, self.span(decorators[0])[0])
        return start, end

    def source(self, node: ast.stmt | ast.expr | ast.alias) -> str:
        """The text of a node."""
        start, end = self.span(node)
        return self.text.text[start:end]

    def trailing_comment(self, node: ast.stmt) -> str:
        """The comment after a statement that ends its line, from its `#`, or the empty string."""
        found = _LINE_END.match(self.text.text, self.span(node)[1])
        return (found.group(1) or "").rstrip() if found else ""

    def trailing_end(self, node: ast.stmt) -> int:
        """Where a statement ends, with the comment after it if that ends its line."""
        end = self.span(node)[1]
        found = _LINE_END.match(self.text.text, end)
        return found.end() if found else end

    def lines(self, node: ast.stmt) -> Span | None:
        """All lines of a statement with its trailing comment and line ending; None if it shares one of them."""
        start, end = self.span(node)
        first = self.line_start(start)
        after = _LINE_END.match(self.text.text, end)
        if after is None or self.text.text[first:start].strip(" \t\f\ufeff"):
            return None
        return max(first, self.text.start), self.next_line(after.end())

    def line_start(self, offset: int) -> int:
        """Where the line that holds `offset` begins."""
        return self.text.line_starts[bisect_right(self.text.line_starts, offset) - 1]

    def next_line(self, offset: int) -> int:
        """Where the line after the one that holds `offset` begins, or the end of the text."""
        line = bisect_right(self.text.line_starts, offset)
        return self.text.line_starts[line] if line < len(self.text.line_starts) else len(self.text.text)

    def line_at(self, offset: int) -> str:
        """The line that holds `offset`, without white space around it."""
        return self.text.text[self.line_start(offset) : self.next_line(offset)].strip(" \t\f\r\n\ufeff")

    @property
    def indent(self) -> str:
        """What the file indents its first block with; four spaces if it has none."""
        for node in ast.walk(self.tree):
            body = getattr(node, "body", None) if not isinstance(node, ast.Module) else None
            for child in body if isinstance(body, list) else ():
                start = self.span(child)[0]
                margin = self.text.text[self.line_start(start) : start].lstrip("\ufeff")
                if margin and not margin.strip(" \t"):
                    return margin
        return "    "

    @property
    def quote(self) -> str:
        """The quotation mark that the file's plain strings use most; the double one on a tie."""
        starts = [
            self.source(node)[:1]
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        return "'" if starts.count("'") > starts.count('"') else '"'


def parse(text: Text) -> Module:
    """Read a Python source, once per content with `snapshot.parsed(path, parse)`.

    `lazy import` is read on every Python, see `keyword`. Raises `Opaque` for all else that the running
    Python cannot read.
    """
    if len(text.text) > LENGTH:
        raise Opaque(f"the code has {len(text.text):,} characters; cifix reads Python up to {LENGTH:,}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parsed(text.text[text.start :])
    except SyntaxError as why:
        raise Opaque(f"line {why.lineno} is not valid Python: {why.msg}") from why
    except (RecursionError, MemoryError, ValueError) as why:
        raise Opaque(f"Python cannot parse the file: {why}") from why
    if _deeper(tree, DEPTH):
        raise Opaque(f"the code is nested more than {DEPTH} levels deep")
    return Module(text, tree)


def _deeper(tree: ast.AST, levels: int) -> bool:
    """Whether a tree has more than so many levels; each character of an expression adds one at most."""
    todo = [(tree, 0)]
    while todo:
        node, level = todo.pop()
        if level > levels:
            return True
        if not (isinstance(node, ast.expr) and level + _length(node) <= levels):
            todo += [(child, level + 1) for child in ast.iter_child_nodes(node)]
    return False


def _length(node: ast.expr) -> float:
    """The bytes of an expression on one line."""
    if node.end_lineno != node.lineno or node.end_col_offset is None:
        return inf
    return node.end_col_offset - node.col_offset


def untouched(module: Module, spans: Iterable[Span]) -> tuple[str, ...]:
    """The dump of every top-level statement that none of `spans` touches, not even at an edge, in order.

    Each must stand unchanged and in the same order in the module on the other side of a fix.
    """
    edits = tuple(spans)
    return tuple(
        ast.dump(statement)
        for statement in module.tree.body
        if not any(_touches(edit, module.span(statement)) for edit in edits)
    )


def _touches(edit: Span, statement: Span) -> bool:
    return edit[0] <= statement[1] and statement[0] <= edit[1]
