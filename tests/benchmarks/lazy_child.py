# ruff: noqa: BLE001, PLC0415, S102, SLF001 - it does to packages whatever their users may do
"""One question about one tree, asked by `lazy.py` in a new process: FOLDER QUESTION PACKAGE [NAMES AS JSON].

It shares nothing with cifix, so that it can judge what cifix does.
"""

import atexit
import importlib
import json
import logging
import os
import sys
import time
import warnings
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

PLAIN = (bool, int, float, str, bytes, type(None), tuple)


def mark(value: Any) -> str:
    """What must be equal on both sides."""
    if isinstance(value, ModuleType):
        return f"module {value.__name__}"
    kind = type(value)
    if kind in PLAIN:
        return f"{kind.__name__} {value!r}".replace(sys.path[0], "")[:2000]
    named = ""
    for attribute in ("__module__", "__qualname__", "__name__"):
        try:
            found = getattr(value, attribute, "")
        except Exception:
            found = "?"
        named += f" {found}" if isinstance(found, str) else ""
    return f"{kind.__module__}.{kind.__qualname__}{named}"


def told(work: Any) -> str:
    """The value of `work()`, or the exception it ended in."""
    try:
        return str(work())
    except BaseException as why:
        return f"! {type(why).__name__}: {why}".replace(sys.path[0], "")


def forked(work: Any, seconds: int = 120) -> str:
    """`told(work)` from a fork, whose memory is that of this process and nothing else's."""
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        import signal

        signal.alarm(seconds)
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            pipe.write(told(work))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    return answer if status == 0 else f"! ended with status {status}"


def warm(package: str) -> None:
    """Import here what the package needs from elsewhere, so that forks spend their time on the package alone."""

    def needed() -> str:
        together(package, names(package))
        return json.dumps([name for name in sys.modules if name.partition(".")[0] != package.partition(".")[0]])

    listed = forked(needed)
    for name in json.loads(listed) if listed.startswith("[") else ():
        if name not in sys.modules:
            told(partial(importlib.import_module, name))


def names(package: str) -> list[str]:
    """All names users may ask for: `dir`, `__all__`, the star set."""
    module = importlib.import_module(package)
    shown = {name for name in dir(module) if not name.startswith("_")} | set(getattr(module, "__all__", ()))
    return sorted(shown | set(star(package)) | ({"__version__"} & set(dir(module))))


def star(package: str) -> list[str]:
    """What a star import takes."""
    space: dict[str, Any] = {}
    exec(f"from {package} import *", space)
    return sorted(space.keys() - {"__builtins__"})


def together(package: str, asked: list[str]) -> dict[str, str]:
    """Every name in one process."""
    module = importlib.import_module(package)
    return {name: told(partial(lambda name: mark(getattr(module, name)), name)) for name in asked}


def fresh(package: str, asked: list[str]) -> dict[str, dict[str, str]]:
    """Every name as the first thing a process does, in both spellings."""

    def attribute(name: str) -> str:
        return mark(getattr(importlib.import_module(package), name))

    def taken(name: str) -> str:
        space: dict[str, Any] = {}
        exec(f"from {package} import {name} as it", space)
        return mark(space["it"])

    warm(package)
    return {
        name: {"attribute": forked(partial(attribute, name)), "from": forked(partial(taken, name))} for name in asked
    }


def reached(package: str) -> list[str]:
    """The modules that are attributes of their parents once a package is imported."""
    importlib.import_module(package)
    inside = [name for name in sys.modules if name.startswith(f"{package}.")]
    return sorted(name for name in inside if told(partial(at, package, name)) == name)


def at(package: str, name: str) -> str:
    """The name of the module that an attribute path starting at a package leads to."""
    value: Any = importlib.import_module(package)
    for part in name.removeprefix(f"{package}.").split("."):
        value = getattr(value, part)
    return str(value.__name__) if isinstance(value, ModuleType) else f"no module: {mark(value)}"


def paths(package: str, asked: list[str]) -> dict[str, str]:
    """The same attribute paths, each as the first thing a process does."""
    warm(package)
    return {name: forked(partial(at, package, name)) for name in asked}


def first(package: str, asked: list[str]) -> dict[str, str]:
    """Every module as the first import of a process."""
    if package.partition(".")[0] not in sys.modules:
        warm(package)
    return {name: forked(partial(lambda name: mark(importlib.import_module(name)), name)) for name in asked}


def first_after(package: str, asked: list[str]) -> dict[str, str]:
    """The same, quicker: before any submodule Python imports the package itself, here once for all forks."""
    told(lambda: importlib.import_module(package))
    return first(package, asked)


def state(package: str, asked: list[str]) -> dict[str, Any]:
    """What the process looks like when all names have been used, those of converted inner packages too."""
    together(package, asked)
    inner: list[str] = []
    while inner != (inner := [name for name in sorted(sys.modules) if name.startswith(f"{package}.")]):
        for name in inner:
            table = vars(sys.modules[name]).get("_LAZY", {})
            together(name, list(table))
    loaded = {name: module for name, module in sys.modules.items() if f"{name}.".startswith(f"{package}.")}
    sizes, children = {}, {}
    for name, module in loaded.items():
        for key, value in list(vars(module).items()):
            if key.startswith(("__", "_LAZY")):
                continue
            if type(value) in (list, dict, set):
                sizes[f"{name}.{key}"] = len(value)
            if isinstance(value, type) and value.__module__ == name:
                children[f"{name}.{key}"] = len(type.__subclasses__(value))
    return {
        "atexit": atexit._ncallbacks(),
        "filters": len(warnings.filters),
        "environ": sorted(os.environ),
        "handlers": len(logging.getLogger().handlers),
        "modules": sorted(loaded),
        "sizes": sizes,
        "children": children,
    }


def seconds(package: str, asked: list[str]) -> float:
    """Processor time of one import and, if named, of using one name; busy neighbours do not count."""
    start = time.process_time()
    module = importlib.import_module(package)
    for name in asked:
        getattr(module, name)
    return time.process_time() - start


if __name__ == "__main__":
    folder, question, package, *rest = sys.argv[1:]
    sys.path[0] = folder
    asked = json.loads(Path(rest[0]).read_text()) if rest else []
    answer = globals()[question](*((package, asked) if question not in ("names", "star", "reached") else (package,)))
    sys.stdout.flush()
    os.write(3, json.dumps(answer).encode())
