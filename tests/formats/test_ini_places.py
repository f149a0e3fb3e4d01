"""Ini files: read as pytest's own reader reads them, and extended so that it reads what was added."""

import iniconfig
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cifix.formats.ini_places import add, extend, parse
from cifix.model.change import splice
from cifix.model.text import Opaque, Text

LINES = st.sampled_from(
    [
        "[one]",
        "[two]  # text",
        "a = 1",
        "b: x = y",
        "c =",
        "    more",
        "\tand more ",
        "",
        "  # aside",
        "; aside",
        "d=[e]",
    ]
)


def read(text: str) -> dict[str, dict[str, str]] | None:
    try:
        return {section.name: dict(section.items()) for section in iniconfig.IniConfig("x", text)}
    except iniconfig.ParseError:
        return None


@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\ufeff"]), st.booleans())
def test_files_mean_what_the_reader_of_pytest_reads(lines: list[str], newline: str, mark: str, final: bool) -> None:
    text = Text.decode((mark + newline.join(lines) + newline * final).encode())
    expected = read(text.text)
    try:
        found = parse(text)
    except Opaque:
        assert expected is None
        return
    assert {one.name: {o.name: "\n".join(o.lines) for o in one.options} for one in found.sections} == expected
    for section in found.sections:
        grown = read(splice(text.text, [add("x", found, section, "new", ["v", "w"])]))
        assert grown is not None
        assert grown[section.name] == {**(expected or {})[section.name], "new": "v\nw"}
        for option in section.options:
            grown = read(splice(text.text, [extend("x", found, option, ["v"])]))
            assert grown is not None
            assert grown[section.name][option.name].split("\n")[-1] == "v"


@pytest.mark.parametrize("text", ["a = 1", "[a]\n more", "[a]\nno option", "[a]\nb=1\nb=2", "[a]\n[a]"])
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(Opaque):
        parse(Text.decode(text.encode()))


def test_sections_and_options_are_found_by_name() -> None:
    found = parse(Text.decode(b"[a]\nb = 1\n"))
    section = found.section("a")
    assert section
    assert section.option("b")
    assert section.option("c") is None
    assert found.section("b") is None
