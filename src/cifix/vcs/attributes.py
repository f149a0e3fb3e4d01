"""Which paths a `filter` attribute hands to a program. The program is never run; such files are left alone."""

import os
from collections.abc import Callable, Iterable

from cifix.vcs.repository import Repository

FILTERED = "its `filter` attribute names a program that would rewrite it, and cifix runs none"
_NONE = ("unspecified", "unset", "")


def attribute_files(paths: Iterable[str]) -> list[str]:
    """The attribute files among `paths`."""
    return [path for path in paths if path.rpartition("/")[2] == ".gitattributes"]


def filtered_on_disk(repo: Repository, paths: Iterable[str]) -> frozenset[str]:
    """The paths whose `filter` attribute is set by the attribute files of the work tree."""
    return filtered_by(paths, lambda asked: repo.run("check-attr", "-z", "--stdin", "filter", stdin=asked))


def filtered_by(paths: Iterable[str], answer: Callable[[bytes], bytes]) -> frozenset[str]:
    """The paths for which `git check-attr -z --stdin filter`, run by `answer`, names a driver."""
    asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
    if not asked:
        return frozenset()
    words = os.fsdecode(answer(asked)).split("\0")
    return frozenset(path for path, value in zip(words[::3], words[2::3], strict=False) if value not in _NONE)
