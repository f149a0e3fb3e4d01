"""The globs of ruff's settings, which are those of the Rust crate `globset`: `*` and `?` match slashes as well.

Source: https://docs.rs/globset/latest/globset/#syntax, read 2026-11.
"""

import posixpath
import re
from collections.abc import Iterable
from functools import cache

_PARTS = re.compile(r"(/\*\*/|^\*\*/|/\*\*$|\*|\?|\\.|\[[!^]?\]?[^\]]*\]|[{},])", re.DOTALL)
_FIXED = {"/**/": "(?:/|/.*/)", "**/": "(?:/?|.*/)", "/**": "/.*", "*": ".*", "?": "."}


def excludes(globs: Iterable[str], folder: str, path: str) -> bool:
    """Whether one of `globs`, written in a file of `folder`, matches `path` or, if it has no slash, its last part."""
    name = path.rpartition("/")[2]
    return any(_matches(_below(folder, glob), path) or ("/" not in glob and _matches(glob, name)) for glob in globs)


def includes(globs: Iterable[str], folder: str, path: str) -> bool:
    """Whether one of `globs` matches `path`; one without a slash must match the whole of it too, as `*.py` does."""
    return any(
        _matches(_below(folder, glob), path) or ("/" not in glob and _matches(glob, f"/{path}")) for glob in globs
    )


def applies(glob: str, folder: str, path: str) -> bool:
    """Whether a key of `per-file-ignores` in a file of `folder` stands for `path`; `!` turns it round."""
    plain = glob.removeprefix("!")
    matched = _matches(plain, path.rpartition("/")[2]) or _matches(_below(folder, plain), path)
    return matched != glob.startswith("!")


def _below(folder: str, glob: str) -> str:
    """The glob relative to the root of the repository; one that leads out of it or is absolute matches nothing."""
    kept = glob.rstrip("/")
    if not kept or kept.startswith(("/", "~")):
        return "//"
    return posixpath.normpath(posixpath.join(folder, kept))


@cache
def _expression(glob: str) -> re.Pattern[str]:
    depth = 0
    found: list[str] = []
    for part in _PARTS.split(glob):
        if part in _FIXED:
            found.append(_FIXED[part])
        elif part == "{":
            depth += 1
            found.append("(?:")
        elif depth and part in {"}", ","}:
            depth -= part == "}"
            found.append(")" if part == "}" else "|")
        elif len(part) > 2 and part[0] == "[" and part[-1] == "]":  # noqa: PLR2004 - a set is not empty
            found.append(_one_of(part[1:-1]))
        else:
            found.append(re.escape(part[1:] if part[:1] == "\\" and len(part) > 1 else part))
    return re.compile("".join(found) + ")" * depth, re.DOTALL)


def _one_of(inside: str) -> str:
    negated = inside[0] in "!^"
    listed = inside[1:] if negated else inside
    escaped = re.sub(r"([]\\^[&~|])", r"\\\1", listed)
    return f"[{'^' * negated}{escaped}]"


def _matches(glob: str, path: str) -> bool:
    try:
        return _expression(glob).fullmatch(path) is not None
    except re.error:
        return False
