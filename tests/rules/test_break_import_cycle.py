"""Circles of modules, imported for real before and after; the cases are tested with all others."""

import ast
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cifix.formats.python.circles import tight
from cifix.formats.python.packages import packages
from cifix.model.finding import Finding, Fix, Refusal
from cifix.model.snapshot import File, Memory, Snapshot
from cifix.model.text import Opaque
from cifix.rules.break_import_cycle import Options, rule
from cifix.rules.break_import_cycle.uses import Uses, called
from cifix.testing import Case, cases
from tests.pages import ROOT

CASES = [case for case in cases(ROOT / "fixtures" / "break-import-cycle") if case.after != case.before]
WHEEL = "from .engine import Engine\n\n\nclass Wheel(Engine):\n    pass\n"
ENGINE = "from .wheel import Wheel\n\n\nclass Engine:\n    def turn(self):\n        return Wheel\n"


def snapshot(files: Mapping[str, str]) -> Snapshot:
    return Snapshot.of({path: source.encode() for path, source in {"car/__init__.py": "", **files}.items()})


def found(files: Snapshot) -> list[Finding]:
    return list(rule.find(files, Options()))


def keys(files: Mapping[str, str]) -> list[str]:
    return [one.outcome.key for one in found(snapshot(files)) if isinstance(one.outcome, Refusal)]


def fixes(files: Mapping[str, str]) -> list[Fix]:
    return [one.outcome for one in found(snapshot(files)) if isinstance(one.outcome, Fix)]


def imported(root: Path, files: Mapping[str, File], module: str) -> str:
    for path, file in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(file.data)
    command = [sys.executable, "-B", "-c", f"import sys; sys.path.insert(0, 'src'); import {module}"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_module_of_the_circle_can_be_imported_before_and_each_can_after(case: Case, tmp_path: Path) -> None:
    sources = [path for path in case.before if path.endswith(".py") and "__init__" not in path]
    modules = [path.removeprefix("src/").removesuffix(".py").replace("/", ".") for path in sources]
    failing = ["partially initialized module" in imported(tmp_path, case.before, module) for module in modules]
    assert any(failing) if case.selected else all(failing)
    for module in modules:
        assert imported(tmp_path, case.after, module) == ""


@pytest.mark.parametrize("case", [case for case in CASES if case.name.startswith("into")], ids=str)
def test_the_functions_find_what_they_use(case: Case, tmp_path: Path) -> None:
    use = "from car import engine; engine.turn() if hasattr(engine, 'turn') else engine.Engine().turn()"
    assert imported(tmp_path, case.after, f"car.engine; {use}") == ""


def test_a_circle_that_has_a_way_in_is_left(tmp_path: Path) -> None:
    files = {
        "car/__init__.py": "",
        "car/engine.py": "from .wheel import SIZE\n\n\nclass Engine:\n    size = SIZE\n",
        "car/wheel.py": "SIZE = 1\nfrom .engine import Engine\n\nWHEEL = Engine\n",
    }
    encoded = {path: File(source.encode()) for path, source in files.items()}
    assert "partially initialized" in imported(tmp_path, encoded, "car.engine")
    assert imported(tmp_path, encoded, "car.wheel") == ""
    assert not found(snapshot(files))


@pytest.mark.parametrize(
    "other",
    [
        {"tests/test_a.py": "from car.engine import *\n"},
        {"tests/test_a.py": "from unittest import mock\nmock.patch('car.engine.Wheel')\n"},
        {"car/engine.py": f"__all__ = ['Engine', 'Wheel']\n{ENGINE}"},
        {"car/engine.py": f"import car\n__all__ = car.names\n{ENGINE}"},
        {"car/stub.pyi": "from .engine import Wheel\n"},
    ],
)
def test_names_that_others_may_take_stay(other: Mapping[str, str]) -> None:
    (one,) = found(snapshot({"car/engine.py": ENGINE, "car/wheel.py": WHEEL, **other}))
    assert isinstance(one.outcome, Refusal)
    assert "takes Wheel from car.engine" in one.outcome.detail


@pytest.mark.parametrize(
    ("function", "key"),
    [
        ("def f(x=Wheel): pass\n", "used-at-import"),
        ("@Wheel\ndef f(): pass\n", "used-at-import"),
        ("f = lambda: Wheel\n", "used-at-import"),
        ("class A(Wheel): pass\n", "used-at-import"),
        ("def f(x: Wheel): pass\n", "used-at-import"),
        ("def f() -> Wheel: pass\n", "used-at-import"),
        ("x: Wheel = 1\n", "used-at-import"),
        ("def f():\n    global Wheel\n    return Wheel\n", "rebound"),
        ("def f():\n    for Wheel in (): return Wheel\n", "rebound"),
        ("def f(Wheel): return Wheel\n", "rebound"),
        ("def f():\n    from os import path as Wheel\n    return Wheel\n", "rebound"),
        ("def f():\n    try: pass\n    except OSError as Wheel: return Wheel\n", "rebound"),
        ("def f():\n    class Wheel: pass\n    return Wheel\n", "rebound"),
        ("def f():\n    def Wheel(): pass\n    return Wheel\n", "rebound"),
        ("def f(x):\n    match x:\n        case Wheel: return Wheel\n", "rebound"),
        ("x: int = 1\n", "unused"),
        ("def f(x: '1 +'): return x\n", "unused"),
        ("def f(): return Wheel\n", "shared-line"),
        ("def f():\n    'doc'; return Wheel\n", "shared-line"),
        ("def f():\n    return Wheel\n\n\ng = f()\n", "runs-at-import"),
        ("class A:\n    def f(self):\n        return Wheel\n\n\nA().f()\n", "runs-at-import"),
        ("class A:\n    def __init__(self):\n        self.x = Wheel\n\n\na = [A() for _ in ()]\n", "runs-at-import"),
        ("def f(g):\n    return Wheel\n\n\n@f\ndef h(): pass\n", "runs-at-import"),
    ],
)
def test_each_use_has_its_reason(function: str, key: str) -> None:
    engine = f"from .wheel import Wheel\n\nEngine = 1\n{function}"
    (one,) = found(
        snapshot({"car/engine.py": engine, "car/wheel.py": "from .engine import Engine\n\nWheel = Engine\n"})
    )
    assert isinstance(one.outcome, Refusal)
    assert one.outcome.detail.startswith("car/engine.py line 1: ")
    reasons = {
        "used-at-import": "needs Wheel to be imported",
        "rebound": "another meaning",
        "unused": "nothing uses",
        "shared-line": "same line",
        "runs-at-import": "while it is imported",
    }
    assert reasons[key] in one.outcome.detail.partition("; ")[0]


@pytest.mark.parametrize(
    "function",
    [
        "def f():\n    x: Wheel = 1\n    return x\n",
        "def f():\n    def g(x: 'Wheel', *y: 'Wheel', z: 'Wheel' = 1) -> 'Wheel':\n        return x\n    return g\n",
    ],
)
def test_annotations_of_variables_in_functions_never_run(function: str) -> None:
    engine = f"from .wheel import Wheel\n\nEngine = 1\n{function}"
    (fix,) = fixes({"car/engine.py": engine, "car/wheel.py": "from .engine import Engine\n\nWheel = Engine\n"})
    assert fix.title == "Import Wheel in car.engine only for type checkers"


def test_annotations_in_nested_functions_run_unless_they_are_put_off() -> None:
    nested = "def f():\n    def g(x: Wheel):\n        return x\n    return g\n"
    plain, deferred = (Uses({"Wheel"}, deferred) for deferred in (False, True))
    for uses in (plain, deferred):
        uses.block(ast.parse(nested).body)
    assert [one.name for one in plain.functions] == ["f"]
    assert not deferred.functions
    assert deferred.annotations == [2]


def test_what_is_called_while_a_module_is_imported() -> None:
    tree = ast.parse(
        "a()\nb.c(d())\n@e\n@f(1)\ndef g(x=h()): i()\nclass J:\n    k()\n@l\nclass M: pass\nlambda: n()\n(o)()()\n"
    )
    assert called(tree) >= {"a", "c", "d", "e", "f", "h", "k", "l", "o"}
    assert called(tree).isdisjoint({"i", "n", "g", "J"})


def test_a_glance_finds_circles_of_any_length_and_no_others() -> None:
    files = {
        "car/a.py": "from .b import B\n",
        "car/b.py": "from car.c import C\n",
        "car/c.py": "from .a import A\n",
        "car/d.py": "from .a import A\nfrom .d import D\nimport car.e\n",
        "car/e.py": "def f():\n    from .d import D\n",
        "car/f.py": "import car.g\n",
        "car/g.py": "import car.f\n",
        "car/sub/__init__.py": "from . import x\n",
        "car/sub/x.py": "from car.sub import NAME\n",
    }
    (package,) = packages(snapshot(files))
    assert set(tight(package)) == {
        frozenset({"car.a", "car.b", "car.c"}),
        frozenset({"car.sub", "car.sub.x"}),
    }


def test_two_circles_are_broken_each_for_itself() -> None:
    one = {"car/engine.py": ENGINE, "car/wheel.py": WHEEL}
    both = {**one, **{path.replace("car/", "car/sub/"): source for path, source in one.items()}}
    assert len(fixes({**both, "car/sub/__init__.py": ""})) == 2


def test_a_package_that_re_exports_is_not_touched() -> None:
    files = {
        "car/__init__.py": "from .engine import Engine\nNAME = 1\n",
        "car/engine.py": "from car import NAME\n\nEngine = NAME\n",
    }
    assert keys(files) == ["used-at-import"]
    assert keys({**files, "car/engine.py": "from car import *\nfrom car import NAME\nEngine = 1\n"}) == ["unused"]


def test_files_that_cannot_be_had_are_in_no_circle() -> None:
    class Closed(Memory):
        def read(self, path: str) -> bytes:
            if "closed" in path:
                raise Opaque("no")
            return super().read(path)

    files = {"car/__init__.py": "", "car/engine.py": ENGINE, "car/wheel.py": WHEEL, "car/closed.py": ""}
    source = Closed({path: File(text.encode()) for path, text in files.items()})
    (one,) = found(Snapshot(source))
    assert isinstance(one.outcome, Refusal)
    assert "car/closed.py takes Wheel" in one.outcome.detail


def test_a_circle_behind_another_is_found_with_it() -> None:
    front = {"car/engine.py": f"from .pump import Pump\n{ENGINE}", "car/wheel.py": WHEEL}
    behind = {"car/pump.py": "from .tank import Tank\n\n\nclass Pump:\n    def fill(self):\n        return Tank\n"}
    behind["car/tank.py"] = WHEEL.replace("engine", "pump").replace("Engine", "Pump").replace("Wheel", "Tank")
    assert {fix.title for fix in fixes({**front, **behind})} == {
        "Import Wheel in car.engine where it is used",
        "Import Tank in car.pump where it is used",
    }


LATENT = {
    "car/m.py": "from . import a\n\nX = a\n\n\nclass M:\n    pass\n",
    "car/a.py": "from . import b\n\n\ndef f():\n    return b.B\n",
    "car/b.py": "from .m import M\n\n\nclass B(M):\n    pass\n",
}
PICKY = {
    "car/b.py": "from .d import D\nfrom .m import M\n\n\nclass B(M):\n    d = D\n",
    "car/c.py": "from . import d\n\n\nclass C(d.D):\n    pass\n",
    "car/d.py": "D = object\nfrom .c import C\n\nX = C\n",
    "car/top.py": "from . import a\nfrom . import c\n\nX = a, c\n",
}


def test_a_cut_that_makes_another_module_fail_is_not_made() -> None:
    plain = list(rule.find(snapshot(LATENT), Options(selected=True)))
    assert [one.outcome.title for one in plain if isinstance(one.outcome, Fix)] == [
        "Import b in car.a where it is used"
    ]
    held = list(rule.find(snapshot({**LATENT, **PICKY}), Options(selected=True)))
    (outcome,) = [one.outcome for one in held if one.path in LATENT and one.message.startswith("import car.m ")]
    assert isinstance(outcome, Refusal)
    assert not found(snapshot({**LATENT, **PICKY}))


@pytest.mark.parametrize(
    "other",
    [
        "from car import engine as e\ne.Wheel\n",
        "def t(m):\n    from car import engine\n    m.setattr(engine, 'Wheel', 1)\n",
    ],
)
def test_names_are_taken_under_other_names_and_by_their_text(other: str) -> None:
    (one,) = found(snapshot({"car/engine.py": ENGINE, "car/wheel.py": WHEEL, "tests/test_a.py": other}))
    assert isinstance(one.outcome, Refusal)
    assert "tests/test_a.py takes Wheel from car.engine" in one.outcome.detail


@pytest.mark.parametrize(
    "engine",
    [
        "from .wheel import Wheel; size = 1\ndef f(wheel=1): return Wheel\n",
        "from .wheel import Wheel; size = 1\ndef f(x: 'Wheel'): return Wheel\n",
        "from .wheel import Wheel, sub; size = 1\ndef f(): return Wheel, sub\n",
        "import car.wheel; size = 1\ndef f(): return car\n",
    ],
)
def test_a_module_stands_for_its_names_only_where_nothing_is_in_its_way(engine: str) -> None:
    wheel = "from .engine import size; Wheel = 1\ndef f(): return size\n"
    files = {"car/engine.py": engine, "car/wheel.py": wheel, "car/wheel/sub.py": ""}
    assert not fixes(files)


def test_edits_of_one_file_by_several_moves_are_told_by_lines() -> None:
    files = {
        "car/engine.py": "import os\nfrom .axle import Axle\nfrom .wheel import Wheel\n\n\nclass Engine:\n"
        "    axle: 'Axle'\n\n    def f(self):\n        return Wheel, os\n",
        "car/wheel.py": WHEEL,
        "car/axle.py": WHEEL.replace("Wheel", "Axle"),
    }
    (fix,) = fixes(files)
    done = snapshot(files).with_changes(fix.changes).text("car/engine.py").text
    assert done == (
        "import os\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from .axle import Axle\n\n\n"
        "class Engine:\n    axle: 'Axle'\n\n    def f(self):\n"
        "        from .wheel import Wheel\n\n        return Wheel, os\n"
    )
