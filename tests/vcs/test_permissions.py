"""Somebody who may not read or write everything is told so, and the rest still works."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cifix.errors import GitError
from cifix.model.text import Opaque
from cifix.vcs.commit import commit
from cifix.vcs.inplace import write_in_place
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source, worktree_source
from tests.vcs.repositories import FORKS, Tree, as_nobody, draft, made

pytestmark = FORKS


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tree]:
    """A repository that everybody can reach, and a configuration too."""
    folder = Path(tempfile.mkdtemp(prefix="public-"))
    folder.chmod(0o755)
    config = folder / "config"
    config.write_text("[user]\nname = Ada\nemail = ada@example.org\n[init]\ndefaultBranch = main\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("HOME", str(folder))
    tree = made(folder / "tree")
    tree.commit({"a.py": b"1", "locked.py": b"1", "folder/b.py": b"1"})
    tree.write({"loose.py": b"1", "loose-locked.py": b"1"})
    yield tree
    for path in (tree.path / "folder", tree.path / ".git/objects"):
        path.chmod(0o755)
    shutil.rmtree(folder)


def test_files_that_may_not_be_read_are_opaque(public: Tree) -> None:
    for name in ("locked.py", "loose-locked.py", "folder"):
        (public.path / name).chmod(0)

    def check() -> None:
        with Repository.open(public.path) as repo:
            source = worktree_source(repo)
            assert set(source.modes) == {"a.py", "locked.py", "folder/b.py"}
            assert set(source.disk) == {"loose.py", "loose-locked.py"}
            assert source.read("a.py") == source.read("loose.py") == b"1"
            for path in ("locked.py", "folder/b.py", "loose-locked.py"):
                with pytest.raises(Opaque, match="Permission denied"):
                    source.read(path)

    assert as_nobody(public.path, check)


def test_untracked_files_in_a_folder_that_may_only_be_listed_are_not_shown(public: Tree) -> None:
    public.write({"folder/loose.py": b"1"})
    (public.path / "folder").chmod(0o444)

    def check() -> None:
        with Repository.open(public.path) as repo:
            assert "folder/loose.py" not in commit_source(repo, "HEAD").disk

    assert as_nobody(public.path, check)


def test_a_folder_that_may_not_be_entered_is_named(public: Tree) -> None:
    (public.path / "folder").chmod(0)

    def check() -> None:
        for path in ("folder", "folder/b.py"):
            with pytest.raises(GitError, match=r"no permission to read .*folder"):
                Repository.open(public.path / path)

    assert as_nobody(public.path, check)


def test_a_store_that_may_not_be_written_is_an_error(public: Tree) -> None:
    for folder in (public.path / ".git/objects", *(public.path / ".git/objects").iterdir()):
        folder.chmod(0o555)

    def check() -> None:
        with (
            Repository.open(public.path) as repo,
            pytest.raises(GitError, match=r"no permission in .*run cifix as a user"),
        ):
            commit(repo, repo.oid("HEAD"), "cifix/fixes", [draft({"a.py": b"2"})])

    assert as_nobody(public.path, check)


def test_a_folder_that_may_not_be_written_stops_all(public: Tree) -> None:
    (public.path / "folder").chmod(0o555)

    def check() -> None:
        files = draft({"a.py": b"1", "folder/b.py": b"1"}).files
        with pytest.raises(GitError, match=r"cannot write .*Permission denied; nothing was changed"):
            write_in_place(public.path, public.path / ".git", files, draft({"a.py": b"2", "folder/b.py": b"2"}).files)
        assert (public.path / "a.py").read_bytes() == b"1"

    assert as_nobody(public.path, check)
