"""Proofs that run nothing."""

from pathlib import Path

import pytest

from cifix.errors import GitError
from cifix.proof.result import Verdict
from cifix.proof.span import span
from cifix.proof.verify import Asked, verify
from cifix.vcs.repository import Repository
from tests.conftest import Git
from tests.proof.conftest import Between, Verified, differences, named

EAGER = {
    "car/__init__.py": "from car import a\n",
    "car/a.py": "import car.b\n\nX = 1\n",
    "car/b.py": "import car.a\n",
}


def test_a_module_that_cannot_be_first_any_more_is_found_without_running_it(verified: Verified) -> None:
    told = verified(EAGER, {**EAGER, "car/b.py": "from car.a import X\n"})
    found = differences(told, "import-order")
    assert found["import car.a"] == ("works", "car.b line 1 needs X, which car.a has not bound by then")
    assert (told.ran, told.python, told.exit) == ((), None, 4)


def test_a_module_that_is_gone_is_found(verified: Verified) -> None:
    after = {path: text for path, text in EAGER.items() if path != "car/b.py"} | {"car/a.py": "X = 1\n"}
    found = differences(verified(EAGER, after), "import-order")
    assert found == {"import car.b": ("works", "there is no such module")}


def test_a_package_that_is_gone_is_found(verified: Verified) -> None:
    found = differences(verified(EAGER, {"a.txt": ""}), "import-order")
    assert len(found) == 3


def test_a_cured_cycle_is_a_note(verified: Verified) -> None:
    after = {**EAGER, "car/b.py": "from car.a import X\n"}
    proof = named(verified(after, EAGER), "import-order")
    assert proof.verdict is Verdict.PROVEN
    assert "import car works on the branch only" in proof.notes


def test_packages_without_a_change_are_not_looked_at(verified: Verified) -> None:
    told = verified(EAGER, {**EAGER, "README": "x"})
    assert [proof.name for proof in told.proofs] == ["trees", "rules"]
    assert named(told, "trees").notes[0].endswith("by hand is not by cifix; what it does is looked at below")


def test_a_branch_without_a_base_starts_from_nothing(git: Git, tmp_path: Path) -> None:
    git("init", "--quiet", "new")
    place = tmp_path / "new"
    (place / "a.txt").write_text("x")
    git("add", "-A", cwd=place)
    tree = git("write-tree", cwd=place).decode().strip()
    message = f"first\n\nCifix-Base: none\nCifix-Tree: {tree}\n"
    git("commit", "--quiet", "-m", message, cwd=place)
    with Repository.open(place) as repo:
        told = verify(repo, span(repo, "main", None), Asked())
    assert (told.base, told.exit) == (None, 0)


def test_a_branch_that_names_no_base_needs_one(between: Between) -> None:
    place = between(EAGER, EAGER)
    with Repository.open(place) as repo:
        with pytest.raises(GitError, match="no commit of work was made by cifix"):
            span(repo, "work", None)
        with pytest.raises(GitError, match="no branch is called nothing"):
            span(repo, "nothing", None)
        with pytest.raises(GitError, match="no commit is called nothing"):
            span(repo, "work", "nothing")


def test_a_module_that_is_nested_too_deeply_is_not_checked(verified: Verified) -> None:
    before = {**EAGER, "car/deep.py": "X = " + " + ".join(["1"] * 1500) + "\n"}
    told = verified(before, {**before, "car/b.py": ""})
    proof = named(told, "import-order")
    assert (proof.verdict, told.exit) == (Verdict.UNKNOWN, 0)
