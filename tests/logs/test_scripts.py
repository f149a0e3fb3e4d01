import pytest

from cifix.logs.lines import Line
from cifix.logs.scripts import Heading, tolerated


@pytest.mark.parametrize(
    ("script", "allowed"),
    [
        (["ruff check . || true", "pytest"], {"ruff"}),
        (["uv run mypy src || echo later", "pytest"], {"mypy"}),
        (["ruff check . || true", "ruff format --check ."], set()),
        (["for i in 1 2 3; do curl -fsS https://x.test/a && break; sleep 5; done"], {"curl"}),
        (["set +e", "bandit -r src", "set -e", "pytest"], {"bandit"}),
        (["pytest || exit 1", "make && make check"], set()),
        (["pytest || truecolor"], set()),
        (["ruff check . ; mypy . || :"], {"mypy"}),
    ],
)
def test_a_script_tells_which_programs_may_fail(script: list[str], allowed: set[str]) -> None:
    assert tolerated(script) & {"ruff", "mypy", "curl", "bandit", "pytest", "make"} == allowed


def test_the_heading_ends_where_the_output_begins() -> None:
    heading = Heading("pytest")
    texts = [Line(1, "pytest"), Line(2, "shell: bash -e {0}"), Line(3, "env:"), Line(4, "", "endgroup"), Line(5, "x")]
    assert [heading.take(line) for line in texts] == [True, True, True, True, False]
    assert heading.script == ["pytest"]


def test_a_heading_without_its_script_is_none() -> None:
    heading = Heading("pytest")
    assert not heading.take(Line(1, "collected 2 items"))
    assert not heading.take(Line(2, "pytest"))
