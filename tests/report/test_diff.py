import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cifix.model.snapshot import EXECUTABLE, REGULAR, File, Memory, Snapshot
from cifix.report.diff import patch

contents = st.lists(st.sampled_from([b"a", b"b", b"", b"c\r", b"\xe9", b"-- x", b"@@ -1 +1 @@"]), max_size=14).flatmap(
    lambda lines: st.sampled_from([b"\n".join(lines), b"\n".join(lines) + b"\n"])
)
repeating = st.lists(st.sampled_from([b"a\n", b"b\n"]), max_size=40).map(b"".join)
names = st.sampled_from(["a", "b/c", "with blank", "tab\t", 'quo"te', "é", "back\\slash", "b/new\nline"])
trees = st.dictionaries(
    names, st.builds(File, contents | repeating, st.sampled_from([REGULAR, EXECUTABLE])), max_size=4
)
Tree = Mapping[str, File]


def view(tree: Tree, other: Tree) -> Snapshot:
    """A snapshot of `tree` that can be compared with one of `other`."""
    overlay = {path: tree.get(path) for path in (*tree, *other)}
    return Snapshot(Memory({}), overlay)


def applied(before: Tree, diff: bytes) -> dict[str, File]:
    """The tree that real git makes of `before` with `diff`."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for path, file in before.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.data)
            place.chmod(file.mode & 0o777)
        if diff:
            done = subprocess.run(["git", "apply", "-"], cwd=folder, input=diff, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr.decode() + diff.decode(errors="backslashreplace")
        found = {}
        for place in folder.rglob("*"):
            if place.is_file():
                mode = EXECUTABLE if place.stat().st_mode & 0o100 else REGULAR
                found[str(place.relative_to(folder))] = File(place.read_bytes(), mode)
        return found


@settings(max_examples=60, deadline=None)
@given(trees, trees)
def test_git_makes_the_same_tree_of_it(before: dict[str, File], after: dict[str, File]) -> None:
    diff = patch(view(before, after), view(after, before))
    assert applied(before, diff) == dict(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"new": None}, {"new": File(b"")}),
        ({"gone": File(b"")}, {"gone": None}),
        ({"x": File(b"same\n")}, {"x": File(b"same\n", EXECUTABLE)}),
        ({"x": File(b"a\n")}, {"x": File(b"b", EXECUTABLE)}),
        ({"x": File(b"a\n" * 50 + b"b\n" + b"a\n" * 50)}, {"x": File(b"a\n" * 50 + b"a\n" * 50 + b"c")}),
        ({"x": File(b"\0\1\n")}, {"x": File(b"\0\2\n")}),
    ],
)
def test_rare_shapes(before: dict[str, File | None], after: dict[str, File | None]) -> None:
    one, other = ({path: file for path, file in tree.items() if file} for tree in (before, after))
    diff = patch(view(one, other), view(other, one))
    assert diff
    assert applied(one, diff) == other


def test_lines_that_come_again_below_do_not_lose_their_context() -> None:
    one = {"x": File(b"top\na\n\nb\nc\n")}
    other = {"x": File(b"a\n\nb\nnew\na\n\nb\nc\n")}
    assert applied(one, patch(view(one, other), view(other, one))) == other


def test_it_looks_like_the_diff_of_git() -> None:
    one = {"a b.txt": File(b"1\n2\n3\n4\n5\n6\n7\n8\n9")}
    other = {"a b.txt": File(b"1\n2\n3\n4\nfive\n6\n7\n8\n9")}
    assert patch(view(one, other), view(other, one)).decode() == (
        "diff --git a/a b.txt b/a b.txt\n--- a/a b.txt\t\n+++ b/a b.txt\t\n"
        "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
    )


def test_no_difference_is_no_text() -> None:
    one = {"a": File(b"x")}
    assert patch(view(one, one), view(one, one)) == b""
