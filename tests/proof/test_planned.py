"""Fixes that are in no commit yet, laid over a written tree."""

from pathlib import Path

from cifix.model.change import Create, Delete, Edit
from cifix.model.snapshot import Snapshot
from cifix.proof.planned import lay


def test_a_written_tree_is_brought_to_what_the_plan_holds(tmp_path: Path) -> None:
    before = Snapshot.of({"a.py": b"x = 1\n", "b.py": b"", "c.py": b""})
    for path in before.paths:
        (tmp_path / path).write_bytes(before.read(path))
    after = before.with_changes([Edit("a.py", 4, 5, "2"), Delete("b.py"), Create("d/e.sh", b"#!", 0o100755)])
    lay(after, before.differences(after), tmp_path)
    found = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"a.py": b"x = 2\n", "c.py": b"", "d/e.sh": b"#!"}
    assert (tmp_path / "d/e.sh").stat().st_mode & 0o111
