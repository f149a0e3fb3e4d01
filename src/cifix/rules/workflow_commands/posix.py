"""Workflow commands in scripts of bash and sh."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cifix.formats.shell import nested
from cifix.rules.workflow_commands.command import COMMAND, ESCAPE, FILES, Cannot, Rewrite, value_is_plain

_PREFIX = re.compile(rf"(?P<quote>[\"']?){COMMAND}")
_BARE = re.compile(r"[\w./:@+,=-]*")
_NAMED = re.compile(r"[\w@*#?!$-]")
_CAPTURED = re.compile(
    r"^[^\S\n]*(?:done|fi|esac|\})\s*(?:\||>|\d>)|^[^\S\n]*exec\s+\d?>|^[^\S\n]*[\w-]+\s*\(\)|^[^\S\n]*function\s|^[^\S\n]*\|[^|]",
    re.MULTILINE,
)
_HEREDOC = re.compile(r"<<-?\s*(?P<quote>['\"]?)\\?(?P<word>[\w.-]+)(?P=quote)")
_LEADING = {"then", "else", "do", "{", "!"}


@dataclass(frozen=True, slots=True)
class _Token:
    """A word or operator of a command line, at `start:end` of the script."""

    start: int
    end: int
    text: str

    @property
    def operator(self) -> bool:
        """Whether it is no word."""
        return self.text[0] in ";&|<>()"


def rewrite(script: str, start: int, end: int) -> Rewrite:
    """The changes for the command printed in the line `start:end`; raises `Cannot`."""
    if start not in _line_starts(script) or (end < len(script) and script[end - 1 : end] == "\\"):
        raise Cannot("inside", "the line is part of a longer command, text or document")
    if _CAPTURED.search(script):
        raise Cannot("inside", "the script redirects what a block or function of it prints")
    tokens = list(_tokens(script, start, end))
    words, alone = _command(tokens)
    program = words[0].text
    argument = script[words[1].start : words[-1].end]
    found = _PREFIX.match(argument)
    if found is None:
        raise Cannot("form", "the command is not written in one piece")
    _check(program, words, argument, found)
    name, key, value = found["name"], found["key"], argument[found.end() :]
    new = found["quote"] + (f"{key}=" if key else "")
    changes = (
        (words[1].start, words[1].start + found.end(), new),
        (words[-1].end, words[-1].end, f' >> "${FILES[name]}"'),
    )
    quote = found["quote"]
    literal = value.removesuffix(quote) if quote else value
    return Rewrite(changes, name, alone and program == "echo" and value_is_plain(literal))


def _check(program: str, words: Sequence[_Token], argument: str, found: re.Match[str]) -> None:
    value = argument[found.end() :]
    if not all(_BARE.fullmatch(part) for part in _bare(argument).split()):
        raise Cannot("quoting", "unquoted characters of the value mean something to the shell")
    if program == "printf":
        if not re.fullmatch(r"""(["'])[^\\"']*\\n\1""", words[1].text) or "%" in words[1].text.replace("%s", ""):
            raise Cannot("form", "printf writes more than a line with texts in it")
    elif re.search(r"\\[nrc0]", value):
        raise Cannot("escaped", "the value holds escapes that only the old command decodes")
    if ESCAPE.search(value):
        raise Cannot("escaped", "the value holds escapes that only the old command decodes")


def _bare(argument: str) -> str:
    """The characters of an argument outside of quotes and expansions."""
    bare, position = "", 0
    while position < len(argument):
        stop = _piece_end(argument, position)
        bare += argument[position] if argument[position] == "\\" or stop == position + 1 else ""
        position = stop
    return bare


def _command(tokens: Sequence[_Token]) -> tuple[list[_Token], bool]:
    """The words of the only echo or printf of a workflow command in a line, and whether it is all there is."""
    at = [
        index
        for index, (one, other) in enumerate(pairwise(tokens))
        if one.text in {"echo", "printf"} and other.text.lstrip("\"'").startswith("::")
    ]
    if len(at) != 1:
        raise Cannot("compound", "the line is not one echo of the command")
    first = last = at[0]
    while last + 1 < len(tokens) and not tokens[last + 1].operator:
        last += 1
    if any(token.text not in {";", "&&", "||"} for token in tokens if token.operator):
        raise Cannot("compound", "the line has pipes, redirections or groups")
    if first and not (tokens[first - 1].operator or tokens[first - 1].text in _LEADING):
        raise Cannot("compound", "the line is not one echo of the command")
    return list(tokens[first : last + 1]), len(tokens) == last + 1 - first


def _tokens(script: str, start: int, end: int) -> Iterator[_Token]:
    """The words and operators of one line; raises `Cannot` if a text in it goes on in the next line."""
    position = start
    while position < end:
        if script[position].isspace():
            position += 1
        elif script[position] == "#":
            return
        elif found := re.compile(r"&&|\|\||;;|>>|[;&|<>()]").match(script, position):
            yield _Token(*found.span(), found.group())
            position = found.end()
        else:
            stop = _word_end(script, position, end)
            yield _Token(position, stop, script[position:stop])
            position = stop


def _word_end(script: str, position: int, end: int) -> int:
    while position < end and script[position] not in " \t;&|<>()":
        position = _piece_end(script, position)
    if position > end:
        raise Cannot("inside", "a text goes on in the next line")
    return position


def _piece_end(script: str, position: int) -> int:
    """Where one character, or the quoted text, expansion or substitution that it begins, ends."""
    if script.startswith("${{", position):
        return _after(script, "}}", position)
    if script.startswith("$(", position):
        return nested(script, position + 2, ")")
    if script.startswith("${", position):
        return nested(script, position + 2, "}")
    match script[position]:
        case "'" | "`" as quote:
            return _after(script, quote, position + 1)
        case '"':
            return nested(script, position + 1, '"')
        case character:
            pair = character == "\\" or (character == "$" and _NAMED.match(script, position + 1))
            return position + (2 if pair else 1)


def _after(script: str, text: str, position: int) -> int:
    found = script.find(text, position)
    return len(script) + 1 if found < 0 else found + len(text)


def _line_starts(script: str) -> frozenset[int]:
    """Where the lines begin that no quoted text, substitution, document or long line of before reaches into."""
    starts = {0}
    position, waiting = 0, list[str]()
    while position < len(script):
        if script[position] == "\n":
            position += 1
            for word in waiting:
                position = _document_end(script, word, position)
            waiting = []
            starts.add(position)
        elif script[position] == "#" and (position == 0 or script[position - 1] in " \t\n;"):
            position = _after(script, "\n", position) - 1
        elif found := _HEREDOC.match(script, position):
            waiting.append(found["word"])
            position = found.end()
        elif script.startswith("<<<", position):
            position += 3
        elif script[position] == "(":
            position = nested(script, position + 1, ")")
        else:
            position = _piece_end(script, position)
    return frozenset(starts)


def _document_end(script: str, word: str, position: int) -> int:
    while position < len(script):
        stop = script.find("\n", position)
        stop = len(script) if stop < 0 else stop
        line, position = script[position:stop].strip("\t"), stop + 1
        if line == word:
            break
    return position
