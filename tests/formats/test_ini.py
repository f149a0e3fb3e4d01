"""INI files as Python reads them."""

import pytest

from cifix.formats.ini import sections
from cifix.model.text import Opaque, Text


def test_sections_hold_their_keys_without_interpolation() -> None:
    found = sections(
        Text.decode(b"\xef\xbb\xbf[pytest]\r\naddopts =\r\n    -q %(x)s\r\n[other]\r\na: 1\r\n[pytest]\r\nb = 2\r\n")
    )
    assert found == {"pytest": {"addopts": "\n-q %(x)s", "b": "2"}, "other": {"a": "1"}}


@pytest.mark.parametrize("source", [b"a = 1\n", b"[a\nb"])
def test_what_is_not_ini_is_opaque(source: bytes) -> None:
    with pytest.raises(Opaque):
        sections(Text.decode(source))
