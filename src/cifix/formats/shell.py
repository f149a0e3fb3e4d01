"""Scripts of `sh` and `bash` as commands made of words, each with its exact place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from cifix.model.text import Opaque

_OPERATOR = re.compile(r";;&|;;|;&|&&|\|\||\|&|[;&|()\n]")
_REDIRECT = re.compile(r"(?:\d+|\{\w+\})?(?:<<<|<<-?|<>|[<>]&|&>>|&>|>>|>\||[<>](?!\())")
_NAMED = re.compile(r"[\w@*#?!$-]")
_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_]\w*)(?:\[[^]]*\])?\+?=")
_SPECIAL = re.compile(r"[$`*?]|\[.*\]|\{[^{}]*(?:,|\.\.)[^{}]*\}", re.DOTALL)
_ARITHMETIC = re.compile(r"\(\((?:[^()]|\([^()]*\))*\)\)")
_PARAMETERS = re.compile(r"\(\s*\)")
_OPENED = re.compile(r"[$<>]\(|\$\{|\"")
_CLOSES = {"$(": ")", "<(": ")", ">(": ")", "${": "}", '"': '"'}
_PLAIN = re.compile(r"[A-Za-z0-9_./:=,@%+-]+")
_LINE_GOES_ON = "\\\n"

DEPTH = 100
"""Constructs inside one another above which a script is not read."""

_OPENING = {"if", "while", "until", "for", "select", "case", "{"}
_NEXT = {"then", "elif", "else", "do"}
_CLOSING = {"fi", "done", "esac", "}"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word at `start:end` of the script; `text` has its quotes removed and its expansions as they are written.

    If it is `literal`, nothing expands in it: the program gets exactly `text`.
    """

    start: int
    end: int
    text: str
    literal: bool


@dataclass(frozen=True, slots=True)
class Assignment:
    """A variable that is set for one command, or for the script if the command has no words."""

    name: str
    value: str
    literal: bool


@dataclass(frozen=True, slots=True)
class Redirection:
    """Input or output of a command that comes from, or goes to, `target`; the text of a here-document is left out."""

    operator: str
    target: Word


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command: variables set for it, its words, and where its input and output go.

    `before` and `after` are the operators around it: `;`, `&`, `&&`, `||`, `|`, a line ending, a bracket, or empty at
    the edge of the script. `inside` are the constructs it stands in, the innermost last: `(`, `{`, `function`, `case`,
    `for`, `do`, or which part of an `if` or loop it is (`if`, `elif`, `then`, `else`, `while`, `until`).
    """

    words: tuple[Word, ...]
    env: tuple[Assignment, ...] = ()
    redirections: tuple[Redirection, ...] = ()
    before: str = ""
    after: str = ""
    inside: tuple[str, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, an operator, or a redirection sign, in order of the script."""

    kind: str
    start: int
    end: int
    text: str


@lru_cache(maxsize=4096)
def commands(script: str) -> tuple[Command, ...]:
    """Every simple command of a script in the order of writing, those inside substitutions left out.

    GitHub's expressions, `${{ }}`, are words or parts of words that are not literal. Raises `Opaque` if the script
    ends inside a quoted text, an expansion or a construct.
    """
    reader = _Reader(script)
    for token in tokens(script):
        reader.take(token)
        if len(reader.blocks) > DEPTH:
            raise Opaque(f"the script is nested more than {DEPTH} levels deep")
    reader.close("")
    if reader.blocks:
        raise Opaque(f"the script ends inside {reader.blocks[-1]!r}")
    return tuple(reader.found)


@dataclass(slots=True)
class _Reader:
    """Gathers tokens into commands and keeps track of the constructs that are open."""

    script: str
    found: list[Command] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    words: list[_Token] = field(default_factory=list)
    redirections: list[Redirection] = field(default_factory=list)
    sign: _Token | None = None
    before: str = ""
    negated: bool = False
    pattern: bool = False
    naming: bool = False

    def take(self, token: _Token) -> None:
        """Add one token to what was read before it."""
        if self.words and self.words[0].text == "[[" and self.words[-1].text != "]]":
            self.words.append(token)
        elif self.pattern:
            self.skip_pattern(token)
        elif token.kind == "redirection":
            self.sign = token
        elif token.kind == "operator":
            self.operator(token)
        elif self.sign:
            self.redirections.append(Redirection(self.sign.text, word(self.script, token.start, token.end)))
            self.sign = None
        elif self.words or not self.keyword(token.text):
            self.words.append(token)
            self.header()

    def operator(self, token: _Token) -> None:
        """End the command before an operator, and open or close what it opens or closes."""
        if token.text == "(" and _PARAMETERS.match(self.script, token.start):
            self.blocks += ("function", "()") if self.words else ("()",)
            self.words.clear()
            return
        self.close(token.text)
        if token.text == "(":
            self.blocks.append("(")
        elif token.text == ")":
            self.leave("(")
        elif token.text in {";;", ";&", ";;&"}:
            self.pattern = True

    def keyword(self, text: str) -> bool:
        """Whether a word where a command begins is a keyword, which is then obeyed."""
        if text == "!":
            self.negated = True
        elif text == "function":
            self.blocks.append(text)
            self.naming = True
        elif text in _OPENING:
            self.blocks.append(text)
            return text not in {"for", "select", "case"}
        elif text in _NEXT and self.blocks:
            self.blocks[-1] = text
        elif text in _CLOSING:
            self.leave("")
        else:
            return text == "time"
        return True

    def header(self) -> None:
        """Leave out the head of a loop or `case`, and the name behind `function`."""
        texts = [token.text for token in self.words]
        if texts[0] == "case" and texts[-1] == "in" and len(texts) > 2:  # noqa: PLR2004 - case, its word, in
            self.words.clear()
            self.pattern = True
        elif self.naming:
            self.words.clear()
            self.naming = False

    def skip_pattern(self, token: _Token) -> None:
        """Read on to the end of the pattern of a `case`, or to the end of it all."""
        if token.text == "esac":
            self.pattern = False
            self.leave("")
        elif token.text == ")":
            self.pattern = False
            self.before = ""

    def leave(self, wanted: str) -> None:
        """Close the innermost construct; a function ends with its body."""
        closed = self.blocks.pop() if self.blocks else ""
        if not closed.startswith(wanted or closed[:1]) or not closed:
            raise Opaque("the script closes a construct that it did not open")
        if self.blocks[-1:] == ["function"] and closed != "()":
            self.blocks.pop()

    def close(self, operator: str) -> None:
        """End the command that was gathered so far."""
        if self.words and self.words[0].text in {"for", "select", "case"}:
            self.words.clear()
        if self.words or self.redirections:
            self.found.append(self.command(operator))
        if self.words or self.redirections or operator != "\n" or self.before not in {"&&", "||", "|", "|&"}:
            self.before = operator
        self.words, self.redirections, self.negated = [], [], False

    def command(self, after: str) -> Command:
        """What was gathered, with the leading assignments taken apart."""
        env: list[Assignment] = []
        rest = [word(self.script, token.start, token.end) for token in self.words]
        while rest and (named := _ASSIGNMENT.match(self.script, rest[0].start, rest[0].end)):
            first = rest.pop(0)
            value = word(self.script, named.end(), first.end)
            env.append(Assignment(named["name"], value.text, value.literal))
        return Command(
            tuple(rest), tuple(env), tuple(self.redirections), self.before, after, tuple(self.blocks), self.negated
        )


def word(script: str, start: int, end: int) -> Word:
    """The word written at `start:end`."""
    text, literal, position = "", True, start
    while position < end:
        stop = piece_end(script, position)
        piece = script[position:stop]
        if piece == _LINE_GOES_ON:
            pass
        elif piece[0] == "'":
            text += piece[1:-1]
        elif piece[0] == '"':
            inner = piece[1:-1]
            literal = literal and not re.search(r"(?<!\\)(?:\\\\)*[$`]", inner)
            text += re.sub(r'\\([$`"\\])', r"\1", inner.replace(_LINE_GOES_ON, ""))
        elif piece[0] == "\\":
            text += piece[1:]
        else:
            literal = literal and piece[0] not in "$`*?(" and not (piece == "~" and position == start)
            text += piece
        position = stop
    raw = script[start:end]
    bare = not re.search(r"['\"\\]", raw)
    return Word(start, end, text, literal and not (bare and raw != "[" and _SPECIAL.search(raw)))


def tokens(script: str) -> Iterator[_Token]:
    """The words and operators of a script; comments and here-documents are left out. Raises `Opaque`."""
    position, waiting = 0, list[tuple[str, bool]]()
    while position < len(script):
        if script[position] in " \t" or script.startswith(_LINE_GOES_ON, position):
            position += 1 if script[position] in " \t" else 2
        elif script[position] == "#":
            position = min(_after(script, "\n", position) - 1, len(script))
        elif found := _ARITHMETIC.match(script, position) or _REDIRECT.match(script, position):
            arithmetic = found.group()[0] == "("
            yield _Token("word" if arithmetic else "redirection", *found.span(), found.group())
            position = found.end()
            if found.group().lstrip("0123456789") in {"<<", "<<-"}:
                waiting.append(_delimiter(script, position))
        elif found := _OPERATOR.match(script, position):
            yield _Token("operator", *found.span(), found.group())
            position = found.end()
            if found.group() == "\n":
                for mark, tabs in waiting:
                    position = _document_end(script, mark, position, tabs=tabs)
                waiting = []
        else:
            stop = _word_end(script, position)
            yield _Token("word", position, stop, script[position:stop])
            position = stop


def piece_end(script: str, position: int) -> int:
    """Where a run of plain characters, or the quoted text, expansion or substitution that begins here, ends.

    It is behind the end of the script if what begins there is not closed.
    """
    if found := _PLAIN.match(script, position):
        return found.end()
    if script.startswith("${{", position):
        return _after(script, "}}", position)
    if opened := _OPENED.match(script, position):
        return nested(script, opened.end(), _CLOSES[opened.group()])
    match script[position]:
        case "'" | "`" as quote:
            return _after(script, quote, position + 1)
        case character:
            pair = character == "\\" or (character == "$" and _NAMED.match(script, position + 1))
            return min(position + (2 if pair else 1), len(script))


def _word_end(script: str, position: int) -> int:
    start = position
    while position < len(script):
        if script[position] == "(" and _ASSIGNMENT.fullmatch(script, start, position):
            position = nested(script, position + 1, ")")
        elif script[position] in " \t\n;&|<>()" and not script.startswith(("<(", ">("), position):
            break
        else:
            position = piece_end(script, position)
    if position > len(script):
        raise Opaque("the script ends inside a quoted text or an expansion")
    return position


def nested(script: str, position: int, close: str) -> int:
    """Where a text that may hold expansions ends, behind its closing character or behind the end of the script."""
    waiting = [close]
    while position < len(script):
        character = script[position]
        if character == waiting[-1]:
            waiting.pop()
            position += 1
            if not waiting:
                return position
        elif waiting[-1] == '"' and character in "'<>":
            position += 1
        elif waiting[-1] == ")" and character == "(":
            waiting.append(")")
            position += 1
        elif not script.startswith("${{", position) and (opened := _OPENED.match(script, position)):
            waiting.append(_CLOSES[opened.group()])
            position = opened.end()
        else:
            position = piece_end(script, position)
    return len(script) + 1


def _after(script: str, text: str, position: int) -> int:
    found = script.find(text, position)
    return len(script) + 1 if found < 0 else found + len(text)


def _delimiter(script: str, position: int) -> tuple[str, bool]:
    """The word that ends a here-document, and whether tabs before it do not count."""
    found = re.compile(r"[ \t]*").match(script, position)
    start = found.end() if found else position
    return word(script, start, _word_end(script, start)).text, script[position - 1] == "-"


def _document_end(script: str, mark: str, position: int, *, tabs: bool) -> int:
    while position < len(script):
        stop = script.find("\n", position)
        stop = len(script) if stop < 0 else stop
        line, position = script[position:stop], stop + 1
        if (line.lstrip("\t") if tabs else line) == mark:
            break
    return min(position, len(script))
