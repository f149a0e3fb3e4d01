"""Rename local variables and parameters that hide a builtin of Python.

Why:
    `A001 Variable id is shadowing a Python builtin` and `A002 Function argument type is shadowing a Python builtin`
    end the lint job where a repository selects these rules of ruff, and ruff has no fix for them. The new name is the
    old one with an underscore behind it, as PEP 8 advises.

    A new name is right only where nobody knows the old one. Local variables are known to their function alone.
    Parameters are known to everybody who passes them by keyword, to methods that override, and to decorators: they
    are renamed where none of these can be, and refused everywhere else. Each result is compiled, never run, and must
    be the same program as before but for the names of its local variables.

    The rule asks the repository's own settings of ruff for every file, `lint.flake8-builtins.ignorelist` included.

When this is wrong:
    A better name than `type_` comes to mind. A tool reads local variables by name without saying so. For findings
    that are refused, `# noqa: A002` or an entry in `lint.flake8-builtins.ignorelist` is the honest end.

What it will not touch:
    Attributes of classes, variables of modules, imports, functions and classes that are called like a builtin.
    Parameters of public functions, unless they are positional-only or the option `public` is set.

Sources:
    - https://docs.astral.sh/ruff/rules/builtin-variable-shadowing/ (read 2026-11)
    - https://docs.astral.sh/ruff/rules/builtin-argument-shadowing/ (read 2026-11)
    - https://peps.python.org/pep-0008/#naming-conventions (read 2026-11)
"""

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cifix.formats import python
from cifix.formats.python import Module
from cifix.formats.python.alpha import renamed
from cifix.formats.python.scopes import (
    Comprehension,
    Function,
    Parents,
    Unsure,
    binds,
    inside,
    local,
    occurrences,
    own,
    parameters,
    parents,
    qualified,
    shared,
)
from cifix.formats.ruff import Ruff, turned_down
from cifix.model.change import Edit, splice
from cifix.model.expect import Renamed
from cifix.model.fact import source_fact
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text
from cifix.rules.rename_shadowed_builtin.callers import documented, has_parameter, named_elsewhere

BUILTINS = frozenset(
    {*(name for name in dir(builtins) if not name.startswith("_") and name not in {"None", "True", "False"})}
    - {"WindowsError"}
    | {"copyright", "credits", "exit", "license", "quit"}
)
"""The names that ruff takes for builtins; those with underscores around them are left to a person."""

_CODES = ("A001", "A002")
_EXEMPT = frozenset({"override", "overload"})


@dataclass(frozen=True, slots=True)
class Options:
    """Which names may be changed.

    public: rename parameters of public functions as well, where nothing in the repository passes them by keyword.
    """

    public: bool = False


@declare(
    __doc__,
    reads=("**/*.py",),
    needles=tuple(sorted(name.encode() for name in BUILTINS)),
    safety=Safety.REVIEW,
    after=("anchor-gitignore", "missing-first-party-module", "replace-assert"),
    options=Options,
    refusals={
        "opaque": "the file cannot be read",
        "exported": "the variable belongs to a module, and others may import it",
        "public": "the function is public, and its users may pass the parameter by keyword",
        "keyword": "a call in the repository passes the parameter by keyword, or passes keywords that cannot be seen",
        "passed": "the function is handed on as a value, so that its callers are not known",
        "override": "the method may override another one, or be overridden, with the names of its parameters",
        "decorated": "what calls the function may look at the names of its parameters",
        "documented": "the documentation of the function speaks of the parameter",
        "taken": "the new name is in use in the function",
        "too-long": "the new name makes a line longer than the settings of ruff allow",
        "unsure": "not every use of the name is known",
    },
)
def rule(snapshot: Snapshot, options: Options) -> Iterator[Finding]:
    """Find the variables that ruff reports as A001 and the parameters that it reports as A002."""
    linter = Ruff(snapshot)
    for path in rule.candidates(snapshot) if any(map(linter.anywhere, _CODES)) else ():
        try:
            codes = {code for code in _CODES if linter.selects(path, code)}
            if not codes or not snapshot.derived(path, hidden):
                continue
            module = snapshot.parsed(path, python.parse)
        except Opaque as why:
            yield Finding("rename-shadowed-builtin", path, 0, 0, "a builtin may be hidden", Refusal("opaque", str(why)))
            continue
        held = linter.settings(path)
        allowed = held.option("flake8-builtins", "ignorelist", "builtins-ignorelist") if held else None
        names = BUILTINS - set(map(str, allowed if isinstance(allowed, list) else ()))
        for shadow in _shadows(module, names, codes):
            obstacle = _obstacle(snapshot, path, shadow, options)
            yield _finding(linter, path, shadow, obstacle or _outcome(path, module, shadow, linter.limit(path)))


@source_fact
def hidden(text: Text) -> frozenset[str]:
    """The builtins whose names a source binds anywhere; raises `Opaque`."""
    nodes = ast.walk(python.parse(text).tree)
    return BUILTINS.intersection(name for node in nodes for name in _given(node))


def _given(node: ast.AST) -> tuple[str, ...]:
    return (node.arg,) if isinstance(node, ast.arg) else binds(node)


@dataclass(frozen=True, slots=True)
class _Shadow:
    """A builtin's `name` bound in the scope that `node` opens, and where ruff first says so."""

    node: ast.AST
    name: str
    code: str
    start: int
    above: Parents


def _shadows(module: Module, names: frozenset[str], codes: set[str]) -> Iterator[_Shadow]:
    above = parents(module.tree)
    for node in ast.walk(module.tree):
        found: dict[str, _Shadow] = {}
        for code, bound in (*_arguments(node), *_variables(node)):
            if code not in codes or bound.name not in names or bound.name in found:
                continue
            start = module.offset(bound.line, bound.column)
            if not turned_down(module.text, start, start + 1, code):
                found[bound.name] = _Shadow(node, bound.name, code, start, above)
        yield from found.values()


@dataclass(frozen=True, slots=True)
class _Bound:
    name: str
    line: int
    column: int


def _arguments(node: ast.AST) -> Iterator[tuple[str, _Bound]]:
    if isinstance(node, Function) and not any(
        ast.unparse(each).rpartition(".")[2] in _EXEMPT for each in node.decorator_list
    ):
        for each in parameters(node):
            yield "A002", _Bound(each.arg, each.lineno, each.col_offset)


def _variables(node: ast.AST) -> Iterator[tuple[str, _Bound]]:
    if not isinstance(node, Function | ast.Lambda | Comprehension | ast.Module):
        return
    names = local(node) | shared(node, ast.Global)
    for part in own(inside(node)):
        if isinstance(part, ast.alias | ast.Global | ast.Nonlocal | ast.MatchAs | ast.MatchStar | ast.MatchMapping):
            continue
        if isinstance(part, ast.expr | ast.stmt | ast.ExceptHandler) and not _deletes(part):
            yield from (("A001", _Bound(name, part.lineno, part.col_offset)) for name in binds(part) if name in names)


def _deletes(part: ast.AST) -> bool:
    return isinstance(part, ast.Name) and isinstance(part.ctx, ast.Del)


def _finding(linter: Ruff, path: str, shadow: _Shadow, outcome: Fix | Refusal) -> Finding:
    kind = "Variable" if shadow.code == "A001" else "Function argument"
    message = f"{shadow.code} {kind} `{shadow.name}` is shadowing a Python builtin"
    end = shadow.start + len(shadow.name)
    red_from = ALREADY if linter.fails(path) else None
    return Finding("rename-shadowed-builtin", path, shadow.start, end, message, outcome, red_from, (shadow.code,))


def _obstacle(snapshot: Snapshot, path: str, shadow: _Shadow, options: Options) -> Refusal | None:
    node, name = shadow.node, shadow.name
    if isinstance(node, ast.Module) or name in shared(node, ast.Global):
        return Refusal("exported", f"other modules may import {name}")
    if not isinstance(node, Function) or not has_parameter(node, name):
        return None
    if documented(node, name):
        return Refusal("documented", f"the docstring of {node.name} holds the word {name}")
    return named_elsewhere(snapshot, path, node, name, shadow.above, public=options.public)


def _outcome(path: str, module: Module, shadow: _Shadow, limit: int | None) -> Fix | Refusal:
    node, name = shadow.node, shadow.name
    new = f"{name}_"
    assert isinstance(node, ast.expr | ast.stmt)  # noqa: S101 - modules are refused before
    if re.search(rf"(?<!\.)\b{new}\b", module.source(node)):
        return Refusal("taken", f"{new} is in use already")
    try:
        spans = occurrences(module, node, name)
    except Unsure as why:
        return Refusal("unsure", str(why))
    edits = tuple(Edit(path, start, end, new) for start, end in spans)
    if limit is not None and _lengthens(module, edits, limit):
        return Refusal("too-long", f"a line gets more than {limit} characters, and ruff would report E501 instead")
    scope = qualified(node, shadow.above)
    if not _proven(module, edits, (scope, name, new)):
        return Refusal("unsure", f"with {new} it would not be the same program")
    where = scope if scope != "<module>" else path
    return Fix(f"Rename {name} to {new} in {where}", Safety.REVIEW, edits, (Renamed(path, scope, name, new),))


def _proven(module: Module, edits: tuple[Edit, ...], renaming: tuple[str, str, str]) -> bool:
    raw = splice(module.text.text, edits).encode(module.text.encoding)
    return renamed(module, python.parse(Text.decode(raw, cookie=True)), [renaming])


def _lengthens(module: Module, edits: Iterable[Edit], limit: int) -> bool:
    """Whether a line that was short enough is too long afterwards."""
    longer = Counter(module.text.line_column(edit.start)[0] for edit in edits)  # by one underscore for each
    spans = {line: module.text.line_span(line) for line in longer}
    return any(end - start <= limit < end - start + longer[line] for line, (start, end) in spans.items())
