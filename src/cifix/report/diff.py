"""Two snapshots as a patch that `git apply` accepts, byte for byte."""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from cifix.model.snapshot import REGULAR, File, Snapshot

CONTEXT = 3
"""Unchanged lines around a change, as git prints them."""

Opcode = tuple[str, int, int, int, int]

_PLAIN = re.compile(rb"[ !#-\[\]-~]*")
_LETTER = {7: b"a", 8: b"b", 9: b"t", 10: b"n", 11: b"v", 12: b"f", 13: b"r", 34: b'"', 92: b"\\"}


def patch(before: Snapshot, after: Snapshot) -> bytes:
    """The unified diff from one snapshot to another, with git's headers; empty if nothing differs."""
    return b"".join(b"".join(_file(path, before.file(path), after.file(path))) for path in before.differences(after))


def _file(path: str, old: File | None, new: File | None) -> Iterator[bytes]:
    a, b = (_quoted(prefix + path) for prefix in ("a/", "b/"))
    yield b"diff --git %s %s\n" % (a, b)
    if old is None:
        yield b"new file mode %o\n" % (new.mode if new else REGULAR)
    elif new is None:
        yield b"deleted file mode %o\n" % old.mode
    elif old.mode != new.mode:
        yield b"old mode %o\nnew mode %o\n" % (old.mode, new.mode)
    before, after = (file.data if file else b"" for file in (old, new))
    if before == after:
        return
    yield b"--- %s\n" % (_ended(a) if old else b"/dev/null")
    yield b"+++ %s\n" % (_ended(b) if new else b"/dev/null")
    yield from _hunks(_lines(before), _lines(after))


def _hunks(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[bytes]:
    for group in _groups(_opcodes(old, new)):
        (_, first, _, other, _), (_, _, last, _, end) = group[0], group[-1]
        yield b"@@ -%s +%s @@\n" % (_range(first, last - first), _range(other, end - other))
        for tag, a, b, c, d in group:
            if tag == "equal":
                yield from (_line(b" ", line) for line in old[a:b])
            else:
                yield from (_line(b"-", line) for line in old[a:b])
                yield from (_line(b"+", line) for line in new[c:d])


def _opcodes(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[Opcode]:
    """The edit script; only what lies between the common start and the common end is compared at length."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    if head:
        yield "equal", 0, head, 0, head
    middle = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=False)
    for tag, a, b, c, d in middle.get_opcodes():
        yield tag, a + head, b + head, c + head, d + head
    if tail:
        yield "equal", len(old) - tail, len(old), len(new) - tail, len(new)


def _groups(opcodes: Iterable[Opcode]) -> Iterator[list[Opcode]]:
    """Changes with their context, those together that share some of it."""
    group: list[Opcode] = []
    for code in opcodes:
        tag, a, b, c, d = code
        if tag == "equal" and not group:
            group = [(tag, max(a, b - CONTEXT), b, max(c, d - CONTEXT), d)]
        elif tag == "equal" and b - a > 2 * CONTEXT:
            yield [*group, (tag, a, a + CONTEXT, c, c + CONTEXT)]
            group = [(tag, b - CONTEXT, b, d - CONTEXT, d)]
        else:
            group.append(code)
    if group[-1][0] == "equal":
        tag, a, b, c, d = group.pop()
        group.append((tag, a, min(b, a + CONTEXT), c, min(d, c + CONTEXT)))
    if len(group) > 1 or group[0][0] != "equal":
        yield group


def _common(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _range(start: int, length: int) -> bytes:
    first = start if length == 0 else start + 1
    return b"%d" % first if length == 1 else b"%d,%d" % (first, length)


def _line(sign: bytes, line: bytes) -> bytes:
    return sign + line if line.endswith(b"\n") else sign + line + b"\n\\ No newline at end of file\n"


def _lines(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _quoted(path: str) -> bytes:
    raw = path.encode("utf-8", "surrogateescape")
    if _PLAIN.fullmatch(raw):
        return raw
    return b'"' + b"".join(_escaped(byte) for byte in raw) + b'"'


def _ended(name: bytes) -> bytes:
    """Git marks the end of an unquoted name with a blank in it by a tab."""
    return name + b"\t" if b" " in name and not name.startswith(b'"') else name


def _escaped(byte: int) -> bytes:
    if byte in _LETTER:
        return b"\\" + _LETTER[byte]
    return bytes([byte]) if 32 <= byte < 127 else b"\\%03o" % byte  # noqa: PLR2004 - printable ASCII
