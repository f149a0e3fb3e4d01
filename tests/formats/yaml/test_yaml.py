"""YAML: exact places, whatever parser is installed, and edits that move nothing else."""

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cifix.formats.yaml import (
    Alias,
    Document,
    Map,
    Node,
    Scalar,
    Seq,
    leaves,
    parse,
    parse_with,
)
from cifix.formats.yaml.edit import append, comment, fill, insert, place, replace, spelled
from cifix.model.change import Edit, splice
from cifix.model.expect import Route
from cifix.model.text import Opaque, Text
from tests.formats.yaml.documents import documents


def text(source: str) -> Text:
    return Text.decode(source.encode())


def document(source: str) -> Document:
    return parse(text(source))


def after(source: str, *edits: Edit) -> str:
    return splice(source, edits)


def values(source: str) -> dict[Route, str]:
    return {route: value for route, (_, value) in leaves(text(source)).items()}


def mapping(found: Document, *route: str | int) -> Map:
    node = found.at(route)
    assert isinstance(node, Map)
    return node


def scalar(found: Document, *route: str | int) -> Scalar:
    node = found.at(route)
    assert isinstance(node, Scalar)
    return node


def spans(node: Node | None) -> object:
    match node:
        case Scalar() | Alias():
            return (
                type(node).__name__,
                node.outer,
                node.start,
                node.end,
                getattr(node, "value", ""),
                getattr(node, "flow", ""),
            )
        case Seq():
            return node.outer, node.start, node.end, node.flow, [spans(item) for item in node.items]
        case Map():
            inner = [(spans(entry.key), spans(entry.value)) for entry in node.entries]
            return node.outer, node.start, node.end, node.flow, inner
        case None:
            return None


# Reading


@settings(max_examples=300)
@given(documents())
def test_both_parsers_give_the_same_places(raw: bytes) -> None:
    pure = parse_with(Text.decode(raw), pure=True)
    assert spans(parse_with(Text.decode(raw), pure=False).root) == spans(pure.root)


@settings(max_examples=200)
@given(documents())
def test_comments_lie_between_values_and_end_with_their_line(raw: bytes) -> None:
    found = parse(Text.decode(raw))
    whole = found.text.text
    covered = list(found.gaps())
    assert all(end <= start for (_, end), (start, _) in pairwise(covered))
    for start, end in found.comments:
        assert whole[start] == "#"
        assert whole[end : end + 1] in {"", "\r", "\n"}


def test_a_value_without_characters_stands_behind_its_colon_or_dash() -> None:
    found = document("with: # later\n\nlist:\n  -\n  - &a\n  - !t # c\nend: {a: , b}\n")
    source = found.text.text
    places = {node.start for _, node in found.walk() if isinstance(node, Scalar) and node.start == node.end}
    assert places == {
        source.index(" # later"),
        source.index("-\n") + 1,
        source.index("&a") + 2,
        source.index("!t") + 2,
        source.index(" , b"),
        source.index("}"),
    }


def test_an_anchor_or_a_tag_is_not_part_of_the_value() -> None:
    found = document("a: &x !!str word\nb: &y # note\n  c: 1\nd: *x\ne: !t\n  - 2\n")
    source = found.text.text
    assert source[scalar(found, "a").start : scalar(found, "a").end] == "word"
    assert source[mapping(found, "b").start :].startswith("c: 1")
    assert source[mapping(found, "b").outer :].startswith("&y")
    assert found.at(("d",)) is found.at(("a",))
    assert found.routes(scalar(found, "a")) == (("a",), ("d",))
    sequence = found.at(("e",))
    assert isinstance(sequence, Seq)
    assert source[sequence.start :] == "- 2\n"


@pytest.mark.parametrize(
    ("header", "kept"), [("|", "a"), (">-", "a"), ("|+", "a\n\n"), ("|2+", "a\n\n"), ("|  # + not this", "a")]
)
def test_a_block_scalar_ends_with_its_last_line_unless_it_keeps_blank_ones(header: str, kept: str) -> None:
    found = document(f"x: {header}\n  {kept.rstrip()}\n\n# c\ny: 1\n")
    value = scalar(found, "x")
    assert found.text.text[value.start : value.end] == f"{header}\n  {kept}"


def test_a_route_leads_nowhere_when_a_key_or_position_is_missing() -> None:
    found = document("a: [1]\n")
    assert [found.at(route) for route in [("b",), ("a", 1), ("a", -1), ("a", "x"), (0,), ("a", 0, "y")]] == [None] * 6
    assert mapping(found).word("a") is None
    assert document("# nothing\n").root is None
    assert document("").at(()) is None
    assert document("# nothing\n").comments == ((0, 9),)


def test_leaves_tell_kinds_as_yaml_1_2_does() -> None:
    source = "s: a\ni: 10\no: 0o7\nf: 3.10\nb: true\nn: ~\ne:\nq: '1'\nt: !x 1\nm: {}\nl: [[], no]\ny: on\nk: |\n  1\n"
    assert leaves(text(source)) == {
        ("s",): ("str", "a"),
        ("i",): ("int", "10"),
        ("o",): ("int", "0o7"),
        ("f",): ("float", "3.10"),
        ("b",): ("bool", "true"),
        ("n",): ("null", "~"),
        ("e",): ("null", ""),
        ("q",): ("str", "1"),
        ("t",): ("!x", "1"),
        ("m",): ("map", ""),
        ("l", 0): ("seq", ""),
        ("l", 1): ("str", "no"),
        ("y",): ("str", "on"),
        ("k",): ("str", "1\n"),
    }
    assert leaves(text("# nothing\n")) == {}


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("a: [\n", "cannot be read"),
        ("a: 1\n---\nb: 2\n", "several YAML documents"),
        ("a: 1\nb: 2\na: 3\n", "'a' occurs twice"),
        ("x: &x {a: 1}\ny:\n  <<: *x\n", "merge key"),
        ("? [a]\n: 1\n", "not a plain text"),
        (": 1\n", "not a plain text"),
        ("a: &x 1\n*x : 2\n", "not a plain text"),
        ("a: &x [*x]\n", "stands for nothing"),
        ("a: *x\n", "stands for nothing"),
        ("a:\t1\n", "tab"),
        ("a: [1,\t2]\n", "tab"),
        ("[" * 200 + "]" * 200, "levels deep"),
        ("a: \x07\n", "cannot be read"),
    ],
)
def test_what_cannot_be_edited_safely_is_opaque(source: str, why: str) -> None:
    for pure in (False, True):
        with pytest.raises(Opaque, match=why if why != "tab" else "tab|\\\\t|cannot"):
            parse_with(text(source), pure=pure)


def test_latin_1_is_opaque() -> None:
    with pytest.raises(Opaque, match="UTF-8"):
        parse(Text.decode(b"a: \xe9\n"))


def test_tabs_inside_values_and_comments_are_no_trouble() -> None:
    source = "a: 'x\ty' # c\tc\nb: |\n  l\tl\n"
    assert values(source) == {("a",): "x\ty", ("b",): "l\tl\n"}


def test_aliases_of_aliases_are_not_followed_for_ever() -> None:
    wide = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    wide += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20)]
    deep = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 200))]
    for lines in (wide, deep):
        with pytest.raises(Opaque, match="with its aliases the YAML stands for"):
            parse(text("\n".join(lines)))


# Editing


@settings(max_examples=200)
@given(documents(), st.data())
def test_a_replaced_scalar_leaves_every_other_leaf_as_it_was(raw: bytes, data: st.DataObject) -> None:
    found = parse(Text.decode(raw))
    written = [(route, node) for route, node in found.walk() if isinstance(node, Scalar) and node.value.strip()]
    assume(written)
    route, target = data.draw(st.sampled_from(written))
    words = [(s, s + len(w)) for w in target.value.split() for s in [target.value.index(w)]]
    start, end = data.draw(st.sampled_from(words))
    new = data.draw(st.sampled_from(("x", "it's", 'a"b\\c', "-y", "# no", "a: b", "${{ x }}")))
    try:
        edit = replace("f", found, target, (start, end), new)
    except Opaque:
        return
    before, changed = leaves(found.text), leaves(text(splice(found.text.text, [edit])))
    routes = found.routes(target)
    assert {r: leaf for r, leaf in changed.items() if r not in routes} == {
        r: leaf for r, leaf in before.items() if r not in routes
    }
    assert all(changed[r][1] == target.value[:start] + new + target.value[end:] for r in routes)
    assert route in routes


@settings(max_examples=300)
@given(documents(), st.booleans(), st.data())
def test_an_inserted_entry_is_all_that_changes(raw: bytes, first: bool, data: st.DataObject) -> None:
    found = parse(Text.decode(raw))
    route, target = data.draw(st.sampled_from([(r, n) for r, n in found.walk() if isinstance(n, Map)]))
    try:
        edit = insert("f", found, target, {"new": "1", "deep": {"er": "x"}}, first=first)
    except Opaque:
        assert target.flow
        return
    changed = leaves(text(splice(found.text.text, [edit])))
    expected = dict(leaves(found.text))
    for here in found.routes(target):
        expected.pop(here, None)
        expected |= {(*here, "new"): ("int", "1"), (*here, "deep", "er"): ("str", "x")}
    assert changed == expected
    assert route in found.routes(target)


@settings(max_examples=300)
@given(documents(), st.data())
def test_an_appended_item_is_all_that_changes(raw: bytes, data: st.DataObject) -> None:
    found = parse(Text.decode(raw))
    sequences = [(r, n) for r, n in found.walk() if isinstance(n, Seq)]
    assume(sequences)
    route, target = data.draw(st.sampled_from(sequences))
    try:
        edit = append("f", found, target, ["- new: 1", "  deep:", "    er: x"])
    except Opaque:
        assert target.flow or not found.text.text.endswith(("\n", "\r"))
        return
    changed = leaves(text(splice(found.text.text, [edit])))
    expected = dict(leaves(found.text))
    position = len(target.items)
    for here in found.routes(target):
        expected |= {(*here, position, "new"): ("int", "1"), (*here, position, "deep", "er"): ("str", "x")}
    assert changed == expected
    assert route in found.routes(target)


@settings(max_examples=100)
@given(documents(), st.data())
def test_a_filled_value_is_all_that_changes(raw: bytes, data: st.DataObject) -> None:
    found = parse(Text.decode(raw))
    empty = [
        (node, entry.key.value)
        for _, node in found.walk()
        if isinstance(node, Map)
        for entry in node.entries
        if isinstance(entry.value, Scalar) and entry.value.start == entry.value.end
    ]
    assume(empty)
    target, key = data.draw(st.sampled_from(empty))
    changed = leaves(text(splice(found.text.text, [fill("f", found, target, key, {"new": "1"})])))
    expected = dict(leaves(found.text))
    value = target.get(key)
    for here in found.routes(value) if value else ():
        expected.pop(here)
        expected[*here, "new"] = "int", "1"
    assert changed == expected


@settings(max_examples=100)
@given(documents(), st.data())
def test_a_comment_changes_no_data(raw: bytes, data: st.DataObject) -> None:
    found = parse(Text.decode(raw))
    plain = [n for _, n in found.walk() if isinstance(n, Scalar) and n.style not in {"|", ">"} and n.start < n.end]
    assume(plain)
    target = data.draw(st.sampled_from(plain))
    edit = comment("f", found, target.end, "# new")
    changed = text(splice(found.text.text, [edit]))
    assert leaves(changed) == leaves(found.text)
    assert changed.text[slice(*parse(changed).comment_after(target.end) or (0, 0))] == "# new"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("w:\n  a: 1 # c\nz: 2\n", "w:\n  a: 1 # c\n  new: v\nz: 2\n"),
        ("w:\n  a: |\n    x\n\n\nz: 2\n", "w:\n  a: |\n    x\n  new: v\n\n\nz: 2\n"),
        ("w:\n  a: |+\n    x\n\nz: 2\n", "w:\n  a: |+\n    x\n\n  new: v\nz: 2\n"),
        ("w:\n  a: |\n    x", "w:\n  new: v\n  a: |\n    x"),
        ("w:\n  a: |+\n    x\n\n", "w:\n  a: |+\n    x\n\n  new: v\n"),
        ("w:\n  a: 1", "w:\n  a: 1\n  new: v"),
        ("w:\r\n  a: 1\r\n# end", "w:\r\n  a: 1\r\n  new: v\r\n# end"),
        ("w:\r  a: 1\r", "w:\r  a: 1\r  new: v\r"),
        ("w: {a: 1}  # c\n", "w: {a: 1, new: v}  # c\n"),
        ("w: {}\n", "w: {new: v}\n"),
        ("w:\n  a:\n    - b: [1,\n          2]\n", "w:\n  a:\n    - b: [1,\n          2]\n  new: v\n"),
    ],
)
def test_an_entry_goes_behind_the_last_one(source: str, expected: str) -> None:
    found = document(source)
    assert after(source, insert("f", found, mapping(found, "w"), {"new": "v"})) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("w:\n  a: 1\n", "w:\n  new: v\n  a: 1\n"),
        ("w:\n- &k a: 1\n  b: 2\n", "w:\n- new: v\n  &k a: 1\n  b: 2\n"),
        ("w: [{a: 1}]\n", "w: [{new: v, a: 1}]\n"),
    ],
)
def test_an_entry_goes_before_the_first_one(source: str, expected: str) -> None:
    found = document(source)
    target = next(node for route, node in found.walk() if isinstance(node, Map) and route)
    assert after(source, insert("f", found, target, {"new": "v"}, first=True)) == expected


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("- uses: x@v1 # c\n", "- uses: x@v1 # c\n  with:\n    a: 1\n    b: 2\n"),
        (
            "- uses: x@v1\n  env:\n      K: v\n",
            "- uses: x@v1\n  env:\n      K: v\n  with:\n        a: 1\n        b: 2\n",
        ),
        ("- {uses: x@v1}\n", "- {uses: x@v1, with: {a: 1, b: 2}}\n"),
    ],
)
def test_a_step_without_inputs_is_given_some(step: str, expected: str) -> None:
    found = document(step)
    made = after(step, insert("f", found, mapping(found, 0), {"with": {"a": "1", "b": "2"}}))
    assert values(made) == values(expected)
    assert made.replace(" ", "") == expected.replace(" ", "")


def test_flow_mappings_that_cannot_take_another_key_are_opaque() -> None:
    bare = document("[a: 1]\n")
    with pytest.raises(Opaque, match="without braces"):
        insert("f", bare, mapping(bare, 0), {"new": "v"})
    empty = document("{a: }\n")
    with pytest.raises(Opaque, match="is empty"):
        insert("f", empty, mapping(empty), {"new": "v"})


def test_an_empty_value_is_filled() -> None:
    source = "s:\n  with:   # nothing yet\n  x: {y: , z: 1}\n"
    found = document(source)
    edits = (
        fill("f", found, mapping(found, "s"), "with", {"a": {"b": "1"}}),
        fill("f", found, mapping(found, "s", "x"), "y", {"c": "2"}),
    )
    assert after(source, *edits) == "s:\n  with:   # nothing yet\n    a:\n      b: 1\n  x: {y: {c: 2} , z: 1}\n"
    for key in ("x", "missing"):
        with pytest.raises(Opaque, match="not empty"):
            fill("f", found, mapping(found, "s"), key, {"a": "1"})


@pytest.mark.parametrize(
    ("source", "new", "expected"),
    [
        ("a: x@v3 # c", "v4", "a: x@v4 # c"),
        ("a: 'x@v3'", "it's", "a: 'x@it''s'"),
        ('a: "x@v3"', 'q"', 'a: "x@q\\""'),
        ("{a: x@v3}", "v]", "{a: 'x@v]'}"),
        ("a: x@v3", ": x", "a: 'x@: x'"),
        ("a: >-\n  x@v3\n", "v4", "a: >-\n  x@v4\n"),
        ("a: &n x@v3", "v4", "a: &n x@v4"),
    ],
)
def test_a_part_of_a_scalar_is_replaced_inside_its_quotes(source: str, new: str, expected: str) -> None:
    found = document(source)
    assert after(source, replace("f", found, scalar(found, "a"), (2, 4), new)) == expected


def test_a_part_that_is_spelled_with_escapes_or_folds_is_opaque() -> None:
    for source in ('a: "x\\u0020v3"', "a: 'it''s'", "a: x\n  v3"):
        found = document(source)
        with pytest.raises(Opaque, match="escapes or folds"):
            place(found, scalar(found, "a"), 0, 4)


@pytest.mark.parametrize(
    ("value", "block", "flow"),
    [
        ("dist-1", "dist-1", "dist-1"),
        ("${{ a }}", "${{ a }}", "'${{ a }}'"),
        ("*-x", "'*-x'", "'*-x'"),
        ("a, b", "a, b", "'a, b'"),
        ("", "''", "''"),
        ("3.10", "'3.10'", "'3.10'"),
        ("1_000", "'1_000'", "'1_000'"),
        ("12:30", "'12:30'", "'12:30'"),
        ("yes", "'yes'", "'yes'"),
        ("~", "'~'", "'~'"),
        ("it's: x", "'it''s: x'", "'it''s: x'"),
        ("a #b", "'a #b'", "'a #b'"),
        ("end:", "'end:'", "'end:'"),
        (" pad", "' pad'", "' pad'"),
        ("two\nlines", '"two\\nlines"', '"two\\nlines"'),
    ],
)
def test_a_text_is_spelled_so_that_every_parser_reads_it(value: str, block: str, flow: str) -> None:
    assert spelled(value) == block
    assert spelled(value, flow=True) == flow
    assert values(f"a: {block}\nb: [{flow}]\n") == {("a",): value, ("b", 0): value}


@given(st.text(st.characters(codec="utf-8"), max_size=12))
def test_any_text_comes_back_as_itself(value: str) -> None:
    assume(spelled(value).isprintable())
    found = leaves(text(f"a: {spelled(value)}\nb: [{spelled(value, flow=True)}]\n"))
    assert found == {("a",): ("str", value), ("b", 0): ("str", value)}


def test_a_comment_is_replaced_or_added() -> None:
    source = "a: {b: 1, c: 2}   # old # er\nd: 3  \n"
    found = document(source)
    edits = (
        comment("f", found, scalar(found, "a", "b").end, "# new"),
        comment("f", found, scalar(found, "d").end, "# d"),
    )
    assert after(source, *edits) == "a: {b: 1, c: 2}   # new\nd: 3  # d  \n"


def test_positions_count_no_byte_order_mark() -> None:
    found = document("\ufeffa: 1\nb:\n  c: 2\n")
    assert (found.column(1), found.column(scalar(found, "b", "c").start)) == (0, 5)
