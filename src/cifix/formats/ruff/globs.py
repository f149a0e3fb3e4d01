"""The globs of ruff's settings, which are those of the Rust crate `globset`: `*` and `?` match slashes as well.

Source: https://docs.rs/globset/latest/globset/#syntax, read 2026-11.
"""

import posixpath
import re
from collections.abc import Iterable
from functools import cache
from math import prod

_PARTS = re.compile(r"(/\*\*/|^\*\*/|/\*\*$|\*|\?|\\.|\[[!^]?\]?[^\]]*\])", re.DOTALL)
_CHOICE = re.compile(r"\{([^{}]*)\}")
_WILD = {"/**/": "/(?>(?:.*?/)??", "**/": "(?>(?:.*?/)??", "/**": "/(?>.*?", "*": "(?>.*?"}
LIMIT = 1000
"""Globs that one with braces may stand for."""


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


def _expanded(glob: str) -> list[str]:
    """A glob as several without `{a,b}`; none if they would be too many for anything but harm."""
    found = _CHOICE.search(glob)
    if found is None:
        return [glob]
    if prod(group.count(",") + 1 for group in _CHOICE.findall(glob)) > LIMIT:
        return []
    head, tail = glob[: found.start()], glob[found.end() :]
    return [made for choice in found.group(1).split(",") for made in _expanded(f"{head}{choice}{tail}")]


@cache
def _expression(glob: str) -> re.Pattern[str]:
    """What a path must fully match.

    What stands between two wildcards is matched at its first place and never tried at a later one: the later wildcard
    can take up whatever lies between. Otherwise a glob with many stars could stall its reader.
    """
    found: list[str] = []
    held = False
    for part in _PARTS.split(glob):
        if part in _WILD:
            opening = _WILD[part]
            found.append(opening.replace("(?>", ")(?>", 1) if held else opening)
            held = True
        elif len(part) > 2 and part[0] == "[" and part[-1] == "]":  # noqa: PLR2004 - a set is not empty
            found.append(_one_of(part[1:-1]))
        else:
            found.append("." if part == "?" else re.escape(part[1:] if part[:1] == "\\" and part[1:] else part))
    expression = "".join(found)
    if held:  # the last wildcard may take up more than the least
        head, _, tail = expression.rpartition("(?>")
        expression = f"{head}(?:{tail})"
    return re.compile(expression, re.DOTALL)


def _one_of(inside: str) -> str:
    negated = inside[0] in "!^"
    listed = inside[1:] if negated else inside
    escaped = re.sub(r"([]\\^[&~|])", r"\\\1", listed)
    return f"[{'^' * negated}{escaped}]"


def _matches(glob: str, path: str) -> bool:
    try:
        return any(_expression(each).fullmatch(path) for each in _expanded(glob))
    except re.error:
        return False
