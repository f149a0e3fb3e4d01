import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import cifix
from cifix.cli.main import Commands
from cifix.model.snapshot import File
from cifix.testing import build
from tests.cli.conftest import Cifix


def test_the_version_is_printed(cifix: Cifix) -> None:
    done = cifix("--version")
    assert (done.code, done.text) == (0, f"cifix, version {__import__('cifix').__version__}\n")


def test_help_names_the_commands(cifix: Cifix) -> None:
    done = cifix("--help")
    assert done.code == 0
    assert all(name in done.text for name in ("apply", "check", "rules", "cifix apply --dry-run"))


@pytest.mark.parametrize("name", Commands.modules)
def test_the_help_page_says_what_the_command_says_of_itself(name: str) -> None:
    command = importlib.import_module(f"cifix.cli.{name}").command
    assert Commands.modules[name] == command.get_short_help_str(1000)


def test_the_help_page_imports_no_command() -> None:
    loaded = "sorted(name for name in sys.modules if name.startswith('cifix'))"
    code = f"import sys, cifix.cli.main as m\nm.cifix(['--help'], standalone_mode=False)\nprint({loaded})"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.splitlines()[-1] == "['cifix', 'cifix.cli', 'cifix.cli.main', 'cifix.errors']"


def test_no_arguments_shows_the_help(cifix: Cifix) -> None:
    assert "Usage: cifix" in cifix().text + cifix().err


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "cifix", "--version"], capture_output=True, check=True, text=True)
    assert done.stdout == f"cifix, version {cifix.__version__}\n"


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    build({"a": File(b"")}, tmp_path / "repo")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "cifix", "check", str(tmp_path / "repo")],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


SLOW = """
import time
from cifix.model.finding import Safety
from cifix.model.rule import declare

@declare("Sleep.", reads=("**",), safety=Safety.SAFE)
def rule(snapshot, options):
    print("asleep", flush=True)
    time.sleep(60)
    return ()
"""


@pytest.fixture
def heeded() -> Iterator[None]:
    """Children heed an interrupt, even if the shell started these tests in the background, where none comes."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.usefixtures("heeded")
def test_an_interrupt_is_130_and_leaves_nothing(tmp_path: Path, number: int) -> None:
    build({"a": File(b"")}, tmp_path / "repo")
    info = tmp_path / "site" / "slow-1.dist-info"
    info.mkdir(parents=True)
    (tmp_path / "site" / "slow.py").write_text(SLOW)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: slow\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[cifix.rules]\nslow = slow:rule\n")
    path = os.pathsep.join([str(tmp_path / "site"), *sys.path])
    command = [sys.executable, "-m", "cifix", "apply", str(tmp_path / "repo"), "--select", "slow"]
    left = tmp_path / "temporary"
    left.mkdir()
    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(left)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"asleep\n"
        time.sleep(0.1)
        child.send_signal(number)
        _, told = child.communicate(timeout=20)
    assert child.returncode == 130
    assert b"interrupted" in told
    assert list(left.iterdir()) == []


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"])
def test_what_a_surrounding_git_left_in_the_environment_is_forgotten(
    cifix: Cifix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    build({"a": File(b"")}, tmp_path / "repo")
    monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert cifix("check", "repo").code == 0


@pytest.mark.parametrize(
    "words", ["check .", "apply --dry-run --format json .", "rules list", "rules new x --into /proc"]
)
def test_what_cannot_be_written_is_six_and_no_traceback(tmp_path: Path, words: str) -> None:
    build({"a": File(b"")}, tmp_path)
    command = [sys.executable, "-m", "cifix", *words.split()]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 6
    assert done.stderr.startswith(b"cifix: the system refused: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_nothing(tmp_path: Path, closed: str) -> None:
    build({"a": File(b"")}, tmp_path)
    command = f"'{sys.executable}' -m cifix check {closed}"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == (b"" if ">&- " in f" {closed} ".replace("2>&-", "") else b"Nothing to fix.\n")
