"""Requests of a fleet: opened, looked at, found again, turned down, withdrawn."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cifix.errors import Exit
from cifix.fleet.report.document import schema
from cifix.forge.block import block_of
from tests.cli.conftest import Cifix, cifix
from tests.cli.test_fleet import eventually
from tests.fleet.served import BRANCH, WORKFLOW, commit, git, made, refs
from tests.fleet.storm import HOOKS, TOKEN, WEAK, Storm, bare, storm
from tests.forge.server import Fault, served

__all__ = ["cifix"]

PR = ("--repos", "repos.txt", "--select", "hook-python3", "--pr")


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[Storm]:
    """A forge on which nothing goes wrong."""
    with storm(tmp_path, 2) as running:
        yield running


def ran(calm: Storm, *arguments: str) -> tuple[int, dict[str, Any]]:
    """A command and its report: what became of each repository, by its name."""
    calm.forge.log.clear()
    code, out, err = calm.run(*arguments, "--format", "json")
    assert out, err
    report = json.loads(out)
    Draft202012Validator(schema()).validate(report)
    return code, {one["slug"]: one for one in report["repositories"]}


def states(report: dict[str, Any]) -> list[str]:
    return [one["state"] for one in report.values()]


def writes(calm: Storm) -> list[str]:
    return [f"{method} {path}" for _, method, path in calm.forge.log if method != "GET"]


def request(calm: Storm, number: int) -> dict[str, Any]:
    """The newest request of a repository."""
    return [one for one in calm.forge.requests if one["project"] == f"o/r{number:03}"][-1]


def test_a_canary_then_the_rest_then_the_state_is_lost_and_all_is_withdrawn(calm: Storm, tmp_path: Path) -> None:
    code, out, err = calm.run("apply", *PR, "--canary", "1", "--format", "json")
    assert (code, states({one["slug"]: one for one in json.loads(out)["repositories"]})) == (7, ["requested", "queued"])
    assert "1 request opened or brought up to date, as --canary asked: look at them" in err
    assert BRANCH not in refs(bare(calm, 1))
    assert "1 repository to go, 0 s at least." in calm.run("status")[1]
    code, report = ran(calm, "apply", *PR, "--canary", "1")
    assert (code, states(report), len(calm.forge.requests)) == (0, ["requested", "requested"], 2)
    assert "to go" not in calm.run("status")[1]

    (tmp_path / "cifix-fleet.db").unlink()
    code, adopted = ran(calm, "adopt", "--repos", "repos.txt")
    assert (code, states(adopted), writes(calm)) == (0, ["requested", "requested"], [])
    assert [one["shas"] for one in adopted.values()] == [one["shas"] for one in report.values()]
    assert [one["request"] for one in adopted.values()] == [one["html_url"] for one in calm.forge.requests]
    before = [refs(bare(calm, number)) for number in range(2)]
    code, report = ran(calm, "apply", *PR)
    assert (code, states(report), writes(calm)) == (0, ["requested", "requested"], [])
    assert before == [refs(bare(calm, number)) for number in range(2)]

    theirs = commit(bare(calm, 1), {"more": b"1"}, "cifix/fixes")
    code, report = ran(calm, "close")
    assert (code, states(report)) == (Exit.HELD, ["closed", "held"])
    assert [one["state"] for one in calm.forge.requests] == ["closed", "open"]
    assert (refs(bare(calm, 0)).get(BRANCH), refs(bare(calm, 1))[BRANCH]) == (None, theirs)
    assert "was withdrawn" in calm.forge.requests[0]["body"]
    code, report = ran(calm, "apply", *PR)  # withdrawn is not turned down
    assert (code, states(report)) == (Exit.HELD, ["requested", "held"])
    assert [one["state"] for one in calm.forge.requests] == ["closed", "open", "open"]


@pytest.mark.parametrize("after", [False, True])
def test_a_withdrawal_that_is_killed_is_not_taken_for_a_refusal(calm: Storm, after: bool) -> None:
    ran(calm, "apply", *PR)
    calm.forge.faults.append(Fault("PATCH", 502, after=after, then=calm.kill))
    code, report = ran(calm, "close")
    assert (code, states(report), calm.killed) == (0, ["closed", "closed"], 1)
    assert not any(BRANCH in refs(bare(calm, number)) for number in range(2))
    assert [one["state"] for one in calm.forge.requests] == ["closed", "closed"]
    code, report = ran(calm, "apply", *PR)
    assert (code, states(report)) == (0, ["requested", "requested"])
    request(calm, 0)["body"] = "Mine."
    code, report = ran(calm, "close")
    assert (code, states(report)) == (Exit.HELD, ["held", "closed"])
    assert report["o/r000"]["reason"].endswith("was not opened by cifix, so it stays with its branch; close it by hand")
    assert (request(calm, 0)["state"], BRANCH in refs(bare(calm, 0))) == ("open", True)


def test_what_a_person_has_decided_stays(calm: Storm) -> None:
    assert states(ran(calm, "apply", *PR)[1]) == ["requested", "requested"]
    request(calm, 0)["state"] = "closed"
    git(bare(calm, 0), "update-ref", "-d", BRANCH)
    request(calm, 1).update({"state": "closed", "merged_at": "2026-11-24T00:00:00Z"})
    merged = git(bare(calm, 1), "rev-parse", BRANCH)
    git(bare(calm, 1), "update-ref", "refs/heads/main", merged)
    git(bare(calm, 1), "update-ref", "-d", BRANCH)
    revert = f"Revert\n\nThis reverts commit {merged}.\n"
    tree = git(bare(calm, 1), "rev-parse", "main~1^{tree}")
    undone = git(bare(calm, 1), "commit-tree", tree, "-p", merged, "-m", revert)
    git(bare(calm, 1), "update-ref", "refs/heads/main", undone)
    commit(bare(calm, 0), {"more": b"1"})
    commit(bare(calm, 1), {"more": b"1"})
    for _ in range(2):  # the second time by what is known
        code, report = ran(calm, "apply", *PR)
        assert (code, states(report), writes(calm)) == (0, ["declined", "clean"], [])
        assert "was closed without a merge" in report["o/r000"]["reason"]
        assert "hook-python3 is off, for a commit of it was reverted" in str(report["o/r001"]["notes"])
        assert not any(BRANCH in refs(bare(calm, number)) for number in range(2))


def test_the_work_of_others_is_held_or_added_to_or_thrown_away(calm: Storm) -> None:
    ran(calm, "apply", *PR)
    first = refs(bare(calm, 0))[BRANCH]
    theirs = [commit(bare(calm, number), {"more": b"1"}, "cifix/fixes") for number in range(2)]
    code, report = ran(calm, "apply", *PR)
    assert (code, states(report), writes(calm)) == (Exit.HELD, ["held", "held"], [])
    code, report = ran(calm, "apply", *PR, "--on-human-edits", "append", "--include", "o/r000")
    assert (code, states(report)) == (0, ["requested"])
    assert refs(bare(calm, 0))[BRANCH] == theirs[0]
    broken = commit(bare(calm, 0), {".pre-commit-config.yaml": HOOKS.replace(b"id: x", b"id: y")}, "cifix/fixes")
    code, report = ran(calm, "apply", *PR, "--on-human-edits", "append", "--include", "o/r000")
    assert git(bare(calm, 0), "rev-parse", f"{BRANCH}~1") == broken
    block = block_of(request(calm, 0)["body"])
    assert block is not None
    assert block.tip == refs(bare(calm, 0))[BRANCH]
    assert ran(calm, "close", "--include", "o/r000")[0] == Exit.HELD
    code, report = ran(calm, "apply", *PR, "--on-human-edits", "recreate", "--include", "o/r000")
    assert git(bare(calm, 0), "rev-parse", f"{BRANCH}^{{tree}}") == git(bare(calm, 0), "rev-parse", f"{first}^{{tree}}")
    assert refs(bare(calm, 1))[BRANCH] == theirs[1]


def test_a_weak_token_and_a_dead_forge_hold_and_fail(calm: Storm) -> None:
    commit(bare(calm, 1), {".github/workflows/ci.yml": WORKFLOW})
    calm.token = WEAK
    every = ("--repos", "repos.txt", "--select", "hook-python3", "--select", "upgrade-artifacts", "--pr")
    code, report = ran(calm, "apply", *every)
    assert (code, states(report)) == (Exit.HELD, ["requested", "held"])
    assert report["o/r001"]["reason"].startswith("needs-workflow-permission")
    calm.faults = 1
    code, report = ran(calm, "apply", *every)
    assert (code, states(report)) == (Exit.REMAIN, ["failed", "failed"])
    assert len(calm.forge.log) <= 11
    calm.faults = 0
    assert calm.run("retry")[1].endswith("Next: cifix fleet apply --pr --state cifix-fleet.db\n")
    assert states(ran(calm, "apply", *every)[1]) == ["requested", "held"]


def test_the_rest_is_published_where_workflow_files_may_not_be(calm: Storm) -> None:
    commit(bare(calm, 1), {".github/workflows/ci.yml": WORKFLOW})
    every = ("--repos", "repos.txt", "--select", "hook-python3", "--select", "upgrade-artifacts", "--pr")
    calm.token = WEAK
    for _ in range(2):
        code, report = ran(calm, "apply", *every, "--split", "workflows")
        assert (code, states(report)) == (Exit.HELD, ["requested", "held"])
        assert report["o/r001"]["reason"].startswith("without upgrade-artifacts: needs-workflow-permission: refusing")
        assert report["o/r001"]["request"] == request(calm, 1)["html_url"]
        assert [one["rule"] for one in report["o/r001"]["commits"]] == ["hook-python3"]
        changed = git(bare(calm, 1), "diff", "--name-only", "main", "cifix/fixes")
        assert changed == ".pre-commit-config.yaml"
    assert len(calm.forge.requests) == 2
    assert writes(calm) == []
    calm.token = TOKEN
    code, report = ran(calm, "apply", *every)  # --split is remembered
    assert (code, states(report), len(calm.forge.requests)) == (0, ["requested", "requested"], 2)
    assert len(git(bare(calm, 1), "diff", "--name-only", "main", "cifix/fixes").splitlines()) == 2
    assert "upgrade-artifacts" in request(calm, 1)["body"]


def test_the_rest_stays_turned_down_too(calm: Storm) -> None:
    commit(bare(calm, 0), {".github/workflows/ci.yml": WORKFLOW})
    every = ("--select", "hook-python3", "--select", "upgrade-artifacts", "--pr", "--split", "workflows")
    calm.token = WEAK
    ran(calm, "apply", "--repos", "repos.txt", *every, "--include", "o/r000")
    request(calm, 0)["state"] = "closed"
    git(bare(calm, 0), "update-ref", "-d", BRANCH)
    code, report = ran(calm, "apply", *every, "--include", "o/r000")
    assert (code, states(report), writes(calm)) == (0, ["declined"], [])
    assert BRANCH not in refs(bare(calm, 0))
    commit(bare(calm, 1), {".github/workflows/ci.yml": WORKFLOW})
    code, report = ran(calm, "apply", *every[2:], "--repos", "repos.txt", "--include", "o/r001")
    assert (code, states(report)) == (Exit.HELD, ["held"])
    assert report["o/r001"]["reason"].startswith("needs-workflow-permission")


def test_a_forge_that_asks_for_patience_holds_up_no_other(calm: Storm, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with served(tmp_path / "other", {TOKEN: "workflow"}) as other:
        commit(other.repository("g/p"), {".pre-commit-config.yaml": HOOKS})
        calm.ways = {"CI_SERVER_URL": other.url, "GITLAB_TOKEN": TOKEN}
        with (tmp_path / "repos.txt").open("a") as listed:
            listed.write(f"{other.url}/g/p.git\n")
        calm.forge.faults.append(Fault("GET", 429, {"message": "rate limit"}, {"Retry-After": "1000000"}))
        running = calm.started("apply", *PR)
        try:
            eventually(lambda: other.requests, 120)
        finally:
            running.kill()
            running.communicate()
        assert [method for _, method, _ in calm.forge.log] == ["GET"]
        assert [one["state"] for one in other.requests] == ["opened"]


def test_the_time_that_is_left_knows_the_limit_that_was_typed(tmp_path: Path) -> None:
    with storm(tmp_path, 3, speed=1) as slow:
        assert slow.run("apply", *PR, "--canary", "1", "--per-hour", "1")[0] == Exit.HELD
        assert re.search(r"2 repositories to go, (11\d min|2 h 0 min) at least", slow.run("status")[1])


def test_folders_get_files_and_wrong_use_is_refused(cifix: Cifix, tmp_path: Path) -> None:
    repo = made(tmp_path / "one.git", {".pre-commit-config.yaml": HOOKS})
    (tmp_path / "repos.txt").write_text("one.git\n")
    done = cifix("fleet", "apply", *PR, "--label", "ci")
    assert done.code == 0, done.err
    [folder] = [file.parent for file in (tmp_path / "cifix-fleet.db-requests").rglob("request.json")]
    assert f"requested {str(repo).strip('/').removesuffix('.git')} {folder}" in done.text
    assert json.loads((folder / "request.json").read_text())["labels"] == ["ci"]
    assert "commit" not in cifix("fleet", "apply", *PR).err
    assert cifix("fleet", "close").code == 0
    assert json.loads((folder / "request.json").read_text())["state"] == "closed"
    done = cifix("fleet", "apply", "--repos", "repos.txt", "--label", "ci")
    assert (done.code, "add --pr" in done.err) == (Exit.USAGE, True)
    (tmp_path / "far.txt").write_text("https://nowhere.example/o/r\n")
    done = cifix("fleet", "apply", "--repos", "far.txt", "--pr", "--state", "far.db")
    assert (done.code, "which is neither github.com nor gitlab.com" in done.text) == (Exit.REMAIN, True)
