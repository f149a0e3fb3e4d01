import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cifix.errors import GitError
from cifix.vcs.repository import SCRUBBED, Repository, scrub
from tests.vcs.repositories import FORKS, Tree, in_a_fork, made


@pytest.mark.parametrize("inside", ["", "pkg", "pkg/deep", "pkg/deep/file.py", ".git", ".git/objects"])
def test_a_repository_is_found_from_any_place_inside(tree: Tree, inside: str) -> None:
    tree.write({"pkg/deep/file.py": b""})
    found = Repository.open(tree.path / inside)
    assert (found.root, found.git_dir, found.common_dir) == (tree.path, tree.path / ".git", tree.path / ".git")
    assert (found.place, found.object_format, found.zero) == (tree.path, "sha1", "0" * 40)


def test_the_working_directory_counts_for_relative_paths(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.path)
    assert Repository.open(".").root == tree.path


def test_a_linked_worktree_shares_the_common_folder(tree: Tree, tmp_path: Path) -> None:
    tree.commit()
    tree.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    found = Repository.open(tmp_path / "linked")
    assert found.root == tmp_path / "linked"
    assert found.git_dir == tree.path / ".git/worktrees/linked"
    assert found.common_dir == tree.path / ".git"
    with pytest.raises(GitError, match="start from its work tree"):
        Repository.open(found.git_dir)


def test_a_bare_repository_has_no_root(tmp_path: Path) -> None:
    made(tmp_path / "bare.git", "--bare", "--object-format=sha256")
    found = Repository.open(tmp_path / "bare.git/refs")
    assert (found.root, found.git_dir, found.place) == (None, tmp_path / "bare.git", tmp_path / "bare.git")
    assert (found.object_format, found.zero) == ("sha256", "0" * 64)


def test_a_git_file_leads_to_the_repository(tmp_path: Path) -> None:
    made(tmp_path / "tree", f"--separate-git-dir={tmp_path / 'elsewhere'}")
    found = Repository.open(tmp_path / "tree")
    assert (found.root, found.git_dir) == (tmp_path / "tree", tmp_path / "elsewhere")


def test_folders_may_have_any_name(tmp_path: Path) -> None:
    made(tmp_path / "new\nline \u00e4 'x")
    assert Repository.open(tmp_path / "new\nline \u00e4 'x").root == tmp_path / "new\nline \u00e4 'x"


def test_no_repository_is_an_error_that_says_where(tmp_path: Path) -> None:
    with pytest.raises(GitError, match=f"{tmp_path} is not inside a git repository"):
        Repository.open(tmp_path)
    with pytest.raises(GitError, match="gone does not exist"):
        Repository.open(tmp_path / "gone")


def test_a_repository_of_another_user_names_the_command(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(GitError, match=f"git config --global --add safe.directory {tree.path}"):
        Repository.open(tree.path)


def test_a_failing_command_says_what_and_where(repo: Repository) -> None:
    with pytest.raises(GitError, match=f"git cat-file failed in {repo.root}: .*nothing-such"):
        repo.run("cat-file", "blob", "nothing-such")
    assert repo.attempt("cat-file", "blob", "nothing-such").status == 128


def git_of(tmp_path: Path, lines: str) -> str:
    """A PATH whose git is a shell script."""
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{lines}\n")
    program.chmod(0o755)
    return str(program.parent)


def test_a_git_that_is_too_old_is_an_error(tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = f"echo --show-object-format; echo false; echo true; echo {tree.path}/.git"
    monkeypatch.setenv("PATH", git_of(tmp_path, answer))
    with pytest.raises(GitError, match="too old; install git 2"):
        Repository.open(tree.path)


def test_git_vanishing_from_the_path_is_an_error(tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repository.open(tree.path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="put it on PATH"):
        repo.run("version")


def test_no_git_at_all_is_an_error(tree: Tree) -> None:
    code = "import sys; from cifix.vcs.repository import Repository; Repository.open(sys.argv[1])"
    environment = {"PATH": "/nowhere", "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    done = subprocess.run(
        [sys.executable, "-c", code, tree.path], env=environment, capture_output=True, text=True, check=False
    )
    assert "GitError: git is not on PATH; install git" in done.stderr


def test_importing_does_not_import_gitpython() -> None:
    modules = ", ".join(f"cifix.vcs.{name}" for name in ("source", "commit", "inplace", "ignores"))
    code = f"import sys, {modules}; sys.exit('git' in sys.modules)"
    environment = {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0


def test_scrub_removes_what_a_surrounding_git_left() -> None:
    environ = dict.fromkeys(SCRUBBED, "x") | {"GIT_AUTHOR_NAME": "Ada", "PATH": "/bin", "GIT_CONFIG_COUNT": "0"}
    scrub(environ)
    assert environ == {"GIT_AUTHOR_NAME": "Ada", "PATH": "/bin", "GIT_CONFIG_COUNT": "0"}


def test_ids_come_from_names_or_not_at_all(tree: Tree, repo: Repository) -> None:
    assert repo.oid("HEAD") is None
    oid = tree.commit()
    assert repo.oid("HEAD") == oid
    assert repo.oid("--all") is None


def test_objects_are_read_by_one_process_that_close_ends(tree: Tree, repo: Repository) -> None:
    tree.commit({f"{number}.txt": b"%d\n" % number * number for number in range(300)})
    oids = [line.split()[2] for line in tree.git("ls-tree", "HEAD").splitlines()]
    assert max(repo.objects([*oids, *oids]).values(), key=len) == b"299\n" * 299
    first = children()
    assert repo.objects(oids[:1])
    assert children() == first != []
    repo.close()
    repo.close()
    assert children() == []
    assert repo.objects(oids[:1])


def children() -> list[str]:
    """The git processes that this one has started and not seen the end of."""
    started = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [pid for pid in started if Path(f"/proc/{pid}/comm").read_text().startswith("git")]


def test_a_missing_object_is_an_error_and_the_next_read_works(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": b"1"})
    with pytest.raises(GitError, match="is missing"):
        repo.objects(["1" * 40])
    assert repo.objects([tree.git("rev-parse", "HEAD:a.py")])


def test_a_process_that_died_is_replaced(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": b"1"})
    oid = tree.git("rev-parse", "HEAD:a.py")
    repo.objects([oid])
    os.kill(int(children()[0]), 9)
    os.waitid(os.P_PID, int(children()[0]), os.WEXITED | os.WNOWAIT)
    assert repo.objects([oid]) == {oid: b"1"}


@FORKS
def test_a_fork_does_not_share_the_process(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": b"1"})
    oid = tree.git("rev-parse", "HEAD:a.py")
    repo.objects([oid])

    def read() -> None:
        assert repo.objects([oid]) == {oid: b"1"}

    assert in_a_fork(read)
    assert repo.objects([oid]) == {oid: b"1"}


def test_a_repository_travels_to_other_processes(tree: Tree, repo: Repository) -> None:
    tree.commit({"a.py": b"1"})
    repo.objects([tree.git("rev-parse", "HEAD:a.py")])
    with pickle.loads(pickle.dumps(repo)) as copy:  # noqa: S301 - made one line above
        assert (copy.root, copy.git_dir, copy.object_format) == (repo.root, repo.git_dir, repo.object_format)
        assert copy.run("rev-parse", "HEAD") == repo.run("rev-parse", "HEAD")


@pytest.mark.parametrize("use", [lambda repo: repo.run("version"), lambda repo: repo.objects([])])
def test_repositories_are_context_managers(tree: Tree, use: Callable[[Repository], object]) -> None:
    with Repository.open(tree.path) as repo:
        use(repo)
    assert children() == []
