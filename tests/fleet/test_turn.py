"""One turn makes the commits of `cifix apply`, in a clone that holds little and runs nothing."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from cifix.engine.registry import discover
from cifix.fleet.job import Job, Mode, State, Target
from cifix.fleet.stored import digest_of
from cifix.fleet.turn import turn
from cifix.run.examine import Selection
from tests.cli.conftest import Cifix, cifix
from tests.fleet.served import BRANCH, WORKFLOW, Served, commit, git, made, refs, serving

__all__ = ["cifix"]

TODAY = date(2026, 11, 24)
DIGEST = digest_of(Selection(), TODAY, discover().rules)
FILES = {
    ".github/workflows/ci.yml": WORKFLOW,
    ".github/workflows/older.yml": WORKFLOW.replace(b"ubuntu-latest", b"ubuntu-20.04").replace(b"\n", b"\r\n"),
    ".gitattributes": b"*.bin filter=evil\n",
    "data.bin": b"\0" * 3_000_000,
    "pkg/__init__.py": b"",
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "served") as running:
        yield running


@pytest.fixture
def repo(served: Served) -> Path:
    return made(served.root / "one.git", FILES)


def job(url: str | Path, mode: Mode = Mode.APPLY, base: str | None = None) -> Job:
    return Job(Target(str(url), "owner/one", base), mode, "cifix/fixes", Selection(), TODAY, DIGEST)


def url_of(kind: str, repo: Path, served: Served) -> str:
    return {"http": f"{served.url}/{repo.name}", "file": f"file://{repo}", "path": str(repo)}[kind]


@pytest.fixture
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_DATE", "1790000001 +0000")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1790000001 +0000")


@pytest.mark.parametrize("kind", ["http", "file", "path"])
@pytest.mark.usefixtures("fixed_clock")
def test_the_commits_are_those_of_apply(kind: str, cifix: Cifix, tmp_path: Path, served: Served, repo: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(repo), "clone")
    assert cifix("apply", "clone").code in (0, 3)
    result = turn(job(url_of(kind, repo, served)))
    assert (result.state, result.reason, result.base) == (State.APPLIED, "", "main")
    assert refs(repo)[BRANCH] == result.commits[-1] == git(tmp_path / "clone", "rev-parse", "cifix/fixes")
    assert result.analysis is not None
    assert result.analysis.patch.count(b"upload-artifact@v6") == 2
    assert len(result.analysis.run["commits"]) == len(result.commits)
    assert set(result.seconds) == {"look", "clone", "analyse", "push"}


def test_a_plan_pushes_nothing(served: Served, repo: Path) -> None:
    before = refs(repo)
    result = turn(job(f"{served.url}/one.git", Mode.PLAN))
    assert result.state is State.PLANNED
    assert result.commits == ()
    assert refs(repo) == before
    assert served.pushes == []


def test_only_what_rules_read_is_fetched(
    served: Served, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert repo.is_dir()
    monkeypatch.setattr("cifix.fleet.turn.TemporaryDirectory", Kept)
    Kept.place = tmp_path / "kept"
    assert turn(job(f"{served.url}/one.git")).state is State.APPLIED
    clone = tmp_path / "kept" / "clone"
    assert sum(file.stat().st_size for file in clone.rglob("*") if file.is_file()) < 100_000
    assert sum(path == "/one.git/git-upload-pack" for path in served.asked) <= 4  # refs, commit, blobs
    assert len(list(clone.glob("objects/pack/*.pack"))) == 2
    assert not (clone / "index").exists()


class Kept:
    """A folder that is not removed."""

    place: Path

    def __init__(self, **_: object) -> None:
        self.place.mkdir()

    def __enter__(self) -> str:
        return str(self.place)

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("kind", ["http", "file", "path"])
def test_a_server_without_filters_gives_one_commit(kind: str, served: Served) -> None:
    repo = made(served.root / "plain.git", FILES, offers_filters=False)
    commit(repo, {"second": b"2"})
    assert turn(job(url_of(kind, repo, served))).state is State.APPLIED
    assert git(repo, "rev-list", "--count", "main..cifix/fixes") in "12345"
    git(repo, "fsck", "--strict")


def test_repositories_with_sha256_are_served(served: Served) -> None:
    repo = made(served.root / "sha256.git", FILES, "--object-format=sha256")
    result = turn(job(f"{served.url}/sha256.git"))
    assert result.state is State.APPLIED, result.reason
    assert len(refs(repo)[BRANCH]) == 64
    assert turn(replace(job(f"{served.url}/sha256.git", Mode.CLOSE), commits=result.commits)).state is State.CLOSED


@pytest.mark.parametrize("kind", ["file", "path"])
def test_no_hook_of_a_repository_on_disk_runs(kind: str, served: Served, repo: Path, tmp_path: Path) -> None:
    for name in ("pre-receive", "update", "post-receive", "post-update", "reference-transaction", "post-checkout"):
        hook = repo / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
        hook.chmod(0o755)
    git(repo, "config", "core.fsmonitor", f"touch {tmp_path}/ran")
    git(repo, "config", "uploadpack.packObjectsHook", f"touch {tmp_path}/ran; exit 1; :")
    result = turn(job(url_of(kind, repo, served)))
    assert result.state is State.APPLIED, result.reason
    assert turn(replace(job(url_of(kind, repo, served), Mode.CLOSE), commits=result.commits)).state is State.CLOSED
    assert BRANCH not in refs(repo)
    assert not (tmp_path / "ran").exists()


def test_a_hook_of_a_server_that_refuses_is_told(served: Served, repo: Path) -> None:
    hook = repo / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        "#!/bin/sh\necho refusing to allow an app to update workflow x without workflows permission >&2\nexit 1"
    )
    hook.chmod(0o755)
    result = turn(job(f"{served.url}/one.git"))
    assert result.state is State.HELD
    assert result.reason.startswith("needs-workflow-permission")
    assert result.analysis is not None


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (refs, State.APPLIED),
        (lambda repo: commit(repo, {"other": b"1"}), State.APPLIED),
        (lambda repo: commit(repo, {"other": b"1"}, "cifix/fixes"), State.HELD),
        (lambda repo: git(repo, "update-ref", "-d", BRANCH), State.APPLIED),
        (lambda repo: git(repo, "update-ref", BRANCH, "main"), State.APPLIED),
    ],
    ids=["nothing", "the base moves", "a person adds to the branch", "the branch is deleted", "the branch is reset"],
)
def test_a_second_turn(change: Callable[[Path], object], state: State, served: Served, repo: Path) -> None:
    first = turn(job(f"{served.url}/one.git"))
    change(repo)
    theirs = refs(repo).get(BRANCH)
    for again in (
        replace(job(f"{served.url}/one.git"), known=first.analysis, commits=first.commits, pushed=True),
        job(f"{served.url}/one.git"),
    ):  # with and without what was known
        result = turn(again)
        assert result.state is state, result.reason
        if state is State.HELD:
            assert "commits that cifix did not make" in result.reason
            assert refs(repo)[BRANCH] == theirs
        else:
            assert git(repo, "merge-base", "main", "cifix/fixes") == refs(repo)["refs/heads/main"]
            assert result.commits[-1] == refs(repo)[BRANCH]


def test_what_is_known_is_not_looked_for_again(served: Served, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = turn(job(f"{served.url}/one.git", Mode.PLAN))

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("cifix.fleet.turn.analysed", never)
    known = replace(job(f"{served.url}/one.git"), known=first.analysis)
    second = turn(known)
    assert second.state is State.APPLIED
    assert second.analysis is None
    served.asked.clear()
    third = turn(replace(known, commits=second.commits, pushed=True))
    assert (third.state, third.commits) == (State.APPLIED, second.commits)
    assert len(served.asked) == 2  # what the server offers, and its refs
    assert served.pushes == ["one.git"]
    assert refs(repo)[BRANCH] == second.commits[-1]


def test_a_plan_made_since_the_push_is_pushed(served: Served, repo: Path) -> None:
    first = turn(job(f"{served.url}/one.git"))
    moved = commit(repo, {"other": b"1"})
    plan = replace(job(f"{served.url}/one.git", Mode.PLAN), known=first.analysis, commits=first.commits, pushed=True)
    planned = turn(plan)
    assert planned.state is State.PLANNED
    again = replace(plan, mode=Mode.APPLY, known=planned.analysis, pushed=False)
    assert turn(again).state is State.APPLIED
    assert git(repo, "merge-base", "main", "cifix/fixes") == moved
    assert turn(replace(plan, known=planned.analysis, commits=(refs(repo)[BRANCH],))).state is State.APPLIED


@pytest.mark.parametrize("head", ["ref: refs/heads/elsewhere", "detached"])
def test_a_default_branch_that_does_not_exist_is_no_empty_repository(head: str, served: Served, repo: Path) -> None:
    tip = refs(repo)["refs/heads/main"]
    (repo / "HEAD").write_text(f"{tip if head == 'detached' else head}\n")
    result = turn(job(f"{served.url}/one.git"))
    assert result.state is State.FAILED
    assert "second column" in result.reason
    assert turn(job(f"{served.url}/one.git", base="main")).state is State.APPLIED


def test_the_base_branch_can_be_named(served: Served, repo: Path) -> None:
    commit(repo, FILES, "release")
    result = turn(job(f"{served.url}/one.git", base="release"))
    assert (result.state, result.base) == (State.APPLIED, "release")
    assert git(repo, "merge-base", "release", "cifix/fixes") == refs(repo)["refs/heads/release"]


def test_clean_and_empty_repositories(served: Served) -> None:
    made(served.root / "clean.git", {"README": b"hello\n"})
    made(served.root / "empty.git", {})
    assert turn(job(f"{served.url}/clean.git")).state is State.CLEAN
    assert (turn(job(f"{served.url}/empty.git")).state, served.pushes) == (State.CLEAN, [])


@pytest.mark.parametrize(
    ("url", "base", "why"),
    [
        ("nothing.git", None, "not found"),
        ("one.git", "release", "has no branch release"),
        ("one.git", "cifix/fixes", "cifix/fixes"),
        ("broken.git", None, "cifix.toml"),
    ],
)
def test_what_cannot_be_looked_at_says_why(url: str, base: str | None, why: str, served: Served, repo: Path) -> None:
    commit(repo, FILES, "cifix/fixes")
    made(served.root / "broken.git", {**FILES, "cifix.toml": b"= ="})
    result = turn(job(f"{served.url}/{url}", base=base))
    assert result.state is State.FAILED
    assert why in result.reason


@pytest.mark.parametrize(
    "url", ["ext::sh -c 'touch {}/ran'", "-c/--upload-pack=touch {}/ran", "--upload-pack=touch {}/ran"]
)
def test_no_url_runs_a_program(url: str, tmp_path: Path) -> None:
    assert turn(job(url.format(tmp_path))).state is State.FAILED
    assert not (tmp_path / "ran").exists()


def test_a_token_comes_from_the_environment_and_stays_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIDDEN_TOKEN", "s3cr3t-value")
    with serving(tmp_path / "private", os.environ["HIDDEN_TOKEN"]) as served:
        repo = made(served.root / "one.git", FILES)
        host = served.url.removeprefix("http://")
        without = turn(job(f"{served.url}/one.git"))
        assert without.state is State.FAILED
        assert "it wants a login: name a token with --token" in without.reason
        unset = turn(replace(job(f"{served.url}/one.git"), tokens={host: "NOWHERE"}))
        assert "NOWHERE" in unset.reason
        given = replace(job(f"{served.url}/one.git"), tokens={host: "HIDDEN_TOKEN"}, scratch=str(tmp_path))
        result = turn(given)
        assert result.state is State.APPLIED, result.reason
        assert refs(repo)[BRANCH] == result.commits[-1]
        assert "s3cr3t" not in repr((given, without, result))
        implied = replace(job(f"{served.url}/one.git"), tokens={served.url: "HIDDEN_TOKEN"})
        assert turn(implied).state is State.APPLIED
        assert "it wants a login" in turn(replace(implied, tokens={served.url: "NOWHERE"})).reason


def test_a_repository_that_has_moved_is_named_and_followed_without_a_token_only(
    served: Served, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.moved["old.git"] = "one.git"
    result = turn(job(f"{served.url}/old.git"))
    assert result.state is State.APPLIED
    assert result.reason == f"it has moved to {served.url}/one.git/: list it by that address"
    assert refs(repo)[BRANCH] == result.commits[-1]
    monkeypatch.setenv("HIDDEN_TOKEN", "s3cr3t-value")
    result = turn(replace(job(f"{served.url}/old.git"), tokens={served.url: "HIDDEN_TOKEN"}))
    assert result.state is State.FAILED
    assert result.reason.endswith("it has moved, and no token is sent after it: list it by its new address")


@pytest.mark.parametrize("edited", [False, True])
def test_a_branch_that_was_rebased_is_ours_as_long_as_it_does_the_same(
    edited: bool, served: Served, repo: Path, tmp_path: Path
) -> None:
    turn(job(f"{served.url}/one.git"))
    newer = commit(repo, {"more": b"1"})
    git(tmp_path, "clone", "--quiet", "--branch", "cifix/fixes", str(repo), "work")
    git(tmp_path / "work", "rebase", "--quiet", "origin/main")
    if edited:
        workflow = tmp_path / "work/.github/workflows/ci.yml"
        workflow.write_bytes(workflow.read_bytes() + b"# mine\n")
        git(tmp_path / "work", "commit", "--quiet", "--all", "--amend", "--no-edit")
    git(tmp_path / "work", "push", "--quiet", "--force")
    theirs = refs(repo)[BRANCH]
    assert git(repo, "rev-parse", "cifix/fixes~1") == newer
    commit(repo, {"more": b"2"})
    result = turn(job(f"{served.url}/one.git"))
    assert result.state is (State.HELD if edited else State.APPLIED), result.reason
    assert (refs(repo)[BRANCH] == theirs) is edited
    if not edited:
        assert git(repo, "merge-base", "main", "cifix/fixes") == refs(repo)["refs/heads/main"]


def test_a_branch_that_moved_is_not_closed(served: Served, repo: Path) -> None:
    first = turn(job(f"{served.url}/one.git"))
    theirs = commit(repo, {"more": b"1"}, "cifix/fixes")
    result = turn(replace(job(f"{served.url}/one.git", Mode.CLOSE), commits=first.commits))
    assert result.state is State.HELD
    assert refs(repo)[BRANCH] == theirs
    git(repo, "update-ref", "-d", BRANCH)
    assert turn(replace(job(f"{served.url}/one.git", Mode.CLOSE), commits=first.commits)).state is State.CLOSED


def test_history_is_fetched_if_asked_for(served: Served, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repo, {"second": b"2"})
    monkeypatch.setattr("cifix.fleet.turn.TemporaryDirectory", Kept)
    for history, number in ((False, "1"), (True, "2")):
        Kept.place = served.root / f"kept-{history}"
        assert turn(replace(job(f"{served.url}/one.git"), history=history)).state is State.APPLIED
        assert git(Kept.place / "clone", "rev-list", "--count", "main") == number


def test_nothing_is_left_in_the_scratch_folder(served: Served, repo: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for url in (f"{served.url}/one.git", f"{served.url}/nothing.git", str(repo)):
        turn(replace(job(url), scratch=str(scratch)))
    assert not list(scratch.iterdir())


def test_a_worker_with_other_rules_is_refused(repo: Path) -> None:
    result = turn(replace(job(repo), digest="0" * 16))
    assert (result.state, result.analysis) == (State.FAILED, None)
    assert "another version" in result.reason


def broken(error: type[Exception]) -> Callable[..., object]:
    def find(*_: object) -> object:
        raise error("on purpose")

    return find


def test_a_rule_without_memory_fails_the_repository(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cifix.engine.plan.look", broken(MemoryError))
    with pytest.raises(MemoryError):
        turn(job(repo))
    assert BRANCH not in refs(repo)


def test_what_a_crash_has_cut_short_is_looked_for_again(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("cifix.engine.plan.look", broken(ValueError))
        crashed = turn(job(repo))
    assert crashed.state is State.LEFT
    assert crashed.analysis is not None
    assert turn(replace(job(repo), known=crashed.analysis)).state is State.APPLIED


def test_what_was_found_is_kept_where_nobody_may_commit(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nobody").write_text("[user]\n\tuseConfigOnly = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "nobody"))
    result = turn(job(repo))
    assert result.state is State.FAILED
    assert "git does not know who commits" in result.reason
    assert result.analysis is not None
    assert BRANCH not in refs(repo)
