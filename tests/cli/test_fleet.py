"""`cifix fleet` against real repositories, some of them served over HTTP: kills, silence and lost workers included."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cifix.fleet.report.document import schema
from tests.cli.conftest import Cifix
from tests.fleet.served import BRANCH, WORKFLOW, Served, commit, git, made, refs, serving

FAST = ("--jobs", "2", "--select", "upgrade-artifacts")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "served") as running:
        yield running


def fleet(served: Served, number: int, *, names: Sequence[str] = ()) -> list[Path]:
    """Repositories, of which the list `repos.txt` names every second one by its URL, and further URLs."""
    repos = [made(served.root / "r00.git", {".github/workflows/ci.yml": WORKFLOW})]
    repos += [shutil.copytree(repos[0], served.root / f"r{index:02}.git") for index in range(1, number)]
    lines = [f"{served.url}/{name}" for name in names]
    lines += [f"{served.url}/{repo.name}" if index % 2 else str(repo) for index, repo in enumerate(repos)]
    (served.root.parent / "repos.txt").write_text("\n".join(lines))
    return repos


def start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "cifix", "fleet", *arguments]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def told(process: "subprocess.Popen[str]") -> Any:
    out, err = process.communicate(timeout=120)
    assert out, err
    report = json.loads(out)
    Draft202012Validator(schema()).validate(report)
    assert process.returncode == report["exit_code"]
    return report


def states(report: Any) -> dict[str, str]:
    return {Path(repository["url"]).name: repository["state"] for repository in report["repositories"]}


def processes(folder: Path) -> dict[int, str]:
    """The processes that work for a fleet in `folder`, by id, with their command lines."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str(folder).encode() in (place / "environ").read_bytes():
                found[int(place.name)] = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def eventually(condition: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def worker_above(pid: int) -> int:
    """The Python process that a git process works for."""
    while b"python" not in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return pid


def all_fixed_once(repos: Sequence[Path]) -> None:
    for repo in repos:
        assert git(repo, "rev-list", "--count", "main..cifix/fixes") == "1"
        assert "upload-artifact@v6" in git(repo, "show", "cifix/fixes:.github/workflows/ci.yml")


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
def test_sixty_repositories_and_three_kills(served: Served, tmp_path: Path) -> None:
    repos = fleet(served, 60)
    for _ in range(3):
        process = start(tmp_path, "apply", "--repos", "repos.txt", *FAST)
        assert process.stderr is not None
        assert process.stderr.readline().startswith("apply ")
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        eventually(lambda: not processes(tmp_path / "cifix-fleet.db-scratch"))
    settled = sum(BRANCH in refs(repo) for repo in repos)
    assert 3 <= settled < 60
    report = told(start(tmp_path, "apply", "--repos", "repos.txt", *FAST, "--format", "json"))
    assert set(states(report).values()) == {"applied"}
    assert report["exit_code"] == 0
    all_fixed_once(repos)
    assert 30 <= len(served.pushes) <= 30 + 6  # at most what two workers had under way at each kill
    tips = {repo.name: refs(repo)[BRANCH] for repo in repos}
    assert {Path(one["url"]).name: one["shas"][-1] for one in report["repositories"]} == tips
    assert not (tmp_path / "cifix-fleet.db-scratch").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
def test_silence_and_a_lost_worker_cost_one_repository_each(served: Served, tmp_path: Path) -> None:
    repos = fleet(served, 6, names=["silent.git"])
    arguments = ("apply", "--repos", "repos.txt", *FAST, "--format", "json")
    process = start(tmp_path, *arguments, "--timeout", "8")
    for _ in range(2):  # the first time it is tried again, alone
        assert served.silent.wait(30)
        served.silent.clear()
        eventually(lambda: any("remote-http" in line for line in processes(tmp_path).values()))
        (asking,) = [pid for pid, line in processes(tmp_path).items() if "remote-http" in line and "silent" in line][:1]
        os.kill(worker_above(asking), signal.SIGKILL)
    report = told(process)
    assert report["exit_code"] == 3
    assert states(report) == {"silent.git": "failed"} | {repo.name: "applied" for repo in repos}
    assert "its worker died twice" in next(one["reason"] for one in report["repositories"] if one["state"] == "failed")
    all_fixed_once(repos)

    again = start(tmp_path, "retry")
    assert "1 queued again" in again.communicate()[0]
    process = start(tmp_path, *arguments, "--timeout", "2")
    report = told(process)
    assert report["counts"]["failed"] == 1
    assert "--timeout" in next(one["reason"] for one in report["repositories"] if one["state"] == "failed")
    eventually(lambda: not processes(tmp_path / "cifix-fleet.db-scratch"))


def test_an_interrupted_run_says_so_and_goes_on(served: Served, tmp_path: Path) -> None:
    repos = fleet(served, 4, names=["silent.git"])
    process = start(tmp_path, "apply", "--repos", "repos.txt", *FAST)
    assert served.silent.wait(30)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "interrupted" in err
    report = told(start(tmp_path, "apply", "--exclude", "silent*", *FAST, "--format", "json"))
    assert states(report) == {repo.name: "applied" for repo in repos}
    all_fixed_once(repos)


def test_plan_apply_status_close(cifix: Cifix, served: Served, tmp_path: Path) -> None:
    repos = fleet(served, 3)
    made(served.root / "clean.git", {"README": b"x"})
    listed = (tmp_path / "repos.txt").read_text() + f"\n{served.root}/clean.git\n{served.url}/nothing.git\n"
    ran = cifix("fleet", "plan", "--repos", "-", "--jobs", "1", "--format", "json", stdin=listed)
    assert ran.code == 3
    assert ran.json["counts"] | {"planned": 3, "clean": 1, "failed": 1} == ran.json["counts"]
    assert not any(BRANCH in refs(repo) for repo in repos)
    ran = cifix("fleet", "plan", "--exclude", "nothing", "--format", "json")
    assert (ran.code, ran.json["mode"]) == (1, "plan")
    assert not any("analyse" in one["seconds"] for one in ran.json["repositories"])  # known from before

    ran = cifix("fleet", "apply", "--exclude", "nothing", "--jobs", "1")
    assert ran.code == 0, ran.err
    assert "4 repositories: 1 clean, 3 applied." in ran.text
    assert "apply 4/4: 1 clean, 3 applied" in ran.err
    all_fixed_once(repos)

    theirs = commit(repos[0], {"more": b"1"}, "cifix/fixes")
    ran = cifix("fleet", "status")
    assert (ran.code, ran.text.count("applied")) == (0, 4)
    ran = cifix("fleet", "close", "--format", "json")
    assert ran.code == 7
    assert [one["state"] for one in ran.json["repositories"]].count("closed") == 2
    assert [refs(repo).get(BRANCH) for repo in repos] == [theirs, None, None]
    assert cifix("fleet", "report", "--include", "*/r01").json["counts"]["closed"] == 0
    ran = cifix("fleet", "retry")
    assert "2 queued again. Next: cifix fleet close" in ran.text


def test_shards_make_one_report(cifix: Cifix, served: Served, tmp_path: Path) -> None:
    repos = fleet(served, 7)
    for index in (1, 2, 3):
        shard = ("--shard", f"{index}/3", "--state", f"s{index}.db", "--format", "json", "--output", f"{index}.json")
        assert cifix("fleet", "apply", "--repos", "repos.txt", *shard, "--jobs", "1").code == 0
    merging = [part for index in (1, 2, 3) for part in ("--merge", f"{index}.json")]
    ran = cifix("fleet", "report", *merging)
    assert ran.code == 0
    Draft202012Validator(schema()).validate(ran.json)
    assert sorted(states(ran.json)) == [repo.name for repo in repos]
    assert ran.json["counts"]["applied"] == 7
    all_fixed_once(repos)
    (tmp_path / "whole.json").write_bytes(ran.out)
    twice = cifix("fleet", "report", "--merge", "whole.json", "--merge", "whole.json")
    assert (twice.code, "not shards of one fleet" in twice.err) == (2, True)
    (tmp_path / "other.json").write_text("{}")
    assert "not a report of `cifix fleet`" in cifix("fleet", "report", "--merge", "other.json").err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("plan",), "name a list with --repos"),
        (("plan", "--repos", "nowhere"), "cannot be read"),
        (("plan", "--repos", "-"), "no repository is left"),
        (("status",), "there is no state"),
        (("close",), "there is no state"),
        (("plan", "--repos", "-", "--shard", "3/2"), "give it as I/N"),
        (("plan", "--repos", "-", "--token", "host"), "HOST=VARIABLE"),
        (("plan", "--repos", "list", "--executor", "slurm"), "no executor 'slurm'"),
        (("plan", "--repos", "list", "--executor", "dask:tcp://127.0.0.1:1"), "Dask"),
        (("plan", "--repos", "list", "--select", "no-such-rule"), "no-such-rule"),
    ],
)
def test_wrong_use(arguments: tuple[str, ...], why: str, cifix: Cifix, tmp_path: Path) -> None:
    (tmp_path / "list").write_text("here\n")
    ran = cifix("fleet", *arguments)
    assert ran.code == 2
    assert why in ran.err


def test_an_unknown_rule_of_one_repository_is_its_own_affair(cifix: Cifix, served: Served) -> None:
    fleet(served, 1)
    commit(served.root / "r00.git", {"cifix.toml": b'ignore = ["no-such-rule"]'})
    ran = cifix("fleet", "plan", "--repos", "repos.txt", "--format", "json", "--jobs", "1")
    assert (ran.code, ran.json["repositories"][0]["state"]) == (3, "failed")
    assert "no-such-rule" in ran.json["repositories"][0]["reason"]
