"""Every format in every mode, over a repository that has everything that can go wrong."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from cifix.cli.show import FORMATS
from cifix.model.snapshot import File
from cifix.testing import build
from tests.cli.conftest import Cifix
from tests.pages import ROOT

HOOKS = b"repos:\n  - repo: local\n    hooks:\n      - id: x\n        entry: python -m x\n        language: system\n"
WORKFLOW = b"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/upload-artifact@v3\n"
TURNED_DOWN = WORKFLOW.replace(b"@v3\n", b"@v3  # cifix: ignore[upgrade-artifacts] ours\n")
HARD = (
    b"on: push\njobs:\n  a:\n    runs-on: x\n    strategy: {matrix: {os: [a, b]}}\n    steps:\n"
    b"      - uses: actions/upload-artifact@v3\n        with: {name: a/b, path: x}\n"
)
NAMES = (".github/workflows/\x1b[2J\n::error::y.yml", ".github/workflows/caf\udce9|`<b>,%.yml")
PLUGINS = """
from cifix.model.change import Edit
from cifix.model.expect import Value
from cifix.model.finding import Finding, Fix, Safety
from cifix.model.rule import Rule

def fall(snapshot, options):
    raise ValueError("fell over\\n::error::x")

def lie(snapshot, options):
    fix = Fix("Lie", Safety.SAFE, (Edit("b.yml", 0, 0, "# y\\n"),), (Value("b.yml", ("a",), "2"),))
    if snapshot.read("b.yml").startswith(b"a"):
        yield Finding("lie", "b.yml", 0, 1, "is a", fix)

falls = Rule("falls", "Fall.", ("**",), (), Safety.SAFE, fall)
lies = Rule("lie", "Lie.", ("**",), (), Safety.SAFE, lie)
"""
MODES = {"check": ["check"], "dry-run": ["apply", "--dry-run"], "in-place": ["apply", "--in-place"], "apply": ["apply"]}
CHOSEN = [part for rule in ("falls", "lie", "hook-python3", "upgrade-artifacts") for part in ("--select", rule)]


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        ".pre-commit-config.yaml": HOOKS,
        ".github/workflows/hard.yml": HARD,
        ".github/workflows/down.yml": TURNED_DOWN,
        "b.yml": b"a: 1\n",
        **dict.fromkeys(NAMES, WORKFLOW),
    }
    build({path: File(data) for path, data in files.items()}, tmp_path / "repo")
    info = tmp_path / "site" / "house_plugins-1.dist-info"
    info.mkdir(parents=True)
    (tmp_path / "site" / "house_plugins.py").write_text(PLUGINS)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: house-plugins\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[cifix.rules]\nfalls = house_plugins:falls\nlie = house_plugins:lies\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.delitem(sys.modules, "house_plugins", raising=False)
    return tmp_path / "repo"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("mode", MODES)
def test_every_format_in_every_mode_tells_all(cifix: Cifix, repo: Path, mode: str, form: str) -> None:
    done = cifix(*MODES[mode], repo.name, *CHOSEN, "--format", form)
    assert (done.code, done.err) == (5, "")
    assert b"\x1b" not in done.out
    assert b"\n::error::y" not in done.out
    text = done.text
    for part in ("hook-python3", "upgrade-artifacts", "forbidden-name", "lie", "falls", "fell over", "unproven"):
        assert part in text
    if mode != "in-place":
        assert (
            cifix(*MODES[mode], repo.name, *CHOSEN, "--format", form)
            .text.replace("already-done", "created")
            .replace(", which holds them already", "")
            == text
        )
    match form:
        case "json" | "sarif":
            json.loads(text)
        case "junit":
            ET.fromstring(done.out)  # noqa: S314 - our own output
        case "github":
            assert all(line.startswith("::") for line in text.splitlines()[:-1])
            assert "1 finding turned down" in text.splitlines()[-1]
        case _:
            assert "1 finding turned down" in text


def test_the_readme_names_every_format() -> None:
    assert (ROOT / "README.md").read_text("utf-8").count(f"[--format {'|'.join(FORMATS)}]") == 2


@pytest.mark.parametrize("form", FORMATS)
def test_a_clean_repository_is_a_valid_report(cifix: Cifix, tmp_path: Path, form: str) -> None:
    build({"a.txt": File(b"x")}, tmp_path / "clean")
    done = cifix("check", "clean", "--format", form, "--output", "told")
    assert (done.code, done.out) == (0, b"")
    assert (tmp_path / "told").read_bytes().endswith(b"\n")
