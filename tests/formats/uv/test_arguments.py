"""Command lines of uv."""

import pytest

from cifix.formats.uv.arguments import Argument, Call, call, true


def read(line: str, **env: str) -> Call | None:
    words = [None if word == "?" else word for word in line.split()]
    return call([Argument(word, place) for place, word in enumerate(words)], env)


def texts(found: Call | None) -> list[str | None]:
    return [argument.text for argument in found.rest] if found else ["no call"]


@pytest.mark.parametrize(
    ("line", "command", "rest"),
    [
        ("uv sync --locked", "sync", []),
        ("/usr/bin/uv sync", "sync", []),
        ("uv.exe sync", "sync", []),
        ("uv -q --directory x run --extra test pytest -x --extra y", "run", ["pytest", "-x", "--extra", "y"]),
        ("uv run -p 3.12 -- pytest -q", "run", ["pytest", "-q"]),
        ("uv run --extra=test -qv pytest", "run", ["pytest"]),
        ("uv run -m pytest -q", "run", ["pytest", "-q"]),
        ("uv run -wpytest tool", "run", ["tool"]),
        ("uv run - x", "run", ["-", "x"]),
        ("uv run", "run", []),
        ("uv pip install -U a b", "pip install", ["a", "b"]),
        ("uv tool run --from x y -z", "tool run", ["x", "y", "-z"]),
        ("uv run ? pytest", "run", [None, "pytest"]),
    ],
)
def test_commands_and_what_follows(line: str, command: str, rest: list[str | None]) -> None:
    found = read(line)
    assert found is not None
    assert found.command == command
    assert texts(found) == rest


@pytest.mark.parametrize("line", ["", "pip install", "uv", "uv --version", "uvx ruff"])
def test_what_is_no_command_of_uv(line: str) -> None:
    assert read(line) is None


@pytest.mark.parametrize("line", ["uv ? sync", "uv sync ?", "uv run ? pytest", "uv pip ?"])
def test_options_of_a_run_are_vague(line: str) -> None:
    found = read(line)
    assert found is not None
    assert found.vague


def test_an_unknown_value_of_an_option_is_not_vague() -> None:
    found = read("uv run --python ? pytest ?")
    assert found is not None
    assert not found.vague
    assert found.values("--python") == []
    assert found.has("--python")


def test_selections() -> None:
    found = read("uv sync --extra a --extra=b --no-extra c --group d --no-group e --package f --all-groups --dev")
    assert found is not None
    chosen = found.selection
    assert (chosen.extras, chosen.no_extras, chosen.groups, chosen.packages) == (("a", "b"), ("c",), ("d",), ("f",))
    assert (chosen.no_groups, chosen.all_groups, chosen.dev, chosen.only) == (("e",), True, True, False)


@pytest.mark.parametrize("line", ["uv sync --only-group x", "uv sync --only-dev"])
def test_only_groups(line: str) -> None:
    found = read(line)
    assert found is not None
    assert found.selection.only


def test_variables_stand_for_options_and_the_command_line_beats_them() -> None:
    plain, other = read("uv sync", UV_NO_DEV="1", UV_NO_GROUP="a,b c"), read("uv sync --dev", UV_NO_DEV="true")
    last = read("uv sync --no-dev", UV_DEV="1", UV_NO_DEFAULT_GROUPS="yes")
    assert plain
    assert other
    assert last
    assert plain.selection.no_dev
    assert plain.selection.no_groups == ("a", "b", "c")
    assert other.selection.dev
    assert not other.selection.no_dev
    assert not last.selection.dev
    assert last.selection.no_default_groups


@pytest.mark.parametrize(("value", "meant"), [("1", True), ("true", True), ("0", False), ("", False), (None, False)])
def test_switches(value: str | None, meant: bool) -> None:
    assert true(value) is meant


def test_places_of_options() -> None:
    found = read("uv sync --group a --extra=b -p3.12")
    assert found is not None
    assert [(one.name, one.value, one.word, one.value_word) for one in found.options] == [
        ("--group", "a", 2, 3),
        ("--extra", "b", 4, 4),
        ("--python", "3.12", 5, 5),
    ]
