"""What the rule finds is what ruff reports, and what it renames nobody can tell from outside."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cifix.model.finding import Finding, Fix, Refusal
from cifix.model.snapshot import Snapshot
from cifix.rules.rename_shadowed_builtin import BUILTINS, Options, rule

CONFIG = b'lint.select = ["A001", "A002"]\n'
BINDINGS = """\
import id as max
from typing import overload, override
id = 1
def f(type, *, input=1, **vars):
    id = [map for map in x]
    for iter in x: pass
    with y as open: pass
    try: pass
    except E as hash: pass
    if (len := 3): pass
    def list(): pass
    class dict: pass
    import sum
    match x:
        case [min, *set]: pass
        case {**zip}: pass
    lambda abs: (bin := abs)
    del ord
    global print
    print = 3
class C:
    id = 1
    def type(self, id): all = 3
    @override
    def g(self, id): any = 3
    @overload
    def h(self, id): ...
def compile(): pass
class repr: pass
for dir in x: pass
async def h(tuple, /, *bytes): x.id = 3; x[0], int = 1, 2
"""


def ruff(folder: Path, files: dict[str, bytes]) -> set[tuple[int, str]]:
    """The lines and names that ruff itself reports as A001 and A002."""
    for path, data in files.items():
        (folder / path).write_bytes(data)
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return {(each["location"]["row"], each["message"].split("`")[1]) for each in json.loads(done.stdout)}


def found(files: dict[str, bytes], options: Options | None = None) -> list[Finding]:
    return list(rule.find(Snapshot.of(files), options or Options()))


def test_what_is_found_is_what_ruff_reports(tmp_path: Path) -> None:
    files = {"ruff.toml": CONFIG, "a.py": BINDINGS.encode()}
    text = Snapshot.of(files).text("a.py")
    mine = {(text.line_column(each.start)[0], each.message.split("`")[1]) for each in found(files)}
    assert mine == ruff(tmp_path, files)


def test_the_builtins_are_those_of_ruff(tmp_path: Path) -> None:
    names = sorted({*BUILTINS, "_", "reveal_type", "WindowsError", "unicode", "exit", "quit", "credits"})
    source = "def f():\n" + "".join(f"    {name} = 1\n" for name in names)
    reported = {name for _, name in ruff(tmp_path, {"ruff.toml": CONFIG, "a.py": source.encode()})}
    assert reported == BUILTINS


CALLS = {
    "_f(1, 2)": "",
    "f = _f": "passed",
    "map(_f, x)": "passed",
    "_f(1, type=2)": "keyword",
    "_f(*x)": "",
    "_f(**x)": "keyword",
    "m._f(1, type=2)": "keyword",
    "m._f(1, 2)": "",
    "'m._f'": "passed",
    "'_f'": "passed",
    "'about _f and so'": "",
    "from .a import _f": "",
    "from .a import _f as g": "passed",
    "partial(_f, type=1)": "passed",
    "del _f": "",
    "def _f(": "passed",
}


@pytest.mark.parametrize("call", CALLS)
def test_a_parameter_is_renamed_only_where_every_call_is_seen(call: str) -> None:
    files = {
        "ruff.toml": CONFIG,
        "a.py": b"def _f(value, type):\n    return type(value)\n",
        "b.py": call.encode(),
    }
    [finding] = [each for each in found(files) if each.path == "a.py"]
    key = finding.outcome.key if isinstance(finding.outcome, Refusal) else ""
    assert key == CALLS[call]


DEFINITIONS = {
    "def _f(id): 'The id.'": "documented",
    "@cache\ndef _f(id): return id": "",
    "@click.option('--id')\ndef _f(id): return id": "decorated",
    "@(lambda f: f)\ndef _f(id): return id": "decorated",
    "class A:\n  @property\n  def _f(self, id): return id": "",
    "class A(B):\n  def _f(self, id): return id": "override",
    "class A(object):\n  def _f(self, id): return id": "",
    "class A(metaclass=M):\n  def _f(self, id): return id": "override",
    "@dataclass\nclass A:\n  def _f(self, id): return id": "override",
    "class A:\n  def __f(self, id): return id": "public",
    "class A:\n  def __eq__(self, id): return id": "public",
    "class A:\n  def f(self, id, /): return id": "",
    "def f(): \n  def g(id): return id\n  return g(1)": "",
    "def f(): \n  def g(id): return id\n  return g": "passed",
    "def f(): \n  global g\n  def g(id): return id\n  g(1)": "public",
    "def f(): \n  class A:\n    def g(self, id): return id\n  A": "public",
    "def _f(id): return locals()": "unsure",
    "def _f(id, id_): return id": "taken",
    "def _f(id): return x.id_": "",
}


@pytest.mark.parametrize("source", DEFINITIONS)
def test_what_a_definition_promises_is_kept(source: str) -> None:
    [finding] = found({"ruff.toml": CONFIG, "a.py": source.encode()})
    key = finding.outcome.key if isinstance(finding.outcome, Refusal) else ""
    assert key == DEFINITIONS[source]


def test_dunder_methods_are_overrides_even_where_public_names_may_change() -> None:
    [finding] = found(
        {"ruff.toml": CONFIG, "a.py": b"class A:\n  def __eq__(self, id): return id"}, Options(public=True)
    )
    assert isinstance(finding.outcome, Refusal)
    assert finding.outcome.key == "override"


def test_two_names_of_one_function_are_two_fixes() -> None:
    files = {"ruff.toml": CONFIG, "a.py": b"def f():\n    id = type = 1\n    return id, type\n"}
    fixes = [each.outcome for each in found(files) if isinstance(each.outcome, Fix)]
    after = Snapshot.of(files).with_changes(change for fix in fixes for change in fix.changes)
    assert after.read("a.py") == b"def f():\n    id_ = type_ = 1\n    return id_, type_\n"
