"""Texts and trees that are nearly what people write."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random

from cifix.testing.case import cases

FIXTURES = Path(__file__).parents[2] / "fixtures"
WORDS = (
    b"\r\n",
    b"\r",
    b"\n",
    b"\t",
    b" ",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\x0c",
    b"\xe2\x80\xa8",
    b"\xc2\x85",
    b"#",
    b"'",
    b'"',
    b"`",
    b"\\",
    b":",
    b": ",
    b"- ",
    b"&a ",
    b"*a",
    b"!!str ",
    b"<<: ",
    b"|\n",
    b">-\n",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b",",
    b"${{",
    b"}}",
    b"$(",
    b"<<EOF\n",
    b"**/",
    b"*",
    b"!",
    b"/",
    b"\\ ",
    b"[!",
    b"1e999",
    b"0x",
    b"9" * 30,
    b"=",
    b"==",
    b"import ",
    b"from . import *\n",
    b"def f():\n",
    b"if 1:\n    ",
    b"lambda: ",
    b"f'{",
    b"# cifix: ignore[x]\n",
    b"---\n",
    b"...\n",
    b"%YAML 1.1\n",
)


@cache
def trees(corpus: str = "") -> tuple[tuple[str, Mapping[str, bytes]], ...]:
    """The `before` tree of every fixture, and the files of a folder, each with its rule's id or nothing."""
    found = [
        (folder.name, {path: file.data for path, file in case.before.items()})
        for folder in sorted(FIXTURES.iterdir())
        if folder.is_dir()
        for case in cases(folder)
    ]
    if corpus:
        for path in sorted(Path(corpus).rglob("*")):
            if path.is_file() and path.stat().st_size < 100_000:
                suffix = path.suffix.lower()
                name = (
                    ".github/workflows/ci.yml"
                    if suffix in {".yml", ".yaml"}
                    else "a/__init__.py"
                    if suffix == ".py"
                    else path.name
                )
                found.append(("", {name: path.read_bytes()}))
    return tuple(found)


def mutated(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A text with a few changes: lines moved, doubled, lost or taken from elsewhere, words put in, bytes changed."""
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        lines = data.splitlines(keepends=True)
        at = random.randrange(len(data) + 1)
        match random.randrange(8):
            case 0 if lines:
                del lines[random.randrange(len(lines))]
                data = b"".join(lines)
            case 1 if lines:
                lines.insert(random.randrange(len(lines) + 1), random.choice(lines))
                data = b"".join(lines)
            case 2 if lines:
                random.shuffle(some := lines[at % len(lines) :][:3])
                lines[at % len(lines) :][:3] = some
                data = b"".join(lines)
            case 3:
                data = data[:at] + random.choice(WORDS) + data[at:]
            case 4 if others:
                piece = random.choice(others)
                start = random.randrange(len(piece) + 1)
                data = data[:at] + piece[start : start + random.randrange(60)] + data[at:]
            case 5:
                data = data[:at] + data[at + random.randrange(1, 9) :]
            case 6 if lines:
                line = random.randrange(len(lines))
                lines[line] = (
                    random.choice((b" ", b"  ", b"\t")) + lines[line] if random.random() < 0.5 else lines[line].lstrip()
                )
                data = b"".join(lines)
            case _:
                data = data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]
    return data
