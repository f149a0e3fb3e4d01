"""Packages converted by the rule, imported for real; the cases of the rule are tested with all others."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from cifix.formats import python
from cifix.formats.python.lazy import exports
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.snapshot import Snapshot
from cifix.rules.lazy_init import Options, rule

SELECTED = Options(selected=True)
CAR = {
    "car/__init__.py": (
        '"""A car."""\n\nfrom . import tools\nfrom .engine import Engine, start as ignite\nfrom .globals import WORLD\n'
        'from .broken import Broken\nfrom .wheels import Wheel  # round\n\n__version__ = "1"\n'
    ),
    "car/broken.py": "class Broken:\n    pass\n\n\nNOTHING = Broken.nothing\n",
    "car/engine.py": (
        "from ._oil import Oil\n\nSLOW = sum(range(1_000_000))\n\n\nclass Engine:\n    oil = Oil\n\n\n"
        "def start() -> int:\n    return 1\n"
    ),
    "car/_oil.py": "from .pump import Pump\n\n\nclass Oil:\n    pump = Pump\n",
    "car/pump.py": "class Pump:\n    pass\n",
    "car/globals.py": "WORLD = 1\n",
    "car/tools.py": "WRENCH = 10\n",
    "car/wheels.py": "class Wheel:\n    pass\n",
}
WHOLE = {path: source for path, source in CAR.items() if "broken" not in path} | {
    "car/__init__.py": CAR["car/__init__.py"].replace("from .broken import Broken\n", "")
}


def interpreters() -> Iterator[str]:
    """The running Python, and others that are on PATH and start."""
    yield sys.executable
    for minor in (9, 10, 12, 13, 14, 15):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            yield found


PYTHONS = list(interpreters())


def snapshot(files: Mapping[str, str]) -> Snapshot:
    return Snapshot.of({path: source.encode() for path, source in files.items()})


def found(files: Snapshot, options: Options = SELECTED) -> list[Finding]:
    return list(rule.find(files, options))


def converted(files: Snapshot, options: Options = SELECTED) -> Snapshot:
    for finding in found(files, options):
        if isinstance(finding.outcome, Fix):
            files = files.with_changes(finding.outcome.changes)
    return files


def refused(files: Snapshot, options: Options = SELECTED) -> list[str]:
    return [finding.outcome.key for finding in found(files, options) if isinstance(finding.outcome, Refusal)]


def written(files: Snapshot, root: Path) -> Path:
    for path in files.paths:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(files.read(path))
    return root


def run(python_path: str, root: Path, code: str) -> str:
    done = subprocess.run([python_path, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr[-2000:]


SAME = {
    "star": "from car import *; print(sorted(n for n in globals() if n[0] != '_'))",
    "one name": "from car import Engine; print(Engine.oil.pump)",
    "submodule": "from car import tools; print(tools.WRENCH)",
    "attribute": "import car; print(car.tools.WRENCH, car.ignite(), car.Wheel, car.__version__, car.__doc__)",
    "submodules that came along": "import car; print(car._oil.Oil, car.pump.Pump, car.globals.WORLD)",
    "nonsense": "import car\nprint(getattr(car, 'nope', 0))\ntry: car.nope\nexcept AttributeError as e: print(e)",
    "nonsense by from": "try:\n    from car import nope\nexcept ImportError as e: print(type(e), e)",
    "identity": "import car, car.engine; print(car.Engine is car.engine.Engine is car.Engine)",
    "hasattr": "import car; print([hasattr(car, n) for n in ('Wheel', 'ignite', 'tools', 'pump', 'nope', '_oil')])",
    "pickle": "import car, pickle; print(pickle.loads(pickle.dumps(car.Wheel)) is car.Wheel)",
    "unpickled first": "import pickle; print(pickle.loads(b'ccar\\nWheel\\n.'))",
    "patch": (
        "import car\nfrom unittest import mock\n"
        "with mock.patch('car.Wheel', 5):\n    print(car.Wheel)\nprint(car.Wheel)"
    ),
    "threads": (
        "import car\nfrom concurrent.futures import ThreadPoolExecutor as Pool\nwith Pool(32) as pool:\n"
        "    print(len({id(x) for x in pool.map(lambda _: car.Engine, range(64))}))"
    ),
    "threads and a submodule": (
        "import car, threading\nfound = []\nstart = threading.Barrier(24)\n"
        "def take(n):\n    start.wait()\n    found.append(getattr(car, ('Engine', 'pump', 'ignite')[n % 3]))\n"
        "threads = [threading.Thread(target=take, args=(n,)) for n in range(24)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]; print(len(set(map(id, found))), len(found))"
    ),
    "patched submodule": (
        "from unittest import mock\nwith mock.patch('car.pump.Pump', 1):\n    import car; print(car.pump.Pump)"
    ),
    "spawned": (
        "import car, pickle, subprocess, sys\ndata = pickle.dumps(car.Engine)\n"
        "code = 'import pickle, sys; print(pickle.loads(sys.stdin.buffer.read()).__qualname__)'\n"
        "print(subprocess.run([sys.executable, '-c', code], input=data, capture_output=True).stdout)"
    ),
    "members": "import car, inspect; print([n for n, _ in inspect.getmembers(car) if n[0] not in '_T'])",
    "first submodule": "import car.engine; print(car.engine.Engine.oil)",
}


@pytest.mark.parametrize("interpreter", PYTHONS)
@pytest.mark.parametrize("name", SAME)
def test_a_converted_package_behaves_as_before(name: str, interpreter: str, tmp_path: Path) -> None:
    before = snapshot(WHOLE)
    after = converted(before)
    assert after.differences(before) == ("car/__init__.py",)
    told = [
        run(interpreter, written(each, tmp_path / word), SAME[name]) for word, each in (("a", before), ("b", after))
    ]
    assert told[0].replace("/a/", "/b/").replace("line 1", "") == told[1].replace("line 1", "")
    assert told[1].strip()


@pytest.mark.parametrize("interpreter", PYTHONS)
def test_a_converted_package_loads_nothing_until_it_is_asked(interpreter: str, tmp_path: Path) -> None:
    root = written(converted(snapshot(WHOLE)), tmp_path)
    listed = "print(sorted(m for m in sys.modules if m.partition('.')[0] == 'car'))"
    assert run(interpreter, root, f"import sys, car; {listed}") == "['car']\n"
    assert run(interpreter, root, f"import sys, car; dir(car); car.Wheel; {listed}") == "['car', 'car.wheels']\n"
    cached = "import car; car.Wheel; print('Wheel' in vars(car), 'Engine' in vars(car), 'Engine' in dir(car))"
    assert run(interpreter, root, cached) == "True False True\n"


@pytest.mark.parametrize("interpreter", PYTHONS)
def test_an_attribute_error_inside_a_submodule_is_not_taken_for_a_missing_name(
    interpreter: str, tmp_path: Path
) -> None:
    root = written(converted(snapshot(CAR)), tmp_path)
    told = run(interpreter, root, "import car; hasattr(car, 'Broken')")
    assert "AttributeError: type object 'Broken' has no attribute 'nothing'" in told
    assert told.endswith(
        "ImportError: cannot import name 'Broken' from 'car': type object 'Broken' has no attribute 'nothing'\n"
    )


@pytest.mark.parametrize("interpreter", PYTHONS)
def test_a_cured_cycle_imports(interpreter: str, tmp_path: Path) -> None:
    files = snapshot(
        {
            "car/__init__.py": "from .engine import Engine\nfrom .wheels import Wheel\n",
            "car/engine.py": "from car import Wheel\n\n\nclass Engine:\n    drives = Wheel\n",
            "car/wheels.py": "class Wheel:\n    pass\n",
        }
    )
    code = "import car; print(car.Engine.drives)"
    assert "partially initialized module" in run(interpreter, written(files, tmp_path / "a"), code)
    cured = converted(files, Options())
    assert run(interpreter, written(cured, tmp_path / "b"), code) == "<class 'car.wheels.Wheel'>\n"
    assert not found(cured, Options())


USE = """import car
from car import Engine, ignite, tools

engine: Engine = Engine()
number: int = ignite()
wheel: car.Wheel = car.Wheel()
wrench: int = tools.WRENCH
car.nope
"""


def pyright() -> str | None:
    """Pyright, or the build of it that brings all it needs as a wheel; beside the running Python, or on PATH."""
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return shutil.which("basedpyright", path=beside) or shutil.which("pyright", path=beside)


def test_mypy_sees_every_name_and_rejects_others(tmp_path: Path) -> None:
    root = written(converted(snapshot({**WHOLE, "use.py": USE})), tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "use.py"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[:-1] == ['use.py:8: error: Module has no attribute "nope"  [attr-defined]']


@pytest.mark.skipif(pyright() is None, reason="neither basedpyright nor pyright is installed")
def test_pyright_sees_every_name_and_rejects_others(tmp_path: Path) -> None:
    settings = json.dumps({"typeCheckingMode": "strict"})
    root = written(converted(snapshot({**WHOLE, "use.py": USE, "pyrightconfig.json": settings})), tmp_path)
    command = [pyright() or "", "--outputjson", "use.py"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    errors = [found for found in json.loads(done.stdout)["generalDiagnostics"] if found["severity"] == "error"]
    places = [(found["range"]["start"]["line"], found["rule"]) for found in errors]
    assert (7, "reportAttributeAccessIssue") in places
    assert {line for line, _ in places} == {7}


def test_formatter_and_linter_have_nothing_to_say(tmp_path: Path) -> None:
    root = written(converted(snapshot(WHOLE)), tmp_path)
    for command in (["format", "--diff"], ["check", "--select", "E,F,W", "--ignore", "E402"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "120", "car/__init__.py"],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_the_same_names_are_offered_and_a_second_run_finds_nothing() -> None:
    before = snapshot(WHOLE)
    after = converted(before)
    assert exports(before.parsed("car/__init__.py", python.parse).tree) == exports(
        after.parsed("car/__init__.py", python.parse).tree
    )
    assert not found(after)


def test_a_fix_is_for_review_and_says_what_it_does() -> None:
    (finding,) = found(snapshot(WHOLE))
    assert isinstance(finding.outcome, Fix)
    assert finding.outcome.safety is Safety.REVIEW
    assert finding.outcome.title == "Import 5 names of car on first use"
    one = found(snapshot({"p/__init__.py": "from .a import A\n", "p/a.py": "A = 1\n"}))
    assert isinstance(one[0].outcome, Fix)
    assert one[0].outcome.title == "Import A of p on first use"


def test_a_module_on_disk_only_is_told_from_a_cycle_without_being_asked() -> None:
    sources = {
        "p/__init__.py": b"import os\nfrom .a import A\nfrom . import labels, os\n",
        "p/a.py": b"from p import labels\nA = 1\n",
    }
    (finding,) = found(Snapshot.of(sources, {"p/labels.py": b""}), Options())
    assert isinstance(finding.outcome, Refusal)
    assert finding.outcome.key == "missing-module"
    assert finding.message == "a clean checkout has no p.labels"
    assert not found(Snapshot.of(sources), Options())


def test_a_cycle_in_a_package_with_missing_modules_is_not_believed() -> None:
    files = {
        "p/__init__.py": "from .gone import G\nfrom .a import A\nfrom .b import B\n",
        "p/a.py": "from p import B\nA = B\n",
        "p/b.py": "B = 1\n",
    }
    assert refused(snapshot(files), Options()) == ["missing-module"]


@pytest.mark.parametrize(
    ("init", "others", "key"),
    [
        ("f = lambda: A\n", {}, "used-in-function"),
        ("__all__ = ['A'] + list(A)\n", {}, "dynamic-all"),
        ("", {"c.py": "import atexit\natexit.register(print)\n", "a.py": "from p import B, c\nA = B\n"}, "side-effect"),
        ("", {"a.py": "from p import B\nA = B\n", "b.py": "from p import A\nB = A\n"}, "cycle-remains"),
    ],
)
def test_a_cycle_that_cannot_be_cured_says_why(init: str, others: dict[str, str], key: str) -> None:
    files = {
        "__init__.py": f"from .a import A\nfrom .b import B\n{init}",
        "a.py": "from p import B\nA = B\n",
        "b.py": "B = 1\n",
    }
    tree = snapshot({f"p/{name}": source for name, source in {**files, **others}.items()})
    assert refused(tree, Options()) == [key]
    assert not converted(tree, Options()).differences(tree)


def test_one_cycle_is_reported_once_however_many_packages_run_into_it() -> None:
    files = {
        "p/__init__.py": "from .a import A\nfrom .b import B\nA.x\n",
        "p/a.py": "from p import B\nA = B\n",
        "p/b.py": "B = 1\n",
        "p/q/__init__.py": "from p import A\n",
    }
    assert refused(snapshot(files), Options()) == ["used-at-import"]


def test_what_keeps_the_most_modules_importable_is_kept() -> None:
    files = {
        "p/__init__.py": "from .a import A\nfrom .b import B\nfrom .c import C\n__all__ = ['A', 'B', 'C']\n",
        "p/a.py": "A = 1\nfrom .b import B\n",
        "p/b.py": "from .a import A\nB = A\n",
        "p/c.py": "C = 1\n",
    }
    before = snapshot(files)
    assert refused(before) == ["latent-cycle", "loaded-anyway"]
    after = converted(before)
    assert "from .a import A\nfrom .b import B\n" in after.text("p/__init__.py").text
    assert not converted(after).differences(after)


def text_after(files: dict[str, str]) -> str:
    return converted(snapshot(files)).text("p/__init__.py").text


def test_a_flag_for_type_checkers_that_the_file_sets_itself_is_used() -> None:
    files = {"p/__init__.py": "TYPE_CHECKING = False\nfrom .a import A\n__all__ = ['A']\n", "p/a.py": "A = 1\n"}
    assert text_after(files).startswith("TYPE_CHECKING = False\n\nif TYPE_CHECKING:\n    from .a import A as A\n")


def test_an_import_of_typing_names_is_no_flag() -> None:
    files = {
        "p/__init__.py": "from typing import Any\n\nfrom .a import A\n__all__ = ['A', 'Any']\n",
        "p/a.py": "A = 1\n",
    }
    assert "\nTYPE_CHECKING = False\nif TYPE_CHECKING:\n" in text_after(files)


def test_a_submodule_of_the_table_gets_no_second_entry_when_it_is_exported_by_name() -> None:
    files = {"p/__init__.py": "from .a import A\n__all__ = ['A']\n", "p/a.py": "A = 1\n"}
    lazy = text_after(files)
    more = text_after({**files, "p/__init__.py": f"{lazy}from . import a\n"})
    assert more == lazy.replace("    from .a import A as A\n", "    from .a import A as A\n    from . import a as a\n")


def test_computed_imports_and_no_list_of_names_leave_a_star_import_unknown() -> None:
    source = "import importlib\nA = importlib.import_module('p.' + 'b')\n"
    files = {"p/__init__.py": "from .a import A\n", "p/a.py": source, "p/b.py": ""}
    assert refused(snapshot(files)) == ["no-star-list"]


@pytest.mark.parametrize("name", ["__path__", "_LAZY"])
def test_names_that_serve_python_or_the_table_are_not_moved(name: str) -> None:
    files = {"p/__init__.py": f"from .a import A as {name}\n__all__ = []\n", "p/a.py": "A = 1\n"}
    assert refused(snapshot(files)) in (["submodule-clash"], ["existing-getattr"])
    assert not converted(snapshot(files)).differences(snapshot(files))


MINIMAL = b"""[project]
name = "p"
version = "1"

[project.optional-dependencies]
fast = ["surely-not-there"]
"""


@pytest.mark.parametrize("interpreter", PYTHONS)
def test_a_package_that_needs_an_extra_imports_without_it(interpreter: str, tmp_path: Path) -> None:
    sources = {
        "p/__init__.py": b"from .a import A\nfrom .fast import go\n__all__ = ['A', 'go']\n",
        "p/a.py": b"A = 1\n",
        "p/fast.py": b"from surely_not_there.x import y\nimport os\n\n\ndef go():\n    return y\n",
    }
    files = Snapshot.of({**sources, "pyproject.toml": MINIMAL})
    (finding,) = found(files, Options())
    assert finding.message == (
        "import p fails without an extra: p.fast line 1 needs surely_not_there, of surely-not-there"
    )
    code = "import p; print(p.A)\ntry: p.go\nexcept ImportError as e: print(e)"
    assert run(interpreter, written(files, tmp_path / "a"), code).endswith("No module named 'surely_not_there'\n")
    after = written(converted(files, Options()), tmp_path / "b")
    assert run(interpreter, after, code) == "1\nNo module named 'surely_not_there'\n"
    assert not found(converted(files, Options()), Options())
    assert not found(Snapshot.of(sources), Options())


def test_mocks_of_a_name_reach_the_functions_that_import_it(tmp_path: Path) -> None:
    files = {
        "p/__init__.py": "from .a import A\n\n\ndef f():\n    return A\n\n\n__all__ = ['A', 'f']\n",
        "p/a.py": "A = 1\n",
    }
    code = "import p\nfrom unittest import mock\nwith mock.patch('p.A', 5): print(p.f())\nprint(p.f())"
    assert run(sys.executable, written(converted(snapshot(files)), tmp_path), code) == "5\n1\n"


def test_a_table_of_lazy_loader_is_left_alone() -> None:
    project = b"[project]\nname = 'p'\ndependencies = ['lazy-loader']\n"
    files = {"p/__init__.py": b"from .a import A\n__all__ = ['A']\n", "p/a.py": b"A = 1\n", "p/b.py": b"B = 1\n"}
    after = converted(Snapshot.of({**files, "pyproject.toml": project}))
    source = after.text("p/__init__.py").text
    assert "_lazy_loader.attach(" in source
    assert not found(after)
    more = Snapshot.of({**files, "p/__init__.py": f"{source}from .b import B\n".encode(), "pyproject.toml": project})
    assert refused(more) == ["existing-getattr"]
