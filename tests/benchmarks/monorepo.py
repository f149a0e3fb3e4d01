# ruff: noqa: T201 - the table is its output
"""What a whole check costs in a repository of more than 20,000 files, beside git and ruff on the same tree.

    python -m tests.benchmarks.monorepo [FOLDER] [--runs N] [--peers]

FOLDER keeps the downloads and the repository between runs. The repository holds the source distributions that are
pinned in `monorepo.txt` and, in its own `.github/workflows`, all their workflows, repeated under new names until there
are 600. Each row is a process: the least of N runs (3), processor seconds with all its children, wall seconds, the
largest process in MiB, and the ratio of processor seconds to `git grep`. With --peers also Fixit and codemodder, if
they are on PATH, which takes many minutes.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

from tests.benchmarks.sdist import unpacked

PINS = Path(__file__).with_name("monorepo.txt")
WORKFLOWS = 600
IGNORE = (
    "__pycache__/\n*.py[cod]\n*.so\nbuild/\ndist/\neggs/\n.eggs/\nlib/\nlib64/\n*.egg-info/\n.venv/\nvenv/\ndata/\n"
)
GREP = ["git", "grep", "-l", "upload-artifact@v3"]


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    cpu: float
    wall: float
    mebibytes: float


def built(folder: Path) -> Path:
    """The repository, made once."""
    mono = folder / "mono"
    if (mono / ".git").is_dir():
        return mono
    workflows = []
    for line in PINS.read_text().splitlines():
        requirement, sha256 = line.split()
        tree = unpacked(requirement, sha256, folder / "sdists")
        shutil.copytree(tree, mono / "projects" / requirement.replace("==", "-"), symlinks=True, dirs_exist_ok=True)
        workflows += sorted((tree / ".github" / "workflows").glob("*.y*ml"))
    (mono / ".github" / "workflows").mkdir(parents=True)
    for number in range(WORKFLOWS):
        file = workflows[number % len(workflows)]
        shutil.copyfile(file, mono / ".github" / "workflows" / f"{number:03d}-{file.name}")
    (mono / ".gitignore").write_text(IGNORE)
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "core.autocrlf=false")
    for arguments in (("init", "-q"), ("add", "--all", "--force"), ("commit", "-q", "-m", "all")):
        subprocess.run(["git", *identity, *arguments], cwd=mono, check=True)
    return mono


def cost(command: Sequence[str], place: Path, runs: int) -> Cost:
    """The least that a command took, in processor time."""
    return min((_once(command, place) for _ in range(runs)), key=lambda one: one.cpu)


def _once(command: Sequence[str], place: Path) -> Cost:
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in {0, 1}:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss / 1024)


def rows(mono: Path, folder: Path, runs: int, *, peers: bool) -> Iterator[tuple[str, Cost]]:
    """Each command of the table with its cost."""
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    cifix = [sys.executable, "-m", "cifix"]
    yield "git grep -l upload-artifact@v3", cost(GREP, mono, runs + 2)
    yield 'python -c "import click"', cost([sys.executable, "-c", "import click"], mono, runs + 2)
    yield "cifix --version", cost([*cifix, "--version"], mono, runs + 2)
    yield "cifix --help", cost([*cifix, "--help"], mono, runs + 2)
    if ruff := shutil.which("ruff"):
        yield (
            "ruff check --no-cache --select F,I",
            cost([ruff, "check", "--isolated", "--no-cache", "--select", "F,I", "--exit-zero", "."], mono, runs),
        )
    yield "cifix check --no-cache", cost([*cifix, "check", "--no-cache"], mono, 1)
    yield "cifix check, nothing kept yet", cost([*cifix, "check"], mono, 1)
    yield "cifix check, nothing changed", cost([*cifix, "check"], mono, runs)
    for file in sorted((mono / ".github" / "workflows").iterdir())[:10]:
        file.write_bytes(file.read_bytes() + b"# changed\n")
    yield "cifix check, 10 files changed", cost([*cifix, "check"], mono, 1)
    subprocess.run(["git", "checkout", "-q", "--", ".github"], cwd=mono, check=True)
    for tool, arguments in (("fixit", ["lint", "."]), ("codemodder", ["--dry-run", "."])) if peers else ():
        if program := shutil.which(tool):
            yield tool, cost([program, *arguments], mono, 1)


def main() -> None:
    """Build, measure, print."""
    words = sys.argv[1:]
    runs = int(words.pop(words.index("--runs") + 1)) if "--runs" in words else 3
    folders = [word for word in words if not word.startswith("--")]
    folder = Path(folders[0] if folders else Path(gettempdir()) / "cifix-benchmarks" / "monorepo").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    mono = built(folder)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=mono, capture_output=True, check=True).stdout.split(b"\0")
    python = sum(path.endswith(b".py") for path in listed)
    print(f"{len(listed) - 1:,} files, {python:,} of Python; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'':38}{'CPU s':>9}{'wall s':>9}{'MiB':>7}{'ratio':>8}")
    floor = 0.0
    for name, one in rows(mono, folder, runs, peers="--peers" in words):
        floor = floor or one.cpu
        print(f"{name:38}{one.cpu:9.2f}{one.wall:9.2f}{one.mebibytes:7.0f}{one.cpu / floor:8.1f}", flush=True)


if __name__ == "__main__":
    main()
