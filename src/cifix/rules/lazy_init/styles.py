"""The ways to say that a name is imported on first use, which fits a project, and what each has no words for."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from cifix.formats.python.lazy import attached, lazy_modules, loadable, promises, table
from cifix.formats.python.project import project_of
from cifix.formats.python.statements import Taken, removed, restated, thinned
from cifix.model.change import Edit
from cifix.rules.lazy_init.edits import Replacement, by_statement, grown, lazy_edits, listing
from cifix.rules.lazy_init.reexports import Init, Reexport


class Style(StrEnum):
    """How a file says it: a `__getattr__`, SPEC 1, the keyword of PEP 810, or the list that stands for that."""

    GETATTR = "getattr"
    LOADER = "lazy-loader"
    KEYWORD = "lazy"
    LISTED = "__lazy_modules__"


def style_of(init: Init, wanted: str) -> Style:
    """The style for a file; `wanted` is the option. A file keeps the style that it has.

    Only a `__getattr__` may be asked for beside `__lazy_modules__`: for the Pythons that do not know that list.
    """
    tree = init.module.tree
    if promises(tree):
        return Style.KEYWORD
    if lazy_modules(tree, init.name) and wanted != "getattr":
        return Style.LISTED
    if table(tree):
        return Style.LOADER if attached(tree) else Style.GETATTR
    project = project_of(init.package.snapshot, init.path)
    native = project.lowest >= (3, 15)
    if wanted == "pep810" or (wanted == "auto" and native):
        return Style.KEYWORD if native else Style.LISTED
    loader = "lazy-loader" in (project.required or ())
    return Style.LOADER if loader and wanted in {"auto", "lazy-loader"} else Style.GETATTR


def inexpressible(style: Style, init: Init, moved: Sequence[Reexport]) -> Iterator[tuple[Reexport, str]]:
    """The names that a style has no words for, each with the reason."""
    for each in moved:
        if style is Style.LOADER and init.own:
            yield each, "lazy_loader would take the place of the file's own __getattr__ or __dir__"
        elif style is Style.LOADER and not loadable(each.entry):
            yield each, "lazy_loader only takes names, unrenamed, from modules one dot away"
        elif style in {Style.KEYWORD, Style.LISTED} and isinstance(each.statement, ast.Import):
            yield each, "the package would hold a promise of itself"
        elif style is Style.LISTED and each.statement.names[0].name == "*":
            yield each, "__lazy_modules__ does not make stars lazy"
        elif style is Style.LISTED and (other := _beside(init, moved, each)):
            yield each, f"__lazy_modules__ would make {other} lazy too"


def styled(
    style: Style, init: Init, moved: Sequence[Reexport], along: Iterable[str], public: Iterable[str]
) -> tuple[Edit, ...]:
    """The edits that make `moved` lazy in a style; `along` are submodules that must stay attributes."""
    match style:
        case Style.KEYWORD:
            return keyword_edits(init, moved, along, public)
        case Style.LISTED:
            return listed_edits(init, moved, along, public)
    return lazy_edits(init, moved, along, public, loader=style is Style.LOADER)


def keyword_edits(
    init: Init, moved: Sequence[Reexport], along: Iterable[str], public: Iterable[str]
) -> tuple[Edit, ...]:
    """`lazy` in front of each statement; submodules that no statement names get a `__getattr__`."""
    edits = [edit for taken in by_statement(moved) for edit in _keyword(init, taken)]
    return _with_others(init, edits, set(along) - _named(init, moved), public)


def listed_edits(
    init: Init, moved: Sequence[Reexport], along: Iterable[str], public: Iterable[str]
) -> tuple[Edit, ...]:
    """`__lazy_modules__` above the first statement; Python reads it from 3.15 on."""
    module = init.module
    modules = dict.fromkeys(
        init.base(x.statement) for x in by_statement(moved) if isinstance(x.statement, ast.ImportFrom)
    )
    rows = "".join(f"{module.indent}{_row(init, str(name))},\n" for name in modules)
    text = f"__lazy_modules__ = {{\n{rows}}}\n\n".replace('"', module.quote)
    start = module.line_start(module.span(by_statement(moved)[0].statement)[0])
    place = max(start, module.text.start)
    edits: list[Replacement] = [((place, place), text.replace("\n", module.text.newline_at(place)))]
    return _with_others(init, edits, set(along) - _named(init, moved), public)


def _with_others(
    init: Init, edits: Sequence[Replacement], along: Iterable[str], public: Iterable[str]
) -> tuple[Edit, ...]:
    own = tuple(Edit(init.path, start, end, new) for (start, end), new in edits)
    rest = list(along)
    return tuple(sorted((*own, *(grown(init, rest, public) if rest else listing(init, public)))))


def _named(init: Init, moved: Sequence[Reexport]) -> set[str]:
    """The direct submodules that become attributes as soon as an import of them is pending."""
    inside = [each.target.removeprefix(f"{init.name}.") for each in moved if each.target.startswith(f"{init.name}.")]
    return {name.partition(".")[0] for name in inside}


def _keyword(init: Init, taken: Taken) -> Iterator[Replacement]:
    module = init.module
    start, end = module.span(taken.statement)
    if taken.whole and not taken.starred:
        yield (start, start), "lazy "
        return
    lines = [f"lazy {line}" if line[:1] != "#" else line for line in restated(module, taken, above=taken.whole)]
    newline = module.text.newline_at(start)
    text = "".join(f"{line}{newline}" for line in lines)
    if taken.whole:
        first, end = removed(module, taken, above=True)
        finished = module.text.text[first:end].endswith(("\r", "\n"))
        yield (first, end), text if finished else text.removesuffix(newline)
    else:
        yield (start, start), text
        yield from thinned(module, taken)


def _row(init: Init, name: str) -> str:
    if name == init.name:
        return "__name__"
    inside = name.startswith(f"{init.name}.")
    return f'f"{{__name__}}{name.removeprefix(init.name)}"' if inside else f'"{name}"'


def _beside(init: Init, moved: Sequence[Reexport], each: Reexport) -> str | None:
    """A name that stays although it is taken from the same module as one that moves."""
    mine = init.base(each.statement) if isinstance(each.statement, ast.ImportFrom) else None
    moving = {other.name for other in moved}
    for statement in init.reexports:
        if isinstance(statement, ast.ImportFrom) and init.base(statement) == mine:
            for alias in statement.names:
                if (alias.asname or alias.name) not in moving:
                    return alias.asname or alias.name
    return None
