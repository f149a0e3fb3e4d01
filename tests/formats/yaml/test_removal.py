"""Removal from YAML: what is taken out is gone, and nothing else moves."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cifix.formats.yaml import Map, Seq, leaves, parse
from cifix.formats.yaml.removal import claims, remove, without
from cifix.model.change import splice
from cifix.model.expect import Absent, Route, Value
from cifix.model.text import Opaque, Text
from tests.formats.yaml.documents import documents


def text(source: str) -> Text:
    return Text.decode(source.encode())


def removed(source: str, *route: str | int) -> str:
    return splice(source, [remove("f", parse(text(source)), route)])


@settings(max_examples=300, deadline=None)
@given(documents(), st.data())
def test_a_removal_is_all_that_changes(raw: bytes, data: st.DataObject) -> None:
    found = parse(Text.decode(raw))
    routes = [route for route, _ in found.walk() if route]
    route = data.draw(st.sampled_from(routes))
    try:
        edit = remove("f", found, route)
    except Opaque:
        return
    expected = leaves(found.text)
    holder = found.at(route[:-1])
    assert isinstance(holder, Map | Seq)
    for here in found.routes(holder):
        expected = without(expected, (*here, route[-1]))
    assert leaves(text(splice(found.text.text, [edit]))) == expected


@pytest.mark.parametrize(
    ("source", "route", "expected"),
    [
        ("a: 1  # own\n# far\nb: 2\n", ("a",), "# far\nb: 2\n"),
        ("a: 1\nb: 2 # own", ("b",), "a: 1"),
        ("a: 1\r\nb: 2", ("b",), "a: 1"),
        ("\ufeffa: 1\nb: 2\n", ("a",), "\ufeffb: 2\n"),
        ("a:\n  x: |\n    t\n\nb: 2\n", ("a",), "\nb: 2\n"),
        ("- a: 1 # own\n  b: 2\n", (0, "a"), "- b: 2\n"),
        ("- a\n- b # own\n- c\n", (1,), "- a\n- c\n"),
        ("k:\n  - a\n  - b", ("k", 1), "k:\n  - a"),
        ("k: [a, b, c]\n", ("k", 0), "k: [b, c]\n"),
        ("k: [a, b, c]\n", ("k", 1), "k: [a, c]\n"),
        ("k: [a, 'b', ]\n", ("k", 1), "k: [a, ]\n"),
        ("k: {a: 1, b: 2}\n", ("k", "b"), "k: {a: 1}\n"),
        ("k: [\n  a, # own\n  b,\n]\n", ("k", 0), "k: [\n  b,\n]\n"),
        ("k: [\n  a,\n  b # own\n]\n", ("k", 1), "k: [\n  a,\n]\n"),
        ("k: [a,\n  b]\n", ("k", 1), "k: [a]\n"),
        ("a: |\n  x\nb: 2", ("b",), "a: |\n  x\n"),
        ("a: |\n  x\nb: 2\n", ("b",), "a: |\n  x\n"),
        ("- - a\n  - b\n- c\n", (0, 0), "- - b\n- c\n"),
    ],
)
def test_lines_and_the_own_comment_go_with_it(source: str, route: Route, expected: str) -> None:
    assert removed(source, *route) == expected


@pytest.mark.parametrize(
    ("source", "route", "why"),
    [
        ("a: 1\n", ("a",), "only one"),
        ("a: 1\n", ("b",), "not there"),
        ("a: &x 1\nb: *x\n", ("a",), "anchor"),
        ("a: {x: &y 1}\nb: *y\n", ("a",), "anchor"),
        ("k: &k [a, b]\nl: *k\n", ("l", 0), "alias"),
        ("k: 1\n", ("k", "x"), "alias"),
        ("- 1\n- 2\n", (0, "x"), "alias"),
        ("- 1\n- 2\n", (7, "x"), "alias"),
        ("- a: 1\n  # about b\n  b: 2\n", (0, "a"), "comment"),
        ("- a\n- - b\n  - c\n- - d\n", (2, 0), "only one"),
        ("k: [a, # of a\n  b, c]\n", ("k", 0), "comment"),
        ("- # a-b\n  x\n- y\n", (0,), "comment"),
        ("a: |+\n  t\n\nb: 1\n\nc: 2\n", ("b",), "keeps"),
        ("a: |+\n  t\n\nb: 1\n", ("a",), "blank lines"),
        ("a: |\n  t\nb: 1\n\n   # far\nc: 2\n", ("b",), "part of the text above"),
        ("a: |\r\n  t\r\nb: 1\r\n   # far\r\n", ("b",), "part of the text above"),
    ],
)
def test_what_would_lose_something_is_opaque(source: str, route: Route, why: str) -> None:
    with pytest.raises(Opaque, match=why):
        removed(source, *route)


def test_claims_say_what_differs() -> None:
    before = leaves(text("k: [a, b, c]\n"))
    after = without(before, ("k", 0))
    assert set(claims("f", before, after)) == {
        Absent("f", ("k", 2)),
        Value("f", ("k", 0), "b"),
        Value("f", ("k", 1), "c"),
    }
