import os
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import jsonschema
import pytest

from cifix.cli.apply import BRANCH
from cifix.cli.transaction import UNBORN
from cifix.errors import Exit
from cifix.model.snapshot import EXECUTABLE, File
from cifix.report.machine import schema
from cifix.testing import build
from cifix.vcs.commit import filtered
from cifix.vcs.repository import Repository
from tests.cli.conftest import Cifix
from tests.conftest import Git

HOOKS = b"repos:\n  - repo: local\n    hooks:\n      - id: x\n        entry: python -m x\n        language: system\n"
WORKFLOW = b"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/upload-artifact@v3\n"
CONFIGURED = b"[rules.upgrade-artifacts]\ntarget = 'latest'\n"
HARD = (
    b"on: push\njobs:\n  a:\n    runs-on: x\n    strategy: {matrix: {os: [a, b]}}\n    steps:\n"
    b"      - uses: actions/upload-artifact@v3\n        with: {name: a/b, path: x}\n"
)
CYCLE = {
    "pkg/__init__.py": b'from .a import A\nfrom .b import B\n\n__all__ = ["A", "B"]\n',
    "pkg/a.py": b"from pkg import B\n\n\nclass A(B):\n    pass\n",
    "pkg/b.py": b"class B:\n    pass\n",
}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """One finding that can be fixed, in a file that is executable and lacks its last newline."""
    folder = tmp_path / "repo"
    build({".pre-commit-config.yaml": File(HOOKS.removesuffix(b"\n"), EXECUTABLE), "a.txt": File(b"x\n")}, folder)
    return folder


def more(repo: Path, git: Git, files: dict[str, bytes]) -> None:
    """Commit more files."""
    for path, data in files.items():
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_bytes(data)
    git("add", "-A", cwd=repo)
    git("commit", "-qm", "more", cwd=repo)


def test_nothing_to_do_is_zero_and_makes_no_branch(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    build({"a.txt": File(b"x")}, tmp_path / "clean")
    for arguments in (["apply"], ["apply", "--dry-run"], ["apply", "--in-place"], ["check"]):
        done = cifix(*arguments, "clean")
        assert (done.code, done.text) == (0, "Nothing to fix.\n")
    assert git("branch", "--list", "cifix/*", cwd=tmp_path / "clean") == b""


def test_apply_commits_on_the_branch_and_says_so(cifix: Cifix, git: Git, repo: Path) -> None:
    done = cifix("apply", repo)
    assert done.code == 0
    assert "Fixed 1 finding in 1 file with 1 commit on branch cifix/fixes." in done.text
    base = git("rev-parse", "HEAD", cwd=repo).decode().strip()
    assert f"Next: git -C {repo} log -p {base}..cifix/fixes" in done.text
    assert git("ls-tree", "cifix/fixes", ".pre-commit-config.yaml", cwd=repo).startswith(b"100755 ")
    assert git("show", "cifix/fixes:.pre-commit-config.yaml", cwd=repo) == HOOKS.replace(b"python", b"python3")[:-1]


def test_a_branch_and_a_base_can_be_named(cifix: Cifix, git: Git, repo: Path) -> None:
    base = git("rev-parse", "HEAD", cwd=repo)
    more(repo, git, {"b.txt": b"later\n"})
    assert cifix("apply", repo, "--branch", "fix/hooks", "--base", "HEAD~1").code == 0
    assert git("rev-parse", "fix/hooks~1", cwd=repo) == base


def test_the_repository_is_found_from_a_folder_inside(cifix: Cifix, repo: Path) -> None:
    (repo / "deep/er").mkdir(parents=True)
    assert "Would fix 1 finding in 1 file with 1 commit." in cifix("apply", "--dry-run", repo / "deep/er").text


def test_check_reads_the_work_tree_and_a_commit_on_request(cifix: Cifix, repo: Path) -> None:
    (repo / ".pre-commit-config.yaml").write_bytes(HOOKS.replace(b"python", b"python3"))
    assert cifix("check", repo).code == 0
    found = cifix("check", repo, "--base", "HEAD")
    assert found.code == 1
    assert ".pre-commit-config.yaml:5:16: " in found.text
    assert f"Next: cifix apply --dry-run {repo} --base HEAD" in found.text
    assert "diff --git" not in found.text


def test_in_place_writes_the_files_and_commits_nothing(cifix: Cifix, git: Git, repo: Path) -> None:
    (repo / "a.txt").write_bytes(b"dirty\n")
    done = cifix("apply", "--in-place", repo)
    assert done.code == 0
    assert "in the work tree; nothing was committed" in done.text
    assert (repo / ".pre-commit-config.yaml").read_bytes() == HOOKS.replace(b"python", b"python3")[:-1]
    assert os.access(repo / ".pre-commit-config.yaml", os.X_OK)
    assert git("status", "--porcelain", cwd=repo) == b" M .pre-commit-config.yaml\n M a.txt\n"
    assert git("rev-list", "--all", "--count", cwd=repo) == b"1\n"


def test_in_place_fixes_what_is_on_disk(cifix: Cifix, repo: Path) -> None:
    (repo / ".pre-commit-config.yaml").write_bytes(b"# mine\n" + HOOKS)
    assert cifix("apply", "--in-place", repo).code == 0
    assert (repo / ".pre-commit-config.yaml").read_bytes() == b"# mine\n" + HOOKS.replace(b"python", b"python3")
    assert cifix("apply", "--in-place", repo).text == "Nothing to fix.\n"


def test_what_is_left_for_a_person_is_three(cifix: Cifix, git: Git, repo: Path) -> None:
    more(repo, git, {".github/workflows/ci.yml": HARD})
    done = cifix("apply", repo)
    assert done.code == 3
    assert "Left for a person" in done.text
    assert "upgrade-artifacts [forbidden-name]: " in done.text
    assert "1 finding left for a person, each with its reason." in done.text
    assert cifix("apply", "--dry-run", repo).code == 1


def test_what_is_left_is_not_nothing_to_fix(cifix: Cifix, git: Git, repo: Path) -> None:
    more(repo, git, {".github/workflows/ci.yml": HARD, ".pre-commit-config.yaml": b"repos: []\n"})
    assert "Would fix nothing.\n1 finding left for a person" in cifix("check", repo).text
    assert "Fixed nothing.\n1 finding left for a person" in cifix("apply", repo).text


def test_a_fix_below_the_floor_is_held_back_and_named(cifix: Cifix, git: Git, repo: Path) -> None:
    more(repo, git, {**CYCLE, ".pre-commit-config.yaml": b"repos: []\n"})
    done = cifix("apply", repo)
    assert done.code == 3
    assert "lazy-init (held back, review): " in done.text
    assert "1 fix held back by the safety floor." in done.text
    assert f"Next: cifix apply --dry-run {repo} --safety review" in done.text
    assert cifix("apply", repo, "--safety", "review").code == 0


def test_the_next_command_repeats_what_was_chosen(cifix: Cifix, git: Git, repo: Path) -> None:
    chosen = [
        "--select",
        "hook-python3",
        "--ignore",
        "lazy-init",
        "--safety",
        "review",
        "--target",
        "v4",
        "--allow-locked",
        "--branch",
        "b",
        "--base",
        "HEAD",
    ]
    assert f"Next: cifix apply {repo} {' '.join(chosen)}\n" in cifix("apply", "--dry-run", repo, *chosen).text
    assert f"Next: cifix apply {repo} --in-place\n" in cifix("apply", "--dry-run", "--in-place", repo).text
    assert f"Next: git -C {repo} diff\n" in cifix("apply", "--in-place", repo).text
    git("init", "-q")
    (repo.parent / ".pre-commit-config.yaml").write_bytes(HOOKS)
    git("add", ".pre-commit-config.yaml")
    git("commit", "-qm", "x")
    assert "Next: cifix apply --dry-run\n" in cifix("check").text
    assert "Next: git log -p " in cifix("apply").text


@pytest.mark.parametrize("name", ["-x", "sp ace", "new\nline", "q'uo\"te", "\udcff", "$(id)", "back\\slash\x1b"])
def test_the_next_command_can_be_pasted_whatever_the_folder_is_called(cifix: Cifix, tmp_path: Path, name: str) -> None:
    build({".pre-commit-config.yaml": File(HOOKS)}, tmp_path / name)
    for arguments, code in (["check"], 1), (["apply", "--dry-run"], 0), (["apply"], 0):
        following = cifix(*arguments, f"./{name}").text.rpartition("Next: ")[2]
        defined = f'cifix() {{ {shlex.quote(sys.executable)} -m cifix "$@"; }}\n'
        done = subprocess.run(["bash", "-c", defined + following], cwd=tmp_path, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (code, b""), following
        assert b"pre-commit-config.yaml" in done.stdout


@pytest.mark.parametrize("inside", [".pre-commit-config.yaml", ".git", ".git/refs"])
def test_the_next_command_works_when_the_path_is_not_the_folder_of_a_work_tree(
    cifix: Cifix, repo: Path, inside: str
) -> None:
    assert cifix("apply", repo / inside).text.endswith(f"..{BRANCH}\n")
    assert cifix("apply", "--in-place", repo / inside).text.endswith(f"Next: git -C {repo} diff\n")


def test_before_the_first_commit_only_the_staged_files_can_be_fixed(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    git("init", "-q")
    (tmp_path / ".pre-commit-config.yaml").write_bytes(HOOKS)
    git("add", "-A")
    assert cifix("apply").text == f"{UNBORN}\nNothing to fix.\n"
    assert "Next: cifix apply --dry-run --in-place\n" in cifix("check").text
    assert "Next: cifix apply --in-place\n" in cifix("apply", "--dry-run", "--in-place").text
    assert cifix("apply", "--in-place").code == 0
    assert (tmp_path / ".pre-commit-config.yaml").read_bytes() == HOOKS.replace(b"python ", b"python3 ")


def test_a_target_says_how_far_actions_move(cifix: Cifix, git: Git, repo: Path) -> None:
    more(repo, git, {".github/workflows/ci.yml": WORKFLOW, "cifix.toml": CONFIGURED})
    for arguments, version in (((), "v7"), (("--target", "minimal"), "v6"), (("--target", "v4"), "v4")):
        seen = cifix("apply", "--dry-run", repo, *arguments)
        assert f"+      - uses: actions/upload-artifact@{version}\n" in seen.text
        assert f"Next: {' '.join(['cifix apply', str(repo), *arguments])}\n" in seen.text
    seen = cifix("check", repo, "--target", "latest", "--allow-locked")
    assert f"Next: cifix apply --dry-run {repo} --target latest --allow-locked\n" in seen.text


def test_a_wrong_target_is_answered_with_those_there_are(cifix: Cifix, git: Git, repo: Path) -> None:
    wrong = cifix("check", repo, "--target", "v5")
    assert wrong.code == 2
    assert "'v5' is not one of 'v4', 'minimal', 'latest'" in wrong.err
    more(repo, git, {"cifix.toml": CONFIGURED.replace(b"latest", b"v5")})
    wrong = cifix("check", repo)
    assert wrong.code == 2
    assert "target must be one of 'v4', 'minimal', 'latest', not 'v5'" in wrong.err


def test_a_lock_file_holds_actions_back_until_that_is_allowed(cifix: Cifix, git: Git, repo: Path) -> None:
    more(repo, git, {".github/workflows/ci.yml": WORKFLOW, ".github/workflows/actions.lock": b"version: 1\n"})
    select = ("--select", "upgrade-artifacts")
    refused = cifix("apply", repo, *select)
    assert refused.code == 3
    assert "allow it with --allow-locked, then refresh the lock with `gh actions-lock`" in refused.text
    allowed = cifix("apply", repo, *select, "--allow-locked")
    assert allowed.code == 0
    message = " ".join(git("log", "-1", "--format=%B", "cifix/fixes", cwd=repo).decode().split())
    assert "refresh .github/workflows/actions.lock with `gh actions-lock` before you merge" in message


def test_another_target_is_another_plan(cifix: Cifix, git: Git, repo: Path) -> None:
    plans = set()
    for number, arguments in enumerate(((), ("--target", "v4"), ("--allow-locked",))):
        cifix("apply", repo, "--branch", f"b{number}", *arguments)
        plans.add(git("log", "-1", "--format=%(trailers:key=Cifix-Plan)", f"b{number}", cwd=repo))
    assert len(plans) == 3


def test_a_day_decides_what_is_retired_and_how_grave_that_is(cifix: Cifix, git: Git, repo: Path) -> None:
    more(repo, git, {".github/workflows/ci.yml": b"on: push\njobs:\n  a:\n    runs-on: ubuntu-22.04\n    steps: []\n"})
    chosen = ("--select", "runner-labels", "--safety", "review")
    assert cifix("check", repo, *chosen, "--today", "2027-04-16").code == 0
    done = cifix("check", repo, *chosen, "--today", "2027-04-17")
    assert "ci.yml:4:14: error: ubuntu-22.04 has not worked since 2027-04-17" in done.text
    assert "--today 2027-04-17" in done.text.splitlines()[-1]
    (repo / "cifix.toml").write_bytes(b"[rules.runner-labels]\nannounced = true\ntoday = '2026-11-24'\n")
    git("add", "cifix.toml", cwd=repo)
    told = cifix("check", repo, *chosen, "--format", "json").json
    assert [(one["message"].split(" on ")[0], one["red_from"]) for one in told["findings"]] == [
        ("ubuntu-22.04 stops working", "2027-04-17")
    ]
    assert cifix("check", repo, *chosen, "--today", "2027-04-17", "--format", "json").json["today"] == "2027-04-17"
    assert cifix("check", repo, "--today", "tomorrow").code == 2


def test_select_and_ignore_choose_rules(cifix: Cifix, git: Git, repo: Path) -> None:
    more(repo, git, {".github/workflows/ci.yml": WORKFLOW})
    named = cifix("apply", "--dry-run", repo, "--select", "hook-python3", "--format", "json").json
    assert {one["rule"] for one in named["findings"]} == {"hook-python3"}
    others = cifix("apply", "--dry-run", repo, "--ignore", "hook-python3", "--format", "json").json
    assert {one["rule"] for one in others["findings"]} == {"upgrade-artifacts"}


@pytest.mark.parametrize("mode", [["check"], ["apply", "--dry-run"], ["apply", "--in-place"], ["apply"]])
def test_every_json_report_fulfils_its_schema(cifix: Cifix, git: Git, repo: Path, mode: list[str]) -> None:
    more(repo, git, {**CYCLE, ".github/workflows/ci.yml": HARD, ".github/workflows/b.yml": WORKFLOW})
    done = cifix(*mode, repo, "--format", "json")
    jsonschema.Draft202012Validator(schema()).validate(done.json)
    assert done.json["exit_code"] == done.code
    assert {one["outcome"] for one in done.json["findings"]} == {"fix", "refusal"}
    assert [one["sha"] is not None for one in done.json["commits"]] == [mode == ["apply"]] * 2
    applied = {one["rule"]: one["applied"] for one in done.json["findings"] if one["safety"] == "safe"}
    assert set(applied.values()) == {"--dry-run" not in mode and mode != ["check"]}


def test_the_json_report_places_a_finding(cifix: Cifix, repo: Path) -> None:
    finding = cifix("check", repo, "--format", "json").json["findings"][0]
    assert finding["path"] == ".pre-commit-config.yaml"
    assert (finding["line"], finding["column"], finding["end_line"]) == (5, 16, 5)
    assert finding["refusal"] is None
    assert finding["title"]


def test_a_report_can_go_to_a_file(cifix: Cifix, repo: Path, tmp_path: Path) -> None:
    done = cifix("check", repo, "--format", "json", "--output", "report.json")
    assert (done.code, done.out) == (1, b"")
    assert b'"schema_version": 1' in (tmp_path / "report.json").read_bytes()
    failed = cifix("check", repo, "--output", "/dev/full")
    assert failed.code == 2
    assert "the report cannot be written to /dev/full" in failed.err


def test_a_dry_run_tells_what_would_become_of_the_branch(cifix: Cifix, git: Git, repo: Path) -> None:
    def states() -> list[str | None]:
        modes = (["check"], ["apply", "--dry-run", "--in-place"], ["apply", "--dry-run"], ["apply"])
        return [cifix(*mode, repo, "--format", "json").json["state"] for mode in modes]

    assert states() == [None, None, "created", "created"]
    assert states() == [None, None, "already-done", "already-done"]
    assert "Branch cifix/fixes holds all of this already.\n" in cifix("apply", "--dry-run", repo).text
    more(repo, git, {"b.txt": b""})
    assert states() == [None, None, "updated", "updated"]
    more(repo, git, {".pre-commit-config.yaml": b""})
    assert states() == [None, None, "nothing-to-do", "nothing-to-do"]


@pytest.mark.parametrize("name", ["main", "bad..name", "theirs"])
def test_a_dry_run_is_refused_where_the_run_would_be(cifix: Cifix, git: Git, repo: Path, name: str) -> None:
    git("commit", "-q", "--allow-empty", "-m", "b", cwd=repo)
    git("branch", "theirs", cwd=repo)
    git("reset", "-q", "--hard", "HEAD~", cwd=repo)
    done = [cifix("apply", *more, repo, "--branch", name) for more in ([], ["--dry-run"])]
    assert [(one.code, one.out) for one in done] == [(6, b"")] * 2
    assert done[0].err == done[1].err


def test_a_dry_run_needs_no_identity(cifix: Cifix, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert cifix("apply", "--dry-run", repo).code == 1


@pytest.mark.parametrize("command", ["apply", "check"])
def test_an_empty_base_is_no_commit(cifix: Cifix, repo: Path, command: str) -> None:
    done = cifix(command, repo, "--base", "")
    assert done.code == 6
    assert "no commit is called" in done.err


def test_a_dash_is_the_terminal(cifix: Cifix, repo: Path, tmp_path: Path) -> None:
    assert cifix("check", repo, "--output", "-").text == cifix("check", repo).text
    assert not (tmp_path / "-").exists()


def test_a_report_without_a_folder_is_refused_before_anything_is_committed(cifix: Cifix, git: Git, repo: Path) -> None:
    done = cifix("apply", repo, "--output", "none/report.txt")
    assert done.code == 2
    assert "there is no folder none" in done.err
    assert git("branch", "--list", "cifix/*", cwd=repo) == b""


def test_a_missing_object_is_trouble_with_git_and_no_fault_of_a_rule(cifix: Cifix, git: Git, repo: Path) -> None:
    oid = git("rev-parse", "HEAD:.pre-commit-config.yaml", cwd=repo).decode().strip()
    (repo / ".git/objects" / oid[:2] / oid[2:]).unlink()
    done = cifix("apply", "--dry-run", repo)
    assert (done.code, done.text) == (6, "")
    assert f"object {oid} is missing" in done.err


def test_the_same_run_gives_the_same_report(cifix: Cifix, repo: Path) -> None:
    assert cifix("check", repo, "--format", "json").out == cifix("check", repo, "--format", "json").out


def test_the_target_may_narrow_the_run(cifix: Cifix, git: Git, repo: Path) -> None:
    more(repo, git, {"cifix.toml": b'exclude = [".pre-commit-config.yaml"]\n'})
    assert cifix("check", repo).code == 0
    more(repo, git, {"cifix.toml": b'ignor = ["x"]\n'})
    failed = cifix("check", repo)
    assert failed.code == 2
    assert "cifix.toml: unknown key 'ignor'; did you mean 'ignore'?" in failed.err


def test_a_rule_that_is_named_and_ignored_is_not_passed_over_in_silence(cifix: Cifix, git: Git, repo: Path) -> None:
    chosen = [repo, "--select", "hook-python3"]
    told = cifix("check", *chosen, "--ignore", "hook-python3").text
    assert told == "hook-python3 did not run, for --ignore leaves it out.\nNothing to fix.\n"
    more(repo, git, {"cifix.toml": b'ignore = ["hook-python3"]\n'})
    assert cifix("apply", *chosen, "--format", "json").json["notes"] == [
        "hook-python3 did not run, for cifix.toml leaves it out."
    ]


def test_a_configuration_that_is_not_tracked_is_named(cifix: Cifix, git: Git, repo: Path) -> None:
    (repo / "cifix.toml").write_bytes(b'ignore = ["hook-python3"]\n')
    for command in ("check", "apply"):
        assert "cifix.toml has no say, for it is not tracked" in cifix(command, "--format", "json", repo).text
    git("add", "cifix.toml", cwd=repo)
    assert cifix("check", repo).text == "Nothing to fix.\n"


def test_a_comment_turns_a_finding_down(cifix: Cifix, git: Git, repo: Path) -> None:
    more(
        repo, git, {".pre-commit-config.yaml": HOOKS.replace(b"-m x\n", b"-m x  # cifix: ignore[hook-python3] ours\n")}
    )
    done = cifix("apply", repo)
    assert (done.code, "1 finding turned down by `cifix: ignore` comments." in done.text) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["apply", "--select", "no-such-rule"], "unknown rule 'no-such-rule'"),
        (["apply", "--in-place", "--base", "HEAD"], "drop --base"),
        (["apply", "--safety", "high"], "'high' is not one of"),
        (["apply", "--no-such-option"], "No such option"),
        (["no-such-command"], "No such command"),
    ],
)
def test_wrong_use_is_two(cifix: Cifix, repo: Path, arguments: list[str], words: str) -> None:
    failed = cifix(*arguments, *([repo] if arguments[0] == "apply" else []))
    assert failed.code == 2
    assert words in failed.err


def test_git_trouble_is_six(cifix: Cifix, git: Git, repo: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    for arguments, words in (
        (["apply", "plain"], "plain is not inside a git repository"),
        (["check", "no/such/place"], "no/such/place"),
        (["apply", repo, "--base", "no-such-rev"], "no-such-rev"),
        (["apply", repo, "--branch", "main"], "main"),
        (["apply", repo, "--branch", "bad..name"], "bad..name"),
    ):
        failed = cifix(*arguments)
        assert failed.code == 6, failed.err
        assert words in failed.err
    assert git("rev-list", "--all", "--count", cwd=repo) == b"1\n"


def test_a_bare_repository_and_an_empty_one_are_fine(cifix: Cifix, git: Git, repo: Path, tmp_path: Path) -> None:
    git("clone", "-q", "--bare", str(repo), "bare.git")
    assert cifix("check", "bare.git").code == 1
    assert cifix("apply", "bare.git").code == 0
    assert git("rev-list", "--count", "main..cifix/fixes", cwd=tmp_path / "bare.git") == b"1\n"
    git("init", "-q", "empty")
    assert cifix("apply", "empty").text == f"{UNBORN}\nNothing to fix.\n"
    failed = cifix("apply", "--in-place", "bare.git")
    assert failed.code == 6


def test_broken_and_binary_files_lose_nothing(cifix: Cifix, git: Git, repo: Path) -> None:
    broken = b"jobs:\n\t- uses: actions/upload-artifact@v3\n"
    more(repo, git, {".github/workflows/a.yml": broken, ".github/workflows/b.yml": b"\0actions/upload-artifact@v3"})
    done = cifix("apply", repo)
    assert done.code == 3
    assert done.text.count("upgrade-artifacts [opaque]") == 2
    assert git("show", "cifix/fixes:.github/workflows/a.yml", cwd=repo) == broken


PLUGIN = """
from cifix.model.change import Edit
from cifix.model.expect import Value
from cifix.model.finding import Finding, Fix, Safety
from cifix.model.rule import declare

@declare("Break it.", reads=("a.txt",), safety=Safety.SAFE)
def rule(snapshot, options):
    if snapshot.read("a.txt") == b"x\\n":
        yield Finding("house-plugin", "a.txt", 0, 1, "is x", {outcome})
"""
FIXES = 'Fix("Turn it", Safety.SAFE, (Edit("a.txt", 0, 1, "y"),){expects})'


def plugin(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Install a plugin the way pip would, in a folder of the import path."""
    site = folder / "site"
    info = site / "house_plugin-1.dist-info"
    info.mkdir(parents=True)
    (site / "house_plugin.py").write_text(body)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: house-plugin\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[cifix.rules]\nhouse-plugin = house_plugin:rule\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "house_plugin", raising=False)


def test_a_plugin_runs_when_it_is_named(
    cifix: Cifix, git: Git, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin(tmp_path, monkeypatch, PLUGIN.format(outcome=FIXES.format(expects="")))
    assert "house-plugin" not in cifix("apply", "--dry-run", repo).text
    assert cifix("apply", repo, "--select", "house-plugin").code == 0
    assert git("show", "cifix/fixes:a.txt", cwd=repo) == b"y\n"
    assert "(plugin: runs only with --select)" in cifix("rules", "list").text


def test_a_plugin_that_cannot_be_loaded_is_named_and_the_others_run(
    cifix: Cifix, git: Git, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin(tmp_path, monkeypatch, "1 / 0\n")
    done = cifix("apply", repo)
    assert done.code == 5
    assert "The rule house-plugin crashed; the other rules ran:" in done.text
    assert "ZeroDivisionError" in done.text
    assert git("rev-list", "--count", "main..cifix/fixes", cwd=repo) == b"1\n"
    listed = cifix("rules", "list")
    assert (listed.code, "house-plugin: the plugin" in listed.err) == (5, True)


def test_a_rule_that_crashes_is_five_and_the_others_are_applied(
    cifix: Cifix, git: Git, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin(tmp_path, monkeypatch, PLUGIN.format(outcome="1 / 0"))
    done = cifix("apply", repo, "--select", "house-plugin", "--select", "hook-python3", "--format", "json")
    assert done.code == done.json["exit_code"] == 5
    assert done.json["crashes"][0]["rule"] == "house-plugin"
    jsonschema.Draft202012Validator(schema()).validate(done.json)
    assert git("rev-list", "--count", "main..cifix/fixes", cwd=repo) == b"1\n"


def test_a_failed_proof_is_four_and_its_fix_is_thrown_away(
    cifix: Cifix, git: Git, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expects = ', (Value(".pre-commit-config.yaml", ("repos",), "none"),)'
    body = PLUGIN.format(outcome=FIXES.format(expects=expects)).replace("a.txt", ".pre-commit-config.yaml")
    body = body.replace('== b"x\\n"', '[:1] != b"#"').replace("0, 1", "0, 0")
    plugin(tmp_path, monkeypatch, body.replace('"y"', '"# y\\n"'))
    done = cifix("apply", repo, "--select", "house-plugin", "--select", "hook-python3")
    assert done.code == 4
    assert "The fix of house-plugin was thrown away; a proof failed:" in done.text
    assert "house-plugin [unproven]: " in done.text
    assert git("rev-list", "--count", "main..cifix/fixes", cwd=repo) == b"1\n"


def test_git_is_asked_once_for_each_file_however_many_fixes_it_gets(
    cifix: Cifix, git: Git, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = b"      - {id: x%d, entry: python -m x, language: system}\n"
    more(repo, git, {".pre-commit-config.yaml": HOOKS + b"".join(hook % number for number in range(20))})
    asked: list[str] = []

    def counted(repository: Repository, base: str | None, paths: Iterable[str]) -> frozenset[str]:
        asked.extend(paths)
        return filtered(repository, base, paths)

    monkeypatch.setattr("cifix.run.examine.filtered", counted)
    assert "Would fix 21 findings in 1 file " in cifix("check", repo).text
    assert asked == [".pre-commit-config.yaml"]


def test_a_file_name_cannot_write_to_the_terminal(cifix: Cifix, git: Git, repo: Path) -> None:
    more(repo, git, {".github/workflows/\x1b[2Jci\n.yml": WORKFLOW})
    told = cifix("check", repo).out
    assert b"\x1b" not in told
    assert b".github/workflows/\\x1b[2Jci\\n.yml:6:" in told
    failed = cifix("check", "no\x1b[2J")
    assert (failed.code, "\x1b" in failed.err, "\\x1b[2J" in failed.err) == (6, False, True)


def test_in_place_shows_hidden_sources_to_git_and_leaves_them_as_they_are(
    cifix: Cifix, git: Git, tmp_path: Path
) -> None:
    tree = {".gitignore": b"lib/\n", "pkg/__init__.py": b"from pkg.lib import a\n", "pkg/lib/__init__.py": b"a = 1\n"}
    build({path: File(data) for path, data in tree.items()}, tmp_path / "repo")
    preview = cifix("apply", "--dry-run", "--in-place", "repo")
    assert "Would fix 1 finding in 1 file in the work tree, without a commit.\n" in preview.text
    git("apply", cwd=tmp_path / "repo", stdin=preview.out)
    previewed = (tmp_path / "repo/.gitignore").read_bytes()
    git("checkout", "-q", ".gitignore", cwd=tmp_path / "repo")
    done = cifix("apply", "--in-place", "repo")
    assert done.code == 0
    assert "Fixed 1 finding in 1 file in the work tree; nothing was committed.\n" in done.text
    assert "Yours to `git add`: 1 file hidden until now.\n" in done.text
    assert (tmp_path / "repo/.gitignore").read_bytes() == previewed
    assert git("status", "--porcelain", cwd=tmp_path / "repo") == b" M .gitignore\n?? pkg/lib/\n"
    assert (tmp_path / "repo/pkg/lib/__init__.py").read_bytes() == b"a = 1\n"


def test_a_file_that_git_filters_is_refused_and_its_filter_never_runs(cifix: Cifix, git: Git, repo: Path) -> None:
    more(repo, git, {".gitattributes": b"*.yaml filter=evil\n"})
    git("config", "filter.evil.clean", "touch ../ran; cat", cwd=repo)
    git("config", "filter.evil.smudge", "touch ../ran; cat", cwd=repo)
    (repo.parent / "ran").unlink(missing_ok=True)
    done = cifix("apply", repo)
    assert done.code == 3
    assert "hook-python3 [locked]: .pre-commit-config.yaml: its .gitattributes filter would have to run" in done.text
    assert not (repo.parent / "ran").exists()


CAR = {
    "car/__init__.py": b'from .engine import Engine\n\n__all__ = ["Engine"]\n',
    "car/engine.py": b"class Engine:\n    pass\n",
}
COUNTING = {
    "car/__init__.py": b'from .engine import Engine\nfrom .count import LOADED\n\n__all__ = ["Engine", "LOADED"]\n',
    "car/count.py": b'import sys\n\nLOADED = "car.engine" in sys.modules\n',
}
PROVE = ("--select", "lazy-init", "--select", "hook-python3", "--verify-import", sys.executable, "--safety", "review")


def test_what_importing_proves_stands_in_the_commits_of_python_modules(cifix: Cifix, git: Git, repo: Path) -> None:
    more(repo, git, CAR)
    done = cifix("apply", repo, *PROVE)
    assert done.code == 0, done.err
    assert "This runs the module-level code of the repository, as it is on cifix/fixes" in done.err
    bodies = git("log", "--format=%B%x00", "main..cifix/fixes", cwd=repo).decode().split("\0")[:2]
    version = ".".join(map(str, sys.version_info[:3]))
    proof = f"Imported by Python {version} before and after all fixes"
    assert {("Cifix-Rule: lazy-init" in body, proof in body) for body in bodies} == {(True, True), (False, False)}
    assert any("- proven: car gives the same: " in body for body in bodies)


def test_nothing_is_committed_if_an_import_gives_something_else(cifix: Cifix, git: Git, repo: Path) -> None:
    more(repo, git, {**CAR, **COUNTING})
    for dry in ((), ("--dry-run",)):
        done = cifix("apply", repo, *PROVE, *dry)
        assert done.code == Exit.UNPROVEN
        assert "the packages differ after the fixes, so nothing was committed:" in done.err
        assert "car.LOADED" in done.err
    assert git("branch", "--list", "cifix/*", cwd=repo) == b""


def test_code_runs_only_if_python_modules_change(cifix: Cifix, repo: Path) -> None:
    done = cifix("apply", repo, *PROVE)
    assert (done.code, done.err) == (0, "")


def test_the_interpreter_must_be_one_and_must_be_needed(cifix: Cifix, repo: Path) -> None:
    done = cifix("apply", repo, "--verify-import", "no-such-python")
    assert (done.code, "--verify-import: there is no program no-such-python" in done.err) == (2, True)
    done = cifix("apply", repo, "--in-place", "--verify-import", sys.executable)
    assert (done.code, "does not go with --in-place" in done.err) == (2, True)
