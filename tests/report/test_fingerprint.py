import pytest

from cifix.report.fingerprint import line_hashes

ENDED = (
    "e9496ae3ebfced30:1 fb7c023a8b9ccb3f:1 ce8ba1a563dcdaca:1 e20e36e16fcb0cc8:1 b3edc88f2938467e:1 "
    "c8e28b0b4002a3a0:1 c129715d7a2bc9a3:1"
)


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", "c129715d7a2bc9a3:1"),
        (" a\nb\n  \t\tc\n d", "271789c17abda88f:1 54703d4cd895b18:1 180aee12dab6264:1 a23a3dc5e078b07b:1"),
        (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", ENDED),
        (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", ENDED),
        (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", ENDED),
    ],
)
def test_it_agrees_with_the_upload_action(text: str, hashes: str) -> None:
    assert line_hashes(text.encode()) == hashes.split()


def test_equal_lines_are_numbered() -> None:
    hashes = line_hashes(b"Lorem ipsum dolor sit amet.\n" * 10)
    assert hashes[:3] == [f"a7f2ff13bc495cf2:{number}" for number in (1, 2, 3)]
    assert hashes[6:] == [
        "a7f2ff1481e87703:1",
        "a9cf91f7bbf1862b:1",
        "55ec222b86bcae53:1",
        "cc97dc7b1d7d8f7b:1",
        "c129715d7a2bc9a3:1",
    ]


def test_lines_added_above_change_no_hash_below() -> None:
    body = "".join(f"line {number}\n" for number in range(40))
    assert line_hashes(("new \U0001f600\n" * 3 + body).encode())[3:] == line_hashes(body.encode())
