"""First-party Python: which folders are packages, what modules import, and where that would lie."""

import ast
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from cifix.formats.python.keyword import parsed
from cifix.model.text import Text

SOURCES = (".py", ".pyi", ".pyx", ".pxd", ".pxi")
"""Endings of the files that a package is written in."""

_MODULES = {"py", "pyi", "pyx", "pxd", "pxi", "so", "pyd", "c", "cc", "cpp", "cu", "f", "f90", "i", "proto", "rs"}
"""Endings, anywhere after the first dot, of modules and of what a build makes modules from."""

_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg")
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
_GUARDS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_WORD = re.compile(rb"[\w\x80-\xff]+")
_DOTTED = re.compile(rb"[ \t]*(\.*)[ \t]*([\w.]*)[ \t]")
_LINE = re.compile(
    rb"^(?:\xef\xbb\xbf)?[ \t]*"
    rb"(?:from\b([ \t]*\.*[ \t]*[\w.]*[ \t]+)import\b[ \t]*(\([^)]*|(?:\\\r?\n|[^\r\n;#])*)|import[ \t]+([^\r\n;#]*))",
    re.MULTILINE,
)
_ALIAS = re.compile(rb"[ \t]*([\w.]+|\*)")
_COMMENT = re.compile(rb"#[^\r\n]*")
_IMPORT_STATEMENT = re.compile(
    rb"(?:^(?:\xef\xbb\xbf)?|[\r\n;:])[ \t]*"
    rb"(?:from[ \t]+[^\r\n;#]+?[ \t]import[ \t]*\([^)]*|(?:from|import)[ \t](?:\\\r?\n|[^\r\n])*)"
)


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement: `from {level dots}{module} import {names}`, or `import {module}` without names.

    `start:end` are the statement's characters. `guarded` says that its failure is provided for or that it
    never runs: inside `try` with an `except ImportError`, under `suppress` or `if TYPE_CHECKING`.
    """

    module: str
    level: int
    names: tuple[str, ...]
    start: int
    end: int
    guarded: bool


@dataclass(frozen=True, slots=True)
class Target:
    """What an import asks for: `stem` is the path of a module without its ending, or of a package's folder.

    `certain` is False for `name` in `from package import name`, which may be a module or an attribute.
    """

    stem: str
    certain: bool


def imports(text: Text) -> tuple[Import, ...]:
    """Every import statement of a module in order; none if this Python cannot parse it."""
    tree = _tree(text)
    return () if tree is None else tuple(_imports(text, tree))


def binds(text: Text) -> frozenset[str] | None:
    """The names that a module's own code may bind at its top level, submodules aside; None if that cannot be told."""
    tree = _tree(text)
    if tree is None:
        return None
    bound: set[str] = set()
    for node in _outside_functions(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.MatchAs(name=str(name)) | ast.ExceptHandler(name=str(name)):
                bound.add(name)
            case ast.ImportFrom(module=None, level=1, names=names):
                # `from . import name` fails if nothing else binds the name and no module has it.
                bound |= {alias.asname or "*" for alias in names if alias.asname or alias.name == "*"}
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                bound |= {alias.asname or alias.name.partition(".")[0] for alias in names}
            case ast.Name(id="globals" | "setattr" | "vars" | "exec"):
                return None
    return None if bound & {"*", "__getattr__"} else frozenset(bound)


def mentions(data: bytes, names: Iterable[bytes]) -> bool:
    """Whether an import statement in `data` may name one of `names`; quick, and right when it says no."""
    wanted = frozenset(names)
    return any(not wanted.isdisjoint(_WORD.findall(found.group())) for found in _IMPORT_STATEMENT.finditer(data))


def glanced(data: bytes, *, indented: bool = True) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """What lines of `data` seem to import: module, dots and names; quick, and wrong in strings and odd layouts.

    Without `indented`, lines that begin with white space do not count.
    """
    for found in _LINE.finditer(data):
        if not indented and found.group()[:1] in b" \t":
            continue
        origin, names, modules = found.groups()
        if modules is not None:
            yield from ((module, 0, ()) for module in _first_words(modules))
        else:
            dotted = _DOTTED.match(origin)
            dots, module = dotted.groups() if dotted else (b"", b"")
            yield module.decode(errors="replace"), len(dots), tuple(_first_words(_COMMENT.sub(b"", names)))


def module_stem(path: str) -> str | None:
    """`path` without its endings if it is a module, a compiled one or the source of one; else None."""
    folder, slash, name = path.rpartition("/")
    stem, *endings = name.split(".")
    return folder + slash + stem if _MODULES.intersection(endings) else None


class Packages:
    """The modules and packages of a repository: `tracked` files say which are first-party, `loose` ones add to them."""

    def __init__(self, tracked: Iterable[str], loose: Iterable[str] = ()) -> None:
        self._tracked = frozenset(tracked)
        self._loose = frozenset(loose)

    @cached_property
    def regular(self) -> frozenset[str]:
        """Folders with a tracked `__init__` module."""
        stems = (stem for path in self._tracked if (stem := module_stem(path)))
        return frozenset(stem.removesuffix("/__init__") for stem in stems if stem.endswith("/__init__"))

    @cached_property
    def roots(self) -> frozenset[str]:
        """Folders that top-level packages lie in, as `sys.path` would list them; the repository is the empty one."""
        tops = {self._top(folder) for folder in self.regular}
        projects = {path.rpartition("/")[0] for path in self._tracked if path.rpartition("/")[2] in _PROJECT}
        sources = {f"{folder}/src".lstrip("/") for folder in projects} & self._folders
        return frozenset({"", *(top.rpartition("/")[0] for top in tops), *projects, *sources})

    def importable(self, folder: str) -> bool:
        """Whether `folder` is, or lies in, a package: a regular one, or any below the `src` of a project."""
        while folder and folder.rpartition("/")[2].isidentifier():
            if folder in self.regular:
                return True
            above = folder.rpartition("/")[0]
            if above.rpartition("/")[2] == "src" and above in self.roots:
                return True
            folder = above
        return False

    def exists(self, stem: str) -> bool:
        """Whether a module, compiled module, source of one, or package lies at `stem`."""
        return stem in self._modules or stem in self._folders

    def plain(self, stem: str) -> bool:
        """Whether a module that is not a package lies at `stem`: it has attributes but no submodules."""
        return stem in self._modules and stem not in self._folders

    def targets(self, importer: str, statement: Import) -> Iterator[Target]:
        """What `statement` in the module at `importer` asks for, if that is first-party; outermost first."""
        base = self.base(importer, statement)
        if base is None:
            return
        parts = statement.module.split(".") if statement.module else []
        stem = base
        for part in parts:
            stem = f"{stem}/{part}".lstrip("/")
            yield Target(stem, certain=True)
            if self.plain(stem):
                return
        for name in statement.names:
            if name != "*":
                yield Target(f"{stem}/{name}".lstrip("/"), certain=False)

    def base(self, importer: str, statement: Import) -> str | None:
        """The folder that the module's dotted name starts from; None if it is not first-party."""
        here = importer.rpartition("/")[0]
        if statement.level:
            folders = [here, *(str(folder) for folder in PurePosixPath(here).parents if str(folder) != ".")]
            inside = statement.level <= len(folders) and f"{here}/__init__" in self._modules
            return folders[statement.level - 1] if inside else None
        top = statement.module.partition(".")[0]
        # A module of a package does not see its own folder, a script does.
        roots = self.roots if self.importable(here) else self.roots | {here}
        near = sorted(roots, key=lambda root: (not _below(here, root), -len(root), root))
        return next((root for root in near if self.exists(f"{root}/{top}".lstrip("/"))), None)

    def _top(self, folder: str) -> str:
        above = folder.rpartition("/")[0]
        while above in self.regular:
            folder, above = above, above.rpartition("/")[0]
        return folder

    @cached_property
    def _modules(self) -> frozenset[str]:
        return frozenset(stem for path in self._tracked | self._loose if (stem := module_stem(path)))

    @cached_property
    def _folders(self) -> frozenset[str]:
        """Folders that hold a module at any depth."""
        found: set[str] = set()
        for stem in self._modules:
            while (stem := stem.rpartition("/")[0]) and stem not in found:
                found.add(stem)
        return frozenset(found)


def _first_words(listed: bytes) -> Iterator[str]:
    """The first word of each part between commas."""
    for part in listed.replace(b"(", b"").replace(b"\\", b"").split(b","):
        if found := _ALIAS.match(part.strip()):
            yield found.group(1).decode(errors="replace")


def _below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _tree(text: Text) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return parsed(text.text[text.start :])
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _imports(text: Text, tree: ast.Module) -> Iterator[Import]:
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, guarded = waiting.pop()
        match node:
            case ast.Import(names=names):
                start, end = _span(text, node)
                yield from (Import(alias.name, 0, (), start, end, guarded) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                start, end = _span(text, node)
                yield Import(module or "", level, tuple(alias.name for alias in names), start, end, guarded)
            case _:
                inner = [
                    (child, guarded or (block == "body" and _guards(node)))
                    for block in _BLOCKS
                    for child in getattr(node, block, ())
                ]
                waiting += reversed(inner)


def _guards(node: ast.AST) -> bool:
    """Whether the imports in the body of `node` may fail, or never run."""
    match node:
        case ast.Try(handlers=handlers) | ast.TryStar(handlers=handlers):
            return any(_catches(handler.type) for handler in handlers)
        case ast.With(items=items):
            return any(_suppresses(item.context_expr) for item in items)
        case ast.If(test=test):
            return _last_name(test) == "TYPE_CHECKING"
    return False


def _catches(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    return any(_last_name(one) in _GUARDS for one in (caught.elts if isinstance(caught, ast.Tuple) else [caught]))


def _suppresses(context: ast.expr) -> bool:
    match context:
        case ast.Call(func=function, args=caught) if _last_name(function) in ("suppress", "raises", "assertRaises"):
            return any(_catches(one) for one in caught)
    return False


def _last_name(expression: ast.expr) -> str:
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _outside_functions(tree: ast.Module) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def _span(text: Text, node: ast.stmt) -> tuple[int, int]:
    ends = node.end_lineno or node.lineno, node.end_col_offset or 0
    return _offset(text, node.lineno, node.col_offset), _offset(text, *ends)


def _offset(text: Text, line: int, column: int) -> int:
    """The character at a place given as `ast` does: its column counts UTF-8 bytes and no byte order mark."""
    start = text.line_starts[line - 1] + (text.start if line == 1 else 0)
    return start + len(text.text[start : start + column].encode()[:column].decode(errors="ignore"))
