"""The simulation of imports against Python's own import system."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cifix.formats.python.order import Order
from cifix.formats.python.packages import Package, packages
from cifix.model.snapshot import Snapshot

TREES: Mapping[str, Mapping[str, str]] = {
    "plain": {"__init__": "from .a import A", "a": "A = 1", "b": "from . import a"},
    "through the package": {
        "__init__": "from .a import A\nfrom .b import B",
        "a": "from p import B\nA = B",
        "b": "B = 1",
    },
    "in order": {"__init__": "from .b import B\nfrom .a import A", "a": "from p import B\nA = B", "b": "B = 1"},
    "direct": {"__init__": "", "a": "from .b import B\nA = 1", "b": "from .a import A\nB = 1"},
    "latent": {"__init__": "", "a": "A = 1\nfrom .b import B", "b": "from .a import A\nB = 1"},
    "submodules in a circle": {"__init__": "from . import a", "a": "from . import b", "b": "from . import a"},
    "import statements": {"__init__": "import p.a", "a": "import p.b as b", "b": "import p.a\nfrom p import a"},
    "star": {"__init__": "from .a import *\nfrom .b import B", "a": "A = 1\n_C = 2", "b": "from p import A\nB = A"},
    "caught": {
        "__init__": "try:\n    from .a import A\nexcept ImportError:\n    A = 0\nelse:\n    C = 1",
        "a": "from p import A",
    },
    "not caught": {
        "__init__": "try:\n    from .a import A\nexcept KeyError:\n    A = 0\nfinally:\n    B = 1",
        "a": "from p import A",
    },
    "suppressed": {
        "__init__": "import contextlib\nwith contextlib.suppress(ImportError):\n    from .a import A\nB = 1",
        "a": "from p import B\nA = B",
    },
    "walrus": {"__init__": "if (B := 1):\n    from .a import A", "a": "from p import B\nA = B"},
    "caught by all": {
        "__init__": "try:\n    from .a import A\nexcept:\n    A = 0\nB = 1",
        "a": "from p import B\nA = B",
    },
    "child through parent": {"__init__": "", "s/__init__": "from .c import C", "s/c": "C = 1", "a": "import p.s.c"},
    "caught and done": {
        "__init__": "try:\n    from .a import A\nexcept ImportError:\n    A = 0\nelse:\n    from .b import B",
        "a": "A = 1",
        "b": "from p import A\nB = A",
    },
    "in a function": {
        "__init__": "from .a import A",
        "a": "def f():\n    from p import B\nA = 1",
        "b": "from p import A\nB = 1",
    },
    "in a class": {"__init__": "class C:\n    from .a import A\nB = 1", "a": "from p import B\nA = 1"},
    "type checking": {
        "__init__": "from .a import A\nB = 1",
        "a": "import typing\nif typing.TYPE_CHECKING:\n    from p import B\nA = 1",
    },
    "not type checking": {
        "__init__": "from .a import A\nB = 1",
        "a": "TYPE_CHECKING = False\nif not TYPE_CHECKING:\n    from p import B\nA = 1",
    },
    "main": {"__init__": "from .a import A\nB = 1", "a": "A = 1\nif __name__ == '__main__':\n    from p import B"},
    "condition": {
        "__init__": "from .a import A",
        "a": "import sys\nif sys.version_info < (3,):\n    A = 2\nelse:\n    A = 1",
    },
    "loops": {
        "__init__": "for i in (1,):\n    from .a import A\nwhile False: ...\nwith open(__file__): ...",
        "a": "from p import i\nA = 1",
    },
    "deleted": {"__init__": "B = 1\ndel B\nfrom .a import A\nB = 2", "a": "from p import B\nA = 1"},
    "dynamic getattr": {
        "__init__": "def __getattr__(name):\n    return 1\nfrom .a import A\nB = 1",
        "a": "from p import B\nA = 1",
    },
    "relative parents": {
        "__init__": "",
        "s/__init__": "from .c import C",
        "s/c": "from ..a import A\nfrom .. import b\nC = 1",
        "a": "A = 1",
        "b": "from .s import C",
    },
    "namespace folder": {"__init__": "from .n.c import C", "n/c": "C = 1"},
}


def package(tree: Mapping[str, str]) -> Package:
    snapshot = Snapshot.of({f"src/p/{name}.py": source.encode() for name, source in tree.items()})
    (found,) = packages(snapshot)
    return found


def really(tree: Mapping[str, str], root: Path, entry: str) -> bool:
    for name, source in tree.items():
        path = root / "p" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, "utf-8")
    return (
        subprocess.run([sys.executable, "-c", f"import {entry}"], cwd=root, capture_output=True, check=False).returncode
        == 0
    )


@pytest.mark.parametrize("name", TREES)
def test_python_agrees_about_every_first_import(name: str, tmp_path: Path) -> None:
    order = Order(package(TREES[name]))
    failures = order.failures()
    assert {entry: entry not in failures for entry in order.package.modules} == {
        entry: really(TREES[name], tmp_path, entry) for entry in order.package.modules
    }


def test_a_failure_tells_who_needs_what_and_how_it_came_there() -> None:
    outcome = Order(package(TREES["through the package"])).first("p")
    assert outcome.loaded == ()
    assert outcome.failure is not None
    assert (outcome.failure.importer, outcome.failure.line) == ("p.a", 1)
    assert (outcome.failure.half, outcome.failure.name) == ("p", "B")
    assert outcome.failure.chain == (("p", 1), ("p.a", 1))


def test_modules_are_listed_in_the_order_they_are_loaded() -> None:
    assert Order(package(TREES["in order"])).first("p").loaded == ("p", "p.b", "p.a")


def test_a_module_without_source_is_not_called_a_cycle() -> None:
    tree = {"__init__": "from . import _fast\nfrom .a import A", "a": "from p import _fast\nA = 1"}
    order = Order(package(tree))
    assert not order.failures()
    assert order.unsourced("p") == {"_fast"}


def test_a_source_that_cannot_be_read_may_hold_any_name() -> None:
    assert not Order(package({"__init__": "from .a import A", "a": "print 1"})).failures()


def test_what_an_import_can_load_does_not_depend_on_order() -> None:
    order = Order(package(TREES["through the package"]))
    assert order.closure(["p.a"], "") == {"p", "p.a", "p.b"}
    assert order.closure(["p.a", "q"], "p") == {"p.a"}


def test_compiled_modules_and_folders_are_modules() -> None:
    names = (
        "__init__.py",
        "c.cpython-311-darwin.so",
        "x.pyx",
        "x.py",
        "no-module.py",
        "no-folder/a.py",
        "data.txt",
        "n/m.py",
    )
    snapshot = Snapshot.of({f"p/{name}": b"" for name in names} | {"q.py": b"", "not-a-name/__init__.py": b""})
    (found,) = packages(snapshot)
    assert dict(found.modules) == {
        "p": "p/__init__.py",
        "p.c": None,
        "p.n": None,
        "p.n.m": "p/n/m.py",
        "p.x": "p/x.py",
    }
    assert list(found.children("p")) == ["c", "n", "x"]
    assert found.source("p.c") is None
    assert found.absolute("p.n.m", 5, "x") is None
