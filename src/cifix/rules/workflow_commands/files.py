"""Workflow commands that files of the repository print: shell and Python scripts, and the JavaScript of actions."""

import re
from collections.abc import Iterator, Sequence

from cifix.formats.python import parse
from cifix.model.change import Edit
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text
from cifix.rules.workflow_commands import prints
from cifix.rules.workflow_commands.command import ANY, FILES, Cannot, announced
from cifix.rules.workflow_commands.reach import started
from cifix.rules.workflow_commands.scripts import commands, rewrites

_NODE = ("*", "**/index", "**/main", "**/dist/**/*", "**/lib/*", "**/scripts/*", "**/.github/**/*")
PROGRAMS = (
    *("**/*.py", "**/*.sh", "**/*.bash"),
    *(f"{place}.{{js,cjs,mjs}}" for place in _NODE),
)
"""The files that may print commands: JavaScript only where actions and scripts keep it."""

_BUNDLED = re.compile(rb"(['\"])(?P<name>set-output|save-state|set-env|add-path)\1")
_SHELL = re.compile(r"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?)?(?:/\S*/)?(?P<name>bash|sh|dash|ksh|zsh)\b")
_PRINTED = re.compile(r"^(?!\s*(?://|\*)).*(?:console\.\w+|stdout\.write)\(")
_PYTHON = re.compile(r"#!.*python")


def findings(snapshot: Snapshot, path: str) -> Iterator[Finding]:
    """The commands that a file prints, if a step runs it."""
    program = started(snapshot).get(path)
    if program is None:
        return
    try:
        if path.endswith("js"):
            yield from _script_of_node(snapshot, path)
            return
        text = snapshot.text(path)
        first = text.text[text.start :].partition("\n")[0]
        if program == "python" or (not program and _PYTHON.match(first)):
            yield from _python(snapshot, path)
        elif program in {"bash", "sh"} or (not program and (_SHELL.match(first) or not first.startswith("#!"))):
            yield from _shell(path, text)
    except Opaque as why:
        yield Finding("workflow-commands", path, 0, 0, "an old workflow command", Refusal("opaque", str(why)))


def _shell(path: str, text: Text) -> Iterator[Finding]:
    script = text.text[text.start :].replace("\r\n", " \n")
    if any(FILES[found["name"]] in script for _, found in commands(script)):
        return  # what it prints is for runners that have no file
    outcome: Fix | Refusal
    try:
        done = list(rewrites(script, "posix"))
        edits = tuple(
            Edit(path, text.start + start, text.start + end, _lines(text, start, new))
            for one in done
            for start, end, new in one.changes
        )
        safety = Safety.SAFE if all(one.certain for one in done) else Safety.REVIEW
        outcome = Fix(_title(path, [one.name for one in done]), safety, edits)
    except Cannot as why:
        outcome = Refusal(why.key, why.detail)
    for start, found in commands(script):
        here = text.start + start + found.start()
        yield announced(path, (here, here + 2 + len(found["name"])), found["name"], outcome)


def _lines(text: Text, position: int, new: str) -> str:
    return new.replace("\n", text.newline_at(text.start + position))


def _python(snapshot: Snapshot, path: str) -> Iterator[Finding]:
    module = snapshot.parsed(path, parse)
    found = list(prints.printed(module))
    if not found:
        return
    outcome: Fix | Refusal
    try:
        edits = tuple(prints.edits(path, module, found))
        outcome = Fix(_title(path, [one.name for one in found]), Safety.REVIEW, edits)
    except Cannot as why:
        outcome = Refusal(why.key, why.detail)
    for one in found:
        yield announced(path, one.span, one.name, outcome)


def _title(path: str, names: Sequence[str]) -> str:
    return f"Write to the file of {', '.join(dict.fromkeys(names))} in {path}"


def _script_of_node(snapshot: Snapshot, path: str) -> Iterator[Finding]:
    """JavaScript that prints a command by itself, or through a library that was bundled with it."""
    data = snapshot.read(path)
    bundled = _BUNDLED.search(data)
    if bundled and b"GITHUB_OUTPUT" not in data:
        detail = "upgrade @actions/core to 1.10 or newer, and build the action again"
        yield announced(path, bundled.span("name"), bundled["name"].decode(), Refusal("bundle", detail))
        return
    text = snapshot.text(path)
    for line in re.finditer(r"[^\n]+", text.text):
        found = ANY.search(line.group())
        if found and _PRINTED.search(line.group()):
            here = line.start() + found.start()
            detail = f"append a line to the file that process.env.GITHUB_{_file(found['name'])} names"
            yield announced(path, (here, here + 2 + len(found["name"])), found["name"], Refusal("javascript", detail))


def _file(name: str) -> str:
    return name.partition("-")[2].upper()
