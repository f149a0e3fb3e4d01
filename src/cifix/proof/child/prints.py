"""Fingerprints: what two processes must agree on to hold the same object."""

from __future__ import annotations

import types
from typing import Any, Dict, List  # noqa: UP035 - runs on Python 3.9 too

_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(...))
_MACHINERY = frozenset(
    f"__{name}__"
    for name in (
        *("annotations", "annotate", "builtins", "cached", "conditional_annotations", "dict", "dir", "file"),
        *("getattr", "loader", "name", "package", "path", "spec", "warningregistry"),
    )
)
_DEPTH = 4


def public(module: types.ModuleType) -> List[str]:  # noqa: UP006
    """The names a module shows to its users: those of `dir()` and `__all__` without the private ones."""
    listed = [name for name in getattr(module, "__all__", ()) if isinstance(name, str)]
    shown = [name for name in dir(module) if not _private(name)]
    return sorted({*listed, *shown})


def fingerprint(value: Any, hidden: str = "", *, contents: bool = True) -> str:  # noqa: ANN401 - any object at all
    """Kind, module and qualified name of an object, and its value if that is plain.

    With `contents` the items of containers belong to the value. The text `hidden` is cut out.
    """
    told = _describe(value, _DEPTH if contents else 0)
    return told.replace(hidden, "") if hidden else told


def members(module: types.ModuleType, hidden: str) -> Dict[str, str]:  # noqa: UP006
    """The fingerprint of every public name that a module holds, without what its containers hold."""
    found = {}
    for name in public(module):
        try:
            found[name] = fingerprint(getattr(module, name), hidden, contents=False)
        except Exception as why:  # noqa: BLE001 - `__all__` may list what is not there
            found[name] = f"raises {type(why).__name__}"
    return found


def _private(name: str) -> bool:
    if name.startswith("__") and name.endswith("__"):
        return name in _MACHINERY
    return name.startswith("_")


def _describe(value: Any, depth: int) -> str:  # noqa: ANN401
    if isinstance(value, types.ModuleType):
        return f"module {_asked(value, '__name__')}"
    kind = type(value)
    if kind in _PLAIN:
        return f"{kind.__name__} {value!r}"
    if kind in (list, tuple, set, frozenset, dict):
        return f"{kind.__name__} {_items(value, depth)}" if depth else kind.__name__
    named = _asked(value, "__qualname__") or _asked(value, "__name__")
    origin = f"{_asked(kind, '__module__')}.{_asked(kind, '__qualname__')}"
    if not named:
        return origin
    return f"{origin} {_asked(value, '__module__')}:{named}"


def _items(value: Any, depth: int) -> str:  # noqa: ANN401
    if isinstance(value, dict):
        pairs = [f"{_describe(key, depth - 1)}: {_describe(item, depth - 1)}" for key, item in value.items()]
        return "{" + ", ".join(pairs) + "}"
    told = [_describe(item, depth - 1) for item in value]
    return f"[{', '.join(told if isinstance(value, (list, tuple)) else sorted(told))}]"


def _asked(value: Any, name: str) -> str:  # noqa: ANN401
    """An attribute that should be text; proxies may raise anything."""
    try:
        found = getattr(value, name, "")
    except Exception:  # noqa: BLE001
        return ""
    return found if isinstance(found, str) else ""
