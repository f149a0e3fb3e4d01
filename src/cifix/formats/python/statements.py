"""Names taken out of import statements, together with the comments that belong to them."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cifix.formats.python import Module, Span

_COMMENT = re.compile(r"#[^\r\n]*")
_PRAGMA = re.compile(r"#\s*(noqa|type:|mypy:|pyright:|pylint:|isort:|ruff:|flake8|nosec|pragma)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Taken:
    """The names of one import statement, by position, that leave it; `starred` are all names of a star."""

    statement: ast.ImportFrom | ast.Import
    positions: tuple[int, ...]
    starred: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether no name stays behind."""
        return len(self.positions) == len(self.statement.names)


def restated(module: Module, taken: Taken, *, above: bool) -> Iterator[str]:
    """One line per taken name, `from x import a as a`, which type checkers read as a re-export.

    A star becomes a line for each of its names, `import x.a` stays as it is.

    Comments come along: those beside a name behind it, those above it in lines of their own, the
    statement's own above the first name, but a linter's pragma behind every name. `above` also takes
    the lines of comment that stand directly above the statement.
    """
    statement = taken.statement
    own, heads, beside = _comments(module, statement)
    shared = [comment for comment in own if _PRAGMA.match(comment) or len(statement.names) == 1]
    if taken.whole:
        if above:
            yield from (module.line_at(line) for line in comment_lines(module, module.span(statement)[0]))
        yield from (comment for comment in own if comment not in shared)
    for position in taken.positions:
        yield from heads[position]
        for line in _plain(taken, statement.names[position]):
            yield "  ".join([line, *dict.fromkeys([*beside[position], *shared])])


def _plain(taken: Taken, alias: ast.alias) -> list[str]:
    statement = taken.statement
    if isinstance(statement, ast.Import):
        return [f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")]
    origin = "." * statement.level + (statement.module or "")
    if taken.starred:
        return [f"from {origin} import {name} as {name}" for name in taken.starred]
    return [f"from {origin} import {alias.name} as {alias.asname or alias.name}"]


def removed(module: Module, taken: Taken, *, above: bool) -> Span:
    """The lines of a statement that goes whole, and with `above` the comment lines directly above it."""
    lines = module.lines(taken.statement)
    assert lines is not None  # noqa: S101 - statements that share a line are not taken
    start, end = lines
    first = next(iter(comment_lines(module, module.span(taken.statement)[0])), start) if above else start
    return first, end


def thinned(module: Module, taken: Taken) -> Iterator[tuple[Span, str]]:
    """The replacements that take some names out of a statement and leave the rest of it as it stands."""
    text, statement = module.text.text, taken.statement
    start = module.span(statement)[0]
    spans = [module.span(alias) for alias in statement.names]
    kept = [span for position, span in enumerate(spans) if position not in taken.positions]
    if statement.lineno == statement.end_lineno or "(" not in text[start : spans[0][0]]:
        yield (spans[0][0], spans[-1][1]), ", ".join(text[first:last] for first, last in kept)
        return
    for position in taken.positions:
        first, last = spans[position]
        line, after = module.line_start(first), re.compile(r"[ \t\f]*,?[ \t\f]*").match(text, last)
        assert after is not None  # noqa: S101 - the expression matches nothing at all
        rest = text[after.end() : module.next_line(last)]
        if not text[line:first].strip() and (not rest.strip() or rest.startswith("#")):
            yield (next(iter(comment_lines(module, first)), line), module.next_line(last)), ""
        else:
            yield (first, after.end()), ""


def comment_lines(module: Module, offset: int) -> list[int]:
    """Where the lines of comment directly above the line of `offset` begin, from the top."""
    found: list[int] = []
    line = module.line_start(offset)
    while line > module.text.start and module.line_at(line - 1).startswith("#"):
        line = module.line_start(line - 1)
        found.append(line)
    return found[::-1]


def _comments(
    module: Module, statement: ast.ImportFrom | ast.Import
) -> tuple[list[str], Sequence[list[str]], Sequence[list[str]]]:
    """The statement's own comments, and for each name those that head it and those beside it."""
    text = module.text.text
    start, end = module.span(statement)
    spans = [module.span(alias) for alias in statement.names]
    first_line = min(module.next_line(start), spans[0][0])
    own = [*_found(text[start:first_line]), *_found(module.trailing_comment(statement))]
    heads = [_found(text[first_line : spans[0][0]])]
    beside: list[list[str]] = []
    for span, following in zip(spans, [*(first for first, _ in spans[1:]), end], strict=True):
        line_end = min(module.next_line(span[1]), following)
        beside.append(_found(text[span[1] : line_end]))
        heads.append(_found(text[line_end:following]))
    beside[-1] += heads.pop()
    return own, heads, beside


def _found(gap: str) -> list[str]:
    return [comment.rstrip() for comment in _COMMENT.findall(gap)]
