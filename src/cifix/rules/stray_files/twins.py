"""Test modules that pytest takes for one, since they have one name and their folders are no packages."""

import re
from collections.abc import Iterator

from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_CONFIGS = ("pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg", "**/conftest.py")
_ELSEWHERE = re.compile(
    rb"import-mode|norecursedirs|--ignore|collect_ignore|python_files|pytest_ignore_collect|pytest_collect|confcutdir"
)
"""Words of a configuration that may keep one of the modules from being collected, or both apart."""

_TESTPATHS = re.compile(r"^[^\S\n]*testpaths\s*=\s*(?P<paths>.*)$", re.MULTILINE)
_COMMAND = re.compile(rb"import-mode|--ignore|pytest[^\n]*\btests?/")
_TEST = re.compile(r"(?:test_.*|.*_test)\.py")
_LEFT = re.compile(
    r"(^|/)(\.[^/]*|build|dist|node_modules|venv|CVS|_darcs|[^/]*\.egg|\w*data|\w*fixtures?|\w*templates?)/"
)


def same_names(snapshot: Snapshot) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The first of the modules with one name, and the others, where one run of pytest surely collects all of them."""
    if not _runs_as_one(snapshot):
        return
    named: dict[tuple[str, str], list[str]] = {}
    for path in snapshot.matching(("tests/**/*.py", "test/**/*.py")):
        if _TEST.fullmatch(path.rpartition("/")[2]) and not _LEFT.search(path):
            named.setdefault((path.split("/")[0], _module(path, snapshot)), []).append(path)
    for found in named.values():
        if len(found) > 1:
            yield found[0], tuple(found[1:])


def _runs_as_one(snapshot: Snapshot) -> bool:
    """Whether pytest is in use, and nothing says that it collects less, in parts or under other names."""
    used = False
    for path in snapshot.matching(_CONFIGS):
        try:
            data = snapshot.read(path)
        except Opaque:
            return False
        used = used or b"pytest" in data
        if _ELSEWHERE.search(data) or not _whole(data.decode(errors="replace")):
            return False
    commands = snapshot.matching((".github/workflows/*", "Makefile", "noxfile.py", "tox.ini", "justfile"))
    return used and not any(_COMMAND.search(_bytes(snapshot, path)) for path in commands)


def _whole(config: str) -> bool:
    """Whether the configuration names no paths, or the folder of all tests alone."""
    paths = (found["paths"].strip(" []\"'\t\r") for found in _TESTPATHS.finditer(config))
    return all(one in {"tests", "test", "tests/", "test/", "."} for one in paths)


def _bytes(snapshot: Snapshot, path: str) -> bytes:
    try:
        return snapshot.read(path)
    except Opaque:
        return b"--ignore"


def _module(path: str, snapshot: Snapshot) -> str:
    """The name under which pytest imports a test module: dotted as far up as folders are packages."""
    folder, _, name = path.rpartition("/")
    while f"{folder}/__init__.py" in snapshot:
        folder, _, above = folder.rpartition("/")
        name = f"{above}/{name}"
    return name
