"""A section for contributors that says how CI breaks in this repository, and what to do before a push."""

import re
import textwrap
from collections.abc import Iterator, Sequence

from cifix.guard.wanted import Wanted
from cifix.model.change import Create, Edit
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text
from cifix.report.page import cause

HEADING = "How CI breaks here"
NEW = "CONTRIBUTING.md"
"""The file that is made where there is none."""

_FOLDERS = (".github", "", "docs")
"""Where GitHub looks, in its order."""

_ENDINGS = (".md", ".markdown", ".rst", ".txt", "")
_WIDTH = 100
_ATX = re.compile(r"^ {0,3}(#{1,6})[ \t]++\S(?:.*?\S)??([ \t]#+)?[ \t]*$", re.MULTILINE)
_UNDERLINED = re.compile(
    r"^(?P<title>\S[^\r\n]*)\r?\n(?P<line>(?P<mark>[=\-~^\"'`#*+.:_])(?P=mark){2,})[ \t]*\r?$", re.MULTILINE
)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def contributing(snapshot: Snapshot, wanted: Wanted) -> Iterator[Finding]:
    """The section, unless the project's file for contributors has it."""
    message = f"contributors are not told: {HEADING.lower().replace('ci', 'CI')}"
    path = _place(snapshot)
    if path is None:
        data = f"# Contributing\n\n## {HEADING}\n\n" + "\n".join(_body(snapshot, wanted)) + "\n"
        fix = Fix(f"Tell contributors how CI breaks here, in {NEW}", Safety.REVIEW, (Create(NEW, data.encode()),))
        yield Finding("guard", NEW, 0, 0, message, fix)
        return
    try:
        text = snapshot.text(path)
    except Opaque as why:
        yield Finding("guard", path, 0, 0, message, Refusal("opaque", str(why)))
        return
    if HEADING.lower() not in text.text.lower():
        end = len(text.text)
        fix = Fix(
            f"Tell contributors how CI breaks here, in {path}", Safety.REVIEW, (_edit(path, text, snapshot, wanted),)
        )
        yield Finding("guard", path, end, end, message, fix)


def _place(snapshot: Snapshot) -> str | None:
    there = {path.lower(): path for path in snapshot.paths}
    for folder in _FOLDERS:
        for ending in _ENDINGS:
            path = f"{folder}/contributing{ending}".lstrip("/")
            if path in there:
                return there[path]
    return None


def _edit(path: str, text: Text, snapshot: Snapshot, wanted: Wanted) -> Edit:
    """The section at the end, after one empty line."""
    rst = path.lower().endswith(".rst")
    body = [*_heading(text.text, rst=rst), "", *_body(snapshot, wanted)]
    lines = [line.replace("`", "``") for line in body] if rst else body
    written = text.text.rstrip("\r\n")
    before = text.text[len(written) :].count("\n") or text.text[len(written) :].count("\r")
    gap = max(2 - before, 0) if written.strip("\ufeff") else 0
    end = len(text.text)
    return Edit(path, end, end, text.newline * gap + text.newline.join((*lines, "")))


def _heading(text: str, *, rst: bool) -> Sequence[str]:
    """The heading of the section, spelled like the others of its level: the second, or the first if all are."""
    plain = _FENCE.sub("", text)
    underlined = [found["mark"] for found in _UNDERLINED.finditer(plain)]
    if rst:
        marks = list(dict.fromkeys(underlined))
        mark = marks[1] if len(marks) > 1 else "-" if marks != ["-"] else "="
        return HEADING, mark * len(HEADING)
    levels = [(len(found[1]), bool(found[2])) for found in _ATX.finditer(plain)]
    if not levels and set(underlined) & {"=", "-"}:
        return HEADING, "-" * len(HEADING)
    first = [level for level, _ in levels]
    level = 1 if first.count(1) > 1 and 2 not in first else 2  # noqa: PLR2004 - a title above sections
    closed = bool(levels) and all(shut for _, shut in levels)
    return (f"{'#' * level} {HEADING}{' ' + '#' * level if closed else ''}",)


def _body(snapshot: Snapshot, wanted: Wanted) -> Iterator[str]:
    yield from _wrapped(
        "CI sees a clean checkout: what is in a commit, and nothing else. `cifix check` finds the causes below before "
        "you push, `cifix rules explain ID` tells more about each, and `cifix apply` commits the fixes on a branch."
    )
    if wanted.lessons:
        yield ""
    for rule in wanted.lessons:
        yield from _wrapped(f"- `{rule.id}`: {cause(rule)}", "  ")
    if any(path.endswith(".py") for path in snapshot.paths):
        yield ""
        yield from _wrapped(
            "Before you look for a circular import, look for the file: `git ls-files PATH` prints nothing for one that "
            "no commit has, and `git check-ignore -v --no-index PATH` names the pattern that keeps it out. "
            "`git ls-files -ci --exclude-standard` lists files whose next neighbour would be left out without a word."
        )


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
