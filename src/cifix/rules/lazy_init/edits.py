"""The edits that turn eager re-exports of an `__init__.py` into entries of a lazy table."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from cifix.formats.python import Module, Span
from cifix.formats.python.functions import annotated, asks, head
from cifix.formats.python.lazy import FINDER, TABLE, Entry, Style, attach, attached, ends, render, rows_of, table
from cifix.formats.python.names import has_dunder_all, names
from cifix.formats.python.statements import Taken, comment_lines, removed, restated, thinned
from cifix.model.change import Edit
from cifix.rules.lazy_init.reexports import Init, Reexport

Replacement = tuple[Span, str]
"""Characters of a file, and what stands there afterwards."""


def lazy_edits(
    init: Init,
    moved: Sequence[Reexport],
    along: Iterable[str] = (),
    public: Iterable[str] = (),
    *,
    loader: bool = False,
) -> tuple[Edit, ...]:
    """Move re-exports into a lazy block at the place of the first; `along` are submodules that get an entry too.

    A literal `__all__` of the `public` names is written if there is none, so that a star takes what it took.
    With `loader` the block hands the table to lazy_loader.
    """
    module = init.module
    taken = by_statement(moved)
    named = list(dict.fromkeys(each.entry for each in _ordered(moved)))
    entries = named + [Entry(name, f".{name}", None) for name in sorted(along)]
    if table(module.tree) and not attached(module.tree):
        edits = [*_extension(module, taken, entries), *_departures(module, taken)]
    else:
        edits = [
            *_conversion(init, taken, entries, sorted(public), loader=loader),
            *_answer(init, module.span(taken[0].statement)[0]),
        ]
    edits += _local_imports(init, [each.name for each in _ordered(moved)])
    return tuple(sorted(Edit(init.path, start, end, new) for (start, end), new in edits))


def grown(init: Init, along: Iterable[str], public: Iterable[str]) -> tuple[Edit, ...]:
    """Give a file that loses nothing entries for submodules: in its table, or in a block below everything else."""
    module = init.module
    entries = [Entry(name, f".{name}", None) for name in sorted(along)]
    static = [f"from . import {entry.name} as {entry.name}" for entry in entries]
    if table(module.tree):
        edits = list(_extended(module, static, entries))
    else:
        end = len(module.text.text)
        block = _block(init, static, entries, sorted(public), end)
        finished = module.text.text.endswith(("\r", "\n")) or end == module.text.start
        apart = 2 if module.tree.body and hasattr(module.tree.body[-1], "body") else 1
        gap = "\n" * (apart if finished else apart + 1) if end > module.text.start else ""
        text = gap + block + ("\n" if finished else "")
        edits = [((end, end), text.replace("\n", module.text.newline_at(end))), *_answer(init, end)]
    return tuple(sorted(Edit(init.path, start, end, new) for (start, end), new in edits))


def _ordered(moved: Sequence[Reexport]) -> list[Reexport]:
    return sorted(moved, key=lambda each: (each.statement.lineno, each.position))


def by_statement(moved: Sequence[Reexport]) -> list[Taken]:
    """What leaves each statement, from the top."""
    return [_taken(list(same)) for _, same in groupby(_ordered(moved), key=lambda each: each.statement.lineno)]


def _taken(group: Sequence[Reexport]) -> Taken:
    statement = group[0].statement
    starred = tuple(each.name for each in group) if statement.names[0].name == "*" else ()
    return Taken(statement, tuple(dict.fromkeys(each.position for each in group)), starred)


def _answer(init: Init, block: int) -> Iterator[Replacement]:
    """The lookup in front of all that the file's own `__getattr__` does; type checkers that read it skip the lookup."""
    function = init.own.get("__getattr__")
    if function and (place := head(init.module, function)):
        indent, name = init.module.indent, asks(function)
        hidden = f"not {_type_checking(init.module, block)[1]} and " if annotated(function) else ""
        yield _inserted(init.module, place, [f"if {hidden}{name} in {TABLE}:", f"{indent}return {FINDER}({name})"])


def _local_imports(init: Init, moved: Sequence[str]) -> Iterator[Replacement]:
    """An import of its own in each function that uses a moved name as a global, through the package.

    `from . import name` takes what the package has under that name at the time, a test's mock included.
    """
    wanted: dict[tuple[int, str], list[str]] = {}
    for name in dict.fromkeys(moved):
        for function in init.readers(name) or () if name in init.names.later else ():
            if place := head(init.module, function):
                wanted.setdefault(place, []).append(name)
    for place, found in wanted.items():
        yield _inserted(init.module, place, [f"from . import {', '.join(found)}", ""])


def _inserted(module: Module, place: tuple[int, str], lines: Sequence[str]) -> Replacement:
    offset, margin = place
    newline = module.text.newline_at(offset)
    return (offset, offset), "".join(f"{margin if line else ''}{line}{newline}" for line in lines)


def _conversion(
    init: Init, taken: Sequence[Taken], entries: Sequence[Entry], public: Sequence[str], *, loader: bool
) -> Iterator[Replacement]:
    """The block at the place of the first statement, and all that leaves its place for it."""
    module = init.module
    first, rest = taken[0], taken[1:]
    place = _place(module, first)
    leaving = list(_departures(module, rest if first.whole else taken, floor=place[1]))
    block = _block(init, _static(module, taken), entries, public, module.span(first.statement)[0], loader=loader)
    text = _spaced(module, block, place, [span for span, new in leaving if not new])
    yield place, text.replace("\n", module.text.newline_at(place[0]))
    yield from leaving


def _extension(module: Module, taken: Sequence[Taken], entries: Sequence[Entry]) -> Iterator[Replacement]:
    """The insertions into the table that a file has, and into what its type checkers read."""
    yield from _extended(module, [line for each in taken for line in restated(module, each, above=True)], entries)


def _extended(module: Module, static: Sequence[str], entries: Sequence[Entry]) -> Iterator[Replacement]:
    checked, value = ends(module.tree)
    known = table(module.tree)
    rows = [row.removesuffix(",") for row in rows_of(each for each in entries if each.name not in known)]
    yield _below(module, checked, module.trailing_end(checked), static)
    if rows:
        yield _below(module, value, module.span(value)[1], [row.replace('"', module.quote) for row in rows], ",")


def _below(
    module: Module, node: ast.stmt | ast.expr, offset: int, lines: Sequence[str], before: str = ""
) -> Replacement:
    """Insert lines at `offset`, indented like the line of `node`, each after `before` and a line ending."""
    start = module.line_start(module.span(node)[0])
    line = module.text.text[start : module.next_line(start)]
    margin = line[: len(line) - len(line.lstrip())]
    newline = module.text.newline_at(start)
    return (offset, offset), "".join(f"{before}{newline}{margin}{line}" for line in lines)


def _departures(module: Module, taken: Sequence[Taken], floor: int = 0) -> Iterator[Replacement]:
    """What takes names out of their statements: whole lines where nothing stays."""
    yield from ((run, "") for run in _runs(module, [removed(module, x, above=True) for x in taken if x.whole], floor))
    for each in taken:
        if not each.whole:
            yield from thinned(module, each)


def _place(module: Module, first: Taken) -> Span:
    """The statement with the comments around it if it goes whole; else the empty span above the lines it keeps."""
    start, end = removed(module, first, above=not (first.whole and _headed(module, first.statement)))
    if not first.whole:
        return start, start
    text = module.text.text
    return start, start + len(text[start:end].rstrip("\r\n"))


def _headed(module: Module, statement: ast.stmt) -> bool:
    """Whether the comment directly above a statement begins the file, and so speaks of all of it."""
    return next(iter(comment_lines(module, module.span(statement)[0])), None) == module.text.start


def _static(module: Module, taken: Sequence[Taken]) -> list[str]:
    headed = _headed(module, taken[0].statement)
    return [line for each in taken for line in restated(module, each, above=each is not taken[0] or not headed)]


def _block(
    init: Init,
    static: Sequence[str],
    entries: Sequence[Entry],
    public: Sequence[str],
    place: int,
    *,
    loader: bool = False,
) -> str:
    module = init.module
    style = Style(module.indent, module.quote, hidden="globals" in init.children | set(init.names.bound))
    setup, checking = _type_checking(module, place)
    block = attach(entries, static, checking, style) if loader else render(entries, static, checking, style, init.own)
    return _all(module, public) + setup + block


def listing(init: Init, public: Iterable[str]) -> tuple[Edit, ...]:
    """A literal `__all__` at the end of a file that has none."""
    text, end = init.module.text.text, len(init.module.text.text)
    lines = _all(init.module, sorted(public)).rstrip("\n")
    if not lines:
        return ()
    new = f"\n{lines}\n" if text.endswith(("\r", "\n")) else f"\n\n{lines}"
    return (Edit(init.path, end, end, new.replace("\n", init.module.text.newline_at(end))),)


def _all(module: Module, public: Sequence[str]) -> str:
    if has_dunder_all(module.tree):
        return ""
    lines = "".join(f"{module.indent}{module.quote}{name}{module.quote},\n" for name in public)
    return f"__all__ = [\n{lines}]\n\n"


def _type_checking(module: Module, place: int) -> tuple[str, str]:
    """What must stand above a block at `place` so that its condition can be evaluated, and the condition."""
    above = [statement for statement in module.tree.body if module.span(statement)[0] < place]
    for statement in above:
        match statement:
            case ast.ImportFrom(module="typing" | "typing_extensions", names=aliases):
                if any(alias.name == "TYPE_CHECKING" and alias.asname is None for alias in aliases):
                    return "", "TYPE_CHECKING"
            case ast.Assign(targets=[ast.Name(id="TYPE_CHECKING")]):
                return "", "TYPE_CHECKING"
            case ast.Import(names=aliases):
                for alias in aliases:
                    if alias.name == "typing":
                        return "", f"{alias.asname or alias.name}.TYPE_CHECKING"
    if "TYPE_CHECKING" in names(module.tree).bound:
        return "from typing import TYPE_CHECKING\n\n", "TYPE_CHECKING"
    return "TYPE_CHECKING = False\n", "TYPE_CHECKING"


def _runs(module: Module, spans: Sequence[Span], floor: int) -> list[Span]:
    """The spans, joined where nothing is between, with the blank lines that would pile up; nothing above `floor`."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and not module.text.text[joined[-1][1] : start].strip():
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return [_grown(module, run, floor) for run in joined]


def _grown(module: Module, run: Span, floor: int) -> Span:
    start, end = run
    text = module.text.text
    if not text[end:].strip():
        kept = text[:start].rstrip(" \t\f\r\n")
        ends = text.endswith(("\r", "\n"))
        start = max(floor, module.next_line(len(kept)) if ends else len(kept))
        return start, len(text)
    if start > module.text.start and not module.line_at(start - 1):
        while end < len(text) and not module.line_at(end):
            end = module.next_line(end)
    return start, end


def _spaced(module: Module, block: str, place: Span, runs: Sequence[Span]) -> str:
    """The block with the blank lines around it that formatters ask for."""
    before = "\n" if place[0] > module.text.start and module.line_at(place[0] - 1) else ""
    if place[0] == place[1]:
        return f"{before}{block}\n\n\n"
    blank, position = 0, module.next_line(place[1])
    text = module.text.text
    while position < len(text):
        run = next((run for run in runs if run[0] <= position < run[1]), None)
        if run is None and module.line_at(position):
            return before + block + "\n" * max(0, 2 - blank)
        blank += run is None
        position = run[1] if run else module.next_line(position)
    return before + block
