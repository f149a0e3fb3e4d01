"""Path patterns from the root: `*`, `?` and `[a-z]` stay inside one folder, `**/` spans any number of them."""

import re
from collections.abc import Sequence
from functools import lru_cache
from posixpath import commonprefix

_PARTS = re.compile(r"(\*\*/|\*\*|\*|\?|\{[^{}]*\}|\[!?.[^\]]*\])", re.DOTALL)
_SET = re.compile(r"\[(!?)(.[^\]]*)\]", re.DOTALL)


@lru_cache(maxsize=1024)
def compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression that matches a path, relative to the repository root, if any pattern does."""
    return re.compile("|".join(f"(?:{_translate(pattern)})" for pattern in patterns) or r"(?!)", re.DOTALL)


def stem(patterns: Sequence[str]) -> str:
    """What every path begins with that one of the patterns matches, as far as their letters say it."""
    plain = [_PARTS.split(pattern.removeprefix("./").removeprefix("/"))[0] for pattern in patterns]
    return commonprefix([part.rstrip("/") for part in plain])


def matches(path: str, patterns: Sequence[str]) -> bool:
    """Whether `path` is one of `patterns`, or lies in a folder that one of them names."""
    return compiled(tuple(patterns)).fullmatch(path) is not None


def _translate(pattern: str) -> str:
    plain = pattern.removeprefix("./").removeprefix("/")
    expression = "".join(_token(part) for part in _PARTS.split(plain))
    return expression + ("(?:.*)" if plain.endswith("/") else "(?:/.*)?")


def _token(part: str) -> str:
    fixed = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}
    if part in fixed:
        return fixed[part]
    if part[:1] == "{" and part[-1:] == "}":
        return "(?:" + "|".join(re.escape(choice) for choice in part[1:-1].split(",")) + ")"
    found = _SET.fullmatch(part)
    return _one_of(*found.groups()) if found else re.escape(part)


def _one_of(negated: str, listed: str) -> str:
    """An expression for a set such as `[abc]`, `[a-z]` or `[!0-9]`; a range from high to low holds nothing."""
    ranges = (item for item in re.findall(r".-.|.", listed, re.DOTALL) if len(item) == 1 or item[0] <= item[2])
    inside = "".join("-".join(re.escape(end) for end in item[::2]) for item in ranges)
    if negated:
        return f"[^/{inside}]"
    return f"(?!/)[{inside}]" if inside else "(?!)"
