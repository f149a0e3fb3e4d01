"""Workflow commands in scripts of PowerShell and of the Windows command prompt."""

import re

from cifix.formats.actions.expression import without_expressions
from cifix.rules.workflow_commands.command import COMMAND, ESCAPE, FILES, Cannot, Rewrite, value_is_plain

_POWERSHELL = re.compile(
    r"[ \t]*(?P<program>(?:echo|Write-Output|Write-Host)[ \t]+)?"
    rf"(?P<text>(?P<quote>[\"']){COMMAND}(?P<value>.*)(?P=quote))[ \t]*",
    re.IGNORECASE,
)
_CMD = re.compile(rf"[ \t]*@?(?P<program>echo[ \t]+){COMMAND}(?P<value>[^\"^&|<>()!]*)", re.IGNORECASE)
_OPEN = re.compile(r"@[\"']|<#|\|[ \t]*$|`[ \t]*$|\bfunction\b|^[ \t]*\}[ \t]*\|", re.MULTILINE | re.IGNORECASE)


def powershell(script: str, start: int, end: int, *, core: bool) -> Rewrite:
    """The changes for the command printed in the line `start:end`; `core` is PowerShell 6 or later.

    Older ones write UTF-16 with `>>`, which the runner cannot read. Raises `Cannot`.
    """
    if _OPEN.search(script):
        raise Cannot("inside", "the script collects output, or holds texts of several lines")
    line = script[start:end]
    found = _POWERSHELL.fullmatch(line)
    if found is None:
        raise Cannot("compound", "the line is not one quoted text, or the output of one")
    value = found["value"]
    if ESCAPE.search(value) or "`" in value:
        raise Cannot("escaped", "the value holds escapes that only the old command decodes")
    if found["quote"] in without_expressions(value):
        raise Cannot("quoting", "the text holds quotes itself")
    host = (found["program"] or "").lower().startswith("write-host")
    head = start + (found.start("program") if host else found.start("text"))
    text = start + found.start("value")
    key = f"{found['key']}=" if found["key"] else ""
    file = f"$env:{FILES[found['name'].lower()]}"
    target = f" >> {file}" if core else f" | Out-File -FilePath {file} -Append -Encoding utf8"
    changes = ((head, text, found["quote"] + key), (start + found.end("text"), start + found.end("text"), target))
    return Rewrite(changes, found["name"].lower(), _is_plain(value))


def cmd(script: str, start: int, end: int) -> Rewrite:
    """The changes for the command printed in the line `start:end`; raises `Cannot`.

    The redirection comes first: behind the value, a digit at its end would be read as a file handle.
    """
    if re.search(r"\^[ \t]*$|^[ \t]*\)|\([ \t]*$", script, re.MULTILINE):
        raise Cannot("inside", "the script has blocks or lines that go on")
    found = _CMD.fullmatch(script[start:end])
    if found is None:
        raise Cannot("compound", "the line is not one echo of the command without quotes")
    value = found["value"]
    if ESCAPE.search(re.sub(r"%\w+%", "", value)):
        raise Cannot("escaped", "the value holds escapes that only the old command decodes")
    key = f"{found['key']}=" if found["key"] else ""
    head, text = start + found.start("program"), start + found.start("value")
    changes = ((head, text, f'>>"%{FILES[found["name"].lower()]}%" echo {key}'),)
    return Rewrite(changes, found["name"].lower(), _is_plain(value) and value == value.rstrip())


def _is_plain(value: str) -> bool:
    """Whether a value is one line with nothing to decode; a backslash means itself to these shells."""
    return value_is_plain(value.replace("\\", "/"))
