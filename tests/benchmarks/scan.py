"""How long a scan that finds little takes, beside `git grep` on the same tree and beside bare start-up.

    python -m tests.benchmarks.scan [FOLDER]

FOLDER keeps the downloads between runs. Prints the median and minimum of seven whole processes each,
wall seconds, and their ratio to `git grep`.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import gettempdir

from tests.benchmarks.sdist import repository

RUNS = 7
PROJECTS = {
    "Django==5.2.8": "23254866a5bb9a2cfa6004e8b809ec6246eba4b58a7589bc2772f1bcc8456c7f",
    "click==8.1.7": "ca9853ad459e787e2192211578cc907e7594e294c7ccc834310722b41b9ca6de",
    "attrs==23.2.0": "935dc3b529c262f6cf76e50877d35a4bd3c1de194fd41f47a2b7ae8f19971f30",
}
"""Source distributions with the SHA-256 of their archives."""


def main() -> None:
    """Measure each project and print one table."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(gettempdir()) / "cifix-benchmarks")
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{'project':16} {'command':24} {'median':>8} {'least':>8} {'ratio':>7}")  # noqa: T201 - its output
    for project, sha256 in PROJECTS.items():
        place = repository(project, sha256, folder)
        cifix = [sys.executable, "-m", "cifix"]
        commands: dict[str, Sequence[str]] = {
            "git grep -l": ["git", "grep", "-l", "-F", "-e", "upload-artifact@v3", "-e", "language: system"],
            "cifix --version": [*cifix, "--version"],
            "cifix check": [*cifix, "check"],
            "cifix apply --dry-run": [*cifix, "apply", "--dry-run"],
        }
        floor = 0.0
        for name, command in commands.items():
            taken = _seconds(command, place)
            floor = floor or statistics.median(taken)
            middle = statistics.median(taken)
            row = f"{project:16} {name:24} {middle:8.3f} {min(taken):8.3f} {middle / floor:7.1f}"
            print(row)  # noqa: T201


def _seconds(command: Sequence[str], place: Path) -> list[float]:
    taken = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        done = subprocess.run(command, cwd=place, capture_output=True, check=False)
        if done.returncode not in (0, 1):
            raise SystemExit(done.stderr.decode())
        taken.append(time.perf_counter() - start)
    return taken[1:]


if __name__ == "__main__":
    main()
