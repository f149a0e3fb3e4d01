"""`cifix pr` against a forge: one request per plan, nobody's work is lost, no token shows."""

import re

import jsonschema
import pytest

from cifix.errors import Exit
from cifix.forge.block import block_of
from cifix.forge.delivery import schema
from tests.cli.conftest import Cifix
from tests.forge.conftest import HOOKS, STRONG, WEAK, WORKFLOW, Project
from tests.forge.server import Forge
from tests.vcs.repositories import seen

BRANCH = "cifix/fixes"


def test_the_first_run_pushes_and_opens_and_leaves_the_clone_alone(cifix: Cifix, forge: Forge, github: Project) -> None:
    before = seen(github.clone)
    done = cifix(
        "pr", github.clone.path, "--label", "ci", "--label", "bot", "--reviewer", "bob", "--reviewer", "o/team"
    )
    assert (done.code, done.err) == (0, "")
    assert f"Request opened: {forge.url}/o/r/pull/1" in done.text
    assert "CI runs start by themselves." in done.text
    assert seen(github.clone) == before
    [request] = forge.requests
    assert request["title"].startswith("ci: ")
    assert (request["labels"], request["reviewers"]) == (["ci", "bot"], ["bob", "team"])
    assert (request["head"]["ref"], request["base"]["ref"], request["draft"]) == (BRANCH, "main", False)
    block = block_of(request["body"])
    assert block is not None
    assert block.tip == github.tip()
    assert github.bare.blob(f"{BRANCH}:.pre-commit-config.yaml") == HOOKS.replace(b"python ", b"python3 ")


def test_a_second_run_writes_nothing(cifix: Cifix, forge: Forge, github: Project) -> None:
    cifix("pr", github.clone.path, "--label", "ci", "--reviewer", "bob")
    tip = github.tip()
    forge.calls.clear()
    done = cifix("pr", github.clone.path, "--label", "ci", "--reviewer", "bob")
    assert done.code == 0
    assert "Request unchanged" in done.text
    assert forge.writes == []
    assert github.tip() == tip


def test_a_new_base_updates_the_branch_and_the_same_request(cifix: Cifix, forge: Forge, github: Project) -> None:
    cifix("pr", github.clone.path)
    first = github.tip()
    oid = github.commit({"b.txt": b"y\n"})
    done = cifix("pr", github.clone.path, "--label", "later")
    assert "Request updated" in done.text
    assert github.tip() != first
    assert github.bare.git("rev-parse", f"{BRANCH}~1") == oid
    assert len(forge.requests) == 1
    assert forge.requests[0]["labels"] == ["later"]
    block = block_of(forge.requests[0]["body"])
    assert block is not None
    assert block.tip == github.tip()


def test_what_people_write_around_our_text_stays(cifix: Cifix, forge: Forge, github: Project) -> None:
    cifix("pr", github.clone.path)
    request = forge.requests[0]
    request["body"] = "A word from Ada.\r\n" + request["body"].replace("\n", "\r\n") + "And another."
    request["title"] = "Ada's title"
    github.commit({"b.txt": b"y\n"})
    cifix("pr", github.clone.path)
    assert request["body"].startswith("A word from Ada.\n<!-- cifix:begin -->")
    assert request["body"].endswith("And another.")
    assert request["title"] == "Ada's title"
    assert request["body"].count("<!-- cifix {") == 1


def test_nothing_to_fix_opens_nothing(cifix: Cifix, forge: Forge, github: Project) -> None:
    github.commit({".pre-commit-config.yaml": HOOKS.replace(b"python ", b"python3 ")})
    done = cifix("pr", github.clone.path)
    assert done.code == 0
    assert "Nothing to fix." in done.text
    assert forge.writes == []
    assert github.tip() is None


def test_a_dry_run_reads_only(cifix: Cifix, forge: Forge, github: Project) -> None:
    before = seen(github.clone)
    done = cifix("pr", github.clone.path, "--dry-run")
    assert done.code == Exit.FOUND
    assert f"Request would open: {BRANCH} into main" in done.text
    assert "Next: cifix pr" in done.text
    assert (forge.writes, github.tip()) == ([], None)
    assert seen(github.clone) == before


def test_a_request_that_somebody_closed_stays_closed(cifix: Cifix, forge: Forge, github: Project) -> None:
    cifix("pr", github.clone.path)
    forge.requests[0]["state"] = "closed"
    github.commit({"b.txt": b"y\n"})
    tip = github.tip()
    forge.calls.clear()
    done = cifix("pr", github.clone.path)
    assert done.code == 0
    assert "Turned down" in done.text
    assert (forge.writes, github.tip()) == ([], tip)
    github.commit({"pyproject.toml": b"[tool.cifix]\nexclude = ['vendor/']\n"})
    assert "Request opened" in cifix("pr", github.clone.path).text
    assert len(forge.requests) == 2


def test_a_merged_request_is_followed_by_another(cifix: Cifix, forge: Forge, github: Project) -> None:
    cifix("pr", github.clone.path)
    forge.requests[0] |= {"state": "closed", "merged_at": "2026-11-24T00:00:00Z"}
    github.commit({".pre-commit-config.yaml": HOOKS.replace(b"id: x", b"id: y")})
    assert "Request opened" in cifix("pr", github.clone.path).text
    assert len(forge.requests) == 2


def human(project: Project, *, amend: bool = False) -> str:
    clone = project.clone
    clone.git("fetch", "--quiet", str(project.bare.path), BRANCH)
    clone.git("switch", "--quiet", "--detach", "FETCH_HEAD")
    clone.write({"human.txt": b"hello\n"})
    clone.git("add", "--all")
    clone.git("commit", "--quiet", *(["--amend", "--no-edit"] if amend else ["-m", "a human touch"]))
    clone.git("push", "--quiet", "--force", str(project.bare.path), f"HEAD:{BRANCH}")
    oid = clone.git("rev-parse", "HEAD")
    clone.git("switch", "--quiet", "main")
    return oid


@pytest.mark.parametrize("amend", [False, True])
def test_the_work_of_others_holds_the_branch(cifix: Cifix, forge: Forge, github: Project, *, amend: bool) -> None:
    cifix("pr", github.clone.path)
    theirs = human(github, amend=amend)
    forge.calls.clear()
    done = cifix("pr", github.clone.path, "--format", "json")
    assert done.code == Exit.HELD
    jsonschema.validate(done.json, schema())
    [delivery] = done.json["deliveries"]
    assert (delivery["state"], delivery["held"]) == ("held", "others-commits")
    assert theirs[:10] in delivery["reason"]
    assert (forge.writes, github.tip()) == ([], theirs)


def test_append_adds_to_the_work_of_others(cifix: Cifix, forge: Forge, github: Project) -> None:
    cifix("pr", github.clone.path)
    theirs = human(github)
    assert "unchanged" in cifix("pr", github.clone.path, "--on-human-edits", "append").text
    assert github.tip() == theirs
    clone = github.clone
    clone.git("switch", "--quiet", "--detach", theirs)
    clone.commit({".pre-commit-config.yaml": HOOKS.replace(b"id: x", b"id: y")}, "broken again")
    clone.git("push", "--quiet", str(github.bare.path), f"HEAD:{BRANCH}")
    broken = clone.git("rev-parse", "HEAD")
    clone.git("switch", "--quiet", "main")
    done = cifix("pr", clone.path, "--on-human-edits", "append")
    assert "Request updated" in done.text
    assert github.bare.git("rev-parse", f"{BRANCH}~1") == broken
    assert cifix("pr", clone.path).code == Exit.HELD
    assert len(forge.requests) == 1


def test_recreate_throws_it_away_only_when_asked(cifix: Cifix, github: Project) -> None:
    cifix("pr", github.clone.path)
    first = github.tip()
    human(github)
    assert "Request updated" in cifix("pr", github.clone.path, "--on-human-edits", "recreate").text
    assert github.bare.git("rev-parse", f"{BRANCH}^{{tree}}") == github.bare.git("rev-parse", f"{first}^{{tree}}")


def test_the_button_that_updates_a_branch_holds_nothing(cifix: Cifix, github: Project) -> None:
    cifix("pr", github.clone.path)
    github.commit({"b.txt": b"y\n"})
    clone = github.clone
    clone.git("fetch", "--quiet", str(github.bare.path), BRANCH)
    clone.git("switch", "--quiet", "--detach", "FETCH_HEAD")
    clone.git("merge", "--quiet", "--no-edit", "main")
    clone.git("push", "--quiet", str(github.bare.path), f"HEAD:{BRANCH}")
    clone.git("switch", "--quiet", "main")
    assert "Request updated" in cifix("pr", clone.path).text
    assert cifix("pr", clone.path).code == 0


def test_workflow_files_need_their_permission(
    cifix: Cifix, forge: Forge, github: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    github.commit({".github/workflows/ci.yml": WORKFLOW})
    done = cifix("pr", github.clone.path, "--format", "json")
    assert done.code == Exit.HELD
    assert done.json["deliveries"][0]["held"] == "needs-workflow-permission"
    assert (forge.writes, github.tip()) == ([], None)
    monkeypatch.setenv("GITHUB_TOKEN", STRONG)
    assert "Request opened" in cifix("pr", github.clone.path).text


def test_the_scopes_of_a_classic_token_are_seen_before_the_push(cifix: Cifix, forge: Forge, github: Project) -> None:
    github.commit({".github/workflows/ci.yml": WORKFLOW})
    forge.classic = True
    (github.bare.path / "hooks/pre-receive").unlink()
    assert cifix("pr", github.clone.path).code == Exit.HELD
    assert github.tip() is None


def test_the_rest_lands_when_workflow_files_are_split_off(cifix: Cifix, forge: Forge, github: Project) -> None:
    github.commit({".github/workflows/ci.yml": WORKFLOW})
    done = cifix("pr", github.clone.path, "--split", "workflows", "--format", "json")
    assert done.code == Exit.HELD
    jsonschema.validate(done.json, schema())
    assert [(one["state"], one["branch"]) for one in done.json["deliveries"]] == [
        ("opened", BRANCH),
        ("held", f"{BRANCH}-workflows"),
    ]
    assert github.bare.blob(f"{BRANCH}:.github/workflows/ci.yml") == WORKFLOW
    assert len(forge.requests) == 1


def test_a_reverted_commit_keeps_its_rule_off(cifix: Cifix, forge: Forge, github: Project) -> None:
    cifix("pr", github.clone.path)
    forge.requests[0] |= {"state": "closed", "merged_at": "2026-11-24T00:00:00Z"}
    clone = github.clone
    clone.git("pull", "--quiet", "--ff-only", str(github.bare.path), BRANCH)
    clone.git("revert", "--no-edit", "HEAD")
    github.commit({"b.txt": b"y\n"})
    forge.calls.clear()
    done = cifix("pr", clone.path)
    assert done.code == 0
    assert "hook-python3 is off, for a commit of it was reverted" in done.text
    assert forge.writes == []
    clone.git("revert", "--no-edit", "HEAD~1")
    clone.git("revert", "--no-edit", "HEAD")
    github.commit({"c.txt": b"y\n"})
    assert "is off" in cifix("pr", clone.path).text
    github.commit({"pyproject.toml": b"[tool.cifix]\nexclude = ['vendor/']\n"})
    assert "Request opened" in cifix("pr", clone.path).text


def test_the_token_of_actions_makes_runs_wait_or_none_at_all(cifix: Cifix, forge: Forge, github: Project) -> None:
    forge.login = "github-actions[bot]"
    assert "No CI run starts by itself" in cifix("pr", github.clone.path).text


def test_no_token_shows_anywhere(cifix: Cifix, forge: Forge, github: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    github.commit({".github/workflows/ci.yml": WORKFLOW})
    told = [cifix("pr", github.clone.path, "--format", form) for form in ("text", "json", "markdown")]
    told.append(cifix("pr", github.clone.path, "--split", "workflows"))
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_wrongwrongwrongwrongwrong")
    told.append(cifix("pr", github.clone.path))
    assert told[-1].code == Exit.GIT
    shown = "".join(one.text + one.err for one in told) + "".join(str(one) for one in forge.requests)
    files = [file.read_bytes() for file in github.clone.path.rglob("*") if file.is_file()]
    for token in (WEAK, "ghp_wrong"):
        assert token not in shown
        assert not any(token.encode() in data for data in files)
    assert not re.search(r"Basic [A-Za-z0-9+/]{8}", shown)


def test_a_protected_branch_is_held_with_its_reason(cifix: Cifix, forge: Forge, github: Project) -> None:
    hook = github.bare.path / "hooks/pre-receive"
    hook.write_text(
        "#!/bin/sh\necho 'error: GH006: Protected branch update failed for refs/heads/cifix/fixes.' >&2\nexit 1\n"
    )
    done = cifix("pr", github.clone.path, "--format", "json")
    assert done.code == Exit.HELD
    assert done.json["deliveries"][0]["held"] == "protected"
    assert forge.writes == []
    assert "Held (protected): the branch is protected" in cifix("pr", github.clone.path).text
    assert "Held (protected)" in cifix("pr", github.clone.path, "--format", "markdown").text


def test_a_label_that_is_refused_loses_no_request_and_is_added_later(
    cifix: Cifix, forge: Forge, github: Project
) -> None:
    asked = ("pr", github.clone.path, "--label", "ci", "--reviewer", "bob")
    forge.refused = {"labels": (403, {"message": "Resource not accessible"})}
    done = cifix(*asked)
    assert done.code == Exit.HELD
    assert f"Request opened: {forge.url}/o/r/pull/1" in done.text
    assert "It lacks labels or reviewers: the forge refused to label request 1: Resource not accessible" in done.text
    forge.refused = {}
    done = cifix(*asked)
    assert (done.code, len(forge.requests)) == (0, 1)
    assert (forge.requests[0]["labels"], forge.requests[0]["reviewers"]) == (["ci"], ["bob"])


def test_a_label_that_somebody_took_away_is_not_added_again(cifix: Cifix, forge: Forge, github: Project) -> None:
    asked = ("pr", github.clone.path, "--label", "ci", "--reviewer", "o/team")
    cifix(*asked)
    forge.requests[0] |= {"labels": [], "reviewers": []}
    forge.calls.clear()
    assert "unchanged" in cifix(*asked).text
    assert forge.writes == []
