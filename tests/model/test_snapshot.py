import pytest

from cifix.model.change import Create, Delete, Edit, Track, Untrack
from cifix.model.snapshot import EXECUTABLE, File, Memory, Snapshot
from cifix.model.text import Opaque, Text

FILES = {"pkg/__init__.py": b"import os\n", "pkg/a.py": b"x = 1\n", "README.md": b"hello\n"}


def test_changes_make_a_new_view_and_leave_the_old_one() -> None:
    before = Snapshot.of(FILES, loose={"pkg/lib.py": b"y = 2\n"})
    after = before.with_changes(
        [
            Edit("pkg/a.py", 4, 5, "10"),
            Create("new/made.sh", b"#!/bin/sh\n", EXECUTABLE),
            Delete("README.md"),
            Track("pkg/lib.py"),
        ]
    )
    assert after.read("pkg/a.py") == b"x = 10\n"
    assert after.mode("new/made.sh") == EXECUTABLE
    assert after.paths == ("new/made.sh", "pkg/__init__.py", "pkg/a.py", "pkg/lib.py")
    assert before.paths == ("README.md", "pkg/__init__.py", "pkg/a.py")
    assert before.read("pkg/a.py") == b"x = 1\n"
    assert before.differences(after) == ("README.md", "new/made.sh", "pkg/a.py", "pkg/lib.py")
    assert dict(after.disk) == {}


def test_an_untracked_file_leaves_the_tree() -> None:
    assert "README.md" not in Snapshot.of(FILES).with_changes([Untrack("README.md")])


def test_an_edit_that_changes_nothing_is_no_difference() -> None:
    before = Snapshot.of(FILES)
    assert before.differences(before.with_changes([Edit("pkg/a.py", 0, 1, "x")])) == ()


def test_an_edit_keeps_encoding_and_mode() -> None:
    source = Memory({"a.py": File(b"# coding: latin-1\nx = '\xe9'\n", EXECUTABLE)})
    after = Snapshot(source).with_changes([Edit("a.py", 18, 19, "longer")])
    assert after.file("a.py") == File(b"# coding: latin-1\nlonger = '\xe9'\n", EXECUTABLE)


def test_a_file_cannot_be_created_twice() -> None:
    with pytest.raises(ValueError, match="tracked already"):
        Snapshot.of(FILES).with_changes([Create("README.md", b"")])


def test_links_and_submodules_are_not_files() -> None:
    source = Memory({"a": File(b"x"), "link": File(b"a", 0o120000), "module": File(b"", 0o160000)})
    assert Snapshot(source).paths == ("a",)


def test_folders_are_those_above_tracked_files() -> None:
    assert Snapshot.of({"a/b/c.py": b"", "d.py": b""}).folders == {"", "a", "a/b"}


def test_a_parse_is_shared_between_snapshots_with_the_same_content() -> None:
    runs: list[str] = []

    def parse(text: Text) -> int:
        runs.append(text.text)
        return len(text.text)

    before = Snapshot.of(FILES)
    after = before.with_changes([Edit("README.md", 0, 0, "more ")])
    assert before.parsed("pkg/a.py", parse) == after.parsed("pkg/a.py", parse) == 6
    assert after.parsed("README.md", parse) == 11
    assert runs == ["x = 1\n", "more hello\n"]


def test_an_opaque_file_stays_opaque() -> None:
    snapshot = Snapshot.of({"a.bin": b"\0"})
    for _ in range(2):
        with pytest.raises(Opaque, match="binary"):
            snapshot.text("a.bin")


def test_needles_select_before_anything_is_parsed() -> None:
    snapshot = Snapshot.of({"a.yml": b"uses: x@v3", "b.yml": b"uses: x@v4", "c.txt": b"x@v3"})
    changed = snapshot.with_changes([Edit("b.yml", 9, 10, "3")])
    for _ in range(2):
        assert list(snapshot.containing([b"@v3"], ["*.yml"])) == ["a.yml"]
        assert list(changed.containing([b"@v3"], ["*.yml"])) == ["a.yml", "b.yml"]
    assert list(snapshot.containing([], ["*.yml"])) == ["a.yml", "b.yml"]


def test_a_file_that_cannot_be_read_is_a_candidate() -> None:
    class Broken(Memory):
        def read(self, path: str) -> bytes:
            raise Opaque(path)

    assert list(Snapshot(Broken({"a.yml": File(b"")})).containing([b"x"], ["*.yml"])) == ["a.yml"]


def test_the_base_and_the_excludes_are_those_of_the_source() -> None:
    snapshot = Snapshot(Memory({}, excludes={"global": b"*.log\n"}, base="abc"))
    assert (snapshot.base, dict(snapshot.excludes)) == ("abc", {"global": b"*.log\n"})


def test_a_file_that_is_nested_too_deeply_for_a_parser_is_opaque() -> None:
    def dive(text: Text) -> int:
        return dive(text) + 1

    with pytest.raises(Opaque, match="nested too deeply"):
        Snapshot.of(FILES).parsed("README.md", dive)
