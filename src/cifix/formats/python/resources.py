"""Files beside a module that its code surely reads: by `__file__`, as resources of a package, or as templates.

Only paths made of literals count, and only where the file must be there: not under a handler for a missing
file, not where the same path is asked for or written.
"""

import ast
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from cifix.formats.python import Module, parse
from cifix.model.fact import source_fact
from cifix.model.text import Text

NEEDLES = (b"__file__", b"resource", b"get_data", b"get_template")
"""One of them occurs in every module with such a path."""

READS = re.compile(
    rb"\b(?:open\(|read_(?:text|bytes|binary)\b|get_(?:template|data)\b|resource_|open_(?:text|binary)\b)"
)
"""What also occurs in every module that reads one."""

_FORGIVING = {"OSError", "IOError", "FileNotFoundError", "Exception", "BaseException", "TemplateNotFound"}
_SAME = {"Path", "PurePath", "PosixPath", "abspath", "realpath", "normpath", "fspath", "str"}
_SAME_METHODS = {"resolve", "absolute", "as_posix"}
_PROBES = {"exists", "is_file", "isfile", "lexists", "write_text", "write_bytes", "touch", "stat", "access"}
_BY_PACKAGE = {
    "get_data": ("pkgutil",),
    "resource_string": ("pkg_resources",),
    "resource_stream": ("pkg_resources",),
    "resource_filename": ("pkg_resources",),
    "read_text": ("resources", "importlib_resources"),
    "read_binary": ("resources", "importlib_resources"),
    "open_text": ("resources", "importlib_resources"),
    "open_binary": ("resources", "importlib_resources"),
}
_LOADERS = {"PackageLoader", "FileSystemLoader"}
_OTHER_LOADERS = {"ChoiceLoader", "DictLoader", "PrefixLoader", "FunctionLoader", "ModuleLoader"}
_TOLD = {"open", "read_text", "read_bytes", "get_template", *_PROBES, *_BY_PACKAGE, *_LOADERS, *_OTHER_LOADERS}
"""The last names of all calls that matter here; a function without any is passed over."""
_READING = re.compile(r"r[bt]?|[bt]r")


@dataclass(frozen=True, slots=True)
class At:
    """A path: `parts` below a package's folder, or below the `up`-th folder above the module's own one.

    `file` says that it is the module's file itself.
    """

    package: str | None = None
    up: int = 0
    parts: tuple[str, ...] = ()
    file: bool = False

    @property
    def parent(self) -> "At":
        """The folder above."""
        if self.file:
            return replace(self, file=False)
        return replace(self, parts=self.parts[:-1]) if self.parts else replace(self, up=self.up + 1)

    def joined(self, *names: str) -> "At | None":
        """The path with names put behind it; None for absolute ones."""
        place = self
        for name in names:
            if name.startswith("/") or "\\" in name or place.file:
                return None
            for part in PurePosixPath(name).parts:
                place = place.parent if part == ".." else replace(place, parts=(*place.parts, part))
        return place


@dataclass(frozen=True, slots=True)
class Load:
    """One reading of the file at `at`, by the characters `start:end`; `template` if it is rendered."""

    at: At
    start: int
    end: int
    template: bool = False


@source_fact
def loads(text: Text) -> tuple[Load, ...]:
    """The files that a module reads, in order; raises `Opaque` if it cannot be parsed."""
    module = parse(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuple(_Reader(module).loads())


class _Reader:
    def __init__(self, module: Module) -> None:
        self._module = module
        self._calls = list(_calls(module.tree, _single(_nodes(module.tree)), guarded=False))

    def loads(self) -> Iterator[Load]:
        asked = {place for call, names, _ in self._calls for place in _probed(call, names)}
        loader = self._loader()
        for call, names, guarded in self._calls:
            place = None if guarded else _read(call, names)
            if place is not None and place not in asked and place.parts:
                yield Load(place, *self._module.span(call))
            template = None if guarded else _template(call, loader)
            if template is not None:
                yield Load(template, *self._module.span(call), template=True)

    def _loader(self) -> At | None:
        """The one folder that templates come from, if the module has a single loader."""
        made = [(call, names) for call, names, _ in self._calls if _last(call.func) in _LOADERS | _OTHER_LOADERS]
        if len(made) != 1:
            return None
        call, names = made[0]
        words = [_literal(one) for one in call.args]
        if _last(call.func) == "PackageLoader" and words and len(words) <= 2 and not call.keywords:  # noqa: PLR2004
            package = _package(call.args[0])
            return package and package.joined((*words, "templates")[1] or "/")
        if _last(call.func) == "FileSystemLoader" and len(call.args) == 1:
            return _place(call.args[0], names)
        return None


Names = Mapping[str, ast.expr]


def _calls(node: ast.AST, names: Names, *, guarded: bool) -> Iterator[tuple[ast.Call, Names, bool]]:
    """Every call below `node` that may tell of a file, with the names that are bound once where it stands."""
    if isinstance(node, ast.Call):
        yield node, names, guarded
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        inside = _nodes(node)
        if not any(isinstance(one, ast.Call) and _last(one.func) in _TOLD for one in inside):
            return
        arguments = {one.arg for one in inside if isinstance(one, ast.arg)}
        bound = {one.id for one in inside if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
        names = {name: value for name, value in names.items() if name not in bound} | _single(inside)
        names = {name: value for name, value in names.items() if name not in arguments}
    forgiving = _forgives(node)
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _calls(child, names, guarded=guarded or (forgiving and field != "handlers"))


def _nodes(node: ast.AST) -> list[ast.AST]:
    """A node and all below it but contexts, such as `ast.walk` yields, in no certain order and much faster."""
    found = [node]
    for one in found:
        for field in one._fields:
            child = getattr(one, field, None)
            if isinstance(child, list):
                found += [item for item in child if isinstance(item, ast.AST)]
            elif isinstance(child, ast.AST) and field != "ctx":
                found.append(child)
    return found


def _single(nodes: Iterable[ast.AST]) -> dict[str, ast.expr]:
    """Names that are assigned once among `nodes`, by a plain assignment, with the expression they stand for."""
    stored: Counter[str] = Counter()
    plain: dict[str, ast.expr] = {}
    for node in nodes:
        if isinstance(node, ast.Name):
            stored[node.id] += not isinstance(node.ctx, ast.Load)
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            plain[node.targets[0].id] = node.value
    return {name: value for name, value in plain.items() if stored[name] == 1}


def _forgives(node: ast.AST) -> bool:
    """Whether what stands in `node` may lack its file, or depends on a condition."""
    match node:
        case ast.Try(handlers=handlers) | ast.TryStar(handlers=handlers):
            caught = [one for handler in handlers for one in _alternatives(handler.type)]
            return any(one is None or _last(one) in _FORGIVING for one in caught)
        case ast.With(items=items):
            contexts = [item.context_expr for item in items]
            names = {_last(one.func) for one in contexts if isinstance(one, ast.Call)}
            return not names.isdisjoint({"suppress", "raises", "assertRaises"})
        case ast.If() | ast.IfExp() | ast.While():
            return True
    return False


def _alternatives(caught: ast.expr | None) -> list[ast.expr | None]:
    return list(caught.elts) if isinstance(caught, ast.Tuple) else [caught]


def _read(call: ast.Call, names: Names) -> At | None:
    """The path that a call reads."""
    name = _last(call.func)
    origin = _last(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    if name in _BY_PACKAGE and origin in _BY_PACKAGE[name] and len(call.args) > 1:
        package, inner = _package(call.args[0]), _literal(call.args[1])
        return package.joined(inner) if package and inner else None
    if name == "open":
        of_path = isinstance(call.func, ast.Attribute) and origin not in {"io", "codecs"}
        path = call.func.value if of_path and isinstance(call.func, ast.Attribute) else next(iter(call.args), None)
        modes = [*call.args[0 if of_path else 1 :][:1], *(one.value for one in call.keywords if one.arg == "mode")]
        reads = all((word := _literal(one)) is not None and _READING.fullmatch(word) for one in modes)
        return _place(path, names) if reads and path is not None else None
    if name in {"read_text", "read_bytes"} and isinstance(call.func, ast.Attribute):
        return _place(call.func.value, names)
    return None


def _probed(call: ast.Call, names: Names) -> Iterator[At]:
    """The paths that a call asks for, or writes."""
    name = _last(call.func)
    subjects = [*call.args[:1], *([call.func.value] if isinstance(call.func, ast.Attribute) else [])]
    if name in _PROBES or (name == "open" and _read(call, names) is None):
        for subject in subjects:
            place = _place(subject, names)
            if place is not None:
                yield place


def _template(call: ast.Call, loader: At | None) -> At | None:
    if loader is None or _last(call.func) != "get_template" or not call.args:
        return None
    name = _literal(call.args[0])
    return loader.joined(name) if name else None


def _place(node: ast.expr, names: Names, depth: int = 0) -> At | None:
    if depth > 20:  # noqa: PLR2004 - names that stand for each other
        return None
    match node:
        case ast.Name(id="__file__"):
            return At(file=True)
        case ast.Name(id=name):
            return _place(names[name], names, depth + 1) if name in names else None
        case ast.Attribute(value=inner, attr="parent"):
            found = _place(inner, names, depth + 1)
            return found and found.parent
        case ast.Subscript(value=ast.Attribute(value=inner, attr="parents"), slice=ast.Constant(value=int(count))):
            found = _place(inner, names, depth + 1)
            for _ in range(min(count, 20) + 1):
                found = found and found.parent
            return found
        case ast.BinOp(left=inner, op=ast.Div(), right=name):
            return _joined(_place(inner, names, depth + 1), [name])
        case ast.Call(func=function, args=arguments):
            return _called(function, arguments, names, depth + 1)
    return None


def _called(function: ast.expr, arguments: list[ast.expr], names: Names, depth: int) -> At | None:
    name = _last(function)
    if isinstance(function, ast.Attribute):
        if name in _SAME_METHODS and not arguments:
            return _place(function.value, names, depth)
        if name == "joinpath":
            return _joined(_place(function.value, names, depth), arguments)
        if name == "with_name":
            found = _place(function.value, names, depth)
            return _joined(found and found.parent, arguments)
    if name == "files" and len(arguments) == 1:
        return _package(arguments[0])
    if name == "dirname" and len(arguments) == 1:
        found = _place(arguments[0], names, depth)
        return found and found.parent
    if name in _SAME and len(arguments) == 1:
        return _place(arguments[0], names, depth)
    if name in {"join", "Path", "PurePath"} and len(arguments) > 1:
        return _joined(_place(arguments[0], names, depth), arguments[1:])
    return None


def _joined(place: At | None, names: list[ast.expr]) -> At | None:
    words = [_literal(name) for name in names]
    known = [word for word in words if word]
    return place.joined(*known) if place and len(known) == len(words) else None


def _package(node: ast.expr) -> At | None:
    """The folder of the package that an argument names."""
    if isinstance(node, ast.Name) and node.id in {"__name__", "__package__"}:
        return At()
    word = _literal(node)
    return At(package=word) if word and all(part.isidentifier() for part in word.split(".")) else None


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _last(expression: ast.expr | None) -> str:
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
