"""A real Dask scheduler with two workers on the loopback interface, one of which dies on the way."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.fleet.served import BRANCH, WORKFLOW, git, made, refs

pytest.importorskip("distributed", reason="the extra cifix[dask] is not installed")

QUIET = ("--no-dashboard", "--host", "127.0.0.1")
WORKER = (*QUIET, "--nworkers", "1", "--nthreads", "1", "--no-nanny", "--death-timeout", "60")


def eventually(condition: Callable[[], object], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    with ExitStack() as stack:

        def start(*arguments: str) -> "subprocess.Popen[bytes]":
            log = stack.enter_context((tmp_path / f"{len(list(tmp_path.iterdir()))}.log").open("wb"))
            process = subprocess.Popen([sys.executable, "-m", *arguments], cwd=tmp_path, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        yield start


def address(tmp_path: Path) -> str:
    file = tmp_path / "scheduler.json"
    eventually(file.exists)
    told: dict[str, Any] = json.loads(file.read_text())
    return str(told["address"])


def test_a_cluster_that_loses_a_worker_fixes_everything_once(
    started: Callable[..., "subprocess.Popen[bytes]"], tmp_path: Path
) -> None:
    first = made(tmp_path / "served" / "r00.git", {".github/workflows/ci.yml": WORKFLOW})
    repos = [first, *(shutil.copytree(first, first.with_name(f"r{index:02}.git")) for index in range(1, 12))]
    (tmp_path / "repos.txt").write_text("\n".join(map(str, repos)))
    scheduler = "--scheduler-file=scheduler.json"
    started("distributed.cli.dask_scheduler", *QUIET, "--port", "0", scheduler)
    where = address(tmp_path)
    victim, _ = [started("distributed.cli.dask_worker", where, *WORKER) for _ in range(2)]
    command = ("cifix", "fleet", "apply", "--repos", "repos.txt", "--jobs", "2", "--select", "upgrade-artifacts")
    fleet = started(*command, "--executor", f"dask:{where}", "--format", "json", "--output", "report.json")
    eventually(lambda: any(BRANCH in refs(repo) for repo in repos))
    os.kill(victim.pid, signal.SIGKILL)
    assert fleet.wait(90) == 0, "".join(file.read_text() for file in tmp_path.glob("*.log"))
    for repo in repos:
        assert git(repo, "rev-list", "--count", "main..cifix/fixes") == "1"
