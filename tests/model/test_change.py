import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cifix.model.change import Change, Create, Delete, Edit, Track, collide, inverse, origin, overlap, splice

text = st.text("ab\r\né😀", max_size=30)


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    """A text and edits of it that can live together."""
    content = draw(text)
    edits: list[Edit] = []
    for _ in range(draw(st.integers(0, 5))):
        start, end = sorted((draw(st.integers(0, len(content))), draw(st.integers(0, len(content)))))
        edit = Edit("f", start, end, draw(text))
        if not any(overlap(edit, other) for other in edits):
            edits.append(edit)
    return content, edits


@given(edited())
def test_every_character_outside_the_edits_is_kept(case: tuple[str, list[Edit]]) -> None:
    content, edits = case
    kept = [character for at, character in enumerate(content) if not any(e.start <= at < e.end for e in edits)]
    marked = splice(content, [Edit("f", e.start, e.end, "\0") for e in edits])
    assert marked.replace("\0", "") == "".join(kept)


@given(edited(), st.randoms())
def test_the_order_of_edits_is_irrelevant(case: tuple[str, list[Edit]], random: st.DataObject) -> None:
    content, edits = case
    shuffled = list(edits)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert splice(content, shuffled) == splice(content, edits)


@given(edited())
def test_the_inverse_restores_the_text(case: tuple[str, list[Edit]]) -> None:
    content, edits = case
    assert splice(splice(content, edits), inverse(content, edits)) == content


@given(edited(), st.integers(0, 30))
def test_origin_finds_where_a_kept_character_stood(case: tuple[str, list[Edit]], at: int) -> None:
    content, edits = case
    assume(at < len(content) and not any(e.start <= at < e.end or e.start == e.end == at for e in edits))
    marked = splice(content[:at] + "\0" + content[at + 1 :], edits)
    assert origin(marked.index("\0"), inverse(content, edits)) == at


def test_origin_of_new_text_is_the_start_of_what_it_replaced() -> None:
    assert origin(4, inverse("one two", [Edit("f", 2, 5, "new text")])) == 2


@given(text, st.data())
def test_overlapping_edits_are_refused(content: str, data: st.DataObject) -> None:
    assume(len(content) > 1)
    edit = Edit("f", 0, 2, "x")
    with pytest.raises(ValueError, match="overlap"):
        splice(content, [edit, Edit("f", 1, 1, data.draw(st.just("y")))])


def test_two_insertions_at_one_place_collide_unless_identical() -> None:
    one, same, other = Edit("f", 1, 1, "x"), Edit("f", 1, 1, "x"), Edit("f", 1, 1, "y")
    assert not overlap(one, same)
    assert overlap(one, other)
    assert splice("ab", [one, same]) == "axb"


def test_an_insertion_beside_a_replacement_is_no_collision() -> None:
    edits = [Edit("f", 1, 2, "B"), Edit("f", 1, 1, "<"), Edit("f", 2, 2, ">")]
    assert splice("abc", edits) == "a<B>c"


def test_an_edit_beyond_the_text_is_refused() -> None:
    with pytest.raises(ValueError, match="the text has 2 characters"):
        splice("ab", [Edit("f", 1, 3, "")])


@pytest.mark.parametrize(("start", "end"), [(-1, 0), (2, 1)])
def test_an_edit_runs_forward(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="0 <= start <= end"):
        Edit("f", start, end, "")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Edit("f", 0, 2, "x"), Edit("f", 1, 3, "y"), True),
        (Edit("f", 0, 2, "x"), Edit("g", 1, 3, "y"), False),
        (Edit("f", 0, 2, "x"), Edit("f", 2, 3, "y"), False),
        (Edit("f", 0, 2, "x"), Delete("f"), True),
        (Track("f"), Track("f"), False),
        (Track("f"), Create("f", b""), True),
    ],
)
def test_changes_collide_over_one_file(one: Change, other: Change, expected: bool) -> None:
    assert collide([one], [other]) is expected
    assert collide([other], [one]) is expected
