"""pre-commit's two files: hooks with the routes that lead to them."""

import pytest

from cifix.formats.precommit import Hook, hooks
from cifix.model.expect import Route
from cifix.model.text import Opaque, Text


def read(source: str) -> tuple[Hook, ...]:
    return hooks(Text.decode(source.encode())).hooks


def shown(source: str) -> list[tuple[Route, str, str, str | None]]:
    return [(hook.route, hook.id, hook.speaks, hook.entry.value if hook.entry else None) for hook in read(source)]


def test_a_configuration_lists_hooks_by_repository() -> None:
    source = (
        "repos:\n  - repo: local\n    hooks:\n      - &h {id: a, language: system, entry: x y}\n"
        "  - repo: meta\n  - nothing\n  - hooks: [{id: b}, *h, text]\n"
    )
    assert shown(source) == [
        (("repos", 0, "hooks", 0), "a", "system", "x y"),
        (("repos", 3, "hooks", 0), "b", "", None),
        (("repos", 3, "hooks", 1), "a", "system", "x y"),
    ]


def test_a_manifest_is_a_list_of_hooks() -> None:
    assert shown("- id: a\n  entry: [x]\n- {}\n") == [((0,), "a", "", None), ((1,), "", "", None)]


def test_a_hook_tells_its_keys_its_arguments_and_whether_it_is_local() -> None:
    ours, theirs = read(
        "repos:\n- {repo: local, hooks: [{id: a, args: [-x, [], y]}]}\n- {repo: meta, hooks: [{id: b, args: no}]}\n"
    )
    assert ours.local
    assert ours.keys == {"id", "args"}
    assert ours.args == ("-x", "y")
    assert not theirs.local
    assert theirs.args == ()


@pytest.mark.parametrize("source", ["", "repos: x\n", "text", "repos:\n"])
def test_other_shapes_have_no_hooks(source: str) -> None:
    assert read(source) == ()


def test_unreadable_files_are_opaque() -> None:
    with pytest.raises(Opaque):
        read("repos: [")
