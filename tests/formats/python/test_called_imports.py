"""Imports in functions that a module calls while it is imported."""

from cifix.formats.python.order import Order
from cifix.formats.python.packages import packages
from cifix.model.snapshot import Snapshot


def loaded(engine: str, **others: str) -> tuple[str, ...]:
    sources = {"__init__": "from . import engine\n", "engine": engine, "units": "", **others}
    snapshot = Snapshot.of({f"car/{name}.py": text.encode() for name, text in sources.items()})
    outcome = Order(next(packages(snapshot))).first("car")
    assert outcome.failure is None
    return outcome.loaded


def test_a_function_that_is_called_runs_its_imports() -> None:
    assert "car.units" in loaded("def f():\n    from .units import x\n    return x\ny = f()\n")


def test_so_does_a_function_that_decorates() -> None:
    assert "car.units" in loaded("def f(g):\n    import car.units\n    return g\n@f\ndef h(): pass\n")


def test_a_class_body_calls_too() -> None:
    assert "car.units" in loaded("def f():\n    from . import units\nclass Engine:\n    x = f()\n")


def test_no_function_that_waits_is_called() -> None:
    assert "car.units" not in loaded("def f():\n    from . import units\ndef g():\n    return f()\nh = lambda: f()\n")


def test_nor_one_that_only_the_program_calls() -> None:
    assert "car.units" not in loaded("def f():\n    from . import units\nif __name__ == '__main__':\n    f()\n")


def test_an_import_that_may_not_be_reached_does_not_count() -> None:
    assert "car.units" not in loaded("def f():\n    if f:\n        from . import units\nf()\n")
    assert "car.units" not in loaded("def f():\n    try:\n        from . import units\n    finally:\n        f\nf()\n")


def test_an_import_that_would_fail_does_not_stop_the_module() -> None:
    assert "car.engine" in loaded(
        "def f():\n    from . import units\nf()\nlate = 1\n", units="from .engine import late\n"
    )


def test_the_names_stay_in_the_function() -> None:
    sources = {
        "__init__": "from . import engine\n",
        "engine": "def f():\n    from .units import x\nf()\nfrom . import wheels\nx = 1\n",
        "units": "x = 1\n",
        "wheels": "from .engine import x\n",
    }
    snapshot = Snapshot.of({f"car/{name}.py": text.encode() for name, text in sources.items()})
    failure = Order(next(packages(snapshot))).first("car").failure
    assert failure is not None
    assert (failure.importer, failure.half, failure.name) == ("car.wheels", "car.engine", "x")
