"""`cifix diagnose` from the command line, on logs of the repository that cifix was first made for."""

import os
import stat
import zipfile
from pathlib import Path

import jsonschema
import pytest

from cifix.cli.diagnose import command
from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.machine import schema
from cifix.logs.keylines import LIMIT
from tests.cli.conftest import Cifix
from tests.conftest import Git
from tests.original import original
from tests.pages import ROOT

STAMP = "2026-07-16T20:33:28.4578760Z "
EXIT = "##[error]Process completed with exit code 1."
RETIRED = "##[error]This request has been automatically failed because it uses a deprecated version of "
GUESS = (
    "E   ImportError: cannot import name 'labels' from partially initialized module 'quant.lib' "
    "(most likely due to a circular import) (/home/runner/work/quant/quant/quant/lib/__init__.py)"
)
LOGS = {
    "0_test.txt": (
        "##[group]Run pytest",
        GUESS,
        EXIT,
    ),
    "1_scan.txt": ("Current runner version: '2.336.0'", f"{RETIRED}`actions/upload-artifact: v3`. Learn more"),
    "2_smoke.txt": (
        "##[group]Run python -c 'import quant'",
        "ModuleNotFoundError: No module named 'quant.lib.labels'",
        EXIT,
    ),
    "3_unit.txt": ("##[group]Run pytest", "FAILED tests/test_x.py::test_y - assert 1 == 2", EXIT),
}


def text(name: str) -> str:
    return "".join(f"{STAMP}{line}\n" for line in LOGS[name])


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return original(tmp_path / "repo")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    place = tmp_path / "logs.zip"
    with zipfile.ZipFile(place, "w") as made:
        for name in LOGS:
            made.writestr(name, text(name))
    return place


def test_an_archive_comes_down_to_its_causes(cifix: Cifix, repo: Path, logs: Path) -> None:
    done = cifix("diagnose", logs, "--repo", repo, "--format", "json")
    assert done.code == 1, done.err
    told = done.json
    jsonschema.Draft202012Validator(schema()).validate(told)
    assert len(told["failures"]) == 4
    verdicts = {cause["id"].partition(":")[0]: cause["verdict"] for cause in told["causes"]}
    assert verdicts["action-retired"] == "confirmed"
    assert verdicts["test-failed"] == "not mechanical"
    (against,) = [cause["instead"] for cause in told["causes"] if cause["instead"]]
    assert against.startswith(
        "The interpreter guesses a circular import. There is none: quant/lib/labels.py is not in git"
    )
    assert "upgrade-artifacts" in told["rules"]


def test_the_command_it_names_makes_the_fixes(cifix: Cifix, repo: Path, logs: Path) -> None:
    done = cifix("diagnose", logs, "--repo", repo)
    (command,) = [line.removeprefix("Next: cifix ") for line in done.text.splitlines() if line.startswith("Next: ")]
    applied = cifix(*command.split())
    assert applied.code == 0, applied.text
    again = cifix("diagnose", logs, "--repo", repo, "--base", "cifix/fixes", "--format", "json")
    assert again.json["rules"] == []


def test_apply_commits_what_answers_confirmed_causes_with_the_lines_of_the_log(
    cifix: Cifix, repo: Path, logs: Path, git: Git
) -> None:
    done = cifix("diagnose", logs, "--repo", repo, "--apply", "--format", "json")
    assert done.code == 3, done.err
    applied = done.json["applied"]
    assert (applied["branch"], applied["state"]) == ("cifix/fixes", "created")
    assert {commit["rule"] for commit in applied["commits"]} <= set(done.json["rules"])
    told = git("log", "--format=%B", "main..cifix/fixes", cwd=repo).decode()
    assert "Seen in scan / Set up job:" in told
    assert "1_scan.txt:2: This request has been automatically failed" in " ".join(told.split())
    assert "hook-python3" not in told, "no log says a word about the hook"


def test_apply_twice_is_apply_once(cifix: Cifix, repo: Path, logs: Path) -> None:
    first = cifix("diagnose", logs, "--repo", repo, "--apply", "--format", "json").json["applied"]
    again = cifix("diagnose", logs, "--repo", repo, "--apply", "--format", "json").json["applied"]
    assert again == {**first, "state": "already-done"}


def test_apply_without_a_confirmed_cause_writes_nothing(cifix: Cifix, repo: Path, tmp_path: Path, git: Git) -> None:
    (tmp_path / "red.txt").write_text(text("3_unit.txt"))
    done = cifix("diagnose", tmp_path / "red.txt", "--repo", repo, "--apply", "--format", "json")
    assert (done.code, done.json["applied"]) == (3, None)
    assert git("branch", "--list", "cifix/*", cwd=repo) == b""


def test_apply_needs_a_repository(cifix: Cifix, logs: Path) -> None:
    done = cifix("diagnose", logs, "--apply")
    assert (done.code, "--apply needs the repository" in done.err) == (2, True)


def test_nothing_is_written(cifix: Cifix, repo: Path, logs: Path) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in repo.rglob("*"))
    cifix("diagnose", logs, "--repo", repo)
    assert sorted((path, path.stat().st_mtime_ns) for path in repo.rglob("*")) == before


def test_standard_input_and_the_checkout_around_the_folder(cifix: Cifix, repo: Path) -> None:
    done = cifix("diagnose", "-", cwd=repo / "quant", stdin=text("1_scan.txt"))
    assert (done.code, "[confirmed]" in done.text) == (1, True)


def test_outside_of_a_repository_nothing_is_confirmed(cifix: Cifix, logs: Path) -> None:
    done = cifix("diagnose", logs)
    assert (done.code, "[confirmed]" in done.text) == (3, False)
    assert "A cause needs a checkout to be confirmed" in done.text


def test_a_green_log_leaves_the_lines_that_matter(cifix: Cifix, tmp_path: Path) -> None:
    (tmp_path / "red.txt").write_text("collected 4 items in 2s\nboom\n")
    (tmp_path / "green.txt").write_text("collected 7 items in 1s\n")
    done = cifix(
        "diagnose", tmp_path / "red.txt", "--baseline", tmp_path / "green.txt", "--format", "json", cwd=tmp_path
    )
    assert [(line["line"], line["text"]) for line in done.json["key_lines"]] == [(2, "boom")]


def test_several_green_logs_count_together(cifix: Cifix, tmp_path: Path) -> None:
    (tmp_path / "red.txt").write_text("one 1\ntwo 2\nboom\n")
    (tmp_path / "a.txt").write_text("one 3\n")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as made:
        made.writestr("0_b.txt", "two 4\n")
    greens = [part for name in ("a.txt", "b.zip") for part in ("--baseline", tmp_path / name)]
    done = cifix("diagnose", tmp_path / "red.txt", *greens, "--format", "json", cwd=tmp_path)
    assert [line["text"] for line in done.json["key_lines"]] == ["boom"]


def test_a_log_that_powershell_wrote_is_read(cifix: Cifix, tmp_path: Path) -> None:
    columns = f"test\tUNKNOWN STEP\t{STAMP}"
    told = f"{columns}##[group]Run pytest\r\n{columns}error: Failed to spawn: pytest\r\n{columns}{EXIT}\r\n"
    (tmp_path / "red.log").write_bytes(told.encode("utf-16"))
    done = cifix("diagnose", tmp_path / "red.log", cwd=tmp_path)
    assert "failed: test / pytest" in done.text
    assert "the environment that this job made does not hold pytest" in done.text


def test_markdown_is_written_to_a_file(cifix: Cifix, tmp_path: Path, repo: Path, logs: Path) -> None:
    done = cifix("diagnose", logs, "--repo", repo, "--format", "markdown", "--output", tmp_path / "told.md")
    assert (done.code, done.text) == (1, "")
    assert (tmp_path / "told.md").read_text().startswith("# Diagnosis\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name a log"),
        (("nowhere.txt",), "does not exist"),
        (("--run", "twelve"), "neither the number nor the address"),
        (("--run", "12"), "needs gh on PATH"),
    ],
)
def test_what_cannot_be_read_is_a_usage_error(
    cifix: Cifix, arguments: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "PATH", os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if not Path(p, "gh").exists())
    )
    done = cifix("diagnose", *arguments)
    assert (done.code, words in done.err) == (2, True), done.err


def test_an_empty_log_is_green(cifix: Cifix, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    done = cifix("diagnose", tmp_path / "empty.txt")
    assert (done.code, done.text.strip()) == (0, "Nothing failed in these logs.")


@pytest.mark.parametrize(
    ("run", "arguments"),
    [
        ("42", "run view 42 --log"),
        ("https://github.com/o/r/actions/runs/42", "run view 42 --repo github.com/o/r --log"),
        (
            "https://github.com/o/r/actions/runs/42/attempts/2/job/7?pr=1",
            "run view 42 --repo github.com/o/r --attempt 2 --job 7 --log",
        ),
    ],
)
def test_a_run_is_downloaded_with_gh(
    cifix: Cifix, tmp_path: Path, run: str, arguments: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for gh prints what it was asked, and a line in the columns that gh prints."""
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    line = f"test\\tRun pytest\\t{STAMP}error: Failed to spawn: pytest"
    program.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/asked"\nprintf "{line}\\n"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    done = cifix("diagnose", "--run", run)
    assert (tmp_path / "asked").read_text().strip() == arguments
    assert "failed: test / Run pytest" in done.text


def test_a_refusal_of_gh_is_passed_on(cifix: Cifix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'not logged in' >&2\nexit 4\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    done = cifix("diagnose", "--run", "42")
    assert (done.code, "gh could not read run 42: not logged in" in done.err) == (2, True)


def test_the_readme_names_every_option_and_every_verdict() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme[readme.index("### Why is it red?") : readme.index("### Is it green now?")]
    assert all(f"`{verdict}`" in section for verdict in Verdict)
    synopsis = readme[readme.index("cifix diagnose LOG") : readme.index("cifix plan [PATH]")]
    options = {option for one in command.params for option in one.opts if option.startswith("--")}
    assert all(f"[{option}" in synopsis for option in options)
    assert all(f"`{option}" in section for option in ("--run", "--repo", "--base", "--baseline", "--apply"))
    assert f"{LIMIT} at most" in section
