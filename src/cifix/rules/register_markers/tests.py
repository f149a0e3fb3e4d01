"""Which modules pytest collects below a folder."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from cifix.model.snapshot import Snapshot
from cifix.rules.register_markers.facts import facts
from cifix.rules.register_markers.settings import Settings

_FILES = ("test_*.py", "*_test.py")
_TESTS = frozenset({"test", "tests"})


def modules(snapshot: Snapshot, found: Settings) -> Iterator[str]:
    """The test modules and `conftest.py` files that belong to these settings, and modules in folders of tests."""
    patterns = found.words("python_files") or _FILES
    closed = found.words("norecursedirs") or facts().default
    roots = found.words("testpaths")
    ignored = _ignored(found)
    for path in snapshot.containing((b"mark",), ("**/*.py",)):
        inner = _below(path, found.folder)
        if inner is None:
            continue
        *folders, base = inner.split("/")
        if facts().skipped & set(folders) or any(_hidden(folder, closed) for folder in folders):
            continue
        if roots and base != "conftest.py" and not any(_within(inner, root) for root in roots):
            continue
        if any(_within(inner, one) for one in ignored):
            continue
        if base == "conftest.py" or _TESTS & set(folders) or any(_fits(inner, base, one) for one in patterns):
            yield path


def _below(path: str, folder: str) -> str | None:
    """The path as it is seen from a folder; None if it is not below it."""
    if not folder:
        return path
    return path.removeprefix(f"{folder}/") if path.startswith(f"{folder}/") else None


def _ignored(found: Settings) -> tuple[str, ...]:
    words = found.words("addopts")
    joined = [word.partition("=")[2] for word in words if word.startswith(("--ignore=", "--ignore-glob="))]
    after = [words[index + 1] for index, word in enumerate(words[:-1]) if word in {"--ignore", "--ignore-glob"}]
    return (*joined, *after)


def _hidden(folder: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(folder, pattern) for pattern in patterns)


def _within(path: str, root: str) -> bool:
    root = root.removeprefix("./").strip("/")
    if root in {"", "."} or path == root or path.startswith(f"{root}/"):
        return True
    return fnmatchcase(path, root) or fnmatchcase(path, f"{root}/*")


def _fits(path: str, base: str, pattern: str) -> bool:
    return fnmatchcase(path if "/" in pattern else base, pattern if "/" not in pattern else f"*{pattern}")
