"""Which paths a `filter` attribute hands to a program. The program is never run; such files are left alone."""

import os
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from cifix.vcs.repository import Repository

_UNSET = ("unspecified", "unset")


def filtered(
    repo: Repository, paths: Iterable[str], *, cached: bool = False, env: Mapping[str, str] = MappingProxyType({})
) -> frozenset[str]:
    """The paths whose `filter` attribute is set, by the attribute files on disk or, if `cached`, in the index."""
    asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
    if not asked:
        return frozenset()
    options = ("--cached",) if cached else ()
    answer = os.fsdecode(repo.run("check-attr", *options, "-z", "--stdin", "filter", stdin=asked, env=env)).split("\0")
    return frozenset(path for path, value in zip(answer[::3], answer[2::3], strict=False) if value not in _UNSET)
