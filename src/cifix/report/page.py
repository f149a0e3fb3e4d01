"""A rule's page as Markdown: its docstring, options, refusals, and the cases that show it at work."""

import inspect
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields

from cifix.engine.resolve import REFUSALS
from cifix.model.rule import Rule

HEADINGS = ("Why", "When this is wrong", "What it will not touch", "Sources")
"""The headings that every page has, each at the start of a line and with a colon, in this order."""

HOME: str | None = None
"""Address below which the pages of the built-in rules can be read; None as long as there is no public one."""

_END = re.compile(r"""[.!?](?=\s+[A-Z`"'(]|$)""")
_HEADING = re.compile(rf"^({'|'.join(HEADINGS)}):", re.MULTILINE)


def page(rule: Rule) -> str:
    """The page without cases; raises `ValueError` for a docstring that lacks a heading or has them out of order."""
    return "\n".join(_page(rule)).rstrip("\n") + "\n"


def sections(rule: Rule) -> dict[str, str]:
    """The text below each heading of a rule's docstring."""
    parts = _HEADING.split(inspect.cleandoc(rule.page))[1:]
    told = dict(zip(parts[::2], (inspect.cleandoc(part) for part in parts[1::2]), strict=True))
    if list(told) != list(HEADINGS):
        raise ValueError(f"the page of {rule.id} must have the headings {list(HEADINGS)}, it has {list(told)}")
    return told


def manual(rule: Rule) -> str:
    """The page, or the bare docstring of a plugin's rule that lacks a heading."""
    try:
        return page(rule)
    except ValueError:
        return inspect.cleandoc(rule.page) + "\n"


def why(rule: Rule) -> str:
    """What breaks without the rule, as its page says; empty if the page has no such heading."""
    try:
        return sections(rule)["Why"]
    except ValueError:
        return ""


def cause(rule: Rule) -> str:
    """What breaks, in the first sentence that its page says about it; its summary if it says nothing."""
    told = " ".join(why(rule).partition("\n\n")[0].split())
    ends = (found.end() for found in _END.finditer(told) if told.count('"', 0, found.end()) % 2 == 0)
    return told[: next(ends, len(told))] or f"{rule.summary}."


def link(rule: Rule, home: str | None = None) -> str | None:
    """Where the page of a built-in rule can be read, below `home` or `HOME`; None without a public address."""
    built_in = rule.find.__module__.startswith("cifix.rules.")
    return f"{home or HOME}/fixtures/{rule.id}/README.md" if built_in and (home or HOME) else None


def table(rules: Iterable[Rule]) -> str:
    """The Markdown table of rules for the README."""
    rows = [
        f"| [`{rule.id}`](fixtures/{rule.id}/README.md) | {rule.safety.word} | {rule.summary} |"
        for rule in sorted(rules, key=lambda rule: rule.id)
    ]
    return "\n".join(("| rule | best level | what it does |", "| --- | --- | --- |", *rows)) + "\n"


def _page(rule: Rule) -> Iterator[str]:
    told = sections(rule)
    yield f"# {rule.id}\n"
    yield f"{rule.summary}.\n"
    yield f"Best level: `{rule.safety.word}`. Reads: {', '.join(f'`{glob}`' for glob in rule.reads)}.\n"
    for heading in HEADINGS:
        yield f"## {heading}\n"
        yield f"{told[heading]}\n"
        if heading == "What it will not touch":
            yield from (f"- `{key}`: {line}" for key, line in sorted(rule.refusals.items()))
            yield ""
            shared = ", ".join(f"`{key}`" for key in sorted(REFUSALS))
            yield f"Any rule may also end with {shared}: see the README.\n"
    options = [item for item in fields(rule.options) if item.name != "selected"]
    if options:
        yield "## Options\n"
        yield f"In `[tool.cifix.rules.{rule.id}]`:\n"
        yield from (f"- `{item.name.replace('_', '-')}` (default `{_toml(item.default)}`)" for item in options)
        yield f"\n{inspect.cleandoc(rule.options.__doc__ or '')}\n"


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case str():
            return f'"{value}"'
    return str(value)
