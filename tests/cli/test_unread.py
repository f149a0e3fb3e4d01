"""A source that no rule could read is named once, with the reason, and is no failure."""

import json
from pathlib import Path

import jsonschema
import pytest

from cifix.model.snapshot import File
from cifix.model.text import LIMIT
from cifix.report.machine import schema
from cifix.report.outcome import REMARKED
from cifix.testing import build
from tests.cli.conftest import Cifix

FLOW = ".github/workflows/ci.yml"
RUFF = b"[lint]\nselect = ['S101']\n"
BROKEN = {
    FLOW: b"on: push\njobs: [ # upload-artifact\n",
    "ruff.toml": RUFF,
    "till/ruff.toml": b"x = [\n",
    "till/a.py": b"assert 1\n",
    "shop/__init__.py": b"from shop import gone\nx = (\n",
    "deep/__init__.py": b"from deep import a\nx = " + b"-" * 1_000 + b"1\n",
    "large/__init__.py": b"from large import a\n" + b"#" * LIMIT,
    "shop/other.py": b"x = 1\n",
    "shop/logo.png": b"import os\nassert \0",
}


@pytest.fixture
def broken(tmp_path: Path) -> str:
    build({path: File(data) for path, data in BROKEN.items()}, tmp_path / "repo")
    return "repo"


def test_the_text_names_each_such_file_once_with_the_reason(cifix: Cifix, broken: str) -> None:
    for command in ("check", "apply"):
        done = cifix(command, broken)
        told = [line for line in done.text.splitlines() if line.startswith("Not looked into: ")]
        assert len(told) == len({line.split(": ")[1] for line in told}) == 5
        assert any("till/ruff.toml: the file is not valid TOML" in line for line in told)
        assert any("deep/__init__.py: the code is nested more than" in line for line in told)
        assert any("large/__init__.py: the file has" in line for line in told)
        assert done.code in (0, 1, 3)


def test_the_json_lists_them(cifix: Cifix, broken: str) -> None:
    told = json.loads(cifix("check", "--format=json", broken).text)
    jsonschema.validate(told, schema(), jsonschema.Draft202012Validator)
    assert [one["path"] for one in told["unread"]] == sorted(
        path for path in BROKEN if path not in ("ruff.toml", "till/a.py", "shop/other.py", "shop/logo.png")
    )


def test_what_a_refusal_says_and_what_is_excluded_is_not_said_again(cifix: Cifix, tmp_path: Path) -> None:
    held = b"repos:\n  - repo: local\n    hooks:\n      - {id: a, entry: python a, language: system\n"
    files = {"vendor/a.toml": b"", ".pre-commit-config.yaml": held, "ruff.toml": b"x = [", "a.py": b"assert 1"}
    files["cifix.toml"] = b"exclude = ['ruff.toml']\n"
    build({path: File(data) for path, data in files.items()}, tmp_path / "repo")
    told = json.loads(cifix("check", "--format=json", "repo").text)
    refused = {one["path"] for one in told["findings"] if one["refusal"]}
    assert not {one["path"] for one in told["unread"]} & {*refused, "ruff.toml"}


def test_of_many_the_first_are_named_and_the_rest_is_counted(cifix: Cifix, tmp_path: Path) -> None:
    files = {f"p{at:02}/__init__.py": File(b"from p%02d import a\nx = (\n" % at) for at in range(REMARKED + 3)}
    build(files, tmp_path / "repo")
    told = cifix("check", "repo").text
    assert "Not looked into: 3 more files; --format json names all\n" in told
    assert told.count("Not looked into: ") == REMARKED + 1
