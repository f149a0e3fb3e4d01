"""Logs of steps that failed for their tests: nothing is confirmed there, and no fix is offered.

All of it is made up; each log holds words that another failure would print.
"""

from collections.abc import Mapping

import pytest

from cifix.diagnosis.catalogue import Verdict
from tests.diagnosis.held import log, told

CHECKOUT: Mapping[str, str] = {
    ".github/workflows/ci.yml": (
        "on: push\njobs:\n  test:\n    runs-on: ubuntu-20.04\n    steps:\n      - uses: actions/checkout@v6\n"
        "      - uses: astral-sh/setup-uv@v7\n      - run: uv sync --dev\n      - run: uv run pytest test/unit\n"
        "      - uses: actions/upload-artifact@v3\n        with: {name: a, path: a}\n"
    ),
    ".pre-commit-config.yaml": (
        "repos:\n  - repo: local\n    hooks:\n      - {id: x, name: x, entry: python x.py, language: system}\n"
    ),
    ".gitignore": "lib/\n",
    "pyproject.toml": (
        '[project]\nname = "car"\nversion = "1"\n\n[project.optional-dependencies]\ntest = ["pytest", "PyYAML"]\n\n'
        "[tool.pytest.ini_options]\naddopts = '--strict-markers'\n"
    ),
    "x.py": "",
    "car/__init__.py": "",
    "car/load.py": "try:\n    import yaml\nexcept ImportError:\n    yaml = None\nfrom car import lib\n",
    "car/wheels.py": "",
    "tests/unit/test_a.py": "import pytest\n\n\n@pytest.mark.slow\ndef test_a():\n    assert 1\n",
}

PYTEST = """
============================= test session starts ==============================
platform linux -- Python 3.13.1, pytest-9.0.1, pluggy-1.6.0
rootdir: /home/runner/work/car/car
configfile: pyproject.toml
collected 12 items

tests/unit/test_load.py ..F.........                                     [100%]

=================================== FAILURES ===================================
________________________________ test_something ________________________________

    def test_something():
        got = load("x")
{}

tests/unit/test_load.py:14: {}
=========================== short test summary info ============================
FAILED tests/unit/test_load.py::test_something - {}
========================= 1 failed, 11 passed in 0.42s =========================
"""


def failing(body: str, kind: str = "AssertionError", told: str = "assert 3 == 4") -> str:
    return PYTEST.format(body, kind, told)


def captured(*lines: str, kind: str = "stdout") -> str:
    text = "\n".join(lines)
    return failing(
        f">       assert got == 4\nE       assert 3 == 4\n----------------------------- Captured {kind} call "
        f"-----------------------------\n{text}"
    )


UNITTEST = """
...E.F
======================================================================
ERROR: test_ghost (tests.test_load.LoadTest.test_ghost)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/home/runner/work/car/car/tests/test_load.py", line 9, in test_ghost
    load("car.plugins.ghost")
  File "/home/runner/work/car/car/car/load.py", line 20, in load
    return import_module(name)
ModuleNotFoundError: No module named 'car.plugins.ghost'

======================================================================
FAIL: test_message (tests.test_load.LoadTest.test_message)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/home/runner/work/car/car/tests/test_load.py", line 15, in test_message
    self.assertIn("No module named 'yaml'", str(caught))
AssertionError: "No module named 'yaml'" not found in "ModuleNotFoundError: No module named 'toml'"

----------------------------------------------------------------------
Ran 6 tests in 0.012s

FAILED (failures=1, errors=1)
"""
NOSE = """
..F
======================================================================
FAIL: tests.test_load.test_retry
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/nose/case.py", line 198, in runTest
    self.test(*self.arg)
  File "/home/runner/work/car/car/tests/test_load.py", line 4, in test_retry
    assert fetch("http://localhost:1") is None
AssertionError:
-------------------- >> begin captured logging << --------------------
car.load: WARNING: Connection refused, Read timed out, 503 Service Unavailable
car.load: ERROR: ModuleNotFoundError: No module named 'yaml'
--------------------- >> end captured logging << ---------------------
----------------------------------------------------------------------
Ran 3 tests in 0.1s

FAILED (failures=1)
"""
DOCTEST = """
**********************************************************************
File "car/load.py", line 12, in car.load.load
Failed example:
    load("nothing")
Expected:
    Traceback (most recent call last):
    ModuleNotFoundError: No module named 'nothing'
Got:
    Traceback (most recent call last):
    ModuleNotFoundError: No module named 'car.nothing'
**********************************************************************
1 items had failures:
   1 of   4 in car.load.load
***Test Failed*** 1 failures.
"""
CHAINED = (
    ">           import yaml\nE           ModuleNotFoundError: No module named 'yaml'\n\ncar/load.py:2: "
    "ModuleNotFoundError\n\nDuring handling of the above exception, another exception occurred:\n\n"
    ">       assert load() == 4\nE       AssertionError: load() gave 3"
)
SNAPSHOT = (
    ">       assert output == snapshot\nE       AssertionError: assert [+ received] == [- snapshot]\n"
    "E         '''\nE       - ModuleNotFoundError: No module named 'yaml'\n"
    "E       + ModuleNotFoundError: No module named 'car.lib.a'\nE         '''"
)
RETIRED = "This request has been automatically failed because it uses a deprecated version of `actions/upload-artifact"

LOGS: Mapping[str, str] = {
    "an assertion": failing(">       assert got == 4\nE       assert 3 == 4"),
    "a module that is wanted by name": failing(
        ">       import_module(name)\nE       ModuleNotFoundError: No module named 'car.plugins.ghost'",
        "ModuleNotFoundError",
        "ModuleNotFoundError: No module named 'car.plugins.ghost'",
    ),
    "an exception behind another": failing(CHAINED, "AssertionError", "AssertionError: load() gave 3"),
    "a message in an assertion": failing(
        ">       assert 'car' in message\nE       assert 'car' in \"ModuleNotFoundError: No module named 'car.lib'\""
    ),
    "a message that was raised with another": failing(
        ">       with pytest.raises(KeyError):\nE       Failed: ModuleNotFoundError: No module named 'car.lib.a'",
        "Failed",
        "Failed: ModuleNotFoundError: No module named 'car.lib.a'",
    ),
    "a pattern that did not match": failing(
        "E       AssertionError: Regex pattern did not match.\nE        Regex: 'no such'\n"
        "E        Input: \"ModuleNotFoundError: No module named 'car.lib.a'\""
    ),
    "a snapshot": failing(SNAPSHOT),
    "a spawn failure that a test printed": captured("error: Failed to spawn: `pytest`", "  Caused by: No such file"),
    "a retired action that a test printed": captured(f"##[error]{RETIRED}: v3`."),
    "markers that a test printed": captured("'slow' not found in `markers` configuration option", kind="stderr"),
    "a missing module that a test logged": captured(
        "ERROR    car:load.py:3 ModuleNotFoundError: No module named 'car.lib.a'", kind="log"
    ),
    "another program's usage": captured("usage: car [-h]", "car: error: unrecognized arguments: --cov=x"),
    "a hook that a test printed": captured("- exit code: 1", "Executable `python` not found"),
    "a path that a test printed": captured("ERROR: file or directory not found: test/unit"),
    "network in a test": failing(
        ">       fetch()\nE       ConnectionRefusedError: [Errno 111] Connection refused",
        "ConnectionRefusedError",
        "Conn",
    ),
    "a full disk in a test": failing(
        ">       save()\nE       OSError: [Errno 28] No space left on device", "OSError", "OSError: [Errno 28]"
    ),
    "unittest": UNITTEST,
    "nose": NOSE,
    "doctest": DOCTEST,
    "what a test prints without being captured": "car: error: unrecognized arguments: --timeout=3\n"
    "error: Failed to spawn: `pytest`\nERROR: file or directory not found: test/unit\n"
    "car.load: ModuleNotFoundError: No module named 'car.lib.a'\n" + UNITTEST,
    "a test's own error in set-up": "ERROR tests/unit/test_load.py::test_x - OSError: no such place\n"
    "=================== 1 error in 0.10s ===================",
    "coverage": "FAIL Required test coverage of 90% not reached. Total coverage: 71.20%",
    "types": 'car/a.py:3: error: Incompatible types in assignment (expression has type "int")  [assignment]\n'
    "Found 1 error in 1 file (checked 30 source files)",
    "a crash in the code itself": 'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    f()\n'
    "TypeError: f() missing 1 required positional argument: 'x'",
    "a segmentation fault": "Fatal Python error: Segmentation fault\n##[error]Process completed with exit code 139.",
}


@pytest.mark.parametrize("text", LOGS.values(), ids=list(LOGS))
def test_failing_tests_confirm_nothing_and_are_given_no_fix(text: str) -> None:
    diagnosis = told(CHECKOUT, log(*text.strip("\n").split("\n")))
    assert diagnosis.rules == ()
    assert [cause.id for cause in diagnosis.causes if cause.verdict is Verdict.CONFIRMED or cause.fixes] == []
    assert diagnosis.coming, "the checkout does have findings"


def test_what_the_logs_hint_at_would_be_confirmed_if_it_were_said_for_real() -> None:
    lines = ("error: Failed to spawn: `pytest`", "E   ModuleNotFoundError: No module named 'car.lib'")
    for line in lines:
        (cause,) = told(CHECKOUT, log(line)).causes
        assert cause.verdict is Verdict.CONFIRMED, line


def test_an_echo_of_the_last_line_of_a_traceback_is_no_second_fact() -> None:
    line = "ModuleNotFoundError: No module named 'car.lib'"
    diagnosis = told(CHECKOUT, log(f"E   {line}", f"##[error]{line}", f"##[error]    raise {line}"))
    assert len(diagnosis.causes) == 1
    assert len(diagnosis.failures[0].facts) == 1


def test_the_parent_that_could_not_be_imported_is_no_cause() -> None:
    diagnosis = told(CHECKOUT, log("E   ModuleNotFoundError: No module named 'car.lib'", "E   KeyError: 'car'"))
    assert [cause.id for cause in diagnosis.causes] == ["module-missing:car.lib"]
