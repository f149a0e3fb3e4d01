"""Ini files as pytest, tox and setuptools read them: sections of options, each with its exact place."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cifix.formats.ini import refuse_long
from cifix.model.change import Edit
from cifix.model.text import Opaque, Text

_COMMENT = re.compile(r"\s*[#;]")
_HEADER = re.compile(r"\[(?P<name>[^\]#;]*)\]\s*(?:[#;].*)?")
_OPTION = re.compile(r"(?P<name>[^=:\s](?:[^=:\s]|\s++(?![=:]))*+)\s*[=:]\s*(?P<value>.*)")
_MARGIN = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class Option:
    """A key and the lines of its value, without comments and margins.

    The last of them ends at `end` of the text; `margin` is what the last line below the key is indented with, if
    there is one.
    """

    name: str
    lines: tuple[str, ...]
    end: int
    margin: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below a header that ends at `end` of the text."""

    name: str
    end: int
    options: tuple[Option, ...] = ()

    def option(self, name: str) -> Option | None:
        """The option with this name."""
        return next((option for option in self.options if option.name == name), None)


@dataclass(frozen=True, slots=True)
class Ini:
    """The sections of a file, in its order."""

    text: Text
    sections: tuple[Section, ...]

    def section(self, name: str) -> Section | None:
        """The section with this name."""
        return next((section for section in self.sections if section.name == name), None)


def parse(text: Text) -> Ini:
    """Read a file; raises `Opaque` for lines that belong to nothing and for what stands there twice."""
    refuse_long(text)
    sections: list[Section] = []
    for number in range(1, len(text.line_starts) + 1):
        start, end = text.line_span(number)
        line = text.text[max(start, text.start if number == 1 else start) : end]
        if not line.strip() or _COMMENT.match(line):
            continue
        stop = end - len(line) + len(line.rstrip())
        if header := _HEADER.fullmatch(line.rstrip()):
            sections.append(Section(header["name"], stop))
        elif sections:
            sections[-1] = _with_line(sections[-1], line.rstrip(), stop, number)
        else:
            raise Opaque(f"line {number} stands above the first section")
    _refuse_twins([section.name for section in sections])
    return Ini(text, tuple(sections))


def extend(path: str, ini: Ini, option: Option, lines: Sequence[str]) -> Edit:
    """Give the value of an option more lines, indented as its last one."""
    newline = ini.text.newline_at(option.end)
    return Edit(path, option.end, option.end, "".join(f"{newline}{option.margin or '    '}{line}" for line in lines))


def add(path: str, ini: Ini, section: Section, name: str, lines: Sequence[str]) -> Edit:
    """Give a section one more option, behind its last one."""
    end = section.options[-1].end if section.options else section.end
    newline = ini.text.newline_at(end)
    return Edit(path, end, end, f"{newline}{name} =" + "".join(f"{newline}    {line}" for line in lines))


def _with_line(section: Section, line: str, end: int, number: int) -> Section:
    """The section with one more line, which begins an option or goes on with the last one."""
    last = section.options[-1] if section.options else None
    if line[0] in " \t":
        if last is None:
            raise Opaque(f"line {number} goes on with an option that is not there")
        margin = _MARGIN.match(line)
        grown = Option(last.name, (*last.lines, line.strip()), end, margin.group() if margin else "")
        return Section(section.name, section.end, (*section.options[:-1], grown))
    found = _OPTION.fullmatch(line)
    if found is None:
        raise Opaque(f"line {number} is no option")
    if section.option(found["name"]):
        raise Opaque(f"line {number} sets {found['name']!r} for the second time")
    value = found["value"]
    return Section(section.name, section.end, (*section.options, Option(found["name"], (value,) if value else (), end)))


def _refuse_twins(names: Sequence[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise Opaque(f"the section [{name}] stands there twice")
