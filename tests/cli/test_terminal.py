"""What a person at a terminal sees, on a real pseudo-terminal."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from cifix.model.snapshot import File
from cifix.testing import build

HOOKS = b"repos:\n  - repo: local\n    hooks:\n      - id: x\n        entry: python -m x\n        language: system\n"


def seen(folder: Path, *arguments: str) -> tuple[int, bytes]:
    """Exit code and everything that `cifix` writes to a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "cifix", *arguments]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
    ) as child:
        os.close(theirs)
        told = bytearray()
        while chunk := _read(ours):
            told += chunk
    os.close(ours)
    return child.returncode, bytes(told)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other side is closed
        return b""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    build({".pre-commit-config.yaml": File(HOOKS)}, tmp_path / "repo")
    return tmp_path / "repo"


def test_the_diff_is_coloured_and_progress_is_shown(repo: Path) -> None:
    code, told = seen(repo, "apply", "--dry-run")
    assert code == 1
    assert b"\x1b[31m-        entry: python -m x\x1b[0m" in told
    assert b"\x1b[32m+        entry: python3 -m x\x1b[0m" in told
    assert b"hook-python3" in told
    assert "━".encode() in told


def test_a_pipe_gets_neither_colour_nor_progress(repo: Path) -> None:
    command = [sys.executable, "-m", "cifix", "apply", "--dry-run"]
    done = subprocess.run(command, cwd=repo, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"\x1b" not in done.stdout + done.stderr
    assert done.stderr == b""


def test_a_page_is_set_for_the_terminal(repo: Path) -> None:
    code, told = seen(repo, "rules", "explain", "hook-python3")
    assert code == 0
    assert b"\x1b[1m" in told
    assert b"# hook-python3" not in told


def test_a_fleet_shows_how_far_it_is(repo: Path) -> None:
    lines = [str(repo), str(repo.parent / "no\x1b]0;thing")]
    (repo.parent / "repos.txt").write_text("\n".join(lines))
    code, told = seen(repo.parent, "fleet", "plan", "--repos", "repos.txt", "--jobs", "1")
    assert code == 3
    assert "━".encode() in told
    for word in (b"planned", b"failed", b"left:", b"2/2", b"2 repositories: 1 planned, 1 failed."):
        assert word in told
    assert b"\x1b]0;" not in told
