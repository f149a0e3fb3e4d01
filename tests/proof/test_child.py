"""What runs in the other interpreter, here in this one."""

import json
import sys
import types
from pathlib import Path, PosixPath
from typing import Any

import pytest

from cifix.proof.child import forks, prints
from cifix.proof.child.main import main
from tests.vcs.repositories import FORKS

pytestmark = FORKS


class Proxy:
    @property
    def __module__(self) -> str:  # type: ignore[override]
        raise RuntimeError


def test_a_fork_answers_or_says_how_it_ended() -> None:
    assert forks.ask(lambda: [1, "é"], 5) == {"value": [1, "é"]}
    assert forks.ask(lambda: 1 / 0, 5) == {"error": "ZeroDivisionError: division by zero"}
    assert forks.ask(lambda: sys.exit("/tree/x"), 5, "/tree") == {"error": "SystemExit: /x"}
    assert forks.ask(lambda: [0] * 10**6, 5)["value"] == [0] * 10**6
    assert forks.ask(lambda: __import__("time").sleep(9), 0.2) == {"error": "it did not end within 0.2 seconds"}
    assert forks.words(KeyError()) == "KeyError"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1, "int 1"),
        ("/tree/a", "str '/a'"),
        ([1, (None, {2, 3})], "list [int 1, tuple [NoneType None, set [int 2, int 3]]]"),
        ({"a": b"b"}, "dict {str 'a': bytes b'b'}"),
        ([[[[[1]]]]], "list [list [list [list [list]]]]"),
        (types, "module types"),
        (PosixPath, f"builtins.type {PosixPath.__module__}:PosixPath"),
        (json.dumps, "builtins.function json:dumps"),
        (PosixPath(), f"{PosixPath.__module__}.PosixPath"),
        (Proxy(), ".Proxy"),
    ],
)
def test_fingerprints(value: Any, told: str) -> None:
    assert prints.fingerprint(value, "/tree") == told


def test_containers_without_their_contents() -> None:
    assert prints.fingerprint([1], contents=False) == "list"


def test_public_names_and_members() -> None:
    module = types.ModuleType("m")
    vars(module).update({"__all__": ["_shown", "lost", 3], "_shown": 1, "_hidden": 2, "plain": 3, "__version__": "4"})
    names = ["__all__", "__doc__", "__version__", "_shown", "lost", "plain"]
    assert prints.public(module) == names
    assert prints.members(module, "") == {
        "__all__": "list",
        "__doc__": "NoneType None",
        "__version__": "str '4'",
        "_shown": "int 1",
        "lost": "raises AttributeError",
        "plain": "int 3",
    }


def test_a_whole_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "van").mkdir()
    (tmp_path / "van" / "__init__.py").write_text("from .load import X\n__all__ = ['X', 'lost']\n")
    (tmp_path / "van" / "load.py").write_text("X = 1\n")
    package = {"name": "van", "surfaces": ["van"], "modules": ["van", "van.load", "van.not"]}
    job = {"tree": str(tmp_path), "paths": [str(tmp_path)], "seconds": 20, "compiled": None}
    ways: list[dict[str, Any]] = [
        {"names": {}, "members": {}},
        {"names": {"van": ["X"]}, "members": {"van.load": ["X", "Y"]}},
    ]
    for asked in ways:
        (tmp_path / "job").write_text(json.dumps({**job, "packages": [{**package, **asked}]}))
        main(str(tmp_path / "job"), str(tmp_path / "told"))
        told = json.loads((tmp_path / "told").read_text())["van"]["value"]
        assert told["surfaces"]["van"]["value"]["attribute"]["X"] == {"value": "int 1"}
        assert told["surfaces"]["van"]["value"]["star"] == {
            "error": "AttributeError: module 'van' has no attribute 'lost'"
        }
        assert told["modules"]["van.not"] == {"error": "ModuleNotFoundError: No module named 'van.not'"}
    assert "van" not in sys.modules
    assert told["modules"]["van.load"]["value"]["members"]["Y"].startswith("raises ImportError: cannot import name 'Y'")
