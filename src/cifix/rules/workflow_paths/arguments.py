"""Which words of a command name files or folders that must be there."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cifix.formats.shell import Command, Word
from cifix.rules.workflow_paths.facts import facts

_PYTHON = re.compile(r"(?:python|pypy)[\d.]*")
_SHELLS = {"bash", "sh"}
_LEADING = {"sudo", "time", "xvfb-run", "exec", "command"}
_RUNNERS = {"uv", "poetry", "pdm", "pipenv", "rye", "coverage"}
_VALUED = {"--extra", "--group", "--only-group", "--with", "--python", "-p", "--package", "-X", "-W"}
_PLAIN = re.compile(r"[\w.+-]+(?:/[\w.+-]+)*/?")
_NAMED = re.compile(r"-[vqxslr]+|-r[A-Za-z]+|--[\w-]+=.*|-[a-zA-Z]?\d+|-[nk]\S+")
_SCRIPT = re.compile(r".+\.(?:py|sh|bash)")


@dataclass(frozen=True, slots=True)
class Argument:
    """The characters `start:end` of a script that are a path, as the command sees it, and the program that reads it.

    The command fails without it if it is `fatal`.
    """

    start: int
    end: int
    path: str
    program: str
    fatal: bool = True


def arguments(command: Command, script: str) -> Iterator[Argument]:
    """The paths that a command fails without."""
    words, shift = _program(command.words)
    name = words[0].text.rpartition("/")[2] if words else ""
    if shift == "python":
        yield from _script(words, script, "python")
    elif name in _SHELLS:
        yield from _script([word for word in words[1:] if not word.text.startswith("-")], script, name)
    elif name in {"pip", "pip3"} or (name == "uv" and [word.text for word in words[1:2]] == ["pip"]):
        if "install" in {word.text for word in words[1:3]}:
            yield from _options(words, script, "pip")
    elif name in facts().programs:
        following = facts().programs[name]
        if not following or (len(words) > 1 and words[1].text in following):
            yield from _tool(words[2 if following else 1 :], script, name)
    elif words and words[0].text.startswith("./") and _SCRIPT.fullmatch(words[0].text):
        yield from _made(words[0], words[0].text, script, "the shell")


def program(command: Command) -> str:
    """The program that a command runs in the end."""
    words, shift = _program(command.words)
    return shift or (words[0].text.rpartition("/")[2] if words else "")


def _program(words: Sequence[Word]) -> tuple[Sequence[Word], str]:
    """The words from the program on that is run in the end; `python` if they are those of a script of it."""
    first = words[0].text.rpartition("/")[2] if words else ""
    if _PYTHON.fullmatch(first):
        rest = words[1:]
        while rest and rest[0].text.startswith("-"):
            if rest[0].text in {"-m", "-Im"}:
                return _program(rest[1:])
            if rest[0].text == "-c":
                return (), "code"
            rest = rest[2 if rest[0].text in _VALUED else 1 :]
        return rest, "python"
    if first in _RUNNERS and len(words) > 1 and words[1].text == "run":
        rest = words[2:]
        while rest and rest[0].text.startswith("-"):
            if rest[0].text == "-m":
                return _program(rest[1:])
            rest = rest[2 if rest[0].text in _VALUED else 1 :]
        return (rest, "python") if rest and rest[0].text.endswith(".py") else _program(rest)
    if first in _LEADING:
        rest = words[1:]
        while rest and rest[0].text.startswith("-"):
            rest = rest[1:]
        return _program(rest)
    return words, ""


def _script(words: Sequence[Word], script: str, name: str) -> Iterator[Argument]:
    if words and _SCRIPT.fullmatch(words[0].text):
        yield from _made(words[0], words[0].text, script, name)


def _tool(words: Sequence[Word], script: str, name: str) -> Iterator[Argument]:
    yield from _options(words, script, name)
    if any(word.text in {"--pyargs", "-m", "--", "-"} for word in words if name != "pytest" or word.text == "--pyargs"):
        return
    before = ""
    for word in words:
        text = word.text.partition("::")[0]
        free = not before.startswith("-") or before in facts().flags or _NAMED.fullmatch(before)
        module = name == "pylint" and not re.search(r"/|\.py\Z", text)
        if free and not module and not text.startswith("-"):
            yield from _made(word, text, script, name)
        before = word.text


def _options(words: Sequence[Word], script: str, name: str) -> Iterator[Argument]:
    """Files that are the values of options, joined by `=` or not."""
    for index, word in enumerate(words):
        option, sign, value = word.text.partition("=")
        if option == "--cov" and "/" in value:
            yield from (replace(one, fatal=False) for one in _made(word, value, script, name))
        if option not in facts().files or (option in {"-c", "-r", "-e"} and name != "pip"):
            continue
        if sign:
            yield from _made(word, value, script, name)
        elif index + 1 < len(words):
            text = words[index + 1].text
            local = option not in {"-e", "--editable"} or text.startswith("./")
            if local:
                yield from _made(words[index + 1], text.partition("[")[0], script, name)


def _made(word: Word, path: str, script: str, name: str) -> Iterator[Argument]:
    raw = script[word.start : word.end]
    if path and _PLAIN.fullmatch(path) and raw.count(path) == 1 and "${{" not in raw and "$" not in raw:
        start = word.start + raw.index(path)
        yield Argument(start, start + len(path), path, name)
