import pytest

from cifix.formats.python.lossless import lossless
from cifix.model.text import Opaque, Text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"x = 1  # why\n\n\ndef f(): pass",
        b"\xef\xbb\xbfx = 1\r\ny = 2\r\n",
        b"# coding: latin-1\nx = '\xe9'\n",
        b"lazy import os\n",
    ],
)
def test_ordinary_sources_come_back(raw: bytes) -> None:
    assert lossless(Text.decode(raw, cookie=True)) >= 0


@pytest.mark.parametrize(
    ("raw", "words"),
    [(b"x = (\n", "cannot read"), (b"x = 1\r", "same bytes"), (b"+".join([b"a"] * 5000), "cannot read")],
)
def test_what_libcst_cannot_keep_is_opaque(raw: bytes, words: str) -> None:
    with pytest.raises(Opaque, match=words):
        lossless(Text.decode(raw, cookie=True))
