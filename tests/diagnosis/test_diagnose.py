import io
from contextlib import nullcontext

import pytest

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.checkout import tails
from cifix.logs.collect import Log
from cifix.model.finding import Refusal
from cifix.model.history import History
from tests.diagnosis.held import EXIT, log, only, told

PACKAGE = {"car/__init__.py": b"", "car/wheels.py": b"", "pyproject.toml": b'[project]\nname = "car"\nversion = "1"\n'}


WORKFLOW = """on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/upload-artifact@v3
        with: {name: a, path: a}
"""
DEAD = "##[error]This request has been automatically failed because it uses a deprecated version of "


def test_a_retired_action_is_confirmed_by_the_workflow_that_names_it() -> None:
    files = {".github/workflows/ci.yml": WORKFLOW.encode()}
    diagnosis = told(files, log(f"{DEAD}`actions/upload-artifact: v3`."))
    cause = only(diagnosis)
    assert (cause.verdict, cause.rules, diagnosis.rules) == (
        Verdict.CONFIRMED,
        ("upgrade-artifacts",),
        ("upgrade-artifacts",),
    )
    assert cause.evidence[0].place == "test.txt:2"


def test_one_that_no_workflow_names_comes_from_another_action() -> None:
    files = {".github/workflows/ci.yml": WORKFLOW.replace("@v3", "@v4").encode()}
    cause = only(told(files, log(f"{DEAD}`actions/upload-artifact: v3`.")))
    assert (cause.verdict, cause.findings) == (Verdict.UNCONFIRMED, ())
    assert "another action brings it along" in cause.advice


def test_without_a_checkout_nothing_is_confirmed() -> None:
    diagnosis = told(None, log(f"{DEAD}`actions/upload-artifact: v3`."))
    assert (only(diagnosis).verdict, diagnosis.rules, diagnosis.checked) == (Verdict.UNCONFIRMED, (), False)
    assert only(diagnosis).advice.startswith("hold it against a checkout")


GUESS = (
    "ImportError: cannot import name 'lib' from partially initialized module 'car' (most likely due to a circular "
    "import) (/w/car/car/__init__.py)"
)


def test_a_guessed_circle_is_contradicted_with_the_ignoring_line() -> None:
    files = {**PACKAGE, "car/__init__.py": b"from . import lib\n", ".gitignore": b"*.pyc\nlib.py\n"}
    cause = only(told(files, log(GUESS)))
    assert cause.verdict is Verdict.CONFIRMED
    assert cause.instead == (
        "The interpreter guesses a circular import. There is none: "
        "car/lib.py is not in git (.gitignore:2 `lib.py`), and "
        "car/__init__.py:1 imports it."
    )


def test_a_guess_is_not_contradicted_where_the_module_is_there() -> None:
    files = {**PACKAGE, "car/lib.py": b"from . import wheels\n"}
    cause = only(told(files, log(GUESS)))
    assert (cause.instead, cause.verdict) == (None, Verdict.UNCONFIRMED)


IMPORTS = {
    **PACKAGE,
    "car/wheels.py": b"X = 1\n",
    "car/use.py": b"from car.wheels import gone\nfrom car import engine\nimport car.oil\n",
}


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("E   ImportError: cannot import name 'gone' from 'car.wheels' (/w/car/car/wheels.py)", "missing-name"),
        ("E   ModuleNotFoundError: No module named 'car.oil'", "missing-module"),
        (GUESS.replace("'lib'", "'engine'"), "missing-module"),
    ],
)
def test_an_import_that_no_clean_checkout_can_do_is_confirmed_by_its_finding(line: str, key: str) -> None:
    (placed,) = only(told(IMPORTS, log(line))).findings
    assert isinstance(placed.finding.outcome, Refusal)
    assert (placed.finding.path, placed.finding.outcome.key) == ("car/use.py", key)


JOB = b"on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n"


@pytest.mark.parametrize(
    ("line", "files", "rule"),
    [
        (
            "error: Failed to spawn: `pytest`",
            {
                ".github/workflows/ci.yml": (
                    JOB + b"      - uses: actions/checkout@v4\n"
                    b"      - uses: astral-sh/setup-uv@v7\n      - run: uv sync --dev\n      - run: uv run pytest\n"
                ),
                "pyproject.toml": (
                    b'[project]\nname = "car"\nversion = "1"\n\n[project.optional-dependencies]\ntest = ["pytest"]\n'
                ),
            },
            "sync-uv-groups",
        ),
        (
            "Executable `python` not found",
            {
                ".pre-commit-config.yaml": (
                    b"repos:\n  - repo: local\n    hooks:\n      - id: x\n        name: x\n        entry: python x.py\n"
                    b"        language: system\n"
                ),
                "x.py": b"",
            },
            "hook-python3",
        ),
        (
            "E   'slow' not found in `markers` configuration option",
            {
                "pytest.ini": b"[pytest]\naddopts = --strict-markers\n",
                "tests/test_a.py": b"import pytest\n\n\n@pytest.mark.slow\ndef test_a():\n    pass\n",
            },
            "register-markers",
        ),
        (
            "ERROR: file or directory not found: test/unit",
            {
                ".github/workflows/ci.yml": (
                    JOB + b"      - uses: actions/checkout@v4\n      - run: pytest test/unit\n"
                ),
                "tests/unit/test_a.py": b"",
            },
            "workflow-paths",
        ),
        (
            "imported module 'test_a' has this __file__ attribute:",
            {"tests/x/test_a.py": b"", "tests/y/test_a.py": b"X = 1\n", "pytest.ini": b"[pytest]\n"},
            "stray-files",
        ),
        (
            "##[error]The version '3.1' with architecture 'x64' was not found for Ubuntu 24.04.",
            {
                ".github/workflows/ci.yml": (
                    JOB + b"      - uses: actions/setup-python@v6\n        with:\n          python-version: 3.10\n"
                )
            },
            "quote-versions",
        ),
        (
            "##[error]The `set-env` command is disabled. Please upgrade to using Environment Files",
            {".github/workflows/ci.yml": (JOB + b'      - run: echo "::set-env name=A::1"\n')},
            "workflow-commands",
        ),
        (
            "##[error]This is a scheduled Ubuntu 20.04 brownout. Ubuntu 20.04 LTS runner will be removed.",
            {".github/workflows/ci.yml": JOB.replace(b"latest", b"20.04") + b"      - run: x\n"},
            "runner-labels",
        ),
        (
            "E   ModuleNotFoundError: No module named 'car.lib.a'",
            {**PACKAGE, ".gitignore": b"lib/\n", "car/use.py": b"import car.lib.a\n", "car/lib/b.py": b""},
            "anchor-gitignore",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "-" in value and " " not in value else "",
)
def test_each_rule_answers_the_line_that_its_failure_prints(line: str, files: dict[str, bytes], rule: str) -> None:
    cause = only(told(files, log(line)))
    assert (cause.verdict, {placed.finding.rule for placed in cause.findings}) == (Verdict.CONFIRMED, {rule})


def test_a_real_circle_is_confirmed_and_not_contradicted() -> None:
    files = {
        **PACKAGE,
        "car/__init__.py": b"from car.a import A\n",
        "car/a.py": b"from car.b import B\n\n\nclass A(B):\n    pass\n",
        "car/b.py": b"from car.a import A\n\n\nclass B:\n    def other(self):\n        return A()\n",
    }
    line = (
        "E   ImportError: cannot import name 'A' from partially initialized module 'car.a' (most likely due to a "
        "circular import) (/w/car/car/a.py)"
    )
    cause = only(told(files, log(line)))
    assert (cause.verdict, cause.instead, cause.rules) == (Verdict.CONFIRMED, None, ("break-import-cycle",))


def test_a_circle_around_a_name_of_a_package_is_not_contradicted() -> None:
    files = {
        **PACKAGE,
        "car/__init__.py": b"from car.a import A\n\nB = A\n",
        "car/a.py": b"from car import B\n\nA = B\n",
    }
    line = (
        "E   ImportError: cannot import name 'B' from partially initialized module 'car' (most likely due to a "
        "circular import) (/w/car/car/__init__.py)"
    )
    cause = only(told(files, log(line)))
    assert (cause.verdict, cause.instead) == (Verdict.CONFIRMED, None)
    assert {placed.finding.rule for placed in cause.findings} == {"break-import-cycle"}


@pytest.mark.parametrize(
    ("module", "files", "history", "verdict", "sentence"),
    [
        ("car.gears", {}, None, Verdict.UNCONFIRMED, "car/gears.py is not in git, and no import statement in git"),
        (
            "car.gears",
            {".gitignore": b"gears*\n"},
            None,
            Verdict.LIKELY,
            "car/gears.py is not in git (.gitignore:1 `gears*`)",
        ),
        (
            "car.gears",
            {},
            History({}, {"car/gears.py": "abc123"}),
            Verdict.LIKELY,
            "car/gears.py is not in git any more: commit abc123 removed it",
        ),
        ("car.wheels", {}, None, Verdict.LIKELY, "git has car/wheels"),
        ("distutils.core", {}, None, Verdict.LIKELY, "Python 3.12 has no distutils any more"),
        ("telnetlib", {}, None, Verdict.LIKELY, "Python 3.13 has no telnetlib any more"),
        ("pkg_resources", {}, None, Verdict.LIKELY, "setuptools 82 and newer has no pkg_resources"),
    ],
)
def test_why_a_module_is_missing_is_read_from_the_tree(
    module: str, files: dict[str, bytes], history: History | None, verdict: Verdict, sentence: str
) -> None:
    cause = only(
        told({**PACKAGE, **files}, log(f"E   ModuleNotFoundError: No module named '{module}'"), history=history)
    )
    assert cause.verdict is verdict
    assert cause.evidence[1].text.startswith(sentence)
    assert cause.advice


def test_a_module_of_others_stays_unconfirmed() -> None:
    cause = only(told(PACKAGE, log("E   ModuleNotFoundError: No module named 'numpy'")))
    assert (cause.verdict, len(cause.evidence), cause.fixes) == (Verdict.UNCONFIRMED, 1, ())


def test_genuine_test_failures_are_one_cause_that_nobody_fixes() -> None:
    diagnosis = told(
        PACKAGE,
        log("FAILED tests/test_a.py::test_x - assert 3 == 4", "FAILED tests/test_a.py::test_y - assert 1"),
        log("===== 2 failed, 1 passed in 0.1s =====", job="other"),
    )
    cause = only(diagnosis)
    assert (cause.verdict, cause.fixes, diagnosis.rules) == (Verdict.NOT_MECHANICAL, (), ())
    assert (len(cause.evidence), cause.steps) == (3, ("test / pytest", "other / pytest"))


def test_a_failed_test_that_only_repeats_another_fact_is_no_cause() -> None:
    error = "ModuleNotFoundError: No module named 'car.gears'"
    causes = told(PACKAGE, log(f"E   {error}", f"FAILED tests/test_a.py::test_x - {error}")).causes
    assert [cause.id for cause in causes] == ["module-missing:car.gears"]


def test_wrappers_stand_back_for_what_they_wrap() -> None:
    around = "ImportError while loading conftest '/w/tests/conftest.py'."
    assert [
        cause.id.partition(":")[0]
        for cause in told(None, log(around, "E   ModuleNotFoundError: No module named 'x'")).causes
    ] == ["module-missing"]
    assert [cause.id.partition(":")[0] for cause in told(None, log(around)).causes] == ["conftest-failed"]


def test_warnings_are_no_causes() -> None:
    text = "##[warning]The `set-output` command is deprecated and will be disabled soon."
    assert told(None, log(text)).causes == ()


def test_many_jobs_with_one_cause_are_one_cause_and_rank_first() -> None:
    line = "error: Failed to spawn: pytest"
    other = "E   ModuleNotFoundError: No module named 'numpy'"
    diagnosis = told(None, log(other, job="a"), log(line, job="b"), log(line, job="c"))
    assert [(cause.id, len(cause.steps)) for cause in diagnosis.causes] == [
        ("tool-missing:pytest", 2),
        ("module-missing:numpy", 1),
    ]


def test_what_fails_while_setting_up_ranks_first() -> None:
    setting_up = Log(
        "set-up.txt",
        "lint",
        "",
        lambda: nullcontext(io.BytesIO(b"Current runner version: '2'\n##[error]Missing download info for a/b@v1\n")),
    )
    line = "error: Failed to spawn: pytest"
    diagnosis = told(None, log(line, job="b"), log(line, job="c"), setting_up)
    assert [cause.id for cause in diagnosis.causes] == ["action-unresolved:a/b:v1", "tool-missing:pytest"]


def test_what_no_step_has_hit_comes_next() -> None:
    files = {".github/workflows/ci.yml": WORKFLOW.encode()}
    diagnosis = told(files, log("FAILED tests/test_a.py::test_x - assert 3"))
    assert [placed.finding.rule for placed in diagnosis.coming] == ["upgrade-artifacts"]
    assert diagnosis.rules == ()


def test_trouble_of_the_infrastructure_is_to_be_tried_again() -> None:
    assert only(told(PACKAGE, log("OSError: [Errno 28] No space left on device"))).verdict is Verdict.RETRY


def test_a_refused_connection_in_a_failing_test_is_the_tests_business() -> None:
    causes = told(
        PACKAGE, log("E   ConnectionRefusedError: Connection refused", "FAILED t.py::x - ConnectionRefusedError")
    ).causes
    assert [cause.verdict for cause in causes] == [Verdict.NOT_MECHANICAL]


def test_secrets_in_a_line_are_not_quoted() -> None:
    cause = only(told(None, log("FAILED t.py::test_login[ghp_" + "aB3" * 12 + "] - x")))
    assert "ghp_" not in repr((cause.evidence, cause.title, cause.advice))


@pytest.mark.parametrize(
    ("path", "forms"),
    [
        ("tests/a", ["tests/a"]),
        ("./tests/a/", ["tests/a"]),
        ("/w/car/tests", ["w/car/tests", "car/tests", "tests"]),
        ("D:\\a\\car\\x.py", ["D:/a/car/x.py", "a/car/x.py", "car/x.py", "x.py"]),
    ],
)
def test_a_path_is_known_without_the_folders_of_its_machine(path: str, forms: list[str]) -> None:
    assert list(tails(path)) == forms


def test_what_a_step_says_last_is_shown_where_no_line_is_known() -> None:
    cause = only(told(None, log("Traceback (most recent call last):", "car.WheelError: it does not turn")))
    assert (cause.verdict, cause.fixes, cause.steps) == (Verdict.UNCONFIRMED, (), ("test / pytest",))
    assert cause.title == "the step fails for a reason that is not known here; what it says last"
    assert [one.text for one in cause.evidence] == ["car.WheelError: it does not turn"]


def test_what_only_wraps_an_error_shows_it() -> None:
    lines = ("error: subprocess-exited-with-error", *["fine"] * 9, "KeyError: '__version__'", "[end of output]")
    cause = only(told(None, log(*lines)))
    assert cause.title == "the build of a dependency failed"
    assert [one.text for one in cause.evidence] == ["error: subprocess-exited-with-error", "KeyError: '__version__'"]


def test_a_step_that_says_nothing_has_no_cause() -> None:
    diagnosis = told(None, log())
    assert (len(diagnosis.failures), diagnosis.causes) == (1, ())


def test_of_a_step_that_names_no_error_the_end_is_shown() -> None:
    (cause,) = told(None, log("one", "two", "3 pages are stale", "run make pages")).causes
    assert [one.text for one in cause.evidence] == ["two", "3 pages are stale", "run make pages"]


def test_what_the_script_tolerates_is_no_cause() -> None:
    script = ("ruff check . || true", "pytest", "shell: bash -e {0}", "##[endgroup]")
    lines = ("a.py:1:8: F401 [*] `os` imported but unused", "Found 1 error.", "FAILED tests/test_a.py::test_a - oops")
    (cause,) = told(None, log(*script, *lines, step="Run ruff check . || true")).causes
    assert cause.id.startswith("test-failed")


def test_a_module_that_a_program_under_test_misses_is_no_cause() -> None:
    printed = ("ModuleNotFoundError: No module named 'rim'", "FAILED tests/test_a.py::test_a - assert 1 == 2")
    (cause,) = told(None, log(*printed)).causes
    assert cause.id.startswith("test-failed")


def test_what_fails_after_a_failure_and_what_it_cancels_is_a_consequence() -> None:
    lines = ("FAILED tests/test_a.py::test_a - oops", EXIT, "##[group]Run down", "jq: command not found")
    stopped = log("##[error]The operation was canceled.", job="other")
    causes = told(None, stopped, log(*lines)).causes
    assert [(cause.id.partition(":")[0], cause.later) for cause in causes] == [
        ("test-failed", False),
        ("command-not-found", True),
        ("canceled", True),
    ]
    assert not told(None, stopped).causes[0].later


def test_a_summary_is_shown_with_the_line_that_lends_it_values() -> None:
    lines = (
        "docs/index.rst:12: WARNING: undefined label: 'rim'",
        "build finished with problems, 1 warning (with warnings treated as errors).",
    )
    cause = only(told(None, log(*lines)))
    assert [one.text for one in cause.evidence] == [lines[1], lines[0]]


def test_a_failed_test_is_shown_with_what_it_raised() -> None:
    cause = only(told(None, log("E       assert 3 == 4", "FAILED tests/test_rim.py::test_turns - assert 3 == 4")))
    assert [one.text for one in cause.evidence] == [
        "FAILED tests/test_rim.py::test_turns - assert 3 == 4",
        "E       assert 3 == 4",
    ]


CANCELED = "##[error]The operation was canceled."


@pytest.mark.parametrize(
    ("first", "second", "title"),
    [
        ("##[error]The runner has received a shutdown signal.", CANCELED, "the runner was lost"),
        ("##[error]The action 'Run tests' has timed out after 15 minutes.", CANCELED, "the job took too long"),
        ("INTERNALERROR> KeyError: 'x'", "no tests ran in 0.01s", "pytest itself or a plugin broke: KeyError: 'x'"),
        ("SyntaxError: unexpected EOF", "=== 1 failed, 9 passed in 11.54 seconds ===", "tests fail"),
        ("OSError: [Errno 28] No space left on device", "error: Connection refused", "the runner's disk is full"),
    ],
)
def test_a_consequence_is_no_cause(first: str, second: str, title: str) -> None:
    assert only(told(None, log(first, second))).title == title


COE = """on: push
jobs:
  test:
    runs-on: ubuntu-24.04
    steps:
      - name: types
        run: mypy src
        continue-on-error: true
      - run: pytest
"""


@pytest.mark.parametrize(("workflow", "first"), [(COE, "test-failed"), (COE.replace("true", "false"), "type-errors")])
def test_a_step_that_the_workflow_lets_fail_is_no_cause(workflow: str, first: str) -> None:
    types = ("a.py:2: error: Incompatible return value type  [return-value]", "Found 1 error in 1 file", EXIT)
    red = log(*types, "##[group]Run pytest", "FAILED tests/test_a.py::test_a - oops", step="Run mypy src")
    causes = told({".github/workflows/ci.yml": workflow}, red).causes
    assert causes[0].id.startswith(first)
    assert [cause.later for cause in causes] == ([False] if first == "test-failed" else [False, True])


def test_a_job_in_which_only_such_steps_failed_still_tells_why() -> None:
    (cause,) = told({".github/workflows/ci.yml": COE}, log("Found 1 error in 1 file", step="Run mypy src")).causes
    assert cause.id.startswith("type-errors")
