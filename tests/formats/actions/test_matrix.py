"""Matrices: the legs as GitHub makes them, or the news that they are made at run time."""

from cifix.formats.actions.expression import Unknown
from cifix.formats.actions.matrix import ONE, Data, Matrix, at, expand
from cifix.formats.yaml import parse
from cifix.model.text import Text


def matrix(source: str) -> Matrix:
    return expand(parse(Text.decode(source.encode())).root)


def legs(source: str) -> list[dict[str, Data]]:
    return [dict(leg) for leg in matrix(source).legs]


def test_axes_are_multiplied_and_exclusions_taken_out() -> None:
    source = "a: [1, 2]\nb: [x, {n: y, m: 1}]\nexclude:\n  - {a: 1, b: x}\n  - {b: {n: y}, a: 2}\n  - not a leg\n"
    assert legs(source) == [{"a": 1, "b": {"n": "y", "m": 1}}, {"a": 2, "b": "x"}]


def test_inclusions_extend_the_legs_they_fit_or_become_one() -> None:
    source = (
        "fruit: [apple, pear]\nanimal: [cat, dog]\ninclude:\n"
        "  - color: green\n  - {color: pink, animal: cat}\n  - {fruit: apple, shape: circle}\n"
        "  - fruit: banana\n  - {fruit: banana, animal: cat}\n  - text\n"
    )
    assert legs(source) == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]


def test_inclusions_alone_are_the_legs() -> None:
    assert legs("include:\n  - {a: 1}\n  - {a: 2}\n") == [{"a": 1}, {"a": 2}]


def test_values_have_the_kinds_that_yaml_gives_them() -> None:
    source = "a: [3.10, 010, 0x1f, true, ~, '1', .inf]\n"
    assert [leg["a"] for leg in matrix(source).legs] == [3.1, 10, 31, True, None, "1", float("inf")]


def test_an_axis_made_at_run_time_is_one_unknown_value() -> None:
    found = matrix("a: ${{ fromJSON(x) }}\nb: [1, 2]\nc: ['${{ y }}', z]\n")
    assert found.unknown == frozenset({"a", "c"})
    assert [leg["b"] for leg in found.legs] == [1, 2]
    assert found.legs[0]["a"] == Unknown("matrix.a")


def test_a_matrix_of_unknown_shape_has_one_leg_without_values() -> None:
    for source in (
        "${{ fromJSON(x) }}",
        "a: [1]\ninclude: ${{ x }}\n",
        "a: ['${{ x }}']\nexclude: [{a: 1}]\n",
        "a: [1]\ninclude: yes\n",
        "a: [1]\nexclude: yes\n",
        f"a: [{', '.join(map(str, range(20)))}]\nb: [{', '.join(map(str, range(20)))}]\n",
    ):
        assert matrix(source) == Matrix(({},), None), source


def test_a_huge_product_is_not_built() -> None:
    axis = f"[{', '.join(map(str, range(60)))}]"
    source = "".join(f"a{n}: {axis}\n" for n in range(9)) + "exclude: [{a0: x}]\n"
    assert matrix(source).unknown is None


def test_no_matrix_is_one_leg_and_an_empty_one_too() -> None:
    assert expand(None) == ONE
    assert legs("a: [1]\nexclude: [{a: 1}]\n") == [{}]


def test_values_are_found_by_path_whatever_the_case() -> None:
    leg: dict[str, Data] = {"Config": {"Name": "x"}, "open": Unknown("matrix.open")}
    assert at(leg, "config.name") == "x"
    assert at(leg, "config.other") is None
    assert at(leg, "config.name.deeper") is None
    assert at(leg, "open.deeper") == Unknown("matrix.open")


def test_an_alias_is_what_it_stands_for() -> None:
    assert legs("a: &x [1]\nb: *x\n") == [{"a": 1, "b": 1}]
