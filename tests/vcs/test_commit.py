import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cifix.errors import GitError
from cifix.model.snapshot import EXECUTABLE, File
from cifix.vcs.commit import Draft, Result, State, commit, filtered
from cifix.vcs.repository import Outcome, Repository
from tests.vcs.repositories import Tree, draft, made, seen

BRANCH = "cifix/fixes"
REF = f"refs/heads/{BRANCH}"


@pytest.fixture
def base(tree: Tree) -> str:
    files = {"a.py": b"1\n", "pkg/b.py": b"1\n", "run.sh": b"#!/bin/sh\n"}
    tree.write(files)
    (tree.path / "run.sh").chmod(0o755)
    (tree.path / "link").symlink_to("pkg")
    return tree.commit(subject="base")


def test_one_commit_per_draft_says_what_and_on_what(tree: Tree, repo: Repository, base: str) -> None:
    one = Draft(
        "fix(ci):  anchor\nit", "Why.\n\nMore.\n", {"Cifix-Rule": "anchor", "Cifix-Plan": "p"}, {"a.py": File(b"2")}
    )
    result = commit(repo, base, BRANCH, [one, draft({"a.py": b"3"}, "build: next")])
    trees = [tree.git("rev-parse", f"{oid}^{{tree}}") for oid in result.commits]
    assert result == Result(
        State.CREATED, BRANCH, tuple(tree.git("rev-list", "--reverse", f"{base}..{BRANCH}").split())
    )
    trailers = f"Cifix-Rule: anchor\nCifix-Plan: p\nCifix-Base: {base}\nCifix-Tree: {trees[0]}"
    message = tree.git("log", "-1", "--format=%B", result.commits[0])
    assert re.fullmatch(f"fix\\(ci\\): anchor it\n\nWhy.\n\nMore.\n\n{trailers}\nCifix-Patch: [0-9a-f]{{40}}", message)
    assert tree.git("log", "-1", "--format=%(trailers:only)", result.commits[0]) == message.split("\n\n")[-1]
    assert tree.git("log", "--format=%s %an %ce", f"{base}..{BRANCH}").split("\n") == [
        "build: next Ada ada@example.org",
        "fix(ci): anchor it Ada ada@example.org",
    ]
    assert tree.git("reflog", "--format=%gs", BRANCH) == "cifix: fix(ci): anchor it"


def test_a_message_without_a_body_is_still_a_title_and_trailers(tree: Tree, repo: Repository, base: str) -> None:
    commit(repo, base, BRANCH, [Draft("fix: x", "", {}, {"a.py": File(b"2")})])
    assert tree.git("log", "-1", "--format=%s|%b", BRANCH).startswith(f"fix: x|Cifix-Base: {base}\nCifix-Tree: ")


def test_modes_are_kept_and_set(tree: Tree, repo: Repository, base: str) -> None:
    files = {
        "run.sh": File(b"2", EXECUTABLE),
        "new.sh": File(b"3", EXECUTABLE),
        "a.py": File(b"4"),
        "odd\n\"name'": File(b"5"),
    }
    commit(repo, base, BRANCH, [draft(files)])
    modes = {line.split("\t")[1]: line[:6] for line in tree.git("ls-tree", "-r", BRANCH).splitlines()}
    assert (modes["run.sh"], modes["new.sh"], modes["a.py"]) == ("100755", "100755", "100644")
    assert modes["link"] == "120000"
    assert tree.blob(f"{BRANCH}:odd\n\"name'") == b"5"


def test_a_file_can_give_way_to_a_folder(tree: Tree, repo: Repository, base: str) -> None:
    commit(repo, base, BRANCH, [draft({"a.py": None, "a.py/x": b"1"}), draft({"a.py/x": None, "a.py": b"2"})])
    assert tree.git("ls-tree", "-r", "--name-only", f"{BRANCH}^").split() == ["a.py/x", "link", "pkg/b.py", "run.sh"]


@pytest.mark.parametrize("files", [{}, {"a.py": b"1\n"}, {"no/such.py": None}], ids=["none", "same", "absent"])
def test_drafts_that_change_nothing_make_no_commit(
    tree: Tree, repo: Repository, base: str, files: dict[str, bytes | None]
) -> None:
    assert commit(repo, base, BRANCH, [draft(files)]) == Result(State.NOTHING_TO_DO, BRANCH, ())
    assert REF not in tree.refs()


def test_the_second_time_nothing_is_written(tree: Tree, repo: Repository, base: str) -> None:
    drafts = [draft({"a.py": b"2"}), draft({}), draft({"pkg/b.py": None})]
    first = commit(repo, base, BRANCH, drafts)
    before = seen(tree), objects(tree)
    assert commit(repo, base, BRANCH, drafts) == Result(State.ALREADY_DONE, BRANCH, first.commits)
    assert (seen(tree), objects(tree)) == before


def objects(tree: Tree) -> list[Path]:
    return sorted((tree.path / ".git/objects").rglob("*"))


def test_a_dry_run_writes_no_object(tree: Tree, repo: Repository, base: str) -> None:
    before = seen(tree), objects(tree)
    assert commit(repo, base, BRANCH, [draft({"a.py": b"2"})], dry=True) == Result(State.CREATED, BRANCH, ())
    assert (seen(tree), objects(tree)) == before


def test_our_branch_follows_a_new_plan_and_a_new_base(tree: Tree, repo: Repository, base: str) -> None:
    commit(repo, base, BRANCH, [draft({"a.py": b"2"})])
    assert commit(repo, base, BRANCH, [draft({"a.py": b"3"}), draft({"a.py": b"4"})]).state is State.UPDATED
    newer = tree.commit({"other.py": b"1"})
    result = commit(repo, newer, BRANCH, [draft({"a.py": b"3"})])
    assert result.state is State.UPDATED
    assert tree.git("rev-parse", f"{BRANCH}^") == newer


def test_a_branch_that_the_base_already_holds_moves_forward(tree: Tree, repo: Repository, base: str) -> None:
    tree.git("branch", BRANCH, base)
    newer = tree.commit({"other.py": b"1"})
    assert commit(repo, newer, BRANCH, [draft({"a.py": b"3"})]).state is State.UPDATED


def added(tree: Tree) -> None:
    tree.commit({"a.py": b"human"}, "a human commit")


def amended(tree: Tree) -> None:
    tree.write({"a.py": b"human"})
    tree.git("commit", "--quiet", "--all", "--amend", "--no-edit")


def amended_below(tree: Tree) -> None:
    tree.git("reset", "--quiet", "--hard", "HEAD^")
    amended(tree)
    tree.commit({"pkg/b.py": b"human"}, "a human commit")


def merged(tree: Tree) -> None:
    """A merge in which somebody has changed a file besides."""
    tree.git("merge", "--quiet", "--no-ff", "--no-commit", "main")
    tree.commit({"x.py": b"human"}, "a merge")


def grafted(tree: Tree) -> None:
    """Our own message, copied onto a commit of somebody else's."""
    message = tree.git("log", "-1", "--format=%B")
    tree.git("reset", "--quiet", "--hard", "HEAD~2")
    tree.commit({"x.py": b"human"}, "a human commit")
    tree.commit({"y.py": b"human"}, message)


@pytest.mark.parametrize("human", [added, amended, amended_below, merged, grafted], ids=lambda human: human.__name__)
def test_work_of_others_on_the_branch_is_never_lost(
    tree: Tree, repo: Repository, base: str, human: Callable[[Tree], None]
) -> None:
    drafts = [draft({"a.py": b"2"}), draft({"pkg/b.py": b"2"})]
    commit(repo, base, BRANCH, drafts)
    newer = tree.commit({"main.py": b"1"})
    tree.git("switch", "--quiet", BRANCH)
    human(tree)
    tree.git("switch", "--quiet", "main")
    before = seen(tree)
    with pytest.raises(GitError, match=r"did not make \([0-9a-f]{10} .*--branch"):
        commit(repo, base, BRANCH, drafts)
    with pytest.raises(GitError, match="did not make"):
        commit(repo, newer, BRANCH, drafts)
    assert seen(tree) == before


@pytest.mark.parametrize("below", [True, False])
def test_commits_of_ours_on_top_of_a_persons_do_not_make_the_branch_ours(
    tree: Tree, repo: Repository, base: str, below: bool
) -> None:
    if below:
        commit(repo, base, BRANCH, [draft({"a.py": b"2"})])
        tree.git("switch", "--quiet", BRANCH)
    else:
        tree.git("switch", "--quiet", "--create", BRANCH)
    theirs = tree.commit({"x.py": b"human"}, "a human commit")
    tree.git("switch", "--quiet", "main")
    commit(repo, theirs, BRANCH, [draft({"pkg/b.py": b"2"})])
    newer = tree.commit({"main.py": b"1"})
    tree.git("update-ref", f"refs/remotes/origin/{BRANCH}", BRANCH)
    before = seen(tree)
    for start in (base, newer):
        with pytest.raises(GitError, match=r"did not make \([0-9a-f]{10} a human commit\).*--branch"):
            commit(repo, start, BRANCH, [draft({"a.py": b"3"})])
    assert seen(tree) == before
    tree.git("update-ref", "refs/heads/theirs", theirs)
    assert commit(repo, newer, BRANCH, [draft({"a.py": b"3"})]).state is State.UPDATED


def test_a_base_that_was_amended_since_is_not_the_work_of_others(tree: Tree, repo: Repository, base: str) -> None:
    commit(repo, base, BRANCH, [draft({"a.py": b"2"})])
    tree.git("merge", "--quiet", BRANCH)
    commit(repo, tree.commit({"c.py": b"1"}), BRANCH, [draft({"a.py": b"3"})])
    tree.git("commit", "--quiet", "--amend", "-m", "better")
    assert commit(repo, tree.git("rev-parse", "main"), BRANCH, [draft({"a.py": b"3"})]).state is State.UPDATED


def test_squashing_our_commits_keeps_the_branch_ours(tree: Tree, repo: Repository, base: str) -> None:
    commit(repo, base, BRANCH, [draft({"a.py": b"2"}), draft({"a.py": b"3"})])
    tree.git("switch", "--quiet", BRANCH)
    message = tree.git("log", "-1", "--format=%B")
    tree.git("reset", "--quiet", "--soft", base)
    tree.git("commit", "--quiet", "-m", message)
    tree.git("switch", "--quiet", "main")
    assert commit(repo, base, BRANCH, [draft({"a.py": b"2"}), draft({"a.py": b"3"})]).state is State.UPDATED


def test_what_others_wrote_cannot_steer_the_terminal(tree: Tree, repo: Repository, base: str) -> None:
    tree.git("switch", "--quiet", "--create", BRANCH)
    tree.commit(subject="\x1b[2Jgone")
    tree.git("switch", "--quiet", "main")
    with pytest.raises(GitError, match=r"\?\[2Jgone"):
        commit(repo, base, BRANCH, [draft({"a.py": b"2"})])


def test_many_human_commits_are_summed_up(tree: Tree, repo: Repository, base: str) -> None:
    tree.git("switch", "--quiet", "--create", BRANCH)
    for number in range(7):
        tree.commit(subject=f"work {number}")
    tree.git("switch", "--quiet", "main")
    with pytest.raises(GitError, match=r"work 6; .*work 2 and 2 more"):
        commit(repo, base, BRANCH, [draft({"a.py": b"2"})])


def test_a_branch_that_a_worktree_holds_is_refused(tree: Tree, repo: Repository, base: str, tmp_path: Path) -> None:
    tree.git("worktree", "add", "--quiet", "-b", BRANCH, str(tmp_path / "linked"))
    with pytest.raises(GitError, match=f"checked out in {tmp_path}/linked"):
        commit(repo, base, BRANCH, [draft({"a.py": b"2"})])
    with pytest.raises(GitError, match="checked out in"):
        commit(repo, base, "main", [draft({"a.py": b"2"})])


def test_a_branch_in_the_middle_of_a_rebase_is_refused(tree: Tree, repo: Repository, base: str) -> None:
    commit(repo, base, BRANCH, [draft({"a.py": b"2"})])
    newer = tree.commit({"a.py": b"3"})
    tree.git("switch", "--quiet", BRANCH)
    tree.git("rebase", "main", check=False)
    with pytest.raises(GitError, match="in the middle of a rebase"):
        commit(repo, newer, BRANCH, [draft({"a.py": b"4"})])


def test_the_head_of_a_bare_repository_is_refused(tree: Tree, base: str, tmp_path: Path) -> None:
    tree.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    with Repository.open(tmp_path / "bare") as bare, pytest.raises(GitError, match="is the HEAD of"):
        commit(bare, base, "main", [draft({"a.py": b"2"})])


def before_the_last_step(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let somebody else `act` once, right before the branch moves."""
    attempt = Repository.attempt
    acts = iter([act])

    def interrupted(self: Repository, *arguments: str, **rest: Any) -> Outcome:
        if arguments[0] == "update-ref":
            next(acts, lambda: None)()
        return attempt(self, *arguments, **rest)

    monkeypatch.setattr(Repository, "attempt", interrupted)


def test_a_branch_that_moves_meanwhile_is_not_overwritten(
    tree: Tree, repo: Repository, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = tree.commit({"other.py": b"1"})
    before_the_last_step(monkeypatch, lambda: tree.git("branch", BRANCH, base))
    with pytest.raises(GitError, match="was moved by somebody else"):
        commit(repo, newer, BRANCH, [draft({"a.py": b"2"})])
    assert tree.git("rev-parse", BRANCH) == base


def test_the_same_work_done_meanwhile_is_already_done(
    tree: Tree, repo: Repository, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = [draft({"a.py": b"2"})]
    before_the_last_step(monkeypatch, lambda: commit(repo, base, BRANCH, drafts))
    assert commit(repo, base, BRANCH, drafts).state is State.ALREADY_DONE
    assert tree.git("rev-list", "--count", f"{base}..{BRANCH}") == "1"


def test_a_lock_that_is_gone_when_it_is_reported_is_named_still(
    tree: Tree, repo: Repository, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = Repository.attempt
    lock = tree.path / f".git/{REF}.lock"
    lock.parent.mkdir(parents=True)

    def blocked(self: Repository, *arguments: str, **rest: Any) -> Outcome:
        lock.touch()
        outcome = attempt(self, *arguments, **rest)
        lock.unlink()
        return outcome

    monkeypatch.setattr(Repository, "attempt", blocked)
    with pytest.raises(GitError, match="gone by now"):
        commit(repo, base, BRANCH, [draft({"a.py": b"2"})])


def test_a_ref_store_that_cannot_be_written_is_an_error(tree: Tree, repo: Repository, base: str) -> None:
    (tree.path / ".git/refs/heads/cifix").write_text("not a ref")
    with pytest.raises(GitError, match="did not move refs/heads/cifix/fixes"):
        commit(repo, base, BRANCH, [draft({"a.py": b"2"})])


@pytest.mark.parametrize("named", ["Cifix-Base: 1234", "Nothing: here"])
def test_forged_trailers_do_not_make_a_commit_ours(tree: Tree, repo: Repository, base: str, named: str) -> None:
    trailers = f"{named}\nCifix-Tree: {tree.git('rev-parse', 'HEAD^{tree}')}"
    forged = tree.git("commit-tree", "HEAD^{tree}", "-m", f"forged\n\n{trailers}")
    tree.git("branch", BRANCH, forged)
    with pytest.raises(GitError, match=f"did not make .*{forged[:10]}"):
        commit(repo, base, BRANCH, [draft({"a.py": b"2"})])


@pytest.mark.parametrize("name", ["", "-d", "HEAD", "a..b", "a b", "a.lock", "@{-1}", "/x"])
def test_names_that_git_forbids_are_refused(repo: Repository, base: str, name: str) -> None:
    with pytest.raises(GitError, match="does not allow a branch to be called"):
        commit(repo, base, name, [draft({"a.py": b"2"})])


def test_a_symbolic_branch_is_refused(tree: Tree, repo: Repository, base: str) -> None:
    tree.git("symbolic-ref", REF, "refs/heads/main")
    with pytest.raises(GitError, match="only another name"):
        commit(repo, base, BRANCH, [draft({"a.py": b"2"})])


def test_a_branch_in_the_way_of_the_name_is_named(tree: Tree, repo: Repository, base: str) -> None:
    tree.git("branch", "cifix")
    with pytest.raises(GitError, match=r"branch cifix exists, so git cannot have a branch cifix/fixes; .*--branch"):
        commit(repo, base, BRANCH, [draft({"a.py": b"2"})])
    tree.git("branch", "other/inner")
    with pytest.raises(GitError, match="branch other/inner exists"):
        commit(repo, base, "other", [draft({"a.py": b"2"})])


def test_a_stale_lock_is_named_and_stays(tree: Tree, repo: Repository, base: str) -> None:
    lock = tree.path / f".git/{REF}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(GitError, match=rf"{lock} \(\d+ s old\) locks the branch"):
        commit(repo, base, BRANCH, [draft({"a.py": b"2"})])
    assert lock.exists()


@pytest.mark.parametrize(
    "case",
    [
        ("link", File(b"x"), "link is a symbolic link"),
        ("link/x.py", File(b"x"), "link is a symbolic link"),
        ("link", None, "link is a symbolic link"),
        ("a.py/x.py", File(b"x"), "a.py is a file"),
        ("pkg", File(b"x"), "it is a folder"),
        ("new", File(b"x", 0o120000), "mode 120000"),
        (".git/config", File(b"x"), "not a path inside"),
        ("x/.GIT/config", File(b"x"), "not a path inside"),
        ("../x", File(b"x"), "not a path inside"),
        ("/etc/x", File(b"x"), "not a path inside"),
        ("git~1/config", File(b"x"), "git does not take"),
    ],
)
def test_what_is_not_a_plain_file_is_refused(
    tree: Tree, repo: Repository, base: str, case: tuple[str, File | None, str]
) -> None:
    path, file, reason = case
    with pytest.raises(GitError, match=reason):
        commit(repo, base, BRANCH, [draft({path: file})])
    assert REF not in tree.refs()


def test_submodules_are_refused(tree: Tree, repo: Repository, tmp_path: Path) -> None:
    made(tmp_path / "inner").commit({"inner.py": b"1\n"})
    tree.git("submodule", "--quiet", "add", str(tmp_path / "inner"), "sub")
    base = tree.commit()
    for path in ("sub", "sub/inner.py"):
        with pytest.raises(GitError, match="sub is a symbolic link or a submodule"):
            commit(repo, base, BRANCH, [draft({path: b"x"})])


def test_filtered_paths_are_refused_and_the_filter_does_not_run(tree: Tree, repo: Repository, base: str) -> None:
    mark = tree.path.parent / "ran"
    tree.git("config", "filter.lfs.clean", f"touch {mark}; cat")
    tree.git("config", "filter.lfs.process", f"touch {mark}")
    base = tree.commit({".gitattributes": b"*.bin filter=evil\n[attr]big filter=lfs\n*.dat big\nno.dat -filter\n"})
    paths = ["x.bin", "new/y.dat", "no.dat", "a.py"]
    assert filtered(repo, base, paths) == {"x.bin", "new/y.dat"}
    assert filtered(repo, base, []) == frozenset()
    assert filtered(repo, None, paths) == frozenset()
    with pytest.raises(GitError, match=r"cannot commit new/y\.dat, x\.bin: its `filter` attribute"):
        commit(repo, base, BRANCH, [draft(dict.fromkeys(paths, b"1"))])
    with pytest.raises(GitError, match=r"cannot commit x\.bin"):
        commit(repo, base, BRANCH, [draft({".gitattributes": b"", "x.bin": b"1"})])
    with pytest.raises(GitError, match=r"cannot commit z\.new"):
        commit(repo, base, BRANCH, [draft({"z.new": b"1"}), draft({".gitattributes": b"*.new filter=lfs"})])
    assert not mark.exists()


def test_without_an_identity_the_two_commands_are_named(tree: Tree, repo: Repository, base: str) -> None:
    tree.git("config", "--global", "--remove-section", "user")
    before = objects(tree)
    with pytest.raises(GitError, match=r"git config --global user\.name .* git config --global user\.email"):
        commit(repo, base, BRANCH, [draft({"a.py": b"2"})])
    assert REF not in tree.refs()
    assert not [
        path for path in objects(tree) if path not in before and "commit" in tree.git("cat-file", "-t", oid(path))
    ]


def oid(path: Path) -> str:
    return path.parent.name + path.name if path.is_file() else "HEAD^{tree}"


def test_the_identity_of_the_environment_counts(
    tree: Tree, repo: Repository, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.git("config", "--global", "--remove-section", "user")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", f"Bot {who}")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "bot@example.org")
    commit(repo, base, BRANCH, [draft({"a.py": b"2"})])
    assert tree.git("log", "-1", "--format=%an %cn", BRANCH) == "Bot AUTHOR Bot COMMITTER"


def test_messages_are_utf8_whatever_the_user_configured(tree: Tree, repo: Repository, base: str) -> None:
    tree.git("config", "i18n.commitEncoding", "latin1")
    commit(repo, base, BRANCH, [draft({"a.py": b"2"}, "fix: \u00e4\u4e16")])
    assert "encoding" not in tree.git("cat-file", "commit", BRANCH)
    assert tree.git("log", "-1", "--format=%s", "--encoding=UTF-8", BRANCH) == "fix: \u00e4\u4e16"


def test_no_temporary_folder_stays(
    repo: Repository, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    commit(repo, base, BRANCH, [draft({"a.py": b"2"})])
    with pytest.raises(GitError):
        commit(repo, base, BRANCH, [draft({"link": b"2"})])
    assert not list(tmp_path.glob("cifix-*"))
