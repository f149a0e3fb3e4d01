"""The raise is run beside the assert it replaces; ruff is run beside the rule."""

import ast
import json
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from cifix.formats.python import parse
from cifix.formats.python.asserts import same_failures
from cifix.model.change import Edit, splice
from cifix.model.finding import Fix
from cifix.model.rule import NoOptions
from cifix.model.snapshot import Snapshot
from cifix.model.text import Text
from cifix.rules.replace_assert import rule
from cifix.rules.replace_assert.edits import replaced

NAMES = "abc"
VALUES = st.sampled_from([0, 1, -1, None, True, "", "x", float("nan"), (), (1,), frozenset({1})])
ATOMS = st.sampled_from([*NAMES, "0", "None", "a.real", "f(b)", "(c)", "[a, b]"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["is", "is not", "in", "not in", "==", "!=", "<", "is  not", "not  in"])
    return st.one_of(
        st.builds("{}({})".format, st.sampled_from(["", "not ", "not", "not not "]), inner),
        st.builds("not {}".format, inner),
        st.builds("({}) {} ({})".format, inner, operators, inner),
        st.builds("{} {} {}".format, ATOMS, operators, ATOMS),
        st.builds("({}) {} ({}) {} {}".format, inner, operators, inner, operators, ATOMS),
        st.builds("({}) {} ({})".format, inner, st.sampled_from(["and", "or", "\\\n and", "or\\\n"]), inner),
        st.builds("({}\n if {} # why\n else {})".format, inner, inner, inner),
        st.builds("(d := ({}))".format, inner),
        st.builds("(lambda: {})()".format, inner),
    )


CONDITIONS = st.recursive(ATOMS, grown, max_leaves=5)
MESSAGES = st.sampled_from(
    ["", ", a", ", (a, b)", ", 'x'", ", f'{a}'", ", (\n 'x'\n 'y' # z\n)", ", (e := a)", ",\\\n a"]
)


class Number(int):
    """A value with a comparison that is no negation of its other one."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


def outcome(source: str, values: dict[str, object]) -> tuple[str, object]:
    """How a source ends: the kind of exception and what it was raised with."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(source, "a.py", "exec")
        exec(code, {**values, "f": lambda value: value})  # noqa: S102
    except Exception as why:  # noqa: BLE001
        return type(why).__name__, repr(why.args)
    return "done", ""


@given(CONDITIONS, MESSAGES, st.lists(VALUES | st.just(Number(3)), min_size=3, max_size=3))
def test_a_raise_fails_when_and_as_the_assert_did(condition: str, message: str, values: list[object]) -> None:
    source = f"assert {condition}{message}\n"
    module = parse(Text.decode(source.encode()))
    statement = module.tree.body[0]
    assert isinstance(statement, ast.Assert)
    made = splice(source, replaced("a.py", module, statement))
    held = dict(zip(NAMES, values, strict=True))
    assert outcome(source, held) == outcome(made, held), made
    assert same_failures(module.tree, ast.parse(made))


HARD = (
    """\
def check(a, b, names):
    assert a, "a is needed"
    assert a, f"{a} is needed"
    assert a, "{} is needed".format(a)
    assert isinstance(b, int) and b
    try:
        assert b
    except ValueError:
        assert b > 1
    else:
        if a:
            assert b > 2
    if a:
        return 1
    else:
        assert b > 3
    with open(a) as file:
        assert file
    assert a, (
        b
    )
    assert a == b, some_message_that_is_long(names, names, names, names, names, names)
    return 2


def plain(a):
    assert a
    return a


def jump(a):
    if a:
        a = 1
        assert False
    else:
        a = 2
    return a


def branches(a):
"""
    + "".join(f"    if a > {number}:\n        a += 1\n" for number in range(8))
    + "    assert a\n    assert a > 1\n    return a\n"
)


@pytest.mark.parametrize("selected", ["ALL", "S101", "EM", "TRY", "SIM", "PL", "C90", "E", "RET", "B", "COM"])
def test_no_finding_of_ruff_is_traded_for_another(selected: str, tmp_path: Path) -> None:
    config = f'line-length = 80\nlint.select = ["S101", "{selected}"]\n'
    before = Snapshot.of({"ruff.toml": config.encode(), "a.py": HARD.encode()})
    fixes = [found.outcome for found in rule.find(before, NoOptions()) if isinstance(found.outcome, Fix)]
    assert fixes
    after = before.with_changes(change for fix in fixes for change in fix.changes if isinstance(change, Edit))
    old, new = ruff(before, tmp_path), ruff(after, tmp_path)
    assert not new - old
    assert old["S101"] - new["S101"] == len(fixes)


def ruff(snapshot: Snapshot, folder: Path) -> Counter[str]:
    for path in snapshot.paths:
        (folder / path).write_bytes(snapshot.read(path))
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json", "."],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return Counter(str(each["code"]) for each in json.loads(done.stdout))
