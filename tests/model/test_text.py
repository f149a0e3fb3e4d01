import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cifix.model.text import LIMIT, Opaque, Text

pieces = st.sampled_from(["a", "é", "€", "😀", " ", "\t", "\n", "\r\n", "\r", "\u2028", "\x0c", "# x"])


@given(st.lists(pieces).map("".join), st.booleans())
def test_utf8_comes_back_byte_for_byte(content: str, bom: bool) -> None:
    raw = (codecs.BOM_UTF8 if bom else b"") + content.encode()
    text = Text.decode(raw)
    assert text.text.encode(text.encoding) == raw
    assert text.bom is bom
    assert text.text[text.start :] == content


@given(st.binary().filter(lambda raw: b"\0" not in raw and not raw.startswith((b"\xff\xfe", b"\xfe\xff"))))
def test_any_bytes_come_back_byte_for_byte(raw: bytes) -> None:
    text = Text.decode(raw)
    assert text.text.encode(text.encoding) == raw == text.raw


@given(st.lists(pieces).map("".join))
def test_lines_and_columns_agree_with_a_naive_count(content: str) -> None:
    text = Text.decode(content.encode())
    for offset in range(len(content) + 1):
        head = content[:offset]
        if head.endswith("\r") and content[offset:].startswith("\n"):
            continue
        lines = head.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert text.line_column(offset) == (len(lines), len(lines[-1]) + 1)


def test_a_byte_order_mark_has_no_column() -> None:
    text = Text.decode(codecs.BOM_UTF8 + b"ab\ncd")
    assert text.line_column(0) == (1, 1)
    assert text.line_column(1) == (1, 1)
    assert text.line_column(2) == (1, 2)
    assert text.line_column(4) == (2, 1)


def test_a_line_span_leaves_out_the_line_end() -> None:
    text = Text.decode(b"one\r\ntwo\rthree")
    assert [text.text[slice(*text.line_span(line))] for line in (1, 2, 3)] == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("raw", "dominant", "at_start", "at_end"),
    [
        (b"a\r\nb\r\nc\n", "\r\n", "\r\n", "\r\n"),
        (b"a\nb\r\n", "\n", "\n", "\n"),
        (b"a\rb", "\r", "\r", "\r"),
        (b"", "\n", "\n", "\n"),
    ],
)
def test_newlines_are_those_of_the_place(raw: bytes, dominant: str, at_start: str, at_end: str) -> None:
    text = Text.decode(raw)
    assert text.newline == dominant
    assert text.newline_at(0) == at_start
    assert text.newline_at(len(text.text)) == at_end


def test_python_sources_follow_their_cookie() -> None:
    raw = b"# -*- coding: latin-1 -*-\nname = '\xe9'\n"
    text = Text.decode(raw, cookie=True)
    assert text.text.endswith("'é'\n")
    assert text.text.encode(text.encoding) == raw


def test_a_byte_order_mark_in_python_is_utf8() -> None:
    text = Text.decode(codecs.BOM_UTF8 + "é = 1\n".encode(), cookie=True)
    assert (text.encoding, text.bom) == ("utf-8", True)


def test_other_files_without_utf8_are_read_as_single_bytes() -> None:
    assert Text.decode(b"caf\xe9/\n").encoding == "latin-1"


@pytest.mark.parametrize(
    ("raw", "cookie", "words"),
    [
        (b"a\0b", False, "binary"),
        (b"x" * (LIMIT + 1), False, "bytes; cifix reads text up to"),
        (codecs.BOM_UTF16_LE + b"a", False, "UTF-16"),
        (b"# coding: no-such-codec\n", True, "encoding declaration"),
        (b"# coding: ascii\n\xe9\n", True, "not valid ascii"),
        (b"\xff\xfe\n", True, "encoding declaration"),
        (b"# coding: utf-7\n+AGE-\n", True, "would change bytes"),
        (b"# coding: rot13\nprint\n", True, "not valid rot"),
    ],
)
def test_what_cannot_come_back_is_opaque(raw: bytes, cookie: bool, words: str) -> None:
    with pytest.raises(Opaque, match=words):
        Text.decode(raw, cookie=cookie)
