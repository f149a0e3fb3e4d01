"""Trees are imported without their dependencies."""

from pathlib import Path
from typing import Any

import pytest

from cifix.proof.child.stubs import Stub
from cifix.proof.child.wrap import SKIP, wrapped
from cifix.proof.result import Verdict
from tests.proof.conftest import Verified, differences, named

SHOP = {
    "shop/__init__.py": (
        "from importlib.metadata import version\n\nfrom .till import Till, total\n\n__version__ = version('shop')\n"
    ),
    "shop/till.py": (
        "import numpy as np\nfrom django.db import models\nfrom pydantic import BaseModel, Field\n"
        "from shop._fast import speed\n\nDTYPE = np.dtype('f8')\nSIZE = max(np.zeros(3)) + 1\n\n\n"
        "class Till(models.Model, BaseModel):\n    name: str = Field(1)\n\n"
        "    @np.vectorize\n    def a(self): pass\n\n\n"
        "@np.errstate(all='ignore')\ndef total(x: np.ndarray | None = None): return x\n"
    ),
    "shop/_fast.pyx": "def speed(): pass\n",
    "shop/extra.py": (
        "import pandas.core.frame\nX, Y = pandas.core.frame.pair()\nwith pandas.open() as f:\n    Z = f.a[1] > 2\n"
    ),
}


def test_what_is_not_installed_is_replaced(verified: Verified) -> None:
    after = {**SHOP, "shop/till.py": SHOP["shop/till.py"] + "\n\nMORE = 1\n"}
    told = verified(SHOP, after, simulate=True)
    proof = named(told, "simulation")
    assert (proof.verdict, proof.differences) == (Verdict.PROVEN, ())
    assert proof.claim.startswith("shop gives the same: ")
    assert (told.exit, told.ran, told.timings) == (0, ("--simulate",), ())


def test_the_words_of_a_recursion_and_of_a_missing_module(verified: Verified) -> None:
    """The two failures that look like one another in a log."""
    before = {
        **SHOP,
        "shop/lib/__init__.py": "from . import labels\n\n__all__ = ['labels']\n",
        "shop/lib/labels.py": "",
    }
    lazy = (
        "def __getattr__(name):\n    if name == 'labels':\n        from . import labels\n        return labels\n"
        "    raise AttributeError(name)\n"
    )
    found = differences(verified(before, {**before, "shop/lib/__init__.py": lazy}, simulate=True), "simulation")
    assert found["shop.lib.labels"][0] == "module shop.lib.labels"
    assert found["shop.lib.labels"][1].startswith("RecursionError")
    assert found["from shop.lib import labels"][1].startswith("RecursionError")


def test_a_module_that_no_commit_holds_is_missing_and_not_stubbed(verified: Verified) -> None:
    after = {**SHOP, "shop/__init__.py": "from .tills import Till, total\n"}
    found = differences(verified(SHOP, after, simulate=True), "simulation")
    assert found == {"import shop": ("works", "ModuleNotFoundError: No module named 'shop.tills'")}


def test_a_statement_that_fails_on_the_branch_only_is_told(verified: Verified) -> None:
    before = {"a/__init__.py": "import os\nBASE = os.sep\nif BASE:\n    X = BASE + ''\n"}
    after = {"a/__init__.py": "BASE = os.sep\nif BASE:\n    X = BASE + ''\n"}
    found = differences(verified(before, after, simulate=True), "simulation")
    assert found["import a"][1] == "a statement fails: a: NameError: name 'os' is not defined"


def test_neither_network_nor_programs_are_reached(verified: Verified, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    source = (
        "import socket, subprocess, os\n"
        f"A = subprocess.run(['touch', {str(mark)!r}])\nB = os.system('touch {mark}')\n"
        "C = socket.create_connection(('127.0.0.1', 9))\n"
    )
    told = verified({"a/__init__.py": source}, {"a/__init__.py": source + "_D = 1\n"}, simulate=True)
    assert named(told, "simulation").verdict is Verdict.PROVEN
    assert not mark.exists()


def test_a_syntax_error_on_the_branch_is_told(verified: Verified) -> None:
    found = differences(verified(SHOP, {**SHOP, "shop/extra.py": "def\n"}, simulate=True), "simulation")
    assert found["import shop.extra"][1].startswith("SyntaxError")


@pytest.fixture
def stub() -> Any:
    return Stub("numpy")


def test_a_stub_can_be_used_in_every_way(stub: Any) -> None:
    class Child(stub.Base, stub.Other):  # type: ignore[misc]
        pass

    def plain() -> None: ...

    assert Child(1, a=2).__class__.__mro__[1].__name__ == "Base"
    assert stub.decorator(plain) is plain
    assert stub.decorator(1)(plain) is plain
    with stub.open() as inside:
        assert inside.x > 1
        assert inside >= 2
    assert list(stub.items) == []
    assert (len(stub), bool(stub), 3 in stub, range(4)[stub], float(stub)) == (0, True, False, 1, 1.0)
    assert repr(stub["a"] + 1) == "<stub numpy[]()>"
    assert repr(1 | -stub) == "<stub numpy()()>"
    assert not isinstance(1, stub.Type)
    assert not issubclass(int, stub.Type)
    assert stub.__version__ == "0.0.0"
    assert Path(stub).name == "stub"
    assert {stub: 1}
    with pytest.raises(AttributeError):
        _ = stub.__array__


def test_a_wrapped_module_goes_on_and_says_what_it_skipped() -> None:
    source = (
        b'"""Text."""\nfrom __future__ import annotations\nimport os\nA, (B, *C) = 1 / 0\nfor D in (1, 2):\n    break\n'
        b"try:\n    E = 1 / 0\nexcept ValueError:\n    pass\nfinally:\n    F = 1\n"
        b"def g(): x = 1\nG = [h for h in (1,)]\nclass H(1): y = 2\npass\n"
    )
    skipped = []
    space: dict[str, object] = {
        "__builtins__": {**vars(__import__("builtins")), SKIP: lambda *names: skipped.append(names)}
    }
    exec(wrapped(source, "x.py"), space)  # noqa: S102 - that is what it is for
    assert skipped == [("A", "B", "C"), ("E",), ("H",)]
    assert space["__doc__"] == "Text."
    assert {"D", "F", "g", "G"} <= space.keys()
    assert not {"x", "h", "y"} & space.keys()
