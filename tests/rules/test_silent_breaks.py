"""Behaviour before and after a conversion, probed in forked children of clean interpreters."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cifix.model.finding import Fix
from cifix.model.snapshot import Snapshot
from cifix.rules.lazy_init import Options, rule
from tests.rules.silent_breaks import CASES, Silent

ALLOWED = {"namespace as a dictionary"}
"""What nobody can see from the package alone: whether its users read `vars(p)`."""

RUNNER = """
import json, os, sys
for root, code in json.load(sys.stdin):
    sys.stdout.flush()
    child = os.fork()
    if not child:
        sys.path.insert(0, root)
        sys.dont_write_bytecode = True
        try:
            exec(code, {"__name__": "probe"})
        except BaseException as exc:
            print(type(exc).__name__, exc)
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
    print("---")
"""


def interpreters() -> Iterator[str]:
    """The running Python, and others that are on PATH and start."""
    yield sys.executable
    for minor in (9, 12, 13, 15):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            yield found


def settled(tree: Snapshot, style: str = "auto") -> Snapshot:
    """The tree when the rule has nothing left to do."""
    while fixes := [found.outcome for found in rule.find(tree, Options(selected=True, style=style))]:
        changes = [change for fix in fixes if isinstance(fix, Fix) for change in fix.changes]
        if not changes:
            break
        tree = tree.with_changes(changes)
    return tree


def snapshot(case: Silent, lowest: str = "") -> Snapshot:
    """A package, as a project that needs the Python version `lowest`."""
    files = {path: source.encode() for path, source in case.tree.items()}
    toml = f"[project]\nname = 'p'\nversion = '1'\nrequires-python = '>={lowest}'\n" if lowest else ""
    return Snapshot.of({**files, "pyproject.toml": toml.encode()})


def write(tree: Snapshot, root: Path) -> str:
    for path in tree.paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(tree.read(path))
    return str(root)


def interpreter_315(wanted: str | None = os.environ.get("CIFIX_PYTHON315")) -> list[str] | None:
    """The command of a Python 3.15: `wanted`, a program or the unpacked npm package `pyodide`; else the one on PATH."""
    if wanted and Path(wanted, "pyodide.mjs").exists():
        return ["node", str(Path(__file__).parents[1] / "benchmarks" / "python315.mjs"), wanted]
    found = wanted or shutil.which("python3.15")
    if not found or subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode:
        return None
    return [found, "-c", RUNNER]


def answers(command: list[str], jobs: list[tuple[str, str]]) -> list[str]:
    """What each probe prints."""
    done = subprocess.run(command, input=json.dumps(jobs), capture_output=True, text=True, check=True)
    return done.stdout.split("---\n")[:-1]


def probed(interpreter: str, jobs: list[tuple[str, str]]) -> list[str]:
    return answers([interpreter, "-c", RUNNER], jobs)


@pytest.mark.skipif(sys.platform == "win32", reason="the probes run in forks")
def test_forty_one_ways_to_break_silently(tmp_path: Path) -> None:
    before = [snapshot(case) for case in CASES]
    after = [settled(tree) for tree in before]
    roots = [write(tree, tmp_path / f"{number}") for number, tree in enumerate([*before, *after])]
    jobs = [(root, case.probe) for root, case in zip(roots, [*CASES, *CASES], strict=True)]
    for interpreter in interpreters():
        told = probed(interpreter, jobs)
        eager, lazy = told[: len(CASES)], told[len(CASES) :]
        assert all(eager), "every probe says something"
        broken = {case.name for case, *pair in zip(CASES, eager, lazy, strict=True) if pair[0] != pair[1]}
        assert broken <= ALLOWED, f"{interpreter}: {broken}"
    moved = sum(old.read("p/__init__.py") != new.read("p/__init__.py") for old, new in zip(before, after, strict=True))
    assert (len(CASES), moved >= 34) == (41, True)


@pytest.mark.skipif(interpreter_315() is None, reason="no Python 3.15: set CIFIX_PYTHON315 or put python3.15 on PATH")
@pytest.mark.parametrize(("style", "lowest"), [("getattr", "3.15"), ("pep810", "3.15"), ("pep810", "3.11")])
def test_forty_one_ways_to_break_silently_in_python_3_15(style: str, lowest: str, tmp_path: Path) -> None:
    before = [snapshot(case, lowest) for case in CASES]
    after = [settled(tree, style) for tree in before]
    roots = [write(tree, tmp_path / f"{number}") for number, tree in enumerate([*before, *after])]
    told = answers(
        interpreter_315() or [], [(root, case.probe) for root, case in zip(roots, [*CASES, *CASES], strict=True)]
    )
    eager, lazy = told[: len(CASES)], told[len(CASES) :]
    broken = {case.name for case, *pair in zip(CASES, eager, lazy, strict=True) if pair[0] != pair[1]}
    assert broken <= ALLOWED
    moved = sum(old.read("p/__init__.py") != new.read("p/__init__.py") for old, new in zip(before, after, strict=True))
    assert moved >= 30
