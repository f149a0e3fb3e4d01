"""Whose commits a branch holds: ours, also after the buttons of a forge, or somebody's."""

from collections.abc import Callable
from typing import Any

import pytest

from cifix.vcs.branch import named, strangers
from cifix.vcs.commit import State, commit
from cifix.vcs.repository import Outcome, Repository
from tests.vcs.repositories import Tree, draft

BRANCH = "cifix/fixes"
LINES = b"".join(b"%d\n" % number for number in range(40))


@pytest.fixture
def base(tree: Tree, repo: Repository) -> str:
    """The branch stands on it; main has moved on since, in the same file too."""
    oid = tree.commit({"a.py": LINES, "b.py": b"1\n"})
    commit(repo, oid, BRANCH, [draft({"a.py": LINES.replace(b"30\n", b"thirty\n")}), draft({"c.py": b"new\n"})])
    tree.commit({"a.py": b"above\n" + LINES, "d.py": b"1\n"})
    tree.git("switch", "--quiet", BRANCH)
    return oid


def updated(tree: Tree) -> None:
    tree.git("merge", "--quiet", "--no-edit", "main")


def rebased(tree: Tree) -> None:
    tree.git("rebase", "--quiet", "main")


def updated_twice(tree: Tree) -> None:
    updated(tree)
    tree.git("switch", "--quiet", "main")
    tree.commit({"e.py": b"1\n"})
    tree.git("switch", "--quiet", BRANCH)
    updated(tree)


@pytest.mark.parametrize("button", [updated, rebased, updated_twice], ids=lambda button: button.__name__)
@pytest.mark.usefixtures("base")
def test_what_the_buttons_of_a_forge_do_is_not_the_work_of_others(
    tree: Tree, repo: Repository, button: Callable[[Tree], None]
) -> None:
    button(tree)
    tip, main = tree.git("rev-parse", "HEAD"), tree.git("rev-parse", "main")
    assert strangers(repo, tip, main) == ()
    tree.git("switch", "--quiet", "main")
    again = [draft({"a.py": b"above\n" + LINES.replace(b"30\n", b"thirty\n")}), draft({"c.py": b"new\n"})]
    assert commit(repo, main, BRANCH, again).state is State.UPDATED
    assert commit(repo, main, BRANCH, again).state is State.ALREADY_DONE


def edited_merge(tree: Tree) -> None:
    tree.git("merge", "--quiet", "--no-commit", "main")
    tree.commit({"x.py": b"human\n"}, "a merge")


def amended(tree: Tree) -> None:
    tree.write({"c.py": b"amended\n"})
    tree.git("commit", "--quiet", "--all", "--amend", "--no-edit")


def spaced(tree: Tree) -> None:
    """Only white space differs, and on another base."""
    rebased(tree)
    tree.write({"c.py": b"new \n"})
    tree.git("commit", "--quiet", "--all", "--amend", "--no-edit")


def added(tree: Tree) -> None:
    tree.commit({"c.py": b"human\n"}, "a human commit")


def added_below_a_rebase(tree: Tree) -> None:
    tree.git("switch", "--quiet", "--create", "other", "main")
    tree.commit({"z.py": b"1\n"}, "a human commit")
    tree.git("switch", "--quiet", BRANCH)
    tree.git("rebase", "--quiet", "other")


@pytest.mark.parametrize(
    "human", [edited_merge, amended, spaced, added, added_below_a_rebase], ids=lambda human: human.__name__
)
@pytest.mark.usefixtures("base")
def test_what_a_person_did_is_found(tree: Tree, repo: Repository, human: Callable[[Tree], None]) -> None:
    human(tree)
    found = strangers(repo, tree.git("rev-parse", "HEAD"), tree.git("rev-parse", "main"))
    assert len(found) == 1
    assert found[0].oid[:10] in named(found)


@pytest.mark.usefixtures("base")
def test_an_old_git_takes_every_merge_for_the_work_of_others(
    tree: Tree, repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    updated(tree)
    attempt = Repository.attempt

    def old(self: Repository, *arguments: str, **rest: Any) -> Outcome:
        if arguments[0] == "merge-tree":
            return Outcome(129, b"", "usage: git merge-tree <base-tree> <branch1> <branch2>")
        return attempt(self, *arguments, **rest)

    monkeypatch.setattr(Repository, "attempt", old)
    assert len(strangers(repo, tree.git("rev-parse", "HEAD"), tree.git("rev-parse", "main"))) == 1


@pytest.mark.usefixtures("base")
def test_a_merge_driver_of_the_repository_is_not_started(tree: Tree, repo: Repository) -> None:
    updated(tree)
    trap = tree.path.parent / "trap"
    tree.git("config", "merge.own.driver", f"touch {trap}; true")
    (tree.path / ".git/info/attributes").write_text("* merge=own\n")
    assert len(strangers(repo, tree.git("rev-parse", "HEAD"), tree.git("rev-parse", "main"))) == 1
    assert not trap.exists()


def test_looking_at_merges_writes_no_object(tree: Tree, repo: Repository, base: str) -> None:
    updated(tree)
    before = sorted((tree.path / ".git/objects").rglob("*"))
    strangers(repo, tree.git("rev-parse", "HEAD"), base)
    strangers(repo, tree.git("rev-parse", "HEAD"), tree.git("rev-parse", "main"))
    assert sorted((tree.path / ".git/objects").rglob("*")) == before
