"""Expressions: known as far as they can be, honest about the rest."""

import pytest

from cifix.formats.actions.expression import (
    Parts,
    Result,
    Unknown,
    disjoint,
    evaluate,
    holds,
    literal,
    render,
    spelling,
)

KNOWN: dict[str, Result] = {
    "matrix.os": "Ubuntu-latest",
    "matrix.python": 3.10,
    "matrix.n": 2.0,
    "matrix.empty": None,
    "matrix.flag": True,
    "matrix.config.name": "full",
}


def lookup(path: str) -> Result:
    return KNOWN.get(path, Unknown(path, constant=path.startswith("github.")))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("matrix.os == 'ubuntu-LATEST'", True),
        ("matrix['os'] != 'x'", True),
        ("Matrix.Config.Name", "full"),
        ("'it''s'", "it's"),
        ("0x10", 16.0),
        ("-1.5e1", -15.0),
        ("true && 'a' || 'b'", "a"),
        ("false && 'a' || 'b'", "b"),
        ("!matrix.empty", True),
        ("null == 0", True),
        ("'' == 0", True),
        ("'x' == 0", False),
        ("'x' != 0", True),
        ("matrix.n < 3 && matrix.n >= 2", True),
        ("matrix.n > 2 || matrix.n <= 1", False),
        ("'a' < 'b'", True),
        ("(matrix.flag)", True),
        ("contains(matrix.os, 'UBUNTU')", True),
        ("startsWith(matrix.os, 'mac')", False),
        ("endsWith(matrix.os, 'latest')", True),
        ("github.ref == 'x' && false", False),
        ("false || false", False),
    ],
)
def test_what_is_written_down_is_evaluated(source: str, value: Result) -> None:
    assert evaluate(source, lookup) == value


@pytest.mark.parametrize(
    ("source", "constant"),
    [
        ("github.sha", True),
        ("github.ref == 'x' && 'a' || 'b'", True),
        ("github.ref || steps.a.outputs.b", False),
        ("github.ref && matrix.os", True),
        ("env.x", False),
        ("!env.X", False),
        ("env.X == 'a'", False),
        ("hashFiles('a')", False),
        ("contains(github.ref, 'a')", False),
        ("format('{0}', 'a')", False),
        ("join('a', 'b')", False),
        ("matrix.*", False),
        ("matrix[env.X]", False),
        ("a b", False),
        ("(a", False),
        ("f(a", False),
        ("f(a b)", False),
        ("", False),
        ("a ==", False),
        ("a.", False),
        ("matrix['os'", False),
        ("a = b", False),
    ],
)
def test_the_rest_is_unknown(source: str, constant: bool) -> None:
    found = evaluate(source, lookup)
    assert isinstance(found, Unknown)
    assert found.constant == constant
    assert found.text == source


def test_rendering_shows_values_as_github_does() -> None:
    text = "${{ matrix.python }}|${{matrix.n}}|${{ matrix.flag }}|${{ matrix.empty }}|${{ !matrix.flag }}"
    assert render(text, lookup) == ("3.1|2|true||false",)
    assert literal(render("", lookup)) == ""
    assert literal(render("a${{ env.B }}", lookup)) is None
    assert literal(render("${{ env.B }}", lookup)) is None
    assert spelling(render("a-${{ env.b }}", lookup)) == "a-${{ env.b }}"


@pytest.mark.parametrize(
    ("condition", "known"),
    [
        (None, True),
        ("matrix.os == 'windows'", False),
        ("${{ matrix.flag }}", True),
        ("success()", None),
        ("${{ matrix.flag }} && x", None),
        ("github.ref == 'a'", None),
    ],
)
def test_a_condition_holds_or_not_or_only_a_run_can_tell(condition: str | None, known: bool | None) -> None:
    assert holds(condition, lookup) is known


SHA, STEP = Unknown("github.sha", constant=True), Unknown("steps.a.b")


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (("a-", STEP), ("b-", STEP), True),
        (("a-", STEP), ("A-", STEP), False),
        ((STEP, "-a"), (STEP, "-b"), True),
        ((SHA, "-a-", STEP), (SHA, "-b-", STEP), True),
        ((STEP, "-a-", STEP), (STEP, "-b-", STEP), False),
        ((SHA,), (SHA, "-x"), True),
        ((SHA,), (SHA, STEP), False),
        (("a",), ("a", STEP), False),
        (("a",), ("a", STEP, "b"), True),
        ((STEP,), ("b",), False),
    ],
)
def test_texts_are_apart_only_if_no_run_can_make_them_meet(one: Parts, other: Parts, apart: bool) -> None:
    assert disjoint(one, other) is apart
    assert disjoint(other, one) is apart
