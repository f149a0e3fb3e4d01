"""Workflow commands that Python prints."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cifix.formats.python import Module, Span, parse
from cifix.model.change import Edit
from cifix.model.text import Opaque, Text
from cifix.rules.workflow_commands.command import ANY, ESCAPE, FILES, Cannot, Rewrite

_HEAD = re.compile(
    r"(?:[fF]|[rR]|[uU])?[\"'](?!\"\"|'')(?P<head>::(?:(?:(?P<name>set-output|save-state|set-env)[ ]name="
    r"(?P<key>(?:[\w-]|%s|\{[^{}:]*\})+))|(?P<path>add-path))::)"
)
_OVER_LINES = re.compile(r"\"{3}|'{3}|\\[\r\n]")
_NAMES = ("output", "runner_file", "github_output_file")


@dataclass(frozen=True, slots=True)
class Printed:
    """A text of a module that is a workflow command, and the statement that prints it, if it is one `print` of it."""

    name: str
    span: Span
    statement: ast.Expr | None


def printed(module: Module) -> Iterator[Printed]:
    """Every command that the module prints, or keeps for somebody to print; those it only reads do not count."""
    parents = {child: node for node in ast.walk(module.tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(module.tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        found = ANY.match(node.value.lstrip())
        if found and FILES[found["name"]] in module.text.text:
            continue  # it is what the script does where there is no file
        holder = parents[node]
        whole: ast.AST = holder if isinstance(holder, ast.JoinedStr) else node
        if found is None or (isinstance(holder, ast.JoinedStr) and holder.values[0] is not node):
            continue
        statement, prints = _use(whole, parents)
        if statement is not None or prints:
            assert isinstance(whole, ast.expr)  # noqa: S101 - a text is an expression
            start, end = module.span(whole)
            here = module.text.text.index(f"::{found['name']}", start)
            yield Printed(found["name"], (here, min(here + 2 + len(found["name"]), end)), statement)


def _use(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> tuple[ast.Expr | None, bool]:
    """The statement that is one `print` of a text, and whether the text is printed or kept at all."""
    while True:
        holder = parents[node]
        match holder:
            case ast.BinOp(op=ast.Add() | ast.Mod()) if holder.left is node:
                node = holder
            case ast.Attribute(attr="format") if isinstance(parents[holder], ast.Call):
                node = parents[holder]
            case ast.Call(func=ast.Name(id="print"), args=[only], keywords=keywords) if only is node:
                statement = parents[holder]
                plain = all(keyword.arg == "flush" for keyword in keywords)
                return (statement if plain and isinstance(statement, ast.Expr) else None), True
            case ast.Call(func=ast.Name(id="print") | ast.Attribute(attr="write" | "info" | "echo")):
                return None, True
            case ast.Assign() | ast.Return() | ast.AnnAssign() | ast.keyword():
                return None, True
            case _:
                return None, False


def rewrites(script: str) -> Iterator[Rewrite]:
    """The changes of a Python script that is written in a step; raises `Cannot`."""
    try:
        module = parse(Text.decode(script.encode()))
    except Opaque as why:
        raise Cannot("form", f"without the values of its expressions, {why}") from why
    found = list(printed(module))
    if not found:
        raise Cannot("form", "the script does not print the command as one text")
    made = [edit for edit in edits("", module, found) if edit.text or edit.start < edit.end]
    changes = tuple((edit.start, *_grown(script, edit)) for edit in made)
    for index, one in enumerate(found):
        yield Rewrite(changes if not index else (), one.name, certain=False)


def _grown(script: str, edit: Edit) -> tuple[int, str]:
    """The end and text of an edit that takes in a character at least: an insertion has no place in a YAML scalar."""
    if edit.start < edit.end or edit.start == len(script):
        return edit.end, edit.text
    return edit.end + 1, edit.text + script[edit.start]


def edits(path: str, module: Module, found: Sequence[Printed]) -> Iterator[Edit]:
    """The edits that make every command of a module go to its file; raises `Cannot`."""
    if ESCAPE.search(module.text.text):
        raise Cannot("escaped", "the module escapes values for the old command")
    held = {node.id for node in ast.walk(module.tree) if isinstance(node, ast.Name)}
    held |= {node.arg for node in ast.walk(module.tree) if isinstance(node, ast.arg)}
    variable = next((name for name in _NAMES if name not in held), None)
    if variable is None:
        raise Cannot("form", f"every name of {', '.join(_NAMES)} is taken")
    checked = [(one, *_checked(module, one)) for one in sorted(found, key=lambda one: one.span)]
    imported = _import(module, module.span(checked[0][1])[0])
    above: tuple[int, str] | None = None
    for one, statement, head in checked:
        start, end = module.span(statement)
        margin = module.text.text[module.line_start(start) : start].lstrip("\ufeff")
        newline, file = module.text.newline_at(start), FILES[one.name]
        opening = "" if above == (statement.lineno - 1, margin + file) else _opening(module, variable, file)
        first = imported[1] if imported and imported[0] == start else ""
        yield Edit(path, start, start, first + (f"{opening}{newline}{margin}" if opening else "") + module.indent)
        yield Edit(path, *head)
        yield from _within(path, module, statement, (start, end), variable)
        above = (statement.end_lineno or statement.lineno), margin + file
        imported = None if first else imported
    if imported:
        yield Edit(path, imported[0], imported[0], imported[1])


def _opening(module: Module, variable: str, file: str) -> str:
    mark = module.quote
    return f"with open(os.environ[{mark}{file}{mark}], {mark}a{mark}, encoding={mark}utf-8{mark}) as {variable}:"


def _checked(module: Module, one: Printed) -> tuple[ast.Expr, tuple[int, int, str]]:
    """The statement of a command, and the edit that takes the head of the command out of its text."""
    line = module.text.line_column(one.span[0])[0]
    statement = one.statement
    if statement is None:
        raise Cannot("form", f"line {line} does not print the command as one text")
    if module.lines(statement) is None:
        raise Cannot("inside", f"line {line} holds more than the command")
    assert isinstance(statement.value, ast.Call)  # noqa: S101 - `printed` says so
    start, _ = module.span(statement.value.args[0])
    found = _HEAD.match(module.text.text, start)
    if found is None or _OVER_LINES.search(module.source(statement)):
        raise Cannot("form", f"line {line} does not print the command as one text")
    key = f"{found['key']}=" if found["key"] else ""
    return statement, (*found.span("head"), key)


def _within(path: str, module: Module, statement: ast.Expr, span: Span, variable: str) -> Iterator[Edit]:
    """The argument that names the file, and a deeper margin for the further lines of the statement."""
    call = statement.value
    assert isinstance(call, ast.Call)  # noqa: S101 - `printed` says so
    last = call.keywords[-1].value if call.keywords else call.args[-1]
    end = module.span(last)[1]
    yield Edit(path, end, end, f", file={variable}")
    position = module.next_line(span[0])
    while position < span[1]:
        yield Edit(path, position, position, module.indent)
        position = module.next_line(position)


def _import(module: Module, before: int) -> tuple[int, str] | None:
    """Where `import os` goes, and its text, if the module has none; raises `Cannot`."""
    bound = [
        (node, alias)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if (alias.asname or alias.name.partition(".")[0]) == "os"
    ]
    taken = any(
        (isinstance(node, ast.arg) and node.arg == "os")
        or (isinstance(node, ast.Name) and node.id == "os" and isinstance(node.ctx, ast.Store))
        for node in ast.walk(module.tree)
    )
    if taken or any(not isinstance(node, ast.Import) or alias.asname for node, alias in bound):
        raise Cannot("form", "the name os stands for something else in the module")
    if any(node in module.tree.body and module.span(node)[0] < before for node, _ in bound):
        return None
    place = _place(module)
    if place is None or place[0] > before:
        raise Cannot("form", "there is no place for `import os` before the command")
    return place


def _place(module: Module) -> tuple[int, str] | None:
    """Where `import os` goes, and its text: in alphabetical order among the first plain imports."""
    body = [node for node in module.tree.body if not _heading(node)]
    plain = []
    for node in body:
        if not isinstance(node, ast.Import):
            break
        plain.append(node)
    follower = next((node for node in plain if node.names[0].name > "os"), None)
    if follower is None and plain:
        lines = module.lines(plain[-1])
        return (lines[1], f"import os{module.text.newline_at(lines[0])}") if lines else None
    target = follower or (body[0] if body else None)
    lines = module.lines(target) if target else None
    if target is None or lines is None:
        return None
    gap = "" if isinstance(target, ast.Import | ast.ImportFrom) else module.text.newline_at(lines[0])
    return module.span(target)[0], f"import os{module.text.newline_at(lines[0])}{gap}"


def _heading(node: ast.stmt) -> bool:
    """Whether a statement is a docstring or an import from the future."""
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return text or (isinstance(node, ast.ImportFrom) and node.module == "__future__")
