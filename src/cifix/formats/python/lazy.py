"""The lazy table: names that a package imports on first use, as cifix writes it and reads it back."""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cifix.formats.python.keyword import is_lazy
from cifix.formats.python.names import flattened, is_type_checking, names, running

TABLE = "_LAZY"
NAMESPACE = "_LAZY_NAMESPACE"
FINDER = "_lazy_import"
MACHINERY = frozenset({TABLE, NAMESPACE, FINDER, "TYPE_CHECKING", "__getattr__", "__dir__", "__all__"})
"""Names that serve the table or a type checker, not the package's users."""

BUILTINS = frozenset({"sorted", "getattr", "AttributeError", "ImportError"})
"""What the block looks up when a name is asked for; a submodule of such a name would hide it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A name, the module to import for it as `import_module` wants it, and its attribute; None is the module itself."""

    name: str
    module: str
    attribute: str | None


@dataclass(frozen=True, slots=True)
class Style:
    """The habits of the file that the block goes into; `hidden`: there something else is called `globals`."""

    indent: str
    quote: str
    hidden: bool = False


def table(tree: ast.Module) -> Mapping[str, Entry]:
    """The entries of a module's lazy table, by name; empty if it has none that was written by `render` or `attach`."""
    found: dict[str, Entry] = {}
    for block in _static(tree):
        if value := _dict(block):
            found |= {entry.name: entry for entry in _entries(value)}
        elif call := _attached(block):
            found |= {entry.name: entry for entry in _loaded(call)}
    return found


def attached(tree: ast.Module) -> bool:
    """Whether the module has a block as `attach` writes it."""
    return any(_attached(block) for block in _static(tree))


def promises(tree: ast.Module) -> Mapping[str, Entry]:
    """What the `lazy from` statements of a module import on first use, by name, as entries of a table."""
    return {
        alias.asname or alias.name: _promise(statement, alias)
        for statement in flattened(running(tree).body)
        if isinstance(statement, ast.ImportFrom) and is_lazy(statement)
        for alias in statement.names
    }


def _promise(statement: ast.ImportFrom, alias: ast.alias) -> Entry:
    origin = "." * statement.level + (statement.module or "")
    name = alias.asname or alias.name
    return Entry(name, origin, alias.name) if statement.module else Entry(name, f"{origin}{alias.name}", None)


def lazy_modules(tree: ast.Module, name: str) -> frozenset[str]:
    """The modules that `__lazy_modules__` of module `name` lists, as far as they are written there."""
    found: set[str] = set()
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__lazy_modules__")], value=ast.Set() | ast.List() as value):
                found.update(_spelled(item, name) for item in value.elts)
    return frozenset(found)


def _spelled(item: ast.expr, name: str) -> str:
    match item:
        case ast.Name(id="__name__"):
            return name
        case ast.Constant(value=str(module)):
            return module
        case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Name(id="__name__")), ast.Constant(value=str(rest))]):
            return name + rest
    return ""


def beside(tree: ast.Module) -> ast.Module:
    """The module as it runs, without the block that `render` wrote."""
    blocks = [statement for statement in _static(tree) if _dict(statement) or _attached(statement)]
    return running(ast.Module([statement for statement in tree.body if statement not in blocks], []))


def ends(tree: ast.Module) -> tuple[ast.stmt, ast.expr]:
    """Where a lazy block can grow: its last import for type checkers, and the last value of its table.

    Raises `ValueError` if the module has no block like `render` writes.
    """
    for block in _static(tree):
        if (found := _dict(block)) and found.values:
            return block.body[-1], found.values[-1]
    raise ValueError("the module has no lazy block")


def exports(tree: ast.Module) -> frozenset[str]:
    """The names a module offers to its users, bound when it is imported or listed in its lazy table.

    Names that only a type checker sees do not count, except that those decide which entries of the
    table were exported by name: the others are submodules that used to be loaded along the way.
    """
    static = names(ast.Module([part for test in _static(tree) for part in test.body], []))
    lazy = {name for name in table(tree) if name in static.bound}
    return frozenset((set(names(running(tree)).bound) | lazy) - MACHINERY)


def render(
    entries: Sequence[Entry], static: Sequence[str], checking: str, style: Style, own: Collection[str] = ()
) -> str:
    """The block that makes `entries` lazy; lines end in LF, the last one has no ending.

    `static` are the import lines that type checkers and freezers shall read, `checking` is the
    condition that is true only for them. The block runs on Python 3.9 and later and imports nothing.
    `import_module` does not ask the package for its attributes, which `from . import name` would
    do, without end. The namespace is captured because a submodule may be called `globals`.
    `own` are those of `__getattr__` and `__dir__` that the module defines itself; such a `__getattr__`
    must ask `_lazy_import` for the names of the table first.
    """
    lines = [f"if {checking}:", *(f"{style.indent}{line}" for line in static), "else:"]
    runtime = [line.replace('"', style.quote) for line in _runtime(entries, style, own)]
    lines += [f"{style.indent}{line}" if line else "" for line in runtime]
    return "\n".join(lines)


def attach(entries: Sequence[Entry], static: Sequence[str], checking: str, style: Style) -> str:
    """The block that hands `entries` to `lazy_loader.attach`; each must be `loadable`.

    Source: https://scientific-python.org/specs/spec-0001/, read 2026-11.
    """
    modules = [entry.name for entry in entries if entry.attribute is None]
    found: dict[str, list[str]] = {}
    for entry in entries:
        if entry.attribute is not None:
            found.setdefault(entry.module.removeprefix("."), []).append(entry.name)
    one = style.indent
    runtime = ["import lazy_loader as _lazy_loader", "", "__getattr__, __dir__, _ = _lazy_loader.attach("]
    runtime += [f"{one}__name__,", f"{one}submodules={_list(modules)},", f"{one}submod_attrs={{"]
    runtime += [f'{one}{one}"{module}": {_list(listed)},' for module, listed in found.items()] + [f"{one}}},", ")"]
    lines = [f"if {checking}:", *(one + line for line in static), "else:"]
    return "\n".join([*lines, *(one + line.replace('"', style.quote) if line else "" for line in runtime)])


def loadable(entry: Entry) -> bool:
    """Whether `lazy_loader.attach` has words for an entry: a module one dot away, and no other name for anything."""
    leaf = entry.module.removeprefix(".")
    return entry.module == f".{leaf}" and leaf.isidentifier() and entry.name == (entry.attribute or leaf)


def _list(names: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _runtime(entries: Sequence[Entry], style: Style, own: Collection[str]) -> Iterator[str]:
    yield f"{TABLE} = {{"
    yield from (style.indent + row for row in rows_of(entries))
    yield "}"
    head = f"def {FINDER}(name):" if "__getattr__" in own else _GETATTR
    setup = _SETUP.replace("globals()", "(lambda: None).__globals__") if style.hidden else _SETUP
    for line in "\n".join([setup, head, _IMPORT, *([] if "__dir__" in own else [_DIR])]).splitlines():
        depth = (len(line) - len(line.lstrip())) // 4
        yield style.indent * depth + line.lstrip()


def rows_of(entries: Iterable[Entry]) -> Iterator[str]:
    """The lines of a table for some entries, with double quotes and without indentation."""
    for entry in entries:
        attribute = f'"{entry.attribute}"' if entry.attribute else "None"
        yield f'"{entry.name}": ("{entry.module}", {attribute}),'


_SETUP = f"""\
{NAMESPACE} = globals()
"""
_GETATTR = f"""\
def __getattr__(name):
    if name not in {TABLE}:
        raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")"""
_IMPORT = f"""\
    from importlib import import_module

    module, attribute = {TABLE}[name]
    try:
        value = import_module(module, __name__)
        if attribute is not None:
            value = getattr(value, attribute)
    except AttributeError as exc:
        raise ImportError(f"cannot import name {{name!r}} from {{__name__!r}}: {{exc}}", name=__name__) from exc
    {NAMESPACE}[name] = value
    return value"""
_DIR = f"""
def __dir__():
    return sorted({{*{NAMESPACE}, *{TABLE}}})
"""


def _entries(value: ast.Dict) -> Iterator[Entry]:
    for key, item in zip(value.keys, value.values, strict=True):
        match key, item:
            case ast.Constant(value=str(name)), ast.Tuple(elts=[ast.Constant(str(module)), ast.Constant(attribute)]):
                yield Entry(name, module, attribute if isinstance(attribute, str) else None)


def _dict(block: ast.If) -> ast.Dict | None:
    match block.orelse:
        case [ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as value), *_] if name == TABLE:
            return value
    return None


def _attached(block: ast.If) -> ast.Call | None:
    match block.orelse:
        case [ast.Import(), ast.Assign(value=ast.Call(func=ast.Attribute(attr="attach")) as call)]:
            return call if all(_is_literal(keyword.value) for keyword in call.keywords) else None
    return None


def _is_literal(value: ast.expr) -> bool:
    try:
        return isinstance(ast.literal_eval(value), list | dict)
    except ValueError:
        return False


def _loaded(call: ast.Call) -> Iterator[Entry]:
    given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    for name in given.get("submodules") or ():
        yield Entry(name, f".{name}", None)
    for module, listed in (given.get("submod_attrs") or {}).items():
        yield from (Entry(name, f".{module}", name) for name in listed)


def _static(tree: ast.Module) -> list[ast.If]:
    return [node for node in flattened(tree.body) if isinstance(node, ast.If) and is_type_checking(node.test)]
