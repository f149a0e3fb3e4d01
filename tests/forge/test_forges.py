"""Each way to a forge, and what happens when one refuses, is slow, or is not what it seems."""

import base64
import json
import logging
import os
import re
import stat
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cifix.errors import Exit, UsageError
from cifix.forge.block import Block, block_of, woven
from cifix.forge.choose import choose
from cifix.forge.delivery import schema
from cifix.forge.publish import withdraw
from cifix.vcs.exchange import Address
from tests.cli.conftest import Cifix
from tests.forge.conftest import HOOKS, STRONG, WEAK, WORKFLOW, Project
from tests.forge.server import Fault, Forge
from tests.vcs.repositories import Tree, made

BRANCH = "cifix/fixes"


@pytest.fixture
def gitlab(forge: Forge, project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("CI_SERVER_URL", forge.url)
    monkeypatch.setenv("GITLAB_TOKEN", STRONG)
    project.commit({".pre-commit-config.yaml": HOOKS, ".github/workflows/ci.yml": WORKFLOW})
    return project


def test_merge_requests_of_gitlab(cifix: Cifix, forge: Forge, gitlab: Project) -> None:
    asked = ("pr", gitlab.clone.path, "--label", "ci", "--reviewer", "bob", "--draft")
    assert "Request opened" in cifix(*asked).text
    [request] = forge.requests
    assert (request["labels"], request["reviewer_ids"]) == ("ci", [7])
    assert request["title"].startswith("Draft: ci: fix ")
    assert request["remove_source_branch"] is True
    forge.calls.clear()
    assert "Request unchanged" in cifix(*asked).text
    assert forge.writes == []
    gitlab.commit({"b.txt": b"y\n"})
    assert "Request updated" in cifix(*asked, "--label", "more").text
    assert request["add_labels"] == "more"
    block = block_of(request["description"])
    assert block is not None
    assert block.tip == gitlab.tip()
    request["state"] = "closed"
    assert "Turned down" in cifix(*asked).text


def test_gitlab_knows_whom_to_ask(cifix: Cifix, gitlab: Project) -> None:
    done = cifix("pr", gitlab.clone.path, "--reviewer", "nobody")
    assert done.code == Exit.GIT
    assert "knows no user nobody" in done.err


def test_the_token_of_a_job_is_taken_too(cifix: Cifix, gitlab: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITLAB_TOKEN")
    monkeypatch.setenv("CI_JOB_TOKEN", "wrong")
    done = cifix("pr", gitlab.clone.path)
    assert done.code == Exit.GIT
    assert "give a token that may read it" in done.err


def test_a_secondary_limit_is_waited_for(cifix: Cifix, forge: Forge, github: Project) -> None:
    forge.faults = [
        Fault("POST", 403, {"message": "You have exceeded a secondary rate limit"}, {"Retry-After": "1"}),
        Fault("POST", 429, {"message": "Too many"}, {"Retry-After": "1"}),
        Fault("GET", 502),
    ]
    assert "Request opened" in cifix("pr", github.clone.path).text
    assert len(forge.requests) == 1
    assert forge.faults == []


def test_an_answer_that_is_lost_makes_no_second_request(cifix: Cifix, forge: Forge, github: Project) -> None:
    forge.faults = [Fault("POST", 502, after=True)]
    assert "Request opened" in cifix("pr", github.clone.path).text
    assert len(forge.requests) == 1
    assert "unchanged" in cifix("pr", github.clone.path).text


def test_a_refusal_is_told_and_the_next_run_goes_on(cifix: Cifix, forge: Forge, github: Project) -> None:
    forge.faults = [Fault("POST", 403, {"message": "Resource not accessible by integration"})]
    done = cifix("pr", github.clone.path)
    assert done.code == Exit.GIT
    assert "Resource not accessible by integration (403)" in done.err
    tip = github.tip()
    assert tip is not None
    assert "Request opened" in cifix("pr", github.clone.path).text
    assert github.tip() == tip


def test_where_drafts_are_not_to_be_had_the_request_is_opened_all_the_same(
    cifix: Cifix, forge: Forge, github: Project
) -> None:
    forge.faults = [Fault("POST", 422, {"message": "Draft pull requests are not supported in this repository."})]
    assert "Request opened" in cifix("pr", github.clone.path, "--draft").text
    assert forge.requests[0]["draft"] is False


def test_a_request_of_a_fork_with_a_branch_of_that_name_is_not_ours(
    cifix: Cifix, forge: Forge, github: Project
) -> None:
    cifix("pr", github.clone.path)
    forge.requests[0]["head"]["repo"]["full_name"] = "mallory/r"
    forge.requests[0]["state"] = "closed"
    assert "Request opened" in cifix("pr", github.clone.path).text


def test_a_request_that_a_person_opened_for_the_branch_keeps_its_text(
    cifix: Cifix, forge: Forge, github: Project
) -> None:
    cifix("pr", github.clone.path)
    forge.requests[0]["body"] = "mine"
    github.commit({"b.txt": b"y\n"})
    assert "Request updated" in cifix("pr", github.clone.path).text
    assert forge.requests[0]["body"] == "mine"


STAND_IN = """\
#!{python}
import json, sys, urllib.request, urllib.error
arguments = sys.argv[1:]
if arguments[:2] == ["auth", "status"]:
    sys.exit(0)
assert arguments[0] == "api"
method, host, address = arguments[2], arguments[4], arguments[-1]
data = sys.stdin.buffer.read() if "--input" in arguments else None
asked = urllib.request.Request("{url}{prefix}" + address, data, method=method)
asked.add_header("Authorization", "Bearer {token}")
try:
    sys.stdout.buffer.write(urllib.request.urlopen(asked).read())
except urllib.error.HTTPError as why:
    sys.stdout.buffer.write(why.read())
    sys.exit("{name}: it failed (HTTP %d)" % why.code)
"""


@pytest.mark.parametrize(("name", "prefix"), [("gh", "/api/v3/"), ("glab", "/api/v4/")])
def test_the_program_that_the_user_is_logged_in_with(
    cifix: Cifix,
    forge: Forge,
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    prefix: str,
) -> None:
    place = tmp_path / "bin" / name
    place.parent.mkdir()
    place.write_text(STAND_IN.format(python=sys.executable, url=forge.url, prefix=prefix, token=STRONG, name=name))
    place.chmod(place.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{place.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GITHUB_SERVER_URL" if name == "gh" else "CI_SERVER_URL", forge.url)
    own = Path(os.environ["GIT_CONFIG_GLOBAL"])
    kept = own.read_text()
    own.write_text(f'{kept}[credential]\n\thelper = "!echo username=x; echo password={STRONG}; :"\n')
    try:
        project.commit({".pre-commit-config.yaml": HOOKS})
        assert "Request opened" in cifix("pr", project.clone.path).text
        assert "Request unchanged" in cifix("pr", project.clone.path).text
        forge.faults = [Fault("GET", 404, {"message": "Not Found"})]
        done = cifix("pr", project.clone.path)
        assert (done.code, "Not Found (404)" in done.err) == (Exit.GIT, True)
    finally:
        own.write_text(kept)


def test_a_remote_that_is_a_folder_gets_files(cifix: Cifix, tmp_path: Path) -> None:
    bare, tree = made(tmp_path / "bare.git", "--bare"), made(tmp_path / "tree")
    tree.git("remote", "add", "origin", "../bare.git")
    tree.commit({".pre-commit-config.yaml": HOOKS})
    tree.git("push", "--quiet", "origin", "main")
    done = cifix("pr", tree.path, "--label", "ci")
    folder = tree.path / ".git/cifix/requests/cifix-fixes"
    assert f"Request opened: {folder}" in done.text
    told = json.loads((folder / "request.json").read_text())
    assert (told["state"], told["labels"], told["base"]) == ("open", ["ci"], "main")
    tree.git("apply", "--check", str(folder / "changes.patch"))
    assert "cifix:begin" in (folder / "body.md").read_text()
    assert f"refs/heads/{BRANCH}" in bare.refs()
    assert "Request unchanged" in cifix("pr", tree.path).text
    (folder / "request.json").write_text(json.dumps({**told, "state": "closed"}))
    assert "Turned down" in cifix("pr", tree.path).text
    (folder / "request.json").write_text("{}")
    assert cifix("pr", tree.path).code == Exit.GIT


@pytest.mark.parametrize(
    ("url", "host", "environ", "why"),
    [
        ("https://evil.example/o/r", "evil.example", {"GITHUB_TOKEN": WEAK}, "neither github.com nor gitlab.com"),
        ("http://github.com/o/r", "github.com", {"GITHUB_TOKEN": WEAK}, "neither"),
        ("https://ghes.example/o/r", "ghes.example", {"GITHUB_SERVER_URL": "http://ghes.example"}, "without encrypt"),
        ("git@github.com:o/r", "github.com", {"PATH": ""}, "GITHUB_TOKEN"),
        ("git@gitlab.com:o/r", "gitlab.com", {"PATH": ""}, "GITLAB_TOKEN"),
        (
            "git@github.com:o/r",
            "github.com",
            {"CIFIX_APP_ID": "1", "CIFIX_APP_KEY_FILE": "/none/such"},
            "cannot be read",
        ),
    ],
)
def test_a_token_goes_to_its_own_host_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, url: str, host: str, environ: dict[str, str], why: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=why):
        choose(Address(url, host, "o/r"), "auto", environ, tmp_path)


def test_ssh_remotes_get_no_token_and_the_forge_does(tmp_path: Path) -> None:
    way = choose(Address("git@github.com:o/r", "github.com", "o/r"), "auto", {"GH_TOKEN": WEAK}, tmp_path)
    assert way.credential is None
    assert way.forge.name == "github"
    way = choose(Address("https://gitlab.com/g/r", "gitlab.com", "g/r"), "auto", {"GITLAB_TOKEN": WEAK}, tmp_path)
    assert way.credential is not None
    assert (way.credential.base, way.credential.user) == ("https://gitlab.com/", "oauth2")
    assert WEAK not in repr(way)


def test_what_a_block_says_cannot_end_the_comment_it_stands_in() -> None:
    block = Block("p", "t", "b", "--> <script>", ("a--b",), ())
    body = woven("text", block)
    assert block_of(body) == block
    assert body.count("-->") == 3
    assert block_of("<!-- cifix {} -->") is None
    assert block_of("<!-- cifix {]} -->") is None


def test_the_default_branch_is_asked_for_and_must_be_there(cifix: Cifix, github: Project) -> None:
    done = cifix("pr", github.clone.path, "--base", "nowhere")
    assert (done.code, "has no branch nowhere" in done.err) == (Exit.GIT, True)


def test_another_repository_cannot_be_named_by_a_typo(cifix: Cifix, github: Project) -> None:
    done = cifix("pr", github.clone.path, "--remote", "orgin")
    assert (done.code, "no remote called orgin" in done.err) == (Exit.GIT, True)


def test_a_clone_without_history_or_blobs_is_enough(
    cifix: Cifix, forge: Forge, github: Project, tmp_path: Path
) -> None:
    for bits in (["--depth=1"], ["--depth=1", "--filter=blob:none", "--no-checkout"]):
        clone = Tree(tmp_path / f"clone{len(bits)}")
        github.clone.git("clone", "--quiet", *bits, f"file://{github.bare.path}", str(clone.path))
        clone.git("remote", "set-url", "origin", f"{forge.url}/o/r.git")
        assert cifix("pr", clone.path).code == 0
    assert len(forge.requests) == 1


def test_an_app_gets_a_token_for_this_project_and_no_more(
    cifix: Cifix, forge: Forge, github: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key.pem").write_bytes(key.private_bytes(*form))
    monkeypatch.delenv("GITHUB_TOKEN")
    monkeypatch.setenv("CIFIX_APP_ID", "12")
    monkeypatch.setenv("CIFIX_APP_KEY_FILE", str(tmp_path / "key.pem"))
    github.commit({".github/workflows/ci.yml": WORKFLOW})
    forge.app = {"contents": "write", "pull_requests": "write"}
    assert cifix("pr", github.clone.path).code == Exit.HELD
    assert github.tip() is None
    forge.app = {"contents": "write", "pull_requests": "write", "workflows": "write", "administration": "write"}
    forge.headers.clear()
    assert "Request opened" in cifix("pr", github.clone.path).text
    told = jwt.decode(forge.headers[0].removeprefix("Bearer "), key.public_key(), algorithms=["RS256"])
    assert told["iss"] == "12"
    assert forge.asked == {"contents": "write", "metadata": "read", "pull_requests": "write", "workflows": "write"}
    (tmp_path / "key.pem").write_text("no key")
    done = cifix("pr", github.clone.path)
    assert (done.code, "not an RSA private key" in done.err) == (Exit.GIT, True)
    forge.app = None
    (tmp_path / "key.pem").write_bytes(key.private_bytes(*form))
    assert "gives App 12 no token for o/r" in cifix("pr", github.clone.path).err


def test_no_token_is_in_an_argument_or_a_log(
    cifix: Cifix,
    forge: Forge,
    github: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    assert cifix("pr", github.clone.path).code == 0
    address = f"{forge.url}/o/r.git".replace("://", f"://ada:{STRONG}@")
    assert "Request opened" in cifix("pr", github.clone.path, "--remote", address, "--forge", "local").text
    trace = (tmp_path / "trace").read_text()
    assert "push" in trace
    for token in (WEAK, STRONG):
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        for secret in (token, basic):
            assert secret not in trace
            assert secret not in caplog.text


def test_an_open_merge_request_that_somebody_made_meanwhile_is_taken(
    cifix: Cifix, forge: Forge, gitlab: Project
) -> None:
    forge.faults = [Fault("POST", 409, {"message": ["Another open merge request already exists"]}, after=True)]
    assert "Request opened" in cifix("pr", gitlab.clone.path).text
    assert len(forge.requests) == 1


def test_a_forge_that_does_not_answer_is_an_error(
    cifix: Cifix, github: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cifix.forge.calls._TRIES", 0)
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:1/api/v3")
    done = cifix("pr", github.clone.path)
    assert (done.code, "http://127.0.0.1:1/api/v3 does not answer" in done.err) == (Exit.GIT, True)
    assert WEAK not in done.err


@pytest.mark.parametrize(("module", "extra"), [("github", "cifix[github]"), ("gitlab", "cifix[gitlab]")])
def test_a_library_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    address = Address(f"git@{module}.com:o/r", f"{module}.com", "o/r")
    with pytest.raises(UsageError, match=re.escape(extra)):
        choose(address, "auto", {"GITHUB_TOKEN": WEAK, "GITLAB_TOKEN": WEAK}, tmp_path)


def test_a_folder_is_brought_up_to_date_too(cifix: Cifix, tmp_path: Path) -> None:
    bare, tree = made(tmp_path / "bare.git", "--bare"), made(tmp_path / "tree")
    tree.commit({".pre-commit-config.yaml": HOOKS, ".github/workflows/ci.yml": WORKFLOW})
    tree.git("push", "--quiet", str(bare.path), "main")
    assert cifix("pr", tree.path, "--remote", bare.path).code == 0
    tree.commit({"b.txt": b"y\n"})
    tree.git("push", "--quiet", str(bare.path), "main")
    done = cifix("pr", tree.path, "--remote", bare.path, "--format", "json")
    assert done.json["deliveries"][0]["state"] == "updated"
    jsonschema.validate(done.json, schema())
    hook = bare.path / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho closed on Sundays >&2\nexit 1\n")
    hook.chmod(0o755)
    tree.commit({"c.txt": b"y\n"})
    tree.git("-c", "receive.denyCurrentBranch=ignore", "fetch", "--quiet", str(bare.path))
    bare.git("fetch", "--quiet", str(tree.path), "main:main")
    done = cifix("pr", tree.path, "--remote", bare.path)
    assert (done.code, "closed on Sundays" in done.err) == (Exit.GIT, True)
    bare.git("symbolic-ref", "HEAD", "refs/heads/none")
    assert "does not say which branch is its default" in cifix("pr", tree.path, "--remote", bare.path).err


def test_a_merge_request_is_withdrawn_with_its_text(
    cifix: Cifix, forge: Forge, gitlab: Project, tmp_path: Path
) -> None:
    assert cifix("pr", gitlab.clone.path).code == 0
    address = Address(f"{forge.url}/o/r.git", forge.url.removeprefix("http://"), "o/r")
    way = choose(address, "gitlab", os.environ, tmp_path, lambda call: call)
    [request] = way.forge.requests(BRANCH)
    assert withdraw(way.forge, request)
    assert (forge.requests[0]["state"], "was withdrawn" in forge.requests[0]["description"]) == ("closed", True)
    assert not withdraw(way.forge, replace(request, body="mine"))
    assert "Request opened" in cifix("pr", gitlab.clone.path).text
