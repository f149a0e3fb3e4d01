"""Repositories that a forge lists, by the real clients against the forge on the loopback."""

import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest

from cifix.cli.fleet_discovery import Discovery
from cifix.errors import GitError, UsageError
from cifix.fleet.job import Target
from cifix.fleet.targets import read, united
from cifix.forge.choose import tokens
from tests.cli.conftest import Cifix, cifix
from tests.fleet.served import WORKFLOW
from tests.forge.conftest import STRONG, forge
from tests.forge.listings import Repositories
from tests.forge.server import Forge
from tests.vcs.repositories import Tree

__all__ = ["cifix", "forge"]


@pytest.fixture
def github(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> Repositories:
    monkeypatch.setenv("GITHUB_SERVER_URL", forge.url)
    monkeypatch.setenv("GITHUB_API_URL", f"{forge.url}/api/v3")
    monkeypatch.setenv("GITHUB_TOKEN", STRONG)
    return _listing(forge, {"org": "Organization", "ada": "User", "bob": "User"})


@pytest.fixture
def gitlab(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> Repositories:
    monkeypatch.setenv("CI_SERVER_URL", forge.url)
    monkeypatch.setenv("GITLAB_TOKEN", STRONG)
    return _listing(forge, {"group": "Group", "group/sub": "Group", "bob": "User"})


def _listing(forge: Forge, owners: dict[str, str]) -> Repositories:
    listing = Repositories(owners)
    forge.routes += listing.routes()
    return listing


def slugs(discovery: Discovery) -> list[str]:
    return [target.slug for target in discovery.found()]


def noted(capfd: pytest.CaptureFixture[str]) -> str:
    return capfd.readouterr().err


def test_an_organisation_is_listed_whole_without_archived_ones_and_forks(
    forge: Forge, github: Repositories, capfd: pytest.CaptureFixture[str]
) -> None:
    for number in range(230):
        github.add(f"org/r{number:03}", archived=number % 100 == 0, fork=number % 50 == 1, private=number == 7)
    github.add("org/gone", disabled=True)
    github.add("other/x")
    found = list(Discovery(orgs=("org",)).found())
    assert len(found) == 230 - 3 - 5
    assert found[0] == Target(f"{forge.url}/org/r002.git", "org/r002")
    assert noted(capfd) == (
        "left out: 3 archived (--archived takes them), 1 disabled by GitHub, 5 forked (--forks takes them)\n"
    )
    assert [path for _, path in forge.calls] == ["/api/v3/users/org", *["/api/v3/orgs/org/repos"] * 3]
    assert len(slugs(Discovery(orgs=("org",), archived=True, forks=True))) == 230


def test_of_other_users_only_what_is_public_is_listed_and_of_ones_own_everything(github: Repositories) -> None:
    for owner in ("ada", "bob"):
        github.add(f"{owner}/open")
        github.add(f"{owner}/hidden", private=True)
    assert slugs(Discovery(orgs=("ada", "bob"))) == ["ada/open", "ada/hidden", "bob/open"]


def test_an_unknown_owner_and_a_wrong_token_are_told(
    github: Repositories, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    del github
    with pytest.raises(GitError, match=r"refused to find an organisation or user nobody: Not Found \(404\)"):
        slugs(Discovery(orgs=("nobody",)))
    monkeypatch.setenv("GITHUB_TOKEN", "wrong")
    with pytest.raises(GitError, match=r"Bad credentials \(401\)"):
        slugs(Discovery(orgs=("org",)))
    forge.routes[0] = ("GET", "/api/v3/users/org", lambda *_: (200, {"login": "org", "type": "Organization"}))
    monkeypatch.setenv("GITHUB_TOKEN", STRONG)
    forge.routes.insert(0, ("GET", "/api/v3/orgs/org/repos", lambda *_: (200, [{"name": "x"}])))
    with pytest.raises(GitError, match="cannot be read: 'full_name'"):
        slugs(Discovery(orgs=("org",)))


def test_a_renamed_organisation_is_followed_and_named(
    github: Repositories, forge: Forge, capfd: pytest.CaptureFixture[str]
) -> None:
    github.add("org/one", permissions={"push": False})
    forge.moved["/api/v3/users/former"] = "/api/v3/users/org"
    assert slugs(Discovery(orgs=("former",))) == ["org/one"]
    assert noted(capfd).endswith("former is called org now\norg/one: you can read it, not push to it\n")


def test_topics_narrow_a_list_and_search_a_forge(github: Repositories, forge: Forge) -> None:
    github.add("org/a", topics=["ci", "python"])
    github.add("org/b", topics=["ci"])
    github.add("bob/c", topics=["ci"], fork=True)
    github.add("bob/d", topics=["ci", "python"])
    assert slugs(Discovery(orgs=("org",), topics=("CI", "python"))) == ["org/a"]
    assert not any("search" in path for _, path in forge.calls)
    assert slugs(Discovery("github", topics=("ci",))) == ["org/a", "org/b", "bob/d"]
    assert slugs(Discovery("github", topics=("ci",), forks=True)) == ["org/a", "org/b", "bob/c", "bob/d"]
    assert slugs(Discovery(orgs=("bob",), topics=("ci",), search="d")) == ["bob/d"]


@pytest.mark.parametrize("links", [True, False])
def test_what_the_search_keeps_back_is_told(
    github: Repositories, capfd: pytest.CaptureFixture[str], *, links: bool
) -> None:
    github.links = links
    github.total, github.incomplete = 4321, True
    for number in range(1100 if links else 40):
        github.add(f"org/r{number}")
    assert len(slugs(Discovery("github", search="r"))) == (1000 if links else 40)
    said = noted(capfd)
    assert "the search finds 4321 repositories, and GitHub gives only the first 1000" in said
    assert "repositories may be missing" in said


def test_a_group_is_listed_with_its_subgroups_and_a_user_too(gitlab: Repositories, forge: Forge) -> None:
    for number in range(150):
        gitlab.add(f"group/sub/r{number}", topics=["CI"] if number == 3 else [])
    gitlab.add("group/old", archived=True)
    gitlab.add("group/copy", fork=True)
    gitlab.add("group/page", repository_access_level="disabled")
    gitlab.add("bob/x")
    assert len(slugs(Discovery(groups=("group",)))) == 150
    assert slugs(Discovery(groups=("group/sub",), topics=("ci",))) == ["group/sub/r3"]
    assert slugs(Discovery(groups=("bob",))) == ["bob/x"]
    assert slugs(Discovery("gitlab", search="old", archived=True)) == ["group/old"]
    assert forge.calls[0] == ("GET", "/api/v4/groups/group")
    with pytest.raises(GitError, match="404 User Not Found"):
        slugs(Discovery(groups=("nobody",)))


def test_gh_shows_no_headers_so_full_pages_go_on(
    github: Repositories, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A program in the place of gh that asks the forge as gh would."""
    for number in range(200):
        github.add(f"org/r{number}")
    monkeypatch.delenv("GITHUB_TOKEN")
    program = tmp_path / "gh"
    program.write_text(
        f"#!{sys.executable}\nimport os, sys, urllib.request as web\n"
        "if sys.argv[1] == 'api':\n"
        "    address = os.environ['GITHUB_API_URL'] + '/' + sys.argv[-1]\n"
        f"    asked = web.Request(address, headers={{'Authorization': 'token {STRONG}'}})\n"
        "    sys.stdout.buffer.write(web.urlopen(asked).read())\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert len(slugs(Discovery("gh", orgs=("org",)))) == 200
    assert len(slugs(Discovery(orgs=("org",), search="r"))) == 200


@pytest.mark.parametrize(
    ("discovery", "why"),
    [
        (Discovery(topics=("x",)), "name it with --forge"),
        (Discovery("github", groups=("x",)), "--group asks gitlab, and --forge names github"),
        (Discovery("glab", orgs=("x",)), "--org asks github, and --forge names glab"),
        (Discovery(orgs=("x",)), "github.com needs a token"),
        (Discovery("gitlab", search="x"), "gitlab.com needs a token"),
    ],
)
def test_what_cannot_be_asked(discovery: Discovery, why: str, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    del forge
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UsageError, match=why):
        slugs(discovery)


def test_a_list_and_a_forge_are_united(tmp_path: Path) -> None:
    named = read("https://x/o/a main\nhttps://x/o/b.git\n", "list", tmp_path)
    found = [Target("https://x/o/a.git", "o/a"), Target("https://x/o/c.git", "o/c")]
    assert united(named, found) == (*named, found[1])


def test_a_token_is_for_one_address() -> None:
    assert tokens({}) == {}
    given = {"GITHUB_TOKEN": "x", "GITLAB_TOKEN": "", "CI_JOB_TOKEN": "y", "CI_SERVER_URL": "https://git.example.org"}
    assert tokens(given) == {"https://github.com": "GITHUB_TOKEN", "https://git.example.org": "CI_JOB_TOKEN"}


@pytest.fixture
def fresh_workers() -> Iterator[None]:
    """The process that workers are forked from keeps the environment that it was started in."""
    parent: Any = forkserver._forkserver  # noqa: SLF001 - there is no public way to end it
    parent._stop()  # noqa: SLF001
    yield
    parent._stop()  # noqa: SLF001


@pytest.mark.usefixtures("fresh_workers")
def test_an_organisation_from_its_list_to_its_branches(
    cifix: Cifix, forge: Forge, github: Repositories, tmp_path: Path
) -> None:
    for name in ("broken", "bare", "former"):
        forge.repository(f"org/{name}")
    clone = tmp_path / "clone"
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", clone], check=True)
    Tree(clone).commit({".github/workflows/ci.yml": WORKFLOW}, "work")
    for name in ("broken", "former"):
        Tree(clone).git("push", "--quiet", str(forge.root / f"org/{name}.git"), "HEAD:main")
    for name in ("broken", "bare", "hidden"):
        github.add(f"org/{name}")
    forge.moved["/org/renamed.git"] = "/org/former.git"
    run = ("fleet", "plan", "--org", "org", "--jobs", "1", "--select", "upgrade-artifacts", "--format", "json")
    ran = cifix(*run, "--repos", "-", stdin=f"{forge.url}/org/renamed.git\n")
    told = {one["slug"]: (one["state"], one["reason"]) for one in ran.json["repositories"]}
    assert told["org/broken"] == ("planned", "")
    assert told["org/bare"] == ("clean", "there is no commit yet")
    assert told["org/hidden"][0] == "failed"
    assert told["org/hidden"][1].endswith("it does not exist by this name, or whoever asks may not see it")
    assert told["org/renamed"][0] == "failed"
    assert told["org/renamed"][1].endswith("list it by its new address")

    ran = cifix("fleet", "apply", "--include", "org/b*", "--jobs", "1", "--format", "json")
    assert ran.code == 0, ran.err
    tip = Tree(forge.root / "org/broken.git").refs()["refs/heads/cifix/fixes"]
    assert [one["shas"][-1:] for one in ran.json["repositories"]] == [[], [tip]]


def test_options_without_a_forge_are_refused(cifix: Cifix) -> None:
    ran = cifix("fleet", "plan", "--repos", "-", "--forks")
    assert (ran.code, "add --org" in ran.err) == (2, True)
