"""Two snapshots as a patch that `git apply` accepts, byte for byte."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from cifix.model.snapshot import REGULAR, File, Snapshot

CONTEXT = 3
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
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    start = max(head - CONTEXT, 0)
    cut = max(tail - CONTEXT, 0)
    ours, theirs = old[start : len(old) - cut], new[start : len(new) - cut]
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    for group in matcher.get_grouped_opcodes(CONTEXT):
        i1, i2, j1, j2 = group[0][1], group[-1][2], group[0][3], group[-1][4]
        yield b"@@ -%s +%s @@\n" % (_range(start + i1, i2 - i1), _range(start + j1, j2 - j1))
        for tag, a, b, c, d in group:
            if tag == "equal":
                yield from (_line(b" ", line) for line in ours[a:b])
            else:
                yield from (_line(b"-", line) for line in ours[a:b])
                yield from (_line(b"+", line) for line in theirs[c:d])


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
