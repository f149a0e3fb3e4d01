"""Where first-party modules lie, by path and by dotted name, and what an import statement asks for."""

import pytest

from cifix.formats.python.imports import imports
from cifix.formats.python.order import Order
from cifix.formats.python.packages import Package, Packages, Target, module_stem, packages
from cifix.model.snapshot import Snapshot
from cifix.model.text import Text


def asked(packages: Packages, importer: str, source: str) -> list[tuple[str, bool]]:
    (statement,) = imports(Text.decode(source.encode(), cookie=True))
    return [(target.stem, target.certain) for target in packages.targets(importer, statement)]


def found(files: dict[str, str]) -> list[Package]:
    return list(packages(Snapshot.of({path: source.encode() for path, source in files.items()})))


@pytest.mark.parametrize(
    ("path", "stem"),
    [
        *(("a/b.py", "a/b"), ("a/b.pyi", "a/b"), ("a/b.cpython-312-x86_64-linux-gnu.so", "a/b"), ("b.pyx.in", "b")),
        *(("a/__init__.py", "a/__init__"), ("a/b.pyc", None), ("a/b.txt", None), ("py", None)),
    ],
)
def test_modules_are_known_by_their_endings(path: str, stem: str | None) -> None:
    assert module_stem(path) == stem


TREE = Packages(
    [
        *("setup.py", "pkg/__init__.py", "pkg/core.py", "pkg/lib/fast.pyx", "pkg/sub/__init__.py", "pkg/sub/deep/m.py"),
        *("libs/one/pyproject.toml", "libs/one/src/space/part/m.py", "libs/one/src/solo.py", "my-data/x.py"),
        *("scripts/run.py", "scripts/tool.py", "tests/test_core.py", "other/pkg2/__init__.py", "pkg/sub/pkg.py"),
    ],
    ["models/net.py"],
)


def test_roots_are_where_packages_and_projects_lie() -> None:
    assert TREE.roots == {"", "libs/one", "libs/one/src", "other"}


@pytest.mark.parametrize(
    ("folder", "importable"),
    [
        *(("pkg", True), ("pkg/lib", True), ("pkg/sub/deep", True), ("libs/one/src/space/part", True)),
        *(("libs/one/src", False), ("scripts", False), ("pkg/my-data", False), ("", False), ("models", False)),
    ],
)
def test_a_folder_is_importable_in_a_package_or_below_the_src_of_a_project(folder: str, *, importable: bool) -> None:
    assert TREE.importable(folder) is importable


@pytest.mark.parametrize(
    ("importer", "source", "targets"),
    [
        ("pkg/core.py", "import pkg.lib.slow", [("pkg", True), ("pkg/lib", True), ("pkg/lib/slow", True)]),
        (
            "pkg/core.py",
            "from pkg.lib import a, b",
            [("pkg", True), ("pkg/lib", True), ("pkg/lib/a", False), ("pkg/lib/b", False)],
        ),
        ("pkg/core.py", "from pkg.lib import *", [("pkg", True), ("pkg/lib", True)]),
        ("pkg/core.py", "from pkg.core import x", [("pkg", True), ("pkg/core", True)]),
        ("pkg/core.py", "from .lib import fast", [("pkg/lib", True), ("pkg/lib/fast", False)]),
        ("pkg/__init__.py", "from . import lib", [("pkg/lib", False)]),
        ("pkg/sub/__init__.py", "from ..lib import fast", [("pkg/lib", True), ("pkg/lib/fast", False)]),
        ("pkg/sub/__init__.py", "import pkg", [("pkg", True)]),
        ("pkg/core.py", "from ..x import y", []),
        ("scripts/run.py", "from .tool import y", []),
        ("scripts/run.py", "import tool", [("scripts/tool", True)]),
        ("tests/test_core.py", "import space.part", [("libs/one/src/space", True), ("libs/one/src/space/part", True)]),
        ("tests/test_core.py", "import models.net", [("models", True), ("models/net", True)]),
        ("tests/test_core.py", "import numpy.lib", []),
    ],
)
def test_an_import_asks_for_first_party_stems(importer: str, source: str, targets: list[tuple[str, bool]]) -> None:
    assert asked(TREE, importer, source) == targets


def test_a_stem_exists_as_a_module_in_any_form_or_as_a_folder_of_modules() -> None:
    assert all(TREE.exists(stem) for stem in ("pkg", "pkg/core", "pkg/lib", "pkg/lib/fast", "models/net"))
    assert not any(TREE.exists(stem) for stem in ("pkg/lib/slow", "lib", ""))
    assert (TREE.plain("pkg/core"), TREE.plain("pkg/sub")) == (True, False)
    assert Target("a", certain=True) != Target("a", certain=False)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"car/__init__.py": "from car.wheel import x"}, {"car": ""}),
        ({"src/car/__init__.py": "", "pyproject.toml": ""}, {"car": "src"}),
        ({"src/car/__init__.py": ""}, {"car": "src"}),
        ({"src/space/car/__init__.py": "", "pyproject.toml": ""}, {"space.car": "src"}),
        ({"src/native/car/__init__.py": "import car.wheel\n", "pyproject.toml": ""}, {"car": "src/native"}),
        ({"src/native/car/__init__.py": ""}, {"car": "src/native"}),
        ({"space/car/__init__.py": "", "space/car/wheel.py": "from space.car import x\n"}, {"space.car": ""}),
        ({"space/car/__init__.py": "'from space.car import x'\n"}, {"car": "space"}),
        ({"lib/a/b/car/__init__.py": "import a.b.car.wheel as w\n"}, {"a.b.car": "lib"}),
        ({"my-libs/a/car/__init__.py": "from a.car import x\n"}, {"a.car": "my-libs"}),
        ({"one/car/__init__.py": "import one.car\n", "one/setup.py": ""}, {"car": "one"}),
        (
            {
                f"libs/{name}/{file}": ""
                for name in ("one", "two")
                for file in ("pyproject.toml", f"src/{name}/__init__.py")
            },
            {"one": "libs/one/src", "two": "libs/two/src"},
        ),
        ({"one/my-car/__init__.py": ""}, {}),
        ({"stubs/car/__init__.pyi": ""}, {}),
    ],
)
def test_packages_are_called_as_they_are_imported(files: dict[str, str], names: dict[str, str]) -> None:
    assert {package.name: package.root for package in found(files)} == names


def test_the_modules_of_a_namespace_are_called_in_full() -> None:
    (car,) = found(
        {"space/car/__init__.py": "", "space/car/wheel.py": "import space.car.engine\n", "space/car/a/b.py": ""}
    )
    assert dict(car.modules) == {
        "space.car": "space/car/__init__.py",
        "space.car.a": None,
        "space.car.a.b": "space/car/a/b.py",
        "space.car.wheel": "space/car/wheel.py",
    }


def test_a_circle_below_a_namespace_is_seen_by_its_full_name() -> None:
    (car,) = found(
        {
            "src/space/car/__init__.py": "",
            "src/space/car/engine.py": "from space.car.wheel import Wheel\nclass Engine: pass\n",
            "src/space/car/wheel.py": "from space.car.engine import Engine\nclass Wheel: pass\n",
        }
    )
    assert sorted(Order(car).failures()) == ["space.car.engine", "space.car.wheel"]
