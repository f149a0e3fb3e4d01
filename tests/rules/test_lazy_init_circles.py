"""Packages that an import cycle could catch, found without parsing."""

import pytest

from cifix.formats.python.packages import packages
from cifix.model.snapshot import Snapshot
from cifix.rules.lazy_init.circles import endangered

CYCLE = {"car/__init__.py": "from .engine import Engine\nspeed = 1\n", "car/engine.py": "from . import speed\n"}


def caught(**files: str) -> list[str]:
    return found({f"car/{name}.py": text for name, text in files.items()})


def found(files: dict[str, str]) -> list[str]:
    package = next(packages(Snapshot.of({path: text.encode() for path, text in files.items()})))
    inits = [name for name, path in package.modules.items() if path and path.endswith("__init__.py")]
    return sorted(endangered(package, inits))


@pytest.mark.parametrize(
    "taking",
    [
        "from . import speed",
        "from car import speed",
        "from . import (\n    engine,  # ) not the end\n    speed,\n)",
        "from . import engine, \\\n    speed",
        "from \\\n    . import speed",
        "from.import speed as s",
        "x = 1; from . import speed",
        "try:\n    from . import speed\nexcept ImportError:\n    raise",
        "class Engine:\n    from . import speed",
        "if True: from . import speed",
        'try:\n    text = """\ndef f():"""\n    from . import speed\nfinally:\n    pass',
        "def f():\n    pass\nif f:\n    from . import speed",
    ],
)
def test_a_module_that_takes_a_name_of_a_package_which_loads_it(taking: str) -> None:
    assert found({**CYCLE, "car/engine.py": f"{taking}\n"}) == ["car"]
    assert found({**CYCLE, "car/engine.py": f"{taking}\n".replace("\n", "\r\n")}) == ["car"]


@pytest.mark.parametrize(
    "taking",
    [
        "from . import engine",
        "from . import *",
        "import car",
        "from other import speed",
        "from ..... import speed",
        "def f():\n    from . import speed",
        "def f(\n    a,\n):\n    # why\n\n    from . import speed",
        "class Engine:\n    async def f(self):\n        if self:\n            from . import speed",
        "if typing.TYPE_CHECKING:\n    from . import speed",
        "'''\n>>> from . import speed\n'''",
    ],
)
def test_no_module_that_cannot_fail_or_takes_it_later(taking: str) -> None:
    assert found({**CYCLE, "car/engine.py": f"{taking}\n"}) == []


def test_a_package_that_loads_nothing_is_never_half_imported() -> None:
    assert caught(__init__="speed = 1\n", engine="from . import speed\n") == []


def test_parents_started_before_and_do_not_run_again() -> None:
    files = {
        "car/__init__.py": "from .parts import wheel\nfrom .engine import Engine\n",
        "car/parts/__init__.py": "from .wheels import wheel\n",
        "car/parts/wheels.py": "import car\nwheel = 1\n",
        "car/engine.py": "from .parts import wheel\n",
    }
    assert found(files) == []


def test_all_packages_whose_import_leads_to_the_one_that_is_caught() -> None:
    files = {
        "car/__init__.py": "",
        "car/a/__init__.py": "from car.b import x\n",
        "car/b/__init__.py": "import car.b.inner\nx = 1\n",
        "car/b/inner.py": "from car.b import x\n",
        "car/c/__init__.py": "",
    }
    assert found(files) == ["car.a", "car.b"]


def test_a_file_that_takes_from_itself() -> None:
    assert caught(__init__="from . import speed\nspeed = 1\n") == ["car"]


def test_lazy_names_may_lead_anywhere() -> None:
    assert caught(__init__='_LAZY = {"x": (".engine", "x")}\n', engine="") == ["car"]
