"""Path patterns from the root: `*`, `?` and `[a-z]` stay inside one folder, `**/` spans any number of them."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice, product
from math import prod
from posixpath import commonprefix

_BRACES = re.compile(r"\{([^{}]*)\}")
_PARTS = re.compile(r"(\*\*/|\*\*|/|\*|\?|\{[^{}]*\}|\[!?.[^\]]*+\])", re.DOTALL)
_SET = re.compile(r"\[(!?)(.[^\]]*)\]", re.DOTALL)


STAR, FOLDERS, REST = "*", "**/", "**"
"""The tokens that match more than one character."""

CHOICES = 1024
"""Ways to take one of each `{a,b}` of a pattern; with more of them its braces mean themselves."""


@lru_cache(maxsize=1024)
def compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression that matches a path, relative to the repository root, if any pattern does."""
    return re.compile(
        "|".join(f"(?:{_translate(one)})" for pattern in patterns for one in _spread(pattern)) or r"(?!)", re.DOTALL
    )


def stem(patterns: Sequence[str]) -> str:
    """What every path begins with that one of the patterns matches, as far as their letters say it."""
    plain = [_PARTS.split(pattern.removeprefix("./").removeprefix("/"))[0] for pattern in patterns]
    return commonprefix([part.rstrip("/") for part in plain])


def matches(path: str, patterns: Sequence[str]) -> bool:
    """Whether `path` is one of `patterns`, or lies in a folder that one of them names."""
    return compiled(tuple(patterns)).fullmatch(path) is not None


def _translate(pattern: str) -> str:
    plain = pattern.removeprefix("./").removeprefix("/")
    expression = joined([_token(token) for token in _tokens(plain)])
    return expression + ("(?:.*)" if plain.endswith("/") else "(?:/.*)?")


def _tokens(pattern: str) -> Iterator[str]:
    """The parts of a pattern; `**/` behind anything but a slash is `**` and a slash."""
    before = "/"
    for part in filter(None, _PARTS.split(pattern)):
        yield from (part,) if part != FOLDERS or before.endswith("/") else (REST, "/")
        before = part


def _spread(pattern: str) -> Iterator[str]:
    """The patterns without braces that a pattern stands for."""
    fixed, choices = _BRACES.split(pattern)[::2], [one.split(",") for one in _BRACES.split(pattern)[1::2]]
    if prod(len(some) for some in choices) > CHOICES:
        yield pattern
        return
    for chosen in product(*choices):
        yield "".join(part for pair in zip(fixed, (*chosen, ""), strict=True) for part in pair)


def joined(tokens: Sequence[str]) -> str:
    """One expression from those of single characters, `STAR`, `FOLDERS` and `REST`.

    What stands between two stars, or between two wildcards that span folders, is matched at its first place and never
    tried at a later one: the later wildcard can take up whatever lies between. Without that, the time for `*a*a*a*a*b`
    grows with the power of its stars, and a repository could stall its reader. `FOLDERS` must come first, or behind a
    slash: else its first place need not be the best.
    """
    parts: list[str] = []
    open_star = open_wide = False
    for index, token in enumerate(tokens):
        if token == STAR:
            parts.append(")" * open_star)
            open_star = _next(tokens, index, (STAR, "/", FOLDERS, REST)) in (STAR, REST)
            parts.append("(?>[^/]*?" if open_star else "[^/]*")
        elif token == FOLDERS:
            parts.append(")" * open_wide)
            open_wide = _next(tokens, index, (FOLDERS, REST)) is not None
            parts.append("(?>(?:.*?/)??" if open_wide else "(?:.*/)?")
        elif token == REST:
            parts.append(")" * (open_star + open_wide))
            open_star, open_wide = False, _next(tokens, index, (FOLDERS, REST)) is not None
            parts.append("(?>.*?" if open_wide else ".*")
        else:
            parts.append(token)
    return "".join(parts)


def _next(tokens: Sequence[str], index: int, ends: Sequence[str]) -> str | None:
    """The next of `ends` behind `index`."""
    return next((token for token in islice(tokens, index + 1, None) if token in ends), None)


def _token(part: str) -> str:
    fixed = {"?": r"[^/]", "/": "/", **{wild: wild for wild in (STAR, FOLDERS, REST)}}
    if part in fixed:
        return fixed[part]
    found = _SET.fullmatch(part)
    return _one_of(*found.groups()) if found else re.escape(part)


def _one_of(negated: str, listed: str) -> str:
    """An expression for a set such as `[abc]`, `[a-z]` or `[!0-9]`; a range from high to low holds nothing."""
    ranges = (item for item in re.findall(r".-.|.", listed, re.DOTALL) if len(item) == 1 or item[0] <= item[2])
    inside = "".join("-".join(re.escape(end) for end in item[::2]) for item in ranges)
    if negated:
        return f"[^/{inside}]"
    return f"(?!/)[{inside}]" if inside else "(?!)"


def within(paths: Sequence[str], start: str) -> Sequence[str]:
    """Those of sorted `paths` that begin with `start`."""
    first = bisect_left(paths, start)
    return paths[first : bisect_right(paths, start, first, key=lambda path: path[: len(start)])]
