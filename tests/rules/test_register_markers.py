"""register-markers: pytest itself stops before the fix and goes on after it, and what the rule sees in code."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cifix.model.finding import Finding, Fix, Refusal
from cifix.model.rule import NoOptions
from cifix.model.snapshot import Snapshot
from cifix.rules.register_markers import rule
from cifix.testing import Case, cases
from tests.pages import ROOT

FIXED = [case for case in cases(ROOT / "fixtures" / "register-markers") if case.after != case.before]
STRICT = b"[pytest]\naddopts = --strict-markers\n"


def findings(files: Mapping[str, bytes]) -> list[Finding]:
    return list(rule.find(Snapshot.of(files), NoOptions()))


def collected(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--collect-only", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("case", FIXED, ids=str)
def test_pytest_refuses_the_tree_before_and_collects_the_tree_after(case: Case, tmp_path: Path) -> None:
    arguments = ("--strict-markers",) if any("workflows" in path for path in case.before) else ()
    for tree, name in ((case.before, "before"), (case.after, "after")):
        for path, file in tree.items():
            place = tmp_path / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.data)
    before, after = (collected(tmp_path / name, *arguments) for name in ("before", "after"))
    assert "not found in `markers` configuration option" in before.stdout or "Unknown pytest.mark" in before.stdout
    assert before.returncode
    assert not after.returncode, after.stdout


def test_all_findings_of_a_file_of_settings_share_one_fix() -> None:
    code = b"import pytest\nA = pytest.mark.a_kind\nB = pytest.mark.other\n"
    first, second = findings({"pytest.ini": STRICT, "test_a.py": code})
    assert code[first.start : first.end] == b"pytest.mark.a_kind"
    assert "'a_kind' not found in `markers` configuration option" in first.message
    assert isinstance(first.outcome, Fix)
    assert first.outcome is second.outcome
    assert first.outcome.title == "Register the markers a_kind, other in pytest.ini"


@pytest.mark.parametrize(
    "code",
    [
        b"import other\nother.mark.slow\n",
        b"from other import mark\nmark.slow\n",
        b"import pytest\npytest.marks.slow\n",
        b"import pytest\npytest.mark._slow\n",
        b"import pytest.mark\n= =\n",
        b"import pytest\nf().mark.slow\n",
    ],
)
def test_what_is_no_mark_of_pytest(code: bytes) -> None:
    assert findings({"pytest.ini": STRICT, "test_a.py": code}) == []


@pytest.mark.parametrize(
    "code",
    [
        b"def f(config):\n    config.addinivalue_line('markers', f'slow(x): {config}')\n",
        b"def f(config):\n    config.addinivalue_line('markers', 'slow')\n",
        b"def f(config):\n    config.addinivalue_line('markers', f'{config}')\n",
        b"def f(config):\n    config.addinivalue_line('markers', f'slow{config}: text')\n",
        b"def f(config):\n    config.addinivalue_line(*config.all)\n",
        b"def f(config):\n    config.addinivalue_line()\n",
        b"def f(config):\n    config.getini('markers').append('x')\n",
        b"addinivalue_line = =\n",
    ],
)
def test_what_may_register_the_mark(code: bytes) -> None:
    files = {"pytest.ini": STRICT, "test_a.py": b"import pytest\npytest.mark.slow\n", "own/plugin.py": code}
    assert findings(files) == []


def test_other_lines_that_code_adds_do_not_matter() -> None:
    code = (
        b"getini(x)\nconfig.getini('addopts')\naddinivalue_line\nconfig.addinivalue_line('filterwarnings', x)\n"
        b"config.addinivalue_line('markers', 'a')\n"
    )
    files = {"pytest.ini": STRICT, "test_a.py": b"import pytest\npytest.mark.slow\n", "conftest.py": code}
    assert len(findings(files)) == 1


@pytest.mark.parametrize(
    ("script", "asks"),
    [
        ("pytest --strict-markers", True),
        ("py.test -q --strict", True),
        ("pytest --strict-config", False),
        ("pytest && mypy --strict", False),
        ("mypy --strict", False),
        ("pytest; mypy --strict", False),
    ],
)
def test_which_commands_of_a_workflow_ask_for_registered_markers(script: str, asks: bool) -> None:
    files = {
        ".github/workflows/a.yml": f'jobs: {{a: {{steps: [{{run: "{script}"}}]}}}}\n'.encode(),
        ".github/workflows/b.yml": b"a: --strict\na: twice\n",
        "pytest.ini": b"",
        "test_a.py": b"import pytest\npytest.mark.slow\n",
    }
    found = findings(files)
    assert [isinstance(one.outcome, Refusal) for one in found] == [True] * asks


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("pytest.toml", b"[pytest]\nstrict = false\nstrict_config = true\n"),
        ("pytest.toml", b"# strict\n"),
        ("pyproject.toml", b"[tool.pytest]\n# strict\n"),
        ("tox.ini", b"[tox]\nstrict = 1\n"),
        ("setup.cfg", b"[mypy]\nstrict = 1\n"),
        ("pytest.ini", b"[pytest]\naddopts = -k 'it --strict-markers\nmarkers = slow\n"),
        ("pytest.ini", b"[pytest]\nstrict = true\nstrict_markers = false\n"),
        ("pytest.ini", b"[pytest]\nstrict = true\nnorecursedirs = closed*\npython_files = check_*.py\n"),
        ("pytest.ini", b"[pytest]\nstrict = true\npython_files = check_*.py other/*.py\n"),
    ],
)
def test_settings_that_accept_the_mark_or_do_not_collect_it(path: str, data: bytes) -> None:
    files = {path: data, "test_a.py": b"import pytest\npytest.mark.slow\n", "closed-a/check_b.py": b""}
    assert findings(files) == []


@pytest.mark.parametrize(
    ("filters", "stops"),
    [
        ("error", True),
        ("error::pytest.PytestUnknownMarkWarning", True),
        ("error:Unknown pytest.mark", True),
        ("error::DeprecationWarning", False),
        ("ignore::Warning", False),
        ("error\n    default::pytest.PytestWarning", False),
        ("ignore\n    error::UserWarning", True),
    ],
)
def test_which_filters_make_an_unknown_marker_an_error(filters: str, stops: bool) -> None:
    files = {
        "pytest.ini": f"[pytest]\nfilterwarnings =\n    {filters}\n".encode(),
        "test_a.py": b"import pytest\npytest.mark.slow\n",
    }
    found = findings(files)
    assert ["Unknown pytest.mark.slow" in one.message for one in found] == [True] * stops


def test_a_file_of_settings_for_nothing_strict_that_cannot_be_read_is_no_finding() -> None:
    assert findings({"a/pytest.ini": b"no section", "pytest.ini": STRICT}) == []


def test_plugins_are_named_in_files_that_may_be_unreadable() -> None:
    code = b"import pytest\npytest.mark.slow\n"
    assert len(findings({"pytest.ini": STRICT, "test_a.py": code, "a.yml": b"pytest-\0slow"})) == 1
    assert findings({"pytest.ini": STRICT, "test_a.py": code, "setup.py": b"'pytest_slow-tests'"}) == []


def test_tests_belong_to_the_nearest_settings() -> None:
    code = b"import pytest\npytest.mark.slow\n"
    inner = {"a/pytest.ini": STRICT, "pytest.ini": b"[pytest]\n"}
    assert [one.path for one in findings({**inner, "a/test_a.py": code, "test_b.py": code})] == ["a/test_a.py"]
    assert findings({**inner, "test_b.py": code}) == []
