"""What is nested too deeply or grows too large is refused by name, and what is not far from it is read."""

import re
import time

import pytest

from cifix.formats import ini, ini_places, python, shell, toml
from cifix.formats.actions.expression import Unknown, evaluate, render, spots, without_expressions
from cifix.formats.actions.matrix import expand
from cifix.formats.actions.workflow import version
from cifix.formats.yaml import Map, parse
from cifix.model.glob import CHOICES, compiled
from cifix.model.text import Opaque, Text


def text(source: str) -> Text:
    return Text.decode(source.encode())


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "+".join(["a"] * 400),
        "x = a" + ".b" * 400,
        "if a: pass\n" + "elif b: pass\n" * 400,
        "x = " + "(\n" * 90 + "a" + ".b" * 200 + ")" * 90,
    ],
    ids=["sum", "attributes", "elif", "lines"],
)
def test_code_that_is_nested_too_deeply_is_opaque(source: str) -> None:
    with pytest.raises(Opaque, match="nested more than 150 levels deep"):
        python.parse(text(source))


def test_long_code_that_is_not_deep_is_read() -> None:
    python.parse(text("x = [" + "a, " * 9_000 + "]\n" + "y = " + "+".join(["a"] * 100)))


@pytest.mark.parametrize(
    "source", [".".join(["a"] * 200) + " = 1", "a = " + "[" * 150 + "]" * 150, "a = " + "[" * 9_999]
)
def test_toml_that_is_nested_too_deeply_is_opaque(source: str) -> None:
    with pytest.raises(Opaque, match="nested more than 100 levels deep"):
        toml.parse(text(source))


def test_an_integer_that_python_does_not_read_is_opaque() -> None:
    with pytest.raises(Opaque, match="not valid TOML"):
        toml.parse(text("a = " + "9" * 5_000))


@pytest.mark.parametrize("read", [ini.sections, ini_places.parse])
def test_an_ini_file_of_too_many_lines_is_opaque(read: object) -> None:
    assert callable(read)
    with pytest.raises(Opaque, match="20,001 lines"):
        read(text("[a]\n" + "#\n" * 19_999))


@pytest.mark.parametrize("script", ["if a; then " * 200, "( " * 200])
def test_a_script_of_too_many_levels_is_opaque(script: str) -> None:
    with pytest.raises(Opaque, match="nested more than 100 levels deep"):
        shell.commands(script)


def test_a_substitution_of_any_depth_is_one_word() -> None:
    script = "echo " + '"$(echo ' * 5_000 + ')"' * 5_000
    (command,) = shell.commands(script)
    assert [word.end for word in command.words] == [4, len(script)]


@pytest.mark.parametrize("source", ["!" * 5_000 + "a", "(" * 5_000 + "1" + ")" * 5_000, "a(" * 5_000])
def test_an_expression_of_too_many_levels_is_unknown(source: str) -> None:
    assert evaluate(source, Unknown) == Unknown(source)


def test_numbers_beyond_all_bounds_are_infinite() -> None:
    assert evaluate("0x" + "f" * 400 + " > 1", Unknown) is True
    root = parse(text("{a: [0x" + "f" * 400 + ", " + "9" * 5_000 + "]}")).root
    assert [leg["a"] for leg in expand(root).legs] == [float("inf")] * 2
    assert version("v" + "9" * 5_000) is None


def test_a_matrix_with_too_many_legs_and_exclusions_is_not_expanded() -> None:
    many = list(range(256))
    rules = [{"a": one, "b": one} for one in many]
    assert expand(parse(text(f"{{a: {many}, b: {many}, exclude: {rules}}}".replace("'", ""))).root).unknown is None


def test_expressions_that_are_not_closed_are_looked_for_once() -> None:
    source = "a ${{ b }} c " + "${{ " * 50_000
    start = time.process_time()
    assert [found[1] for found in spots(source)] == [" b "]
    assert without_expressions(source) == source.replace("${{ b }}", "")
    assert len(render(source, Unknown)) == 3
    assert time.process_time() - start < 2


def test_a_key_is_found_at_once_among_many() -> None:
    root = parse(text("{" + ", ".join(f"k{at}: {at}" for at in range(20_000)) + "}")).root
    assert isinstance(root, Map)
    start = time.process_time()
    assert all(root.word(f"k{at}") == str(at) for at in range(20_000))
    assert time.process_time() - start < 2


@pytest.mark.parametrize("pattern", ["*a" * 30 + "b", "**/a/" * 30 + "b", "**a" * 30 + "b", "*a**a" * 15 + "b"])
def test_patterns_of_many_wildcards_take_no_time(pattern: str) -> None:
    start = time.process_time()
    assert not compiled((pattern,)).fullmatch("a" * 60 + "/a" * 60)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*{abc,b}*c", "abc", True),
        ("**a*b**bc", "abbc", True),
        ("a{b,c}/{d,e}*", "ac/ef", True),
        ("{" + "a," * CHOICES + "b}", "{" + "a," * CHOICES + "b}", True),
        ("*a*b*c", "xaxbxcx", False),
        ("**/a/**/b", "a/x/a/y/b", True),
        ("*x/**", "ax/b", True),
    ],
)
def test_wildcards_that_stop_at_the_first_place_match_what_they_did(pattern: str, path: str, *, fits: bool) -> None:
    assert (compiled((pattern,)).fullmatch(path) is not None) == fits
    assert isinstance(compiled((pattern,)), re.Pattern)
