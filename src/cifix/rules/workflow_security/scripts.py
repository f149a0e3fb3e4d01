"""Where a script of a step loses the failure of a command that it runs for its answer."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cifix.formats.shell import Command, commands
from cifix.model.text import Opaque
from cifix.rules.workflow_security.facts import facts

_WRAPPERS = {"sudo", "time", "command", "exec", "xvfb-run", "npx", "uvx", "env", "timeout"}
_RUNNERS = {"uv", "poetry", "pdm", "hatch", "pipenv", "rye", "pixi", "conda", "mamba", "micromamba", "coverage"}
_VALUED = re.compile(r"--(?:extra|group|only-group|with|python|package|name)|-[pneXW]")
_PYTHON = re.compile(r"(?:.*/)?python[\d.]*")
_QUIET = {"true", ":", "echo", "printf"}
_TESTING = {"if", "elif", "while", "until"}
_STATUS = re.compile(r"\$(?:\?|\{\?\})")
_FILES = re.compile(r"\$\{?GITHUB_(?:OUTPUT|ENV)\b")
_READS = re.compile(r"\$(?:\?|\{\?\})|PIPESTATUS")
_FILLER = re.compile(r"-.*|\d.*|\w+=.*")


@dataclass(frozen=True, slots=True)
class Loss:
    """The command at `start:end` of a script whose failure is lost; `gate` is what it runs, `how` it is lost.

    `how` is `or`, `pipe`, `off` or `status`. The characters from `end` to `stop` are what loses it, if that is text
    behind the command.
    """

    gate: str
    start: int
    end: int
    how: str
    stop: int = 0


def gates(script: str) -> Iterator[str]:
    """What a script runs for its answer."""
    for command in _commands(script):
        if found := gate(command):
            yield found


def idle(script: str) -> bool:
    """Whether a script does nothing but to say something, and so cannot fail."""
    found = _commands(script)
    return bool(found) and not re.search(r"\$\(|`", script) and all(_quiet(one) and not one.inside for one in found)


def losses(script: str, *, stops: bool, pipes: bool) -> Iterator[Loss]:
    """Every loss in a script; `stops` says that its shell ends at the first failure, `pipes` at one in a pipe too."""
    found = _commands(script)
    pipes = pipes or "pipefail" in script
    for index, command in enumerate(found):
        if command.words and command.words[0].text == "set":
            stops = _stops(command, before=stops)
            continue
        rest = found[index + 1 :]
        if command.negated or _TESTING & set(command.inside) or not rest:
            continue
        name = gate(command)
        if name and (loss := _lost(name, command, rest, script, stops=stops, pipes=pipes)):
            yield loss
        elif stops and _unread(command, rest[0]) and "trap" not in script:
            yield Loss(command.words[0].text, *_span(command), "status")


def gate(command: Command) -> str | None:
    """The program that a command runs for its answer, with the word that makes it one; None if there is none."""
    words = _program([word.text for word in command.words])
    name = words[0].rpartition("/")[2] if words else ""
    following = facts().gates.get(name)
    if following is None or facts().harmless & set(words):
        return None
    asked = following & set(words[1:4])
    return " ".join((name, *sorted(asked)[:1])) if asked or not following else None


def _program(words: Sequence[str]) -> Sequence[str]:
    """The words from the program on that others, such as `uv run` or `python -m`, run in the end."""
    first, rest = (words[0].rpartition("/")[2], words[1:]) if words else ("", ())
    if _PYTHON.fullmatch(first):
        return _module(rest)
    if first in _RUNNERS:
        while rest and rest[0].startswith("-"):
            rest = rest[1:]
        return _program(_module(rest[1:]) or _plain(rest[1:])) if rest and rest[0] == "run" else ()
    if first in _WRAPPERS:
        while rest and _FILLER.fullmatch(rest[0]):
            rest = rest[1:]
        return _program(rest)
    return words


def _module(words: Sequence[str]) -> Sequence[str]:
    """The words behind `-m`, if that is among the options in front."""
    for index, word in enumerate(words):
        if word == "-m":
            return words[index + 1 :]
        if not word.startswith("-") and not (index and _VALUED.fullmatch(words[index - 1])):
            break
    return ()


def _plain(words: Sequence[str]) -> Sequence[str]:
    """The words behind the options in front."""
    while words and words[0].startswith("-"):
        words = words[2 if _VALUED.fullmatch(words[0]) else 1 :]
    return words


def _commands(script: str) -> tuple[Command, ...]:
    try:
        return commands(script)
    except Opaque:
        return ()


def _lost(
    name: str, command: Command, rest: Sequence[Command], script: str, *, stops: bool, pipes: bool
) -> Loss | None:
    after = rest[0]
    if command.after == "||":
        quiet = _quiet(after) and after.inside == command.inside and after.after not in {"&&", "||", "|", "&"}
        return Loss(name, *_span(command), "or", _span(after)[1]) if quiet else None
    if command.after in {"|", "|&"}:
        written = bool(after.words) and after.words[0].text == "tee" and after.after not in {"|", "||"}
        lost = written and stops and not pipes and not _READS.search(script)
        return Loss(name, *_span(command), "pipe") if lost else None
    plain = not command.inside and command.after in {"\n", ";"} and command.before not in {"&&", "||", "|"}
    if not stops and plain and not _READS.search(script) and not any(_exits(other) for other in rest):
        return Loss(name, *_span(command), "off")
    return None


def _quiet(command: Command) -> bool:
    """Whether a command only succeeds, and at most says something that nobody reads."""
    words = [word.text for word in command.words]
    if command.redirections or not words:
        return False
    return words[0] in _QUIET or words == ["exit", "0"]


def _exits(command: Command) -> bool:
    """Whether a command ends the script with a status of its own."""
    words = [word.text for word in command.words]
    return words[:1] == ["exit"] and words[1:] != ["0"]


def _stops(command: Command, *, before: bool) -> bool:
    words = [word.text for word in command.words[1:]]
    for sign, value in (("-", True), ("+", False)):
        short = any(re.fullmatch(rf"\{sign}[a-zA-Z]*e[a-zA-Z]*", word) for word in words)
        if short or (f"{sign}o" in words and "errexit" in words):
            return value
    return before


def _unread(command: Command, after: Command) -> bool:
    """Whether `after` decides by the status of a command behind which a failure never gets."""
    calm = not command.words or command.words[0].text in {"set", "[", "[[", "test", "exit", "return", *_QUIET}
    chained = command.before in {"&&", "||", "|", "|&"} or command.after not in {"\n", ";"}
    apart = "function" in command.inside or command.inside != after.inside[: len(command.inside)]
    if calm or chained or apart:
        return False
    if not after.words:
        return any(_STATUS.fullmatch(one.value) for one in after.env)
    if after.words[0].text in {"echo", "printf"}:
        kept = any(_FILES.search(one.target.text) for one in after.redirections)
        return kept and any(_STATUS.search(word.text) for word in after.words)
    return after.words[0].text in {"[", "[["} and any(_STATUS.fullmatch(word.text) for word in after.words)


def _span(command: Command) -> tuple[int, int]:
    ends = [word.end for word in command.words] + [one.target.end for one in command.redirections]
    return command.words[0].start, max(ends)
