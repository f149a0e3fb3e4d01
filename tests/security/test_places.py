"""A repository that claims other folders of the machine: its own files are all that is looked at."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.security.place import SECRET, Place
from tests.security.rows import Row

COMMANDS = [["check", "--no-cache"], ["plan"], ["apply"], ["apply", "--in-place", "--safety=review"]]


def moved_up(place: Place) -> None:
    place.set({"core.worktree": "../.."})


def moved_away(place: Place) -> None:
    place.set({"core.worktree": str(place.outside)})


def excludes_elsewhere(place: Place) -> None:
    place.set({"core.excludesFile": str(place.outside / "secret.py")})
    (place.outside / "secret.py").write_text(f"# {SECRET}\n*.html\nlib/\n")


def excludes_device(place: Place) -> None:
    place.set({"core.excludesFile": "/dev/zero", "core.attributesFile": "/dev/zero", "mailmap.file": "/dev/zero"})
    place.set({"diff.orderFile": "/dev/zero"})


def embedded(place: Place) -> None:
    """A folder of the tree that is a bare repository with a work tree of its choice, as a start."""
    shutil.copytree(place.remote, place.target / "docs")
    place.git("config", "--file", "docs/config", "core.bare", "false")
    place.git("config", "--file", "docs/config", "core.worktree", str(place.outside))
    place.git("config", "--file", "docs/config", "core.fsmonitor", place.script(place.target / "trap", "embedded"))


def borrowed(place: Place) -> None:
    """Objects may lie elsewhere; only those that commits of the repository name are read."""
    (place.target / ".git/objects/info").mkdir(exist_ok=True)
    (place.target / ".git/objects/info/alternates").write_text(f"{place.outside}\n{place.remote}/objects\n")


CLAIMS: tuple[Callable[[Place], None], ...] = (
    moved_up,
    moved_away,
    excludes_elsewhere,
    excludes_device,
    embedded,
    borrowed,
)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.__name__)
def test_files_of_other_folders_are_neither_read_nor_written(claim: Callable[[Place], None], tmp_path: Path) -> None:
    place = Place.make(tmp_path / "place")
    claim(place)
    before = {path: path.read_bytes() for path in place.outside.iterdir()}
    seen = place.run(COMMANDS, cwd=place.target / "docs" if claim is embedded else None, traced=False)
    assert seen.snapped == frozenset()
    assert {path: path.read_bytes() for path in place.outside.iterdir()} == before
    assert all(SECRET.encode() not in answer.out + answer.err for answer in seen.answers.values())
    assert all(b"Traceback" not in answer.err for answer in seen.answers.values())
    refused = claim in (moved_up, embedded)
    assert all((answer.code == 6) == refused for answer in seen.answers.values()), seen.answers


def test_a_git_that_lies_in_the_tree_is_not_started(tmp_path: Path) -> None:
    place = Place.make(tmp_path / "place")
    for name in ("git", "gh", "env", "python3", "ssh"):
        place.script(place.target / name, name)
    path = os.pathsep.join((".", "", place.environment["PATH"]))
    seen = place.run(
        [["check", "--no-cache"], ["apply"], ["pr", "--forge=local"]], environ={"PATH": path}, traced=False
    )
    assert seen.snapped == frozenset()
    assert [answer.code for answer in seen.answers.values()] == [1, 0, 0]


def test_variables_of_a_surrounding_git_lead_nowhere(tmp_path: Path) -> None:
    place = Place.make(tmp_path / "place")
    decoy = Place.make(tmp_path / "decoy")
    names = ("GIT_DIR", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_NAMESPACE")
    environ = dict.fromkeys(names, str(decoy.target / ".git")) | {"GIT_PREFIX": "x/", "GIT_SHALLOW_FILE": "/dev/zero"}
    before = decoy.git("for-each-ref"), decoy.git("status", "--porcelain")
    seen = place.run([["apply"], ["apply", "--in-place"]], environ=environ, traced=False)
    assert [answer.code for answer in seen.answers.values()] == [0, 0]
    assert (decoy.git("for-each-ref"), decoy.git("status", "--porcelain")) == before
    assert b"cifix/fixes" in place.git("for-each-ref")


ROWS = (
    Row(
        "work tree, ignore and attribute files, objects and bare repositories that point to other folders or devices",
        len(CLAIMS) * len(COMMANDS),
        "the files beside .git are the work tree, or the run is refused; nothing outside is read or written",
        "tests/security/test_places.py",
    ),
    Row(
        "programs in the tree, with the current folder on PATH", 15, "none is started", "tests/security/test_places.py"
    ),
    Row("GIT_* variables that point elsewhere", 16, "they are dropped", "tests/security/test_places.py"),
)
