"""GitHub's `${{ }}` expressions, evaluated as far as they are known before a run."""

import math
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from cifix.model.text import Opaque


@dataclass(frozen=True, slots=True)
class Unknown:
    """What only a run can tell: the expression as written, and whether a whole run sees one value of it."""

    text: str
    constant: bool = False


Value = str | float | bool | None
Result = Value | Unknown
Lookup = Callable[[str], Result]
"""The value of a dotted path in lower case, such as `matrix.os` or `github.sha`."""

Parts = tuple[str | Unknown, ...]
"""A rendered text: no two literal parts are neighbours, none is empty."""

CONSTANT = ("github.", "inputs.", "vars.", "secrets.")
"""Contexts that hold the same values in every job of a workflow run."""

DEPTH = 100
"""Levels of brackets and negations above which an expression is not read."""

_SPOT = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?))"
    r"|(?P<path>[A-Za-z_][\w-]*)|(?P<mark>==|!=|<=|>=|&&|\|\||[!<>(),.\[\]*]))"
)
_UNKNOWN_FUNCTION = Unknown("")


def dynamic(text: str) -> bool:
    """Whether a text holds an expression."""
    return "${{" in text


def spots(text: str) -> Iterator[re.Match[str]]:
    """Every expression of a text, braces included; group 1 is what stands between them."""
    return _SPOT.finditer(text, 0, text.rfind("}}") + 2)  # beyond, each `${{` would be searched to the end in vain


def without_expressions(text: str) -> str:
    """What a text says besides its expressions."""
    end = text.rfind("}}") + 2
    return _SPOT.sub("", text[:end]) + text[end:]


def render(text: str, lookup: Lookup) -> Parts:
    """A text with its expressions replaced by their values; what is not known stays an `Unknown` part."""
    if not dynamic(text):
        return (text,) if text else ()
    parts: list[str | Unknown] = []
    position = 0
    for spot in spots(text):
        parts += text[position : spot.start()], *_unfolded(shown(evaluate(spot.group(1), lookup)))
        position = spot.end()
    return joined((*parts, text[position:]))


def _unfolded(part: str | Unknown) -> Parts:
    """The parts of a value that was a text with expressions, such as an input, if a whole run sees one value of it."""
    if isinstance(part, str) or not part.constant or not dynamic(part.text):
        return (part,)
    found: list[str | Unknown] = []
    position = 0
    for spot in spots(part.text):
        found += part.text[position : spot.start()], Unknown(spot.group(1).strip(), constant=True)
        position = spot.end()
    return *found, part.text[position:]


def joined(parts: Parts) -> Parts:
    """Parts with neighbouring literals made one and empty ones left out."""
    done: list[str | Unknown] = []
    for part in parts:
        if isinstance(part, str) and done and isinstance(done[-1], str):
            done[-1] += part
        elif part != "":
            done.append(part)
    return tuple(done)


def literal(parts: Parts) -> str | None:
    """The rendered text if all of it is known."""
    if not parts:
        return ""
    return parts[0] if len(parts) == 1 and isinstance(parts[0], str) else None


def spelling(parts: Parts) -> str:
    """A rendered text for people, with what is unknown as the expression it was."""
    return "".join(part if isinstance(part, str) else f"${{{{ {part.text} }}}}" for part in parts)


def disjoint(one: Parts, other: Parts) -> bool:
    """Whether two rendered texts differ in every run, whatever their unknown parts turn out to be."""
    return _part_ways(one, other) or _part_ways(_reversed(one), _reversed(other))


def holds(condition: str | None, lookup: Lookup) -> bool | None:
    """Whether an `if:` lets its step or job run; None if only a run can tell. No condition always holds."""
    if condition is None:
        return True
    spot = _SPOT.fullmatch(condition.strip())
    if spot is None and dynamic(condition):
        return None
    found = evaluate(spot.group(1) if spot else condition, lookup)
    return None if isinstance(found, Unknown) else _true(found)


def evaluate(source: str, lookup: Lookup) -> Result:
    """The value of one expression without its braces; what cannot be read is unknown too."""
    try:
        reader = _Reader(source, lookup)
        found = reader.either()
    except Opaque:
        return Unknown(source.strip())
    if reader.tokens:
        return Unknown(source.strip())
    if isinstance(found, Unknown) and not found.text:
        return Unknown(source.strip(), found.constant)
    return found


@lru_cache(maxsize=4096)
def _tokens(source: str) -> tuple[tuple[str, str], ...]:
    """The tokens of an expression, each with its kind; raises `Opaque`."""
    tokens: list[tuple[str, str]] = []
    position = 0
    source = source.rstrip()
    while position < len(source):
        found = _TOKEN.match(source, position)
        if found is None or found.lastgroup is None:
            raise Opaque(f"the expression {source.strip()!r} cannot be read")
        tokens.append((found.lastgroup, found.group(found.lastgroup)))
        position = found.end()
    return tuple(tokens)


class _Reader:
    """Reads an expression by descent, one method per precedence level, and evaluates it on the way."""

    def __init__(self, source: str, lookup: Lookup) -> None:
        self.lookup = lookup
        self.tokens = deque(_tokens(source))
        self.depth = 0

    def either(self) -> Result:
        left = self.both()
        while self.take("||"):
            right = self.both()
            if isinstance(left, Unknown):
                left = Unknown("", left.constant and _constant(right))
            elif not _true(left):
                left = right
        return left

    def both(self) -> Result:
        left = self.compared()
        while self.take("&&"):
            right = self.compared()
            if isinstance(left, Unknown):
                known_false = not isinstance(right, Unknown) and not _true(right)
                left = right if known_false else Unknown("", left.constant and _constant(right))
            elif _true(left):
                left = right
        return left

    def compared(self) -> Result:
        left = self.negated()
        for sign in ("==", "!=", "<=", ">=", "<", ">"):
            if self.take(sign):
                right = self.negated()
                if isinstance(left, Unknown) or isinstance(right, Unknown):
                    return Unknown("", _constant(left) and _constant(right))
                return _compare(sign, left, right)
        return left

    def negated(self) -> Result:
        if self.take("!"):
            value = self.deeper(self.negated)
            return Unknown("", value.constant) if isinstance(value, Unknown) else not _true(value)
        return self.single()

    def deeper(self, read: Callable[[], Result]) -> Result:
        """What `read` finds one level further down."""
        self.depth += 1
        if self.depth > DEPTH:
            raise Opaque(f"an expression is nested more than {DEPTH} levels deep")
        value = read()
        self.depth -= 1
        return value

    def single(self) -> Result:
        if self.take("("):
            value = self.deeper(self.either)
            self.expect(")")
            return value
        kind, text = self.tokens.popleft() if self.tokens else ("", "")
        match kind:
            case "text":
                return text[1:-1].replace("''", "'")
            case "number":
                return _float(text)
            case "path" if self.take("("):
                return self.call(text.lower())
            case "path":
                return self.path(text)
            case _:
                raise Opaque("an expression ends too early")

    def path(self, name: str) -> Result:
        if (word := name.lower()) in {"true", "false", "null"}:
            return {"true": True, "false": False}.get(word)
        keys = [word]
        while self.tokens and self.tokens[0][1] in {".", "["}:
            bracket = self.tokens.popleft()[1] == "["
            kind, text = self.tokens.popleft() if self.tokens else ("", "")
            if kind == "text" or (kind == "path" and not bracket):
                keys.append(text.strip("'").lower())
            else:
                raise Opaque("an index is not a word")
            if bracket:
                self.expect("]")
        return self.lookup(".".join(keys))

    def call(self, name: str) -> Result:
        values: list[Result] = []
        while not self.take(")"):
            values.append(self.deeper(self.either))
            if not self.take(",") and (not self.tokens or self.tokens[0][1] != ")"):
                raise Opaque("a call is not closed")
        known = [_text(value).casefold() for value in values if not isinstance(value, Unknown)]
        if len(known) != len(values) or len(values) != 2:  # noqa: PLR2004 - the functions below take two
            return _UNKNOWN_FUNCTION
        match name:
            case "contains":
                return known[1] in known[0]
            case "startswith":
                return known[0].startswith(known[1])
            case "endswith":
                return known[0].endswith(known[1])
            case _:
                return _UNKNOWN_FUNCTION

    def take(self, mark: str) -> bool:
        if self.tokens and self.tokens[0] == ("mark", mark):
            self.tokens.popleft()
            return True
        return False

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            raise Opaque(f"an expression lacks a {mark!r}")


def _float(text: str) -> float:
    try:
        return float(int(text, 16) if "x" in text else float(text))
    except OverflowError:
        return math.inf


def _constant(value: Result) -> bool:
    return not isinstance(value, Unknown) or value.constant


def _true(value: Value) -> bool:
    return value not in (None, False, 0, "")


def shown(value: Result) -> str | Unknown:
    """A value as it stands in a text; what is unknown stays so."""
    return value if isinstance(value, Unknown) else _text(value)


def _text(value: Value) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if value.is_integer() else repr(value)


def _number(value: Value) -> float:
    if not isinstance(value, str):
        return float(value or 0)
    try:
        return float(value or 0)
    except ValueError:
        return math.nan


def _compare(sign: str, left: Value, right: Value) -> bool:
    one: str | float
    other: str | float
    if isinstance(left, str) and isinstance(right, str):
        one, other = left.casefold(), right.casefold()
        order = (one > other) - (one < other)
    else:
        one, other = _number(left), _number(right)
        if math.isnan(one) or math.isnan(other):
            return sign == "!="
        order = (one > other) - (one < other)
    return {"==": order == 0, "!=": order != 0, "<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0}[
        sign
    ]


def _reversed(parts: Parts) -> Parts:
    return tuple(part[::-1] if isinstance(part, str) else part for part in reversed(parts))


def _part_ways(one: Parts, other: Parts) -> bool:
    """Whether two texts, read from their beginning, reach different literal characters."""
    mine, theirs = list(one), list(other)
    while mine and theirs:
        first, second = mine.pop(0), theirs.pop(0)
        if isinstance(first, str) and isinstance(second, str):
            shared = min(len(first), len(second))
            if first[:shared].casefold() != second[:shared].casefold():
                return True
            mine[:0] = [first[shared:]] if first[shared:] else []
            theirs[:0] = [second[shared:]] if second[shared:] else []
        elif first != second or not _constant(first):
            return False
    return any(isinstance(part, str) for part in (*mine, *theirs))
