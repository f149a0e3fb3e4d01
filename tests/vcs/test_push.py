"""A push moves one branch of the remote, only from where it was seen, and no program of the repository helps."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cifix.errors import GitError
from cifix.vcs.commit import State, commit
from cifix.vcs.exchange import Credential, address_of, exchange
from cifix.vcs.push import Landing, bring, look, push
from cifix.vcs.repository import Repository
from tests.vcs.repositories import Tree, draft, made, seen

BRANCH = "cifix/fixes"


@pytest.fixture
def remote(tmp_path: Path, tree: Tree) -> Tree:
    bare = made(tmp_path / "remote.git", "--bare")
    tree.git("remote", "add", "origin", str(bare.path))
    tree.commit({"a.py": b"1\n", "b.py": b"1\n"})
    tree.git("push", "--quiet", "origin", "main")
    return bare


@pytest.fixture
def between(remote: Tree, repo: Repository) -> Iterator[Repository]:
    del remote
    with exchange(repo, address_of(repo, "origin")) as opened:
        yield opened


def committed(between: Repository, base: str, data: bytes = b"2\n") -> str:
    return commit(between, base, BRANCH, [draft({"a.py": data})]).commits[-1]


def test_a_new_branch_is_pushed_and_the_clone_stays_as_it_is(between: Repository, tree: Tree, remote: Tree) -> None:
    before = seen(tree)
    base = look(between, ["main"]).tips["main"]
    oid = committed(between, base)
    assert push(between, BRANCH, oid, None).landing is Landing.PUSHED
    assert remote.refs()[f"refs/heads/{BRANCH}"] == oid
    assert seen(tree) == before
    assert tree.git("cat-file", "-e", oid, check=False) == ""
    assert oid not in tree.git("rev-list", "--all", "--objects")


def test_the_same_again_is_up_to_date(between: Repository) -> None:
    oid = committed(between, look(between, ["main"]).tips["main"])
    push(between, BRANCH, oid, None)
    assert push(between, BRANCH, oid, oid).landing is Landing.UP_TO_DATE


@pytest.mark.parametrize("expected", [None, "main"])
def test_a_branch_that_somebody_moved_is_stale(between: Repository, tree: Tree, remote: Tree, expected: str) -> None:
    base = look(between, ["main"]).tips["main"]
    oid = committed(between, base)
    theirs = tree.commit({"c.py": b"theirs\n"})
    tree.git("push", "--quiet", "origin", f"main:{BRANCH}")
    pushed = push(between, BRANCH, oid, base if expected else None)
    assert pushed.landing is Landing.STALE
    assert not pushed.landed
    assert remote.refs()[f"refs/heads/{BRANCH}"] == theirs


def test_the_head_and_the_tips_of_the_remote_are_seen(between: Repository, remote: Tree) -> None:
    found = look(between, ["main", "none/such"])
    assert found.head == "main"
    assert found.tips == {"main": remote.refs()["refs/heads/main"]}


def test_a_branch_that_only_the_remote_has_is_brought_and_known_as_ours(
    between: Repository, repo: Repository, tree: Tree
) -> None:
    base = look(between, ["main"]).tips["main"]
    first = committed(between, base)
    push(between, BRANCH, first, None)
    with exchange(repo, address_of(repo, "origin")) as again:
        tip = look(again, [BRANCH]).tips[BRANCH]
        bring(again, BRANCH, tip)
        assert commit(again, base, BRANCH, [draft({"a.py": b"2\n"})]).state is State.ALREADY_DONE
        moved = commit(again, base, BRANCH, [draft({"a.py": b"3\n"})])
        assert moved.state is State.UPDATED
        assert push(again, BRANCH, moved.commits[-1], tip).landing is Landing.PUSHED
    assert tree.git("for-each-ref", "refs/heads").count("\n") == 0


@pytest.mark.parametrize("bits", [("--depth=1",), ("--depth=1", "--filter=blob:none"), ("--filter=blob:none",)])
def test_shallow_and_partial_clones_push_without_fetching(
    remote: Tree, tree: Tree, tmp_path: Path, bits: tuple[str, ...]
) -> None:
    tree.commit({"a.py": b"1b\n", "pkg/c.py": b"3\n"})
    tree.git("push", "--quiet", "origin", "main")
    remote.git("config", "uploadpack.allowFilter", "true")
    clone = Tree(tmp_path / "clone")
    tree.git("clone", "--quiet", "--no-checkout", *bits, f"file://{remote.path}", str(clone.path))
    listed = ("rev-list", "--objects", "--all", "--missing=print", "--no-object-names")
    before = clone.git(*listed)
    with Repository.open(clone.path) as repo, exchange(repo, address_of(repo, "origin")) as between:
        base = look(between, ["main"]).tips["main"]
        bring(between, "main", base)
        oid = committed(between, base)
        assert push(between, BRANCH, oid, None).landing is Landing.PUSHED
    assert clone.git(*listed) == before
    assert remote.blob(f"{BRANCH}:a.py") == b"2\n"
    assert remote.blob(f"{BRANCH}:pkg/c.py") == b"3\n"


def test_objects_of_sha256_are_pushed_too(tmp_path: Path) -> None:
    bare = made(tmp_path / "r.git", "--bare", "--object-format=sha256")
    tree = made(tmp_path / "t", "--object-format=sha256")
    base = tree.commit({"a.py": b"1\n"})
    tree.git("push", "--quiet", str(bare.path), "main")
    with Repository.open(tree.path) as repo, exchange(repo, address_of(repo, str(bare.path))) as between:
        assert push(between, BRANCH, committed(between, base), None).landing is Landing.PUSHED


PROGRAMS = {
    "core.sshCommand": "touch {trap}; false",
    "credential.helper": "!touch {trap}; false",
    "core.askPass": "{script}",
    "remote.origin.receivepack": "touch {trap}; git-receive-pack",
    "remote.cifix.receivepack": "touch {trap}; git-receive-pack",
    "remote.cifix.vcs": "evil",
    "core.hooksPath": "{hooks}",
    "gpg.program": "{script}",
    "core.alternateRefsCommand": "touch {trap}; false",
    "core.fsmonitor": "{script}",
    "push.gpgSign": "true",
}


def test_no_program_that_the_repository_names_is_started(
    remote: Tree, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap, hooks = tmp_path / "trap", tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-push", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {trap}\n")
        (hooks / name).chmod(0o755)
    for key, value in PROGRAMS.items():
        tree.git("config", key, value.format(trap=trap, script=hooks / "pre-push", hooks=hooks))
    monkeypatch.delenv("SSH_ASKPASS", raising=False)
    with Repository.open(tree.path) as repo:
        with exchange(repo, address_of(repo, "origin")) as between:
            oid = committed(between, look(between, ["main"]).tips["main"])
            assert push(between, BRANCH, oid, None).landing is Landing.PUSHED
        for url in ("ssh://127.0.0.1:1/x/y", "http://127.0.0.1:1/x/y"):
            with exchange(repo, address_of(repo, url)) as between, pytest.raises(GitError, match="does not answer"):
                look(between)
    assert not trap.exists()
    assert f"refs/heads/{BRANCH}" in remote.refs()


def test_what_the_users_own_configuration_names_is_used(tree: Tree, tmp_path: Path) -> None:
    used = tmp_path / "used"
    with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as own:
        own.write(f'[core]\n\tsshCommand = "touch {used}; false"\n')
    tree.commit({"a.py": b"1\n"})
    tree.git("config", "core.sshCommand", f"touch {tmp_path / 'trap'}; false")
    with (
        Repository.open(tree.path) as repo,
        exchange(repo, address_of(repo, "git@example.org:o/r.git")) as between,
        pytest.raises(GitError, match="does not answer"),
    ):
        look(between)
    assert used.exists()
    assert not (tmp_path / "trap").exists()


def test_addresses_are_taken_apart(repo: Repository) -> None:
    def told(url: str) -> tuple[str, str, str]:
        address = address_of(repo, url)
        return address.url, address.host, address.project

    assert told("https://github.com/o/r.git") == ("https://github.com/o/r.git", "github.com", "o/r")
    assert told("https://h:8443/g/s/r") == ("https://h:8443/g/s/r", "h:8443", "g/s/r")
    assert told("git@github.com:o/r.git") == ("git@github.com:o/r.git", "github.com", "o/r")
    assert told("ssh://git@h:22/o/r.git") == ("ssh://git@h:22/o/r.git", "h:22", "o/r")
    assert told("/srv/git/r.git") == ("/srv/git/r.git", "", "r")
    assert told("file:///srv/git/r.git") == ("/srv/git/r.git", "", "r")


def test_a_password_in_an_address_moves_to_the_environment(repo: Repository) -> None:
    address = address_of(repo, "https://ada:s3cr%2Ft@example.org/o/r.git")
    assert address.url == "https://example.org/o/r.git"
    assert address.credential == Credential("https://example.org/", "s3cr/t", "ada")
    assert "s3cr" not in repr(address)
    with exchange(repo, address) as between:
        assert "s3cr" not in "".join(file.read_text() for file in between.git_dir.rglob("config"))


def test_a_user_alone_stays_in_the_address_and_a_token_does_not(repo: Repository) -> None:
    plain = address_of(repo, "https://ada@example.org/o/r.git")
    assert (plain.url, plain.host, plain.credential) == ("https://ada@example.org/o/r.git", "example.org", None)
    token = "ghp_" + "a" * 36
    hidden = address_of(repo, f"https://{token}@example.org/o/r.git")
    assert hidden.url == "https://example.org/o/r.git"
    assert hidden.credential == Credential("https://example.org/", "", token)


def test_the_users_own_rewriting_of_addresses_counts_and_the_repositorys_does_not(tree: Tree, repo: Repository) -> None:
    with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as own:
        own.write(
            '[url "https://example.org/"]\n\tinsteadOf = ex:\n[url "ssh://git@h/"]\n\tpushInsteadOf = https://h/\n'
        )
    tree.git("config", "url.https://evil.example/.insteadOf", "https://github.com/")
    tree.git("remote", "add", "origin", "ex:o/r")
    assert address_of(repo, "origin").url == "https://example.org/o/r"
    assert address_of(repo, "https://github.com/o/r").url == "https://github.com/o/r"
    assert address_of(repo, "https://h/o/r").url == "ssh://git@h/o/r"
    tree.git("config", "remote.origin.pushurl", "https://example.org/fork/r")
    assert address_of(repo, "origin").project == "fork/r"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ext::sh -c true", "a program would have to run"),
        ("ftp://h/x", "does not push by ftp"),
        ("./inner.git", "inside the repository"),
        ("nowhere", "has no remote called nowhere"),
    ],
)
def test_addresses_that_are_not_for_pushing_are_refused(repo: Repository, url: str, why: str) -> None:
    with pytest.raises(GitError, match=why):
        address_of(repo, url)


@pytest.mark.parametrize(
    ("line", "landing"),
    [
        (
            "refusing to allow a Personal Access Token to create or update workflow `a.yml` without `workflow` scope",
            Landing.WORKFLOWS,
        ),
        (
            "refusing to allow a GitHub App to create or update workflow `a.yml` without `workflows` permission",
            Landing.WORKFLOWS,
        ),
        ("GH006: Protected branch update failed for refs/heads/x", Landing.PROTECTED),
        ("You are not allowed to force push code to a protected branch on this project.", Landing.PROTECTED),
        ("we are closed on Sundays", Landing.OTHER),
    ],
)
def test_refusals_of_the_remote_have_names(repo: Repository, remote: Tree, line: str, landing: Landing) -> None:
    hook = remote.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ncat >/dev/null\ncat >&2 <<'END'\n{line}\nEND\nexit 1\n")
    hook.chmod(0o755)
    with exchange(repo, address_of(repo, str(remote.path))) as between:
        pushed = push(between, BRANCH, committed(between, look(between, ["main"]).tips["main"]), None)
    assert pushed.landing is landing
    assert line in pushed.said
    assert f"refs/heads/{BRANCH}" not in remote.refs()


def test_hooks_of_a_folder_that_only_the_configuration_names_do_not_run(between: Repository, remote: Tree) -> None:
    hook = remote.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    oid = committed(between, look(between, ["main"]).tips["main"])
    assert push(between, BRANCH, oid, None).landing is Landing.PUSHED
