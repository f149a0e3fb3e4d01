"""Ruff's settings as cifix reads them, against ruff itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cifix.formats.ruff import Ruff, turned_down
from cifix.model.snapshot import Snapshot
from cifix.model.text import Text

SOURCE = "def f(id):\n    assert id\n"
CODES = ("S101", "A002", "A001", "EM101", "PLR5501", "B904")
EVERYTHING = (
    "def f(id):\n    assert id\n    max = 1\n    try:\n        pass\n    except E:\n        raise E('x')\n"
    "    if id:\n        pass\n    else:\n        if max:\n            pass\n"
)
FILES = ("a.py", "pkg/a.py", "pkg/sub/b.py", "tests/test_a.py", "tests/deep/test_b.py", "dist/c.py", "build/d.py")

PROJECTS: dict[str, dict[str, str]] = {
    "nothing": {},
    "pyproject-without-ruff": {"pyproject.toml": "[project]\nname='x'\n"},
    "all": {"ruff.toml": "lint.select=['ALL']\n"},
    "family": {"pyproject.toml": "[tool.ruff.lint]\nselect=['S']\n"},
    "no-prefix-of-another-family": {"ruff.toml": "lint.select=['E', 'SIM']\n"},
    "prefix": {"ruff.toml": "lint.select=['S1', 'A0']\n"},
    "pylint-group": {"ruff.toml": "lint.select=['PL']\n"},
    "pylint-family": {"ruff.toml": "lint.select=['PLR']\n"},
    "extend-select": {"ruff.toml": "lint.extend-select=['S101']\n"},
    "older-place": {"ruff.toml": "select=['S101']\nextend-select=['A002']\n"},
    "both-places": {"ruff.toml": "select=['S101']\n[lint]\nselect=['A']\n"},
    "ignored": {"ruff.toml": "lint.select=['ALL']\nlint.ignore=['S101']\n"},
    "extend-ignored": {"ruff.toml": "lint.select=['ALL']\nlint.extend-ignore=['S']\n"},
    "longer-wins": {"ruff.toml": "lint.select=['S101', 'A']\nlint.ignore=['S', 'A002']\n"},
    "equal-is-ignored": {"ruff.toml": "lint.select=['S101']\nlint.ignore=['S101']\n"},
    "extend-select-against-ignore": {
        "ruff.toml": "lint.select=['S']\nlint.ignore=['S101']\nlint.extend-select=['S1']\n"
    },
    "hidden-first": {".ruff.toml": "lint.select=['S']\n", "ruff.toml": "lint.select=['A']\n"},
    "ruff-before-pyproject": {"ruff.toml": "lint.select=['S']\n", "pyproject.toml": "[tool.ruff.lint]\nselect=['A']\n"},
    "nearest": {"ruff.toml": "lint.select=['S']\n", "pkg/ruff.toml": "lint.select=['A']\n"},
    "nested-only": {"pkg/sub/ruff.toml": "lint.select=['S']\n"},
    "nested-pyproject-without-ruff": {
        "ruff.toml": "lint.select=['S']\n",
        "pkg/pyproject.toml": "[project]\nname='x'\n",
    },
    "extend": {
        "ruff.toml": "lint.select=['S', 'A']\nlint.ignore=['A001']\n",
        "pkg/ruff.toml": "extend='../ruff.toml'\nlint.ignore=['S101']\nlint.extend-select=['B904']\n",
    },
    "extend-overrides": {
        "ruff.toml": "lint.select=['S', 'A']\n",
        "pkg/ruff.toml": "extend='../ruff.toml'\nlint.select=['B904']\n",
    },
    "extend-carries-ignores": {
        "ruff.toml": "lint.select=[]\nlint.ignore=['S101']\n",
        "pkg/ruff.toml": "extend='../ruff.toml'\nlint.select=['S', 'A']\n",
    },
    "extend-pyproject": {
        "pyproject.toml": "[tool.ruff.lint]\nselect=['S']\nper-file-ignores={'pkg/a.py'=['S101']}\n",
        "pkg/ruff.toml": "extend='../pyproject.toml'\nlint.extend-per-file-ignores={'b.py'=['S']}\n",
    },
    "extend-replaces-per-file": {
        "ruff.toml": "lint.select=['S']\nlint.per-file-ignores={'a.py'=['S101']}\n",
        "pkg/ruff.toml": "extend='../ruff.toml'\nlint.per-file-ignores={'b.py'=['S101']}\n",
    },
    "per-file-star": {"ruff.toml": "lint.select=['S','A']\nlint.per-file-ignores={'tests/*'=['S101']}\n"},
    "per-file-stars": {"ruff.toml": "lint.select=['S','A']\nlint.per-file-ignores={'tests/**'=['ALL']}\n"},
    "per-file-folder": {"ruff.toml": "lint.select=['S','A']\nlint.per-file-ignores={'tests'=['S'], 'pkg/'=['S']}\n"},
    "per-file-any": {"ruff.toml": "lint.select=['S','A']\nlint.per-file-ignores={'**/test_*.py'=['S','A002']}\n"},
    "per-file-braces": {"ruff.toml": "lint.select=['S']\nlint.per-file-ignores={'**/{tests,sub}/*'=['S101']}\n"},
    "per-file-set": {"ruff.toml": "lint.select=['S']\nlint.per-file-ignores={'[!a].py'=['S101']}\n"},
    "per-file-question": {"ruff.toml": "lint.select=['S']\nlint.per-file-ignores={'pkg?a.py'=['S101']}\n"},
    "per-file-negated": {"ruff.toml": "lint.select=['S']\nlint.per-file-ignores={'!pkg/**.py'=['S101']}\n"},
    "per-file-middle": {
        "ruff.toml": "lint.select=['S']\nlint.per-file-ignores={'pkg/**/b.py'=['S1'], 'pkg/**/a.py'=['S']}\n"
    },
    "per-file-older": {"ruff.toml": "select=['S']\n[per-file-ignores]\n'pkg/*'=['S101']\n"},
    "per-file-nested": {
        "pkg/ruff.toml": "lint.select=['S']\nlint.per-file-ignores={'pkg/a.py'=['S101'],'sub/*'=['S101']}\n"
    },
    "exclude": {"ruff.toml": "exclude=['pkg']\nlint.select=['S']\n"},
    "exclude-forgets-defaults": {"ruff.toml": "exclude=['a.py']\nlint.select=['S']\n"},
    "extend-exclude": {"ruff.toml": "extend-exclude=['pkg/sub', 'test_*']\nlint.select=['S']\n"},
    "exclude-slash": {"ruff.toml": "extend-exclude=['pkg/sub/', './tests']\nlint.select=['S']\n"},
    "exclude-nested": {
        "ruff.toml": "lint.select=['S']\n",
        "pkg/ruff.toml": "exclude=['pkg', 'sub']\nlint.select=['S']\n",
    },
    "lint-exclude": {"ruff.toml": "[lint]\nselect=['S']\nexclude=['tests/*', 'pkg']\n"},
    "lint-exclude-name": {"ruff.toml": "[lint]\nselect=['S']\nexclude=['a.py']\n"},
    "force-exclude": {"ruff.toml": "force-exclude=true\nexclude=['pkg']\nlint.select=['S']\n"},
    "include": {"ruff.toml": "include=['pkg/*.py']\nlint.select=['S']\n"},
    "extend-include": {"ruff.toml": "include=['a.py']\nextend-include=['tests/*']\nlint.select=['S']\n"},
    "ignored-by-git": {"ruff.toml": "lint.select=['S']\n", ".gitignore": "/pkg/\n!/pkg/sub/\n"},
    "not-respecting": {"ruff.toml": "respect-gitignore=false\nlint.select=['S']\n", ".gitignore": "/pkg/\n"},
    "file-noqa": {"ruff.toml": "lint.select=['S','A']\n", "pkg/a.py": "# ruff: noqa\n" + EVERYTHING},
    "file-noqa-code": {"ruff.toml": "lint.select=['S','A']\n", "pkg/a.py": EVERYTHING + "# ruff: noqa: S101, A001\n"},
    "file-noqa-flake8": {"ruff.toml": "lint.select=['S','A']\n", "pkg/a.py": "# flake8: NOQA\n" + EVERYTHING},
    "file-noqa-flake8-code": {"ruff.toml": "lint.select=['S','A']\n", "pkg/a.py": "#flake8:noqa:S101\n" + EVERYTHING},
    "file-ignore": {"ruff.toml": "lint.select=['S','A']\n", "pkg/a.py": "# ruff: file-ignore[S101]\n" + EVERYTHING},
}


def ruff(folder: Path) -> set[tuple[str, str]]:
    """The files and codes that ruff itself reports in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json", "."],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    found = json.loads(done.stdout)
    return {(Path(each["filename"]).relative_to(folder.resolve()).as_posix(), each["code"]) for each in found}


def build(folder: Path, files: dict[str, str]) -> Snapshot:
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, "utf-8")
    return Snapshot.of({path: content.encode() for path, content in files.items()})


@pytest.mark.parametrize("name", PROJECTS)
def test_settings_are_read_as_ruff_reads_them(name: str, tmp_path: Path) -> None:
    snapshot = build(tmp_path, {**dict.fromkeys(FILES, EVERYTHING), **PROJECTS[name]})
    linter = Ruff(snapshot)
    found = ruff(tmp_path)
    for path in FILES:
        assert {code for code in CODES if linter.selects(path, code)} == {
            code for code in CODES if (path, code) in found
        }, path


LINES = {
    "x  # noqa": True,
    "x  # noqa: S101": True,
    "x  #noqa:S101": True,
    "x  # NoQA : S101": True,
    "x  # noqa: F401 S101": True,
    "x  # noqa: F401,S101": True,
    "x  # why # noqa": True,
    "x  # noqa: S": False,
    "x  # noqa: A001": False,
    "x  # noqa:": False,
    "x  # noqa: assert": False,
    "x  # noqa S101": True,
    "x  # nosec": False,
    "x  # noqa, pylint: x": False,
    "x  # noqa-x": False,
    "x  # noqaS101": False,
    "x  # noqa and so": True,
    "x  # noqa (why)": True,
    "x  # noqa: S101 - why": True,
    "x  # noqa: S101# why": True,
    "x  # noqa: S101-x": False,
    "x  # noqa: F401 # noqa: S101": False,
    "x  # (noqa)": False,
    'x, """\n    """  # noqa: S101': True,
    "x \\\n        == 1  # noqa: S101": True,
    "x  # ruff: noqa": False,
}


@pytest.mark.parametrize("line", LINES)
def test_comments_turn_a_line_down_as_they_do_for_ruff(line: str, tmp_path: Path) -> None:
    source = f"def f(x):\n    assert {line}\n"
    build(tmp_path, {"ruff.toml": "lint.select=['S']", "a.py": source})
    text = Text.decode(source.encode())
    silent = turned_down(text, source.index("assert"), len(source) - 1, "S101")
    assert silent is LINES[line]
    assert bool(ruff(tmp_path)) is not LINES[line]


def test_settings_that_ruff_cannot_read_select_nothing() -> None:
    for broken in (
        {"ruff.toml": b"lint = ["},
        {"ruff.toml": b"extend = 'gone.toml'"},
        {"ruff.toml": b"extend = 'ruff.toml'"},
    ):
        assert not Ruff(Snapshot.of({"a.py": SOURCE.encode(), **broken})).selects("a.py", "S101")


def test_an_option_of_a_plugin_is_that_of_the_strongest_layer() -> None:
    held = Ruff(
        Snapshot.of(
            {
                "a.py": b"",
                "pkg/a.py": b"",
                "ruff.toml": b"[lint.flake8-builtins]\nbuiltins-ignorelist = ['id']\n",
                "pkg/ruff.toml": b"extend = '../ruff.toml'\n[lint.flake8-builtins]\nignorelist = ['max']\n",
                "lib/ruff.toml": b"extend = '../ruff.toml'\n",
                "lib/a.py": b"",
            }
        )
    )
    keys = ("ignorelist", "builtins-ignorelist")
    options = [
        made.option("flake8-builtins", *keys)
        for path in ("a.py", "pkg/a.py", "lib/a.py")
        if (made := held.settings(path))
    ]
    assert options == [["id"], ["max"], ["id"]]


def test_the_defaults_of_ruff_count_where_nothing_is_selected(tmp_path: Path) -> None:
    source = (
        "import pytest\n\n\ndef f(a):\n    if a:\n        if f(a):\n            a = 1\n"
        "    if not isinstance(a, int):\n        raise ValueError(a)\n"
        "    with pytest.warns(UserWarning):\n        a = 1\n        a = 2\n    assert a\n    id = 1\n"
    )
    for config in ("lint.extend-select = ['S101']\n", "lint.select = ['S101']\n", "lint.ignore = ['SIM102']\n"):
        snapshot = build(tmp_path, {"ruff.toml": config, "a.py": source})
        reported = {code for _, code in ruff(tmp_path)}
        asked = {"S101", "A001", "PT031", "SIM102", "TRY004"}
        assert {code for code in asked if Ruff(snapshot).selects("a.py", code)} == reported & asked
