import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cifix.logs.lines import LIMIT, Line, lines

STAMP = "2026-07-16T20:33:28.4578760Z "


def read(text: str | bytes) -> list[Line]:
    return list(lines(io.BytesIO(text if isinstance(text, bytes) else text.encode())))


def texts(text: str | bytes) -> list[str]:
    return [line.text for line in read(text)]


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("plain", Line(1, "plain")),
        (f"\ufeff{STAMP}first", Line(1, "first")),
        (f"{STAMP}##[group]Run pytest -q", Line(1, "Run pytest -q", "group")),
        (f"{STAMP}##[endgroup]", Line(1, "", "endgroup")),
        (
            f"{STAMP}##[error]Process completed with exit code 1.",
            Line(1, "Process completed with exit code 1.", "error"),
        ),
        (f"{STAMP}\x1b[36;1mpytest\x1b[0m", Line(1, "pytest")),
        (f"{STAMP}\x1b[31;1merror\x1b[K: no", Line(1, "error: no")),
        ("Error: copied from the page", Line(1, "copied from the page", "error")),
        (f"build\tRun tests\t{STAMP}boom", Line(1, "boom", "", "build", "Run tests")),
        (f"build\tRun tests\t\ufeff{STAMP}##[error]boom", Line(1, "boom", "error", "build", "Run tests")),
        ("2026-05-22T12:43:46.962646Z 00O $ pytest", Line(1, "$ pytest")),
        ("\x1b[0Ksection_start:1560896352:step_script[collapsed=true]", Line(1, "step_script", "section-start")),
        (f"{STAMP}##[section]Starting: Tests", Line(1, "Starting: Tests", "section")),
        (f"{STAMP}##[end-action id=a;outcome=failure]", Line(1, "id=a;outcome=failure", "end-action")),
        ("a\tb\tc: three columns that are not gh's", Line(1, "a\tb\tc: three columns that are not gh's")),
        (f"{STAMP}[command]/usr/bin/git version", Line(1, "[command]/usr/bin/git version")),
    ],
)
def test_a_line_loses_its_adornment_and_keeps_its_level(raw: str, line: Line) -> None:
    assert read(raw) == [line]


def test_lines_are_counted_as_editors_count_them() -> None:
    assert read("one\r\n\n10%\r20%\rdone\nlast") == [
        Line(1, "one"),
        Line(3, "10%"),
        Line(3, "20%"),
        Line(3, "done"),
        Line(4, "last"),
    ]


def test_a_section_and_its_header_share_a_line_of_gitlab() -> None:
    assert read("\x1b[0Ksection_start:1:get_sources\r\x1b[0KGetting source") == [
        Line(1, "get_sources", "section-start"),
        Line(1, "Getting source"),
    ]


def test_only_a_log_that_begins_with_columns_has_them() -> None:
    assert texts(f"plain\nbuild\tx\t{STAMP}y\n") == ["plain", f"build\tx\t{STAMP}y"]


def test_undecodable_bytes_do_no_harm() -> None:
    assert texts(b"caf\xe9\nok") == ["caf\ufffd", "ok"]


def test_a_line_of_ten_megabytes_is_cut_and_costs_no_memory() -> None:
    class Endless(io.RawIOBase):
        parts = iter([*([b"x" * (1 << 18)] * 40), b"\nend", b""])

        def read(self, size: int = -1) -> bytes:
            del size
            return next(self.parts)

    tracemalloc.start()
    found = list(lines(Endless()))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(line.number, len(line.text)) for line in found] == [(1, LIMIT), (2, 3)]
    assert peak < 4 << 20


@given(st.binary(max_size=400))
def test_any_bytes_can_be_read_in_any_chunks(data: bytes) -> None:
    class Dripping(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            del size
            return super().read(3)

    whole = read(data)
    assert list(lines(Dripping(data))) == whole
    assert all("\r" not in line.text and "\n" not in line.text for line in whole)


@given(
    st.lists(
        st.text(
            st.characters(exclude_characters="\r\n\x1b#", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cf"]),
            min_size=1,
        )
    )
)
def test_plain_lines_are_themselves(plain: list[str]) -> None:
    wanted = [text for text in plain if not text.startswith(("section_", "Error:"))]
    assert texts("\n".join(wanted)) == wanted


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [1, 60_000])
def test_what_powershell_redirected_is_read_as_any_other_log(encoding: str, size: int) -> None:
    mark = "" if encoding == "utf-16" else "\ufeff"
    found = texts((mark + f"{STAMP}##[error]caf\u00e9 \U0001f600\r\n" * size).encode(encoding))
    assert found == ["caf\u00e9 \U0001f600"] * size


def test_half_a_character_at_the_end_is_no_trouble() -> None:
    assert texts("\ufeffabc".encode("utf-16-le")[:-1]) == ["ab"]


def test_zero_bytes_are_left_out() -> None:
    assert texts(b"No mod\0ule\0\n\0\n") == ["No module"]
