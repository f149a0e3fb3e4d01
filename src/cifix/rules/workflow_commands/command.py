"""Workflow commands as text, and what is known about the values they carry."""

import re
from dataclasses import dataclass

from cifix.model.finding import ALREADY, Finding, Fix, Refusal

FILES = {
    "set-output": "GITHUB_OUTPUT",
    "save-state": "GITHUB_STATE",
    "set-env": "GITHUB_ENV",
    "add-path": "GITHUB_PATH",
}
"""The variable that names the file which takes the place of each command."""

ANY = re.compile(rf"(?<![\w=])::(?P<name>{'|'.join(FILES)})(?:\s|::)")
"""One of the commands, anywhere in a script."""

COMMAND = (
    r"::(?P<name>(?:set-output|save-state|set-env)(?=\s)|add-path(?=::))"
    r"(?:[ \t]+name=(?P<key>(?:[A-Za-z_]|\$\{\{[^{}]*\}\})(?:[\w-]|\$\{\{[^{}]*\}\})*)(?=::))?::"
)
"""The head of a command, up to its value; `key` is what `name=` says."""

ESCAPE = re.compile(r"%0[AaDd]|%25")
"""What the old commands decode in a value, and files do not."""

_KNOWN = re.compile(
    r"\$\{\{\s*(?:github\.(?:sha|run_id|run_number|run_attempt|repository|repository_owner|event_name)"
    r"|runner\.(?:os|arch)|hashFiles\([^{}]*\))\s*\}\}"
    r"|\$(?:\{)?(?:env:)?GITHUB_(?:SHA|RUN_ID|RUN_NUMBER|RUN_ATTEMPT|REPOSITORY|REPOSITORY_OWNER|EVENT_NAME)\b\}?"
    r"|\$\(date(?: -u)? \+'?(?:%[YmdHMSjsFTuVgG]|[\w:.-])+'?\)"
)


class Cannot(Exception):  # noqa: N818 - it is an answer, not a failure
    """A command that cannot be rewritten: the `key` of a refusal, and its detail."""

    def __init__(self, key: str, detail: str) -> None:
        super().__init__(detail)
        self.key = key
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Changes (start, end, new text) of a script that make the command `name` write to its file.

    `certain` says whether the file is sure to get the value that the command carried.
    """

    changes: tuple[tuple[int, int, str], ...]
    name: str
    certain: bool


def value_is_plain(value: str) -> bool:
    """Whether a value, as written in a script, is one line that has nothing to decode, whatever it expands to."""
    rest = _KNOWN.sub("", value)
    return not any(mark in rest for mark in "$`%\\\n\"'")


def announced(path: str, span: tuple[int, int], name: str, outcome: Fix | Refusal) -> Finding:
    """The finding for a command, in the words of the runner."""
    disabled = name in {"set-env", "add-path"}
    state = "is disabled" if disabled else "is deprecated and will be disabled soon"
    message = f"The `{name}` command {state}. Please upgrade to using Environment Files"
    return Finding("workflow-commands", path, *span, message, outcome, ALREADY if disabled else None, (name,))
