"""When a missing module is no defect: it is built, generated, private, or nobody runs what imports it."""

import ast
import re
from collections.abc import Iterator

from cifix.formats.python import Module
from cifix.formats.python.imports import Import
from cifix.formats.python.packages import module_stem
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.missing_first_party_module.lookup import Missing

_ELSEWHERE = frozenset(
    {"example", "examples", "sample", "samples", "demo", "demos", "doc", "docs", "template", "templates", "legacy"}
    | {"vendor", "vendored", "_vendor", "third_party", "data", "testdata", "test_data", "fixtures"}
)
"""Folders whose modules are samples, foreign or left behind."""

_TESTS = frozenset({"tests", "test", "testing"})
_RUN_BY_TESTS = re.compile(r"(?:test_\w*|\w*_test|tests|conftest)\.py")
_NEGATIVE = re.compile(r"broken|invalid|bad|error|fail|missing|wrong|nonexist", re.IGNORECASE)
_ELSEWISE = re.compile(
    rb"importorskip|allow_module_level|sys\.modules\b[^\r\n=]*\][ \t]*=[^=]"
    rb"|(?:setitem|patch\.dict)\([^\r\n]*sys\.modules"
)
_PATHS = re.compile(rb"sys\.path\b[ \t]*(?:\.(?:insert|append|extend)|\[|\+?=)|syspath_prepend")
_GENERATED = re.compile(
    r"_?version|__version__|__about__|_?build_?info|_?generated\w*|\w*_generated|\w+_pb2\w*|ui_\w+|\w+_(?:ui|rc)"
    r"|(?:parse|lex)tab|\w+(?:Lexer|Parser|Listener|Visitor)|_?githash|local_?settings|settings_?local|secrets?",
    re.IGNORECASE,
)
_SETTINGS = ("**/pyproject.toml", "**/setup.cfg", "**/Cargo.toml")
_COMPILERS = (
    "**/{setup,hatch_build,build,_build,cffi_build,build_ext,noxfile}.py",
    "**/{meson.build,CMakeLists.txt,Makefile,GNUmakefile,justfile,Dockerfile,BUILD,WORKSPACE}",
    "**/*.{cmake,bazel,bzl,gyp,mk,sh}",
)
_SOURCES = ("**/*.{c,cc,cpp,cxx,h,hpp,rs,pyx,pxd,i,cu,f,f90,m,mm,ui,qrc,g4,thrift,fbs}",)
_PYTHON = ("**/*.py",)
WRITERS = (_SETTINGS, _COMPILERS, _SOURCES, _PYTHON)
"""Globs of the files that may say that something makes a module."""

_WRITES = re.compile(rb"\b(?:write|write_text|open|dump|render|copy\w*|rename)\(")
_GATES = re.compile(
    r"version|platform|win|darwin|linux|posix|environ|find_spec|hasattr|is_available|^PY|^HAS|^IS_", re.IGNORECASE
)


def judges(path: str) -> bool:
    """Whether what the module at `path` imports is of interest: it is shipped, or a test runner loads it."""
    *folders, leaf = path.split("/")
    if _ELSEWHERE.intersection(folders):
        return False
    return not _TESTS.intersection(folders) or (
        _RUN_BY_TESTS.fullmatch(leaf) is not None and not _NEGATIVE.search(path)
    )


def provided_for(data: bytes, module: Module, statement: Import) -> bool:
    """Whether the importing source says that the import may fail, never runs, or finds its module elsewhere."""
    if _ELSEWISE.search(data) or (not statement.level and _PATHS.search(data)):
        return True
    nodes = list(_around(module, statement.start))
    inside = [isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in nodes]
    return any(_conditional(node, local=any(inside[:place])) for place, node in enumerate(nodes))


def made(snapshot: Snapshot, missing: Missing) -> bool:
    """Whether a tool makes the module: by its name, by what build files and sources say, or as is seen on disk."""
    if missing.module is not None:
        return False
    if _GENERATED.fullmatch(missing.name) or "generated" in missing.stem:
        return True
    if any(module_stem(path) == missing.stem and not path.endswith(".py") for path in snapshot.disk):
        return True
    word = re.escape(missing.name.encode())
    return (
        _named(
            snapshot,
            missing,
            _SETTINGS,
            rb"(?:write|version|file|output|target|dest|generate|name|path)\w*[\"']?[ \t]*=[^\r\n]*\b%b\b" % word,
        )
        or _named(snapshot, missing, _COMPILERS, rb"\b%b\b(?![ \t]*:)" % word)
        or _named(
            snapshot,
            missing,
            _SOURCES,
            rb"PyInit_%b\b|MODULE\w*[ \t]*\([ \t\r\n]*%b\b|\bfn[ \t]+%b\b" % (word, word, word),
        )
    )


def written(snapshot: Snapshot, missing: Missing) -> bool:
    """Whether a tracked program may write the module, or give its package or module the name."""
    word = missing.name.encode()
    if missing.module is None and _named(snapshot, missing, _PYTHON, rb"\b%b\.py\b" % re.escape(word), _WRITES):
        return True
    sets = rb"\.%b[ \t]*[:=][^=]|setattr\([^\r\n]*[\"']%b[\"']" % (re.escape(word), re.escape(word))
    return not missing.dotted and _named(snapshot, missing, _PYTHON, sets)


def _named(
    snapshot: Snapshot, missing: Missing, globs: tuple[str, ...], how: bytes, also: re.Pattern[bytes] | None = None
) -> bool:
    """Whether a file of `globs` says the name in the way of `how`, and `also` something else."""
    spelled = re.compile(how, re.MULTILINE)
    for path in snapshot.containing((missing.name.encode(),), globs):
        try:
            data = snapshot.read(path)
        except Opaque:
            return True
        if spelled.search(data) and (also is None or also.search(data)):
            return True
    return False


def _around(module: Module, offset: int) -> Iterator[ast.AST]:
    """The nodes that enclose the statement at `offset`, outermost first."""
    inner: ast.AST | None = module.tree
    while inner is not None:
        yield inner
        held: ast.AST | None = None
        for child in ast.iter_child_nodes(inner):
            if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case) and _covers(module, child, offset):
                held = child
        inner = held


def _covers(module: Module, node: ast.AST, offset: int) -> bool:
    if isinstance(node, ast.stmt):
        start, end = module.span(node)
        return start <= offset < end
    bodies: list[ast.stmt] = getattr(node, "body", [])
    return any(_covers(module, child, offset) for child in bodies)


def _conditional(node: ast.AST, *, local: bool) -> bool:
    """Whether what `node` encloses runs on some machines only; in a function, conditions are about its arguments."""
    match node:
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return False
        case ast.If(test=test):
            return not local or isinstance(test, ast.Constant) or any(_GATES.search(word) for word in _words(test))
        case ast.ExceptHandler():
            return True
        case ast.match_case() | ast.While():
            return not local
        case ast.FunctionDef(decorator_list=decorators) | ast.AsyncFunctionDef(decorator_list=decorators):
            return any("skip" in word or "xfail" in word for one in decorators for word in _words(one))
        case ast.ClassDef(decorator_list=decorators):
            return any("skip" in word for one in decorators for word in _words(one))
    return False


def _words(expression: ast.expr) -> Iterator[str]:
    for node in ast.walk(expression):
        match node:
            case ast.Name(id=word) | ast.Attribute(attr=word):
                yield word
