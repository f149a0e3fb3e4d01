"""What a runner prints before a step runs: its script, its inputs, its variables; and what that script lets fail.

Source: actions/runner, `ScriptHandler.cs` and `Handler.cs`, read 2026-11.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cifix.logs.lines import Line

_GIVEN = ("with:", "env:", "shell: ")
_ALIKE = 60
"""Characters by which the heading and the first line of the script are compared."""

_KEPT = 200
"""Lines of a script that are read."""

_PASSED_OVER = re.compile(r"(?:\|\|\s{0,9}(?:true|:|echo|printf|exit 0)(?![\w.-])|&& break\b)")
_PROGRAM = re.compile(
    r"\s{0,40}(?:(?:do|then|if|!|sudo|time|npx|(?:uv|poetry|hatch|pdm) run|python3? -m)\s{1,9}){0,4}"
    r"(?P<name>[a-zA-Z][\w.-]{0,60})"
)
_BETWEEN = re.compile(r"[;&|]{1,2}")


@dataclass(slots=True)
class Heading:
    """The lines of a step before its output: `open` as long as they come, `script` is what it will run."""

    title: str
    begun: bool = False
    open: bool = True
    script: list[str] = field(default_factory=list)
    listing: bool = True

    def take(self, line: Line) -> bool:
        """Whether the line belongs to the heading."""
        if not self.open:
            return False
        if line.level == "endgroup" or not (self.begun or self._begins(line.text)):
            self.open = False
            return self.begun
        self.begun = True
        self.listing &= not line.text.startswith(_GIVEN)
        if self.listing and len(self.script) < _KEPT:
            self.script.append(line.text)
        return True

    def _begins(self, text: str) -> bool:
        return text.startswith(_GIVEN) or text.strip()[:_ALIKE] == self.title.strip()[:_ALIKE]


def tolerated(script: Iterable[str]) -> frozenset[str]:
    """The programs whose failure a shell script passes over, wherever it runs them."""
    some: dict[bool, set[str]] = {True: set(), False: set()}
    for allowed, program in _programs(script):
        some[allowed].add(program)
    return frozenset(some[True] - some[False])


def _programs(script: Iterable[str]) -> Iterator[tuple[bool, str]]:
    going_on = False
    for text in script:
        if "set +e" in text or "set -e" in text:
            going_on = "set +e" in text
        parts = _PASSED_OVER.split(text)
        for at, part in enumerate(parts):
            commands = [match["name"] for one in _BETWEEN.split(part) if (match := _PROGRAM.match(one))]
            for place, program in enumerate(commands, 1):
                yield going_on or (at < len(parts) - 1 and place == len(commands)), program
