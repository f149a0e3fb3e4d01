"""Import a tree without its dependencies: whatever is not Python source of the tree becomes a stub.

The import system is the real one. Statements at module level that are no imports may fail, because they work on
stubs; they are passed over, and the names they would have bound become stubs too.
"""

from __future__ import annotations

import builtins
import importlib.metadata
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Iterator, List, Sequence, Tuple  # noqa: UP035 - runs on Python 3.9 too

from .wrap import SKIP, wrapped

skipped: List[str] = []  # noqa: UP006
"""The statements passed over in this process: module, class and message of the exception."""

_FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "socket.bind", "subprocess.Popen", "os.system", "os.exec")


def install(tree: str, paths: Sequence[str], compiled: Sequence[str]) -> None:
    """Let imports from below `tree` run wrapped, and all others but the standard library's give stubs.

    `paths` are the folders of the tree that imports start from; `compiled` are its modules without Python source.
    """
    sys.path_hooks.insert(0, _hook(tree))
    sys.path_importer_cache.clear()
    sys.meta_path.insert(0, _Finder(paths, frozenset(compiled)))
    setattr(builtins, SKIP, _skip)
    importlib.metadata.version = _version
    sys.addaudithook(_refuse)


class Stub:
    """An object that can be used in every way a module-level statement may try."""

    def __init__(self, path: str) -> None:
        object.__setattr__(self, "_path", path)

    def __repr__(self) -> str:
        return f"<stub {self._path}>"

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        if name.startswith("__") and name.endswith("__") and name != "__version__":
            raise AttributeError(name)
        found = "0.0.0" if name == "__version__" else Stub(f"{self._path}.{name}")
        object.__setattr__(self, name, found)
        return found

    def __call__(self, *args: Any, **named: Any) -> Any:  # noqa: ANN401
        """A decorator leaves what it decorates as it is."""
        if len(args) == 1 and not named and isinstance(args[0], (FunctionType, type)):
            return args[0]
        return Stub(f"{self._path}()")

    def __mro_entries__(self, bases: Tuple[Any, ...]) -> Tuple[type, ...]:  # noqa: UP006
        """As a base class a stub is a class of its own, so that a class may have several."""
        del bases
        return (type(self._path.rpartition(".")[2].strip("()[]") or "stub", (Based,), {}),)

    def __getitem__(self, key: object) -> Stub:
        del key
        return Stub(f"{self._path}[]")

    def __iter__(self) -> Iterator[Stub]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def __contains__(self, item: object) -> bool:
        return False

    def __enter__(self) -> object:
        return self

    def __exit__(self, *why: object) -> None:
        return None

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __subclasscheck__(self, subclass: type) -> bool:
        return False

    def __index__(self) -> int:
        return 1

    def __float__(self) -> float:
        return 1.0

    def __fspath__(self) -> str:
        return "stub"

    def __hash__(self) -> int:
        return hash(self._path)


class Based:
    """What a class gets from a stub that it names as its base: it takes any arguments and has any attribute."""

    def __init__(self, *args: Any, **named: Any) -> None:  # noqa: ANN401
        pass

    def __init_subclass__(cls, **named: Any) -> None:  # noqa: ANN401
        pass


def _compared(self: Stub, other: object) -> bool:
    del self, other
    return True


def _computed(self: Stub, other: object = None) -> Stub:
    del other
    return Stub(f"{self._path}()")


for _name in ("lt", "le", "gt", "ge"):
    setattr(Stub, f"__{_name}__", _compared)
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift"):
    setattr(Stub, f"__{_name}__", _computed)
    setattr(Stub, f"__r{_name}__", _computed)
for _name in ("neg", "pos", "abs", "invert"):
    setattr(Stub, f"__{_name}__", _computed)


class _Module(ModuleType):
    """A module whose attributes exist on demand."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        if name.startswith("__") and name.endswith("__") and name != "__version__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        found = "0.0.0" if name == "__version__" else Stub(f"{self.__name__}.{name}")
        setattr(self, name, found)
        return found


class _Finder(MetaPathFinder, Loader):
    """Gives stubs for what neither the tree nor the standard library has."""

    def __init__(self, paths: Sequence[str], compiled: frozenset[str]) -> None:
        self._paths = [Path(path) for path in paths]
        self._compiled = compiled
        self._own = {name.partition(".")[0] for name in compiled}

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        del path, target
        top = fullname.partition(".")[0]
        if fullname in self._compiled or not (top in _STANDARD or top == __package__ or self._first_party(top)):
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__all__ = []  # type: ignore[attr-defined]

    def _first_party(self, top: str) -> bool:
        if top in self._own:
            return True
        wanted = (f"{top}.py", f"{top}/__init__.py", f"{top}/*/__init__.py")
        return any(next(path.glob(one), None) is not None for path in self._paths for one in wanted)


class _Wrapping(SourceFileLoader):
    """Loads Python source whose statements may fail."""

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> CodeType:  # type: ignore[override] # noqa: ANN401
        return wrapped(data, path)


def _hook(tree: str) -> Any:  # noqa: ANN401 - importlib has no name for it
    inner = FileFinder.path_hook((_Wrapping, [".py"]))

    def hook(path: str) -> Any:  # noqa: ANN401
        if path != tree and not path.startswith(f"{tree}/"):
            raise ImportError(path)
        return inner(path)

    return hook


def _skip(*names: str) -> None:
    """Called where a statement failed: pass on what is true without stubs too, else bind its names."""
    why = sys.exc_info()[1]
    if _genuine(why):
        raise  # noqa: PLE0704 - the exception that the statement raised
    space = sys._getframe(1).f_globals  # noqa: SLF001
    skipped.append(f"{space.get('__name__')}: {type(why).__name__}: {why}")
    for name in names:
        space.setdefault(name, Stub(f"{space.get('__name__')}.{name}"))


def _genuine(why: BaseException | None) -> bool:
    if isinstance(why, ImportError):
        return not isinstance(why, importlib.metadata.PackageNotFoundError)
    if isinstance(why, AttributeError):
        return "partially initialized module" in str(why)
    return isinstance(why, (RecursionError, KeyboardInterrupt, GeneratorExit))


def _version(distribution_name: str) -> str:
    del distribution_name
    return "0.0.0"


def _refuse(event: str, args: object) -> None:
    del args
    if event in _FORBIDDEN:
        raise PermissionError(f"{event} is not allowed in a simulation")


_STANDARD = frozenset(getattr(sys, "stdlib_module_names", ())) | set(sys.builtin_module_names)
