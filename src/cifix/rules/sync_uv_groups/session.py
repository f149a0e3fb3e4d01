"""One script while it runs: where its commands stand, what their variables are, and whether they surely run."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cifix.formats.shell import Command
from cifix.formats.uv.arguments import Argument
from cifix.rules.sync_uv_groups.steps import WORKSPACE, Visit, inside, rendered

_HOME = re.compile(r"\$(?:GITHUB_WORKSPACE\b|\{GITHUB_WORKSPACE\})")
_TESTS = {"[", "[[", "test", "command", "which", "type", "hash", "grep", "git"}


@dataclass(slots=True)
class Session:
    """One script while it runs: the folder of each bracket that is open, variables, and an activated environment."""

    visit: Visit
    scopes: list[tuple[int, str | None]]
    variables: dict[str, str | None] = field(default_factory=dict)
    active: bool = False
    tolerant: bool = False
    piping: bool = False

    def enter(self, command: Command) -> None:
        """Leave the brackets that are closed."""
        depth = command.inside.count("(")
        while self.scopes[-1][0] > depth:
            self.scopes.pop()

    def change(self, command: Command, arguments: Sequence[Argument]) -> None:
        """Go to another folder until the bracket is closed."""
        depth = command.inside.count("(")
        sure = not set(command.inside) - {"(", "{"} and len(arguments) > 1
        folder = inside(self.scopes[-1][1], arguments[1].text) if sure else None
        if self.scopes[-1][0] == depth:
            self.scopes.pop()
        self.scopes.append((depth, folder))

    def export(self, command: Command) -> None:
        """Set variables for the rest of the script."""
        for word in command.words[1:]:
            name, sign, value = word.text.partition("=")
            if sign:
                self.variables[name] = value if word.literal else None
            self.active |= name in {"PATH", "VIRTUAL_ENV"}

    def tolerates(self, command: Command) -> bool:
        """Whether the step goes on when a command fails."""
        piped = command.after in {"|", "|&"} and self.visit.shell.strip() != "bash" and not self.piping
        tested = bool({"if", "elif", "while", "until"} & set(command.inside[-1:])) or command.negated
        return self.visit.tolerated or self.tolerant or piped or tested or command.after == "||"


def arguments_of(command: Command, visit: Visit) -> Iterator[Argument]:
    """The arguments of a command; an expression of GitHub is put in before the shell splits words."""
    for index, word in enumerate(command.words):
        if word.literal or ("$" not in word.text and "`" not in word.text):
            yield Argument(word.text, index)
            continue
        text = rendered(_HOME.sub(WORKSPACE, word.text), visit.leg)
        if text is None or "$" in text or "`" in text:
            head = re.match(r"--[\w-]+=", word.text)
            yield Argument(word.text if head else None, index)
            continue
        try:
            parts = shlex.split(text)
        except ValueError:
            parts = [text]
        yield from (Argument(part, index) for part in parts)


def assigned(command: Command) -> dict[str, str | None]:
    """The variables that are set for one command."""
    return {one.name: one.value if one.literal else None for one in command.env}


def may_be_skipped(command: Command, before: Command | None) -> bool:
    """Whether a command may be skipped inside its script."""
    tested = command.before == "&&" and before is not None and bool(before.words) and before.words[0].text in _TESTS
    return bool(set(command.inside) - {"(", "{", "if"}) or command.before == "||" or tested
