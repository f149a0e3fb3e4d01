"""Git's glob dialect, wildmatch, as regular expressions over the bytes of a path."""

import re
from collections.abc import Iterator

from cifix.model.glob import FOLDERS, REST, STAR, joined

SPECIAL = b"*?[\\"
"""The bytes that make a pattern more than a fixed string."""

_STAR, _FOLDERS, _REST = (wild.encode() for wild in (STAR, FOLDERS, REST))
_PRINTABLE = frozenset(range(0x20, 0x7F))
_DIGIT = frozenset(b"0123456789")
_LOWER = frozenset(b"abcdefghijklmnopqrstuvwxyz")
_UPPER = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SPACE = frozenset(b" \t\n\r")
_CLASSES = {
    b"alnum": _LOWER | _UPPER | _DIGIT,
    b"alpha": _LOWER | _UPPER,
    b"blank": frozenset(b" \t"),
    b"cntrl": frozenset(range(0x20)) | {0x7F},
    b"digit": _DIGIT,
    b"graph": _PRINTABLE - _SPACE,
    b"lower": _LOWER,
    b"print": _PRINTABLE,
    b"punct": _PRINTABLE - _LOWER - _UPPER - _DIGIT - _SPACE,
    b"space": _SPACE,
    b"upper": _UPPER,
    b"xdigit": _DIGIT | frozenset(b"abcdefABCDEF"),
}
_NOTHING = re.compile(rb"(?!)")


def name_expression(glob: bytes) -> re.Pattern[bytes]:
    """What the last part of a path must fully match; a slash in `glob` matches nothing there."""
    return _compiled(b"", glob)


def path_expression(glob: bytes) -> re.Pattern[bytes]:
    """What a whole relative path must fully match; `*`, `?` and sets stop at a slash, `**` may not.

    Git compares the part before the first special character as a string and gives only the rest to
    wildmatch, so that `a**/b` begins with `**` there and spans folders: `dir.c`, `match_pathname`.
    """
    fixed = next((index for index, byte in enumerate(glob) if byte in SPECIAL), len(glob))
    return _compiled(glob[:fixed], glob[fixed:])


def literal(glob: bytes) -> bytes | None:
    """The one string that `glob` matches, its escapes undone, or None if it has wildcards."""
    parts = re.findall(rb"\\(.)|([^*?\[\\]+)|(.)", glob, re.DOTALL)
    return None if any(wild for _, _, wild in parts) else b"".join(escaped + plain for escaped, plain, _ in parts)


def _compiled(fixed: bytes, glob: bytes) -> re.Pattern[bytes]:
    try:
        tokens = list(_tokens(glob))
    except (IndexError, KeyError):
        return _NOTHING
    expression = joined([token.decode("latin-1") for token in tokens])
    return re.compile(re.escape(fixed) + expression.encode("latin-1"), re.DOTALL)


def _tokens(glob: bytes) -> Iterator[bytes]:
    """Expressions for one byte each, and the wildcards; an `IndexError` or `KeyError` means it matches nothing."""
    at = 0
    while at < len(glob):
        byte = glob[at : at + 1]
        if byte == b"*":
            token, at = _stars(glob, at)
            yield token
        elif byte == b"[":
            members, at = _members(glob, at + 1)
            yield b"[" + b"".join(b"\\x%02x" % member for member in members) + b"]" if members else b"(?!)"
        elif byte == b"\\":
            yield re.escape(bytes([glob[at + 1]]))
            at += 2
        else:
            yield b"[^/]" if byte == b"?" else re.escape(byte)
            at += 1


def _stars(glob: bytes, at: int) -> tuple[bytes, int]:
    end = at
    while glob[end : end + 1] == b"*":
        end += 1
    if end - at == 1 or not (at == 0 or glob[at - 1 : at] == b"/"):
        return _STAR, end
    if glob[end : end + 1] == b"/":
        return _FOLDERS, end + 1
    return (_REST if end == len(glob) or glob[end : end + 2] == b"\\/" else _STAR), end


def _members(glob: bytes, at: int) -> tuple[list[int], int]:
    """The bytes, sorted, in the set that begins at `at`, and the place after its closing bracket."""
    negated = glob[at] in b"!^"
    at += negated
    found: set[int] = set()
    previous: int | None = None
    first = True
    while first or glob[at] != ord("]"):
        first = False
        if glob[at : at + 2] == b"[:" and glob[(end := _bracket(glob, at + 2)) - 1] == ord(":") and end > at + 2:
            found |= _CLASSES[glob[at + 2 : end - 1]]
            previous, at = None, end + 1
        elif glob[at] == ord("-") and previous is not None and glob[at + 1] != ord("]"):
            at += 2 if glob[at + 1] == ord("\\") else 1
            found |= set(range(previous, glob[at] + 1))
            previous, at = None, at + 1
        else:
            at += glob[at] == ord("\\")
            previous, at = glob[at], at + 1
            found.add(previous)
    allowed = set(range(1, 256)) - {ord("/")}
    return sorted(allowed - found if negated else allowed & found), at + 1


def _bracket(glob: bytes, at: int) -> int:
    while glob[at] != ord("]"):
        at += 1
    return at
