"""The marks that Python code uses, and those that it registers."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from cifix.formats import python
from cifix.formats.python import Module
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_ADD = "addinivalue_line"


@dataclass(frozen=True, slots=True)
class Use:
    """`pytest.mark.<name>` at `start:end` of the module at `path`."""

    name: str
    path: str
    start: int
    end: int


def uses(path: str, module: Module) -> Iterator[Use]:
    """Every mark that a module asks pytest for, in order of the text; names with a leading underscore are none."""
    pytest, mark = _aliases(module.tree)
    found = [
        Use(node.attr, path, *module.span(node))
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and not node.attr.startswith("_") and _is_mark(node.value, pytest, mark)
    ]
    yield from sorted(found, key=lambda use: use.start)


def registered(snapshot: Snapshot) -> frozenset[str] | None:
    """What the modules of the repository register when they are loaded; None if only a run can tell."""
    names: set[str] = set()
    for path in snapshot.containing((_ADD.encode(), b"getini"), ("**/*.py",)):
        try:
            module = snapshot.parsed(path, python.parse)
        except Opaque:
            return None
        calls = [call for call in ast.walk(module.tree) if _adds(call)]
        lines = [_line(call) for call in calls]
        if None in lines or any(_reads(node) for node in ast.walk(module.tree)):
            return None
        names |= {name(line) for line in lines if line is not None}
    return frozenset(names)


def name(line: str) -> str:
    """The mark that a line of the option `markers` registers."""
    return line.split(":", maxsplit=1)[0].split("(", maxsplit=1)[0].strip()


def _aliases(tree: ast.Module) -> tuple[set[str], set[str]]:
    """The names under which a module knows pytest, and `pytest.mark`."""
    pytest, mark = set[str](), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            pytest |= {alias.asname or alias.name for alias in node.names if alias.name == "pytest"}
        elif isinstance(node, ast.ImportFrom) and node.module == "pytest":
            mark |= {alias.asname or alias.name for alias in node.names if alias.name == "mark"}
    return pytest, mark


def _is_mark(node: ast.expr, pytest: set[str], mark: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in mark
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "mark"
        and isinstance(node.value, ast.Name)
        and node.value.id in pytest
    )


def _adds(node: ast.AST) -> bool:
    """Whether a node is a call that adds a line to the option `markers`, as far as can be seen."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == _ADD):
        return False
    first = node.args[0] if node.args else None
    return not isinstance(first, ast.Constant) or first.value == "markers"


def _reads(node: ast.AST) -> bool:
    """Whether a node is a call that gets the option `markers`, which may then be added to."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "getini"):
        return False
    return any(isinstance(one, ast.Constant) and one.value == "markers" for one in node.args)


def _line(node: ast.AST) -> str | None:
    """The line that a call adds, or the start of it that holds the name of the mark; None if only a run can tell."""
    line = node.args[1] if isinstance(node, ast.Call) and len(node.args) > 1 else None
    if isinstance(line, ast.JoinedStr) and line.values:
        start = line.values[0]
        whole = isinstance(start, ast.Constant) and isinstance(start.value, str) and {*":("} & set(start.value)
        line = start if whole else None
    return line.value if isinstance(line, ast.Constant) and isinstance(line.value, str) else None
