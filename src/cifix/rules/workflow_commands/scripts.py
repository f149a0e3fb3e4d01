"""Scripts as text: which lines print a workflow command, and how each is rewritten for the shell that runs it."""

import re
from collections.abc import Iterator

from cifix.rules.workflow_commands import escapes, posix, prints, windows
from cifix.rules.workflow_commands.command import ANY, ESCAPE, Cannot, Rewrite

_COMMENT = re.compile(r"[ \t]*(?:#|(?:@?rem\b|::[^sa]))", re.IGNORECASE)


def commands(script: str) -> Iterator[tuple[int, re.Match[str]]]:
    """The start of each line that is no comment and holds a command, and where the command is."""
    for line in re.finditer(r"[^\n]+", script):
        found = ANY.search(line.group())
        if found and not _COMMENT.match(line.group()):
            yield line.start(), found


def rewrites(script: str, shell: str) -> Iterator[Rewrite]:
    """The changes of each line that prints a command; raises `Cannot` if one cannot be rewritten."""
    if "::stop-commands" in script:
        raise Cannot("inside", "the script tells the runner to ignore commands for a while")
    if shell == "python":
        yield from prints.rewrites(script)
        return
    for start, _ in commands(script):
        end = script.find("\n", start)
        end = len(script) if end < 0 else end
        match shell:
            case "posix":
                yield _posix(script, start, end)
            case "cmd":
                yield windows.cmd(script, start, end)
            case _:
                yield windows.powershell(script, start, end, core=shell == "pwsh")


def _posix(script: str, start: int, end: int) -> Rewrite:
    """A line of a script that may escape values by hand: then only what is plain is taken as it is."""
    if not ESCAPE.search(script):
        return posix.rewrite(script, start, end)
    try:
        return escapes.rewrite(script, start, end)
    except Cannot:
        plain = posix.rewrite(script, start, end)
        if plain.certain:
            return plain
        raise
