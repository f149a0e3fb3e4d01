import pytest
from hypothesis import given
from hypothesis import strategies as st

from cifix.logs.redact import redact

BODY = "Ab3" * 20


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        (f"using ghp_{BODY}", "using [hidden]"),
        (f"github_pat_{BODY}", "[hidden]"),
        (f"glpat-{BODY} pypi-{BODY} npm_{BODY[:36]}", "[hidden] [hidden] [hidden]"),
        (f"xoxb-{BODY} AKIA{'A1' * 8} sk-{BODY}", "[hidden] [hidden] [hidden]"),
        (f"jwt eyJ{BODY}.{BODY}.{BODY}", "jwt [hidden]"),
        ("git clone https://user:pass@example.org/x.git", "git clone https://[hidden]@example.org/x.git"),
        ("API_TOKEN=abcdef123456", "API_TOKEN=[hidden]"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer [hidden]"),
        ('"password": "hunter2hunter"', '"password": "[hidden]"'),
        ("API_TOKEN: ***", "API_TOKEN: ***"),
    ],
)
def test_secrets_are_hidden(text: str, quoted: str) -> None:
    assert redact(text) == quoted


@pytest.mark.parametrize(
    "text",
    [
        "ModuleNotFoundError: No module named 'pkg.lib'",
        "E   assert token == 3",
        "tokenizer.py:12: error: no",
        "##[error]Process completed with exit code 1.",
        "see https://github.com/a/b/pull/1",
        "sha256:0123456789abcdef",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


@given(st.text(max_size=300))
def test_hiding_twice_is_hiding_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    "text", ["a" * 4096, "token" * 800, "eyJ" + "a." * 2000, "http://" + "a" * 4000, "xx-token: " * 400]
)
def test_a_long_line_of_almost_secrets_is_read_to_its_end(text: str) -> None:
    assert redact(f"{text} end").endswith(" end")
