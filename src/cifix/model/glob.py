"""Path patterns: `*` and `?` stay inside one folder, `**/` spans any number of them."""

import re
from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=1024)
def compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression that matches a path, relative to the repository root, if any pattern does."""
    return re.compile("|".join(f"(?:{_translate(pattern)})" for pattern in patterns) or r"(?!)")


def matches(path: str, patterns: Sequence[str]) -> bool:
    """Whether `path` is one of `patterns`, or lies in a folder that one of them names."""
    return compiled(tuple(patterns)).fullmatch(path) is not None


def _translate(pattern: str) -> str:
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\{[^{}]*\})", pattern.removeprefix("/"))
    expression = "".join(_token(part) for part in parts)
    return expression + ("(?:.*)" if pattern.endswith("/") else "(?:/.*)?")


def _token(part: str) -> str:
    fixed = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}
    if part in fixed:
        return fixed[part]
    if part.startswith("{"):
        return "(?:" + "|".join(re.escape(choice) for choice in part[1:-1].split(",")) + ")"
    return re.escape(part)
