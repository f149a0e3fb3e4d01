"""Behaviour before and after a conversion, probed in forked children of clean interpreters."""

import json
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


def converted(case: Silent) -> Snapshot:
    """The tree when the rule has nothing left to do."""
    tree = Snapshot.of({path: source.encode() for path, source in case.tree.items()})
    while fixes := [found.outcome for found in rule.find(tree, Options(selected=True))]:
        changes = [change for fix in fixes if isinstance(fix, Fix) for change in fix.changes]
        if not changes:
            break
        tree = tree.with_changes(changes)
    return tree


def write(tree: Snapshot, root: Path) -> str:
    for path in tree.paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(tree.read(path))
    return str(root)


def probed(interpreter: str, jobs: list[tuple[str, str]]) -> list[str]:
    done = subprocess.run(
        [interpreter, "-c", RUNNER], input=json.dumps(jobs), capture_output=True, text=True, check=True
    )
    return done.stdout.split("---\n")[:-1]


@pytest.mark.skipif(sys.platform == "win32", reason="the probes run in forks")
def test_forty_one_ways_to_break_silently(tmp_path: Path) -> None:
    before = [Snapshot.of({path: source.encode() for path, source in case.tree.items()}) for case in CASES]
    after = [converted(case) for case in CASES]
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
