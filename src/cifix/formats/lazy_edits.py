"""The edits that turn eager re-exports of an `__init__.py` into entries of a lazy table."""

import ast
from collections.abc import Iterable, Sequence
from itertools import groupby

from cifix.formats.import_statements import Taken, removed, restated, thinned
from cifix.formats.python import Module, Span
from cifix.formats.python_lazy import Entry, Style, render
from cifix.formats.python_names import has_dunder_all, names
from cifix.formats.python_reexports import Init, Reexport
from cifix.model.change import Edit


def lazy_edits(
    init: Init, moved: Sequence[Reexport], along: Iterable[str] = (), public: Iterable[str] = ()
) -> tuple[Edit, ...]:
    """Move re-exports into a lazy block at the place of the first; `along` are submodules that get an entry too.

    A literal `__all__` of the `public` names is written if there is none, so that a star takes what it took.
    """
    module = init.module
    taken = _by_statement(moved)
    first, rest = taken[0], taken[1:]
    gone = [removed(module, each, above=True) for each in rest if each.whole]
    cuts = [cut for each in taken if not each.whole for cut in thinned(module, each)]
    place = _place(module, first)
    runs = _runs(module, [place, *gone])[1:]
    block = _block(init, moved, taken, sorted(along), sorted(public))
    text = _spaced(module, block, place, runs).replace("\n", module.text.newline_at(place[0]))
    edits = [(place, text), *((run, "") for run in runs), *cuts]
    return tuple(sorted(Edit(init.path, start, end, new) for (start, end), new in edits))


def _by_statement(moved: Sequence[Reexport]) -> list[Taken]:
    ordered = sorted(moved, key=lambda each: (each.statement.lineno, each.position))
    return [
        Taken(group[0].statement, tuple(each.position for each in group))
        for group in (list(same) for _, same in groupby(ordered, key=lambda each: each.statement.lineno))
    ]


def _place(module: Module, first: Taken) -> Span:
    """The statement itself if it goes whole, with its comment; else the empty span above the lines it keeps."""
    lines = removed(module, first, above=not first.whole)
    if not first.whole:
        return lines[0], lines[0]
    start, end = module.span(first.statement)
    text = module.text.text
    return start, len(text[: lines[1]].rstrip("\r\n")) if module.trailing_comment(first.statement) else end


def _block(
    init: Init, moved: Sequence[Reexport], taken: Sequence[Taken], along: Sequence[str], public: Sequence[str]
) -> str:
    module = init.module
    style = Style(module.indent, module.quote)
    ordered = sorted(moved, key=lambda each: (each.statement.lineno, each.position))
    entries = [*(each.entry for each in ordered), *(Entry(name, f".{name}", None) for name in along)]
    static = [line for number, each in enumerate(taken) for line in restated(module, each, above=number > 0)]
    setup, checking = _type_checking(module.tree, taken[0].statement)
    block = render(entries, static, checking, style)
    if not has_dunder_all(module.tree):
        lines = "".join(f"{style.indent}{style.quote}{name}{style.quote},\n" for name in public)
        setup = f"__all__ = [\n{lines}]\n\n{setup}"
    return setup + block


def _type_checking(tree: ast.Module, first: ast.stmt) -> tuple[str, str]:
    """What must stand above the block so that its condition can be evaluated, and the condition."""
    above = [statement for statement in tree.body if statement.lineno < first.lineno]
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
    if "TYPE_CHECKING" in names(tree).bound:
        return "from typing import TYPE_CHECKING\n\n", "TYPE_CHECKING"
    return "TYPE_CHECKING = False\n", "TYPE_CHECKING"


def _runs(module: Module, spans: Sequence[Span]) -> list[Span]:
    """The first span as it is; the others joined where they touch, with the blank lines that would pile up."""
    place, *gone = spans
    joined: list[Span] = []
    for start, end in gone:
        if joined and joined[-1][1] == start:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return [place, *(_grown(module, run, place[1]) for run in joined)]


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
    above = module.line_at(place[0] - 1) if module.line_start(place[0]) > module.text.start else ""
    before = "\n" if above and not above.startswith("#") else ""
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
