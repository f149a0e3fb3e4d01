"""Adding to the group `dev`, in every form that the file may have."""

import tomllib

import pytest

from cifix.model.change import splice
from cifix.model.text import Text
from cifix.rules.sync_uv_groups.declaring import declare_in_dev
from cifix.rules.sync_uv_groups.remedy import Unable


def added(source: str, *names: str) -> str:
    text = Text.decode(source.encode())
    edits, claims = declare_in_dev("pyproject.toml", text, names)
    done = splice(text.text, edits)
    data = tomllib.loads(done.removeprefix("\ufeff").replace("\r\n", "\n"))
    for claim in claims:
        _, _, place = claim.route
        assert data["dependency-groups"]["dev"][place] == claim.value
    return done


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\n", 'x = 1\n\n[dependency-groups]\ndev = ["b"]\n'),
        ("x = 1\n\n", 'x = 1\n\n[dependency-groups]\ndev = ["b"]\n'),
        ("x = 1", 'x = 1\n\n[dependency-groups]\ndev = ["b"]'),
        ("x = 1\r\n", 'x = 1\r\n\r\n[dependency-groups]\r\ndev = ["b"]\r\n'),
        ("[dependency-groups] # c\nx = []\n", '[dependency-groups] # c\ndev = ["b"]\nx = []\n'),
        ('[dependency-groups]\r\ndev = [\r\n "a"\r\n]\r\n', '[dependency-groups]\r\ndev = [\r\n "a",\r\n "b"\r\n]\r\n'),
        ('[dependency-groups]\ndev = ["a"]', '[dependency-groups]\ndev = ["a", "b"]'),
        ('[dependency-groups]\ndev = ["a",] # c\n', '[dependency-groups]\ndev = ["a", "b"] # c\n'),
        ('[dependency-groups]\ndev=[\n  "a",\n]\n', '[dependency-groups]\ndev=[\n  "a",\n  "b",\n]\n'),
        ('[dependency-groups]\ndev=[\n  "a"\n]\n', '[dependency-groups]\ndev=[\n  "a",\n  "b"\n]\n'),
        ('[dependency-groups]\ndev=[\n  "a" # ]\n]\n', '[dependency-groups]\ndev=[\n  "a", # ]\n  "b"\n]\n'),
        ('[dependency-groups]\ndev=[\n  "a", # c\n]\n', '[dependency-groups]\ndev=[\n  "a", # c\n  "b",\n]\n'),
        ('[dependency-groups]\ndev=[\n  "a",\n  "x[y]"]\n', '[dependency-groups]\ndev=[\n  "a",\n  "x[y]", "b"]\n'),
        (
            '[dependency-groups]\ndev=[{include-group = "x"}]\nx=[]\n[y]\n',
            '[dependency-groups]\ndev=[{include-group = "x"}, "b"]\nx=[]\n[y]\n',
        ),
    ],
)
def test_the_form_of_the_file_is_kept(source: str, expected: str) -> None:
    assert added(source, "b") == expected


def test_several_at_once() -> None:
    assert added('[dependency-groups]\ndev = [\n    "a",\n]\n', "b", "c").endswith('"a",\n    "b",\n    "c",\n]\n')
    assert added("x = 1", "b", "c").endswith('dev = ["b", "c"]')


@pytest.mark.parametrize(
    "source",
    [
        "dependency-groups = 1\n",
        "[dependency-groups]\ndev = []\n",
        "[dependency-groups]\ndev = 1\n",
        'dependency-groups.dev = ["a"]\n',
        '[dependency-groups]\n"dev" = ["a"]\n',
        'x = """\n[dependency-groups]\n"""\n',
    ],
)
def test_other_forms_are_left_alone(source: str) -> None:
    with pytest.raises(Unable):
        added(source, "b")
