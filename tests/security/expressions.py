"""Every regular expression of cifix, and texts on which one that backtracks would stall.

The texts are made from the expression itself: what a repeated part takes, many times, behind what stands before it,
with an end that lets the match fail.
"""

import ast
import importlib
import pkgutil
import re
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import product
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as reader  # type: ignore[attr-defined]
from typing import Any

import cifix

LONG = 32_768
"""Characters of a text that an expression must get through."""

BUDGET = 0.25
"""Processor seconds for one text of `LONG` characters; what does not backtrack needs a thousandth of it."""

SHORT: Mapping[str, str] = {
    "cifix.formats.actions.conditions": "conditions above a thousand characters are not compared",
    "cifix.formats.actions.expression": "`spots` ends the search at the last `}}`",
    "cifix.rules.anchor_gitignore.masked": "the name of one module",
    "cifix.rules.missing_first_party_module.silence": "the name of one module",
    "cifix.rules.upgrade_artifacts.order": "the last thousand characters of a path",
    "cifix.vcs.source": "what git prints, where every path ends with a NUL",
}
"""Modules with an expression that may stall on texts longer than those it is ever given, and why those are short."""

_TRIED = (2_048, 8_192, LONG)
_AGAIN = 4
_WORTH_MORE = 0.002
_CHARACTERS = " a1\t.-_/\"'{}[]()<>=:,;#$&|\\\n\r*+!?@`~%^\0xA0eé"
_METHODS = {"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
_MANY = 64


@dataclass(frozen=True)
class Used:
    """An expression, the module that has it, and the methods it is used with."""

    module: str
    pattern: re.Pattern[Any]
    methods: frozenset[str]
    longest: int = LONG

    def __str__(self) -> str:
        return f"{self.module}: {self.pattern.pattern!r}"


def expressions() -> Iterator[Used]:
    """Those that modules hold or write down, and those of the log signatures, whose lines have a length of their own."""  # noqa: E501
    from cifix.logs.lines import LIMIT  # noqa: PLC0415

    seen: set[tuple[str, Any, int]] = set()
    for module in sorted(one.name for one in pkgutil.walk_packages(cifix.__path__, "cifix.")):
        if "proof.child" in module or module == "cifix.__main__":
            continue
        loaded = importlib.import_module(module)
        tree = _tree(loaded)
        used = _used(tree)
        held = [*_held(vars(loaded))]
        assigned = {pattern.pattern for _, pattern in held}
        for name, pattern in [*held, *(one for one in _written(tree) if one[1].pattern not in assigned)]:
            key = module, pattern.pattern, pattern.flags
            if key not in seen:
                seen.add(key)
                short = module.startswith(("cifix.logs", "cifix.diagnosis"))
                yield Used(module, pattern, used.get(name) or _any(tree, name), LIMIT if short else LONG)
    for sheet in sorted((files("cifix.logs") / "signatures").iterdir(), key=lambda one: one.name):
        if sheet.name.endswith(".toml"):
            for entry in tomllib.loads(sheet.read_text("utf-8"))["signature"]:
                method = "match" if entry["pattern"].startswith("^") else "search"
                yield Used(sheet.name, re.compile(entry["pattern"]), frozenset({method}), LIMIT)


def _tree(module: Any) -> ast.Module:
    with open(module.__file__, "rb") as file:  # noqa: PTH123
        return ast.parse(file.read())


def _held(names: dict[str, Any]) -> Iterator[tuple[str, re.Pattern[Any]]]:
    for name, value in names.items():
        if isinstance(value, re.Pattern):
            yield name, value
        elif isinstance(value, list | tuple | set | frozenset):
            yield from ((name, one) for one in value if isinstance(one, re.Pattern))
        elif isinstance(value, dict):
            yield from ((name, one) for one in value.values() if isinstance(one, re.Pattern))


def _written(tree: ast.Module) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The expressions that stand in a call such as `re.sub("...", ...)`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re"), attr=method),
                args=[ast.Constant(value=str() | bytes() as text), *_],
            ):
                if method in _METHODS | {"compile"}:
                    yield f"re.{method}", re.compile(text)


def _used(tree: ast.Module) -> dict[str, frozenset[str]]:
    """The methods by the name of the expression; a name that is used in any other way is left out."""
    calls: dict[str, set[str]] = {f"re.{method}": {method} for method in _METHODS}
    mentions: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            mentions[node.id] = mentions.get(node.id, 0) + 1
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in {*_METHODS, "pattern"}:
            calls.setdefault(node.value.id, set()).add(node.attr)
            mentions[node.value.id] = mentions.get(node.value.id, 0) - 1
    return {name: frozenset(methods) for name, methods in calls.items() if not mentions.get(name)}


def _any(tree: ast.Module, name: str) -> frozenset[str]:
    """What the module does with any expression, for a name of its own that it hands around; else a search."""
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & _METHODS
    return frozenset(called if called and name.startswith("_") else {"search"})


def stalls(used: Used) -> tuple[str, float] | None:
    """A text, cut short, that takes the expression longer than its budget, and the seconds; None if there is none."""
    for lead, body, tail in attacks(used.pattern.pattern, used.pattern.flags):
        for method in used.methods & _METHODS:
            for size in _TRIED:
                text = lead + body * (min(size, used.longest) // max(len(body), 1)) + tail
                seconds = _seconds(used.pattern, method, text)
                for _ in range(
                    _AGAIN if seconds > BUDGET else 0
                ):  # a busy machine is slow once, a bad expression always
                    seconds = min(seconds, _seconds(used.pattern, method, text))
                if seconds > BUDGET:
                    return f"{method} {lead[:40]!r} + {body[:40]!r} * n + {tail!r}", seconds
                if seconds < _WORTH_MORE:
                    break
    return None


def _seconds(pattern: re.Pattern[Any], method: str, text: str) -> float:
    given: Any = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
    empty: Any = given[:0]
    start = time.process_time()
    if method in {"sub", "subn"}:
        getattr(pattern, method)(empty, given)
    elif method == "finditer":
        for _ in pattern.finditer(given):
            pass
    else:
        getattr(pattern, method)(given)
    return time.process_time() - start


def attacks(source: str | bytes, flags: int) -> Iterator[tuple[str, str, str]]:
    """Texts as lead, repeated body and tail, each once."""
    found: dict[tuple[str, str, str], None] = {}
    for lead, bodies in _repeats(reader.parse(source, flags & ~re.DEBUG), ""):
        for body in bodies:
            if body:
                for tail in ("", "\0"):
                    found[lead, body, tail] = None
                    found["", lead + body, tail] = None
        if lead:
            found["", lead, ""] = found["", lead, "\0"] = None
    yield from found


def _repeats(items: Sequence[Any], lead: str) -> Iterator[tuple[str, list[str]]]:
    """Every part that may be repeated without end: what a match has before it, and what it may take."""
    for kind, value in items:
        if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
            least, most, inner = value
            if most >= _MANY:
                yield lead, _samples(inner)
            yield from _repeats(inner, lead)
            lead += _samples(inner)[0] * min(max(least, 0), 60) if least else ""
            continue
        if kind is kinds.BRANCH:
            for branch in value[1]:
                yield from _repeats(branch, lead)
        elif kind in (kinds.SUBPATTERN, kinds.ATOMIC_GROUP, kinds.ASSERT, kinds.ASSERT_NOT):
            yield from _repeats(_inner(kind, value), lead)
        lead += _samples([(kind, value)])[0]


def _inner(kind: Any, value: Any) -> Any:
    if kind is kinds.SUBPATTERN:
        return value[3]
    return value[1] if kind in (kinds.ASSERT, kinds.ASSERT_NOT) else value


def _samples(items: Sequence[Any]) -> list[str]:
    """A few texts that the items match; never none."""
    parts = [_sample(kind, value)[:4] for kind, value in items]
    return ["".join(one) for one, _ in zip(product(*parts), range(6), strict=False)] or [""]


def _sample(kind: Any, value: Any) -> list[str]:
    if kind is kinds.LITERAL:
        return [chr(value)]
    if kind in (kinds.IN, kinds.NOT_LITERAL, kinds.ANY):
        return _members(kind, value)
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT):
        least, most, inner = value
        return [one * max(least, min(most, 1)) for one in _samples(inner)]
    if kind is kinds.BRANCH:
        return [_samples(branch)[0] for branch in value[1]]
    if kind in (kinds.SUBPATTERN, kinds.ATOMIC_GROUP):
        return _samples(_inner(kind, value))
    return [""]


def _members(kind: Any, value: Any) -> list[str]:
    """Characters that a set takes: those of `_CHARACTERS` first, since other parts may take them as well."""
    matcher = re.compile(_set(kind, value), re.DOTALL)
    common = [one for one in _CHARACTERS if matcher.fullmatch(one)]
    own = [chr(one) for where, one in value if where is kinds.LITERAL] if kind is kinds.IN else []
    return [*dict.fromkeys([*common[:3], *own[:2]])] or own or ["a"]


def _set(kind: Any, value: Any) -> str:
    if kind is kinds.ANY:
        return "."
    if kind is kinds.NOT_LITERAL:
        return f"[^{re.escape(chr(value))}]"
    parts = []
    negated = ""
    for where, one in value:
        if where is kinds.NEGATE:
            negated = "^"
        elif where is kinds.LITERAL:
            parts.append(re.escape(chr(one)))
        elif where is kinds.RANGE:
            parts.append(f"{re.escape(chr(one[0]))}-{re.escape(chr(one[1]))}")
        else:
            parts.append(_CATEGORIES[str(one)])
    return f"[{negated}{''.join(parts)}]"


_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}


def main(only: str) -> None:
    """Print every expression that stalls, of modules whose name begins with `only`."""
    count = 0
    for used in expressions():
        if not used.module.startswith(only):
            continue
        count += 1
        if found := stalls(used):
            print(f"{used.module}\n    {used.pattern.pattern!r:.200}\n    {found[0]}: {found[1]:.2f} s", flush=True)  # noqa: T201
    print(count, "expressions")  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:2] or ("",))
