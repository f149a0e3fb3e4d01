"""Values of several lines: escaped by hand for the old command, written between two marks for the file."""

import re

from cifix.rules.workflow_commands.command import COMMAND, ESCAPE, FILES, Cannot, Rewrite

_ECHO = re.compile(rf"(?P<indent>[ \t]*)echo[ \t]+\"{COMMAND}\$\{{?(?P<variable>\w+)\}}?\"[ \t]*")


def rewrite(script: str, start: int, end: int) -> Rewrite:
    """The changes for the line `start:end` and the lines above it that escape its variable; raises `Cannot`."""
    found = _ECHO.fullmatch(script[start:end])
    if found is None or found["key"] is None:
        raise Cannot("escaped", "the value holds escapes that only the old command decodes")
    variable = found["variable"]
    escape = re.compile(
        rf"[ \t]*{variable}=\"?\$\{{{variable}//[^\n{{}}]*/[^\n{{}}]*%(?:25|0[AaDd])[^\n{{}}]*\}}\"?[ \t]*"
    )
    first = start
    while first and escape.fullmatch(script[(above := script.rfind("\n", 0, first - 1) + 1) : first - 1]):
        first = above
    if first == start or ESCAPE.search(script[:first] + script[end:]):
        raise Cannot("escaped", "the script escapes the value in a way that is not understood")
    if re.search(rf"\b{variable}\b", script[end:]):
        raise Cannot("escaped", f"the escaped {variable} is used again")
    indent, mark = found["indent"], f"end_of_{re.sub(r'[$].*', 'value', found['key'])}"
    lines = (
        "{",
        f'  echo "{found["key"]}<<{mark}"',
        f"  printf '%s\\n' \"${variable}\"",
        f'  echo "{mark}"',
        f'}} >> "${FILES[found["name"]]}"',
    )
    body = f"\n{indent}".join(lines)
    head = first + len(script[first:]) - len(script[first:].lstrip(" \t"))
    return Rewrite(((head, start + len(found.group().rstrip()), body),), found["name"], certain=False)
