"""What one repository of a fleet costs: our path against clone, checkout, edit, commit and push, and against all-repos.

Run with `python -m tests.benchmarks.fleet` from the root; all-repos must be installed for the second table.
"""

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from cifix.engine.registry import discover
from cifix.fleet.job import Job, Mode, State, Target
from cifix.fleet.stored import digest_of
from cifix.fleet.turn import turn
from cifix.run.examine import Selection
from tests.fleet.served import BRANCH, WORKFLOW, Served, commit, git, made, refs, serving

TODAY = date(2026, 11, 24)
ROUNDS = 3
EDIT = ["sed", "-i", "s/upload-artifact@v3/upload-artifact@v6/", ".github/workflows/ci.yml"]
IDENTITY = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - its output


def tree(files: int, python: int) -> dict[str, bytes]:
    """A workflow, `python` modules and as many other files as are needed, of 2 to 8 KiB each."""
    source = random.Random(1)  # noqa: S311 - the same every time
    found = {".github/workflows/ci.yml": WORKFLOW}
    for number in range(files - 1):
        size = source.randrange(1000, 4000)
        if number < python:
            lines = [f"VALUE_{line} = {source.randrange(10**12)}\n" for line in range(size // 12)]
            found[f"pkg{number % 50}/module_{number}.py"] = "".join(lines).encode()
        else:
            found[f"data{number % 200}/file_{number}.txt"] = source.randbytes(size).hex().encode()
    return found


def ours(asked: Selection) -> Callable[[str, Path], None]:
    def fix(url: str, folder: Path) -> None:
        digest = digest_of(asked, TODAY, discover().rules)
        job = Job(Target(url, "x"), Mode.APPLY, "cifix/fixes", asked, TODAY, digest, scratch=str(folder))
        result = turn(job)
        assert result.state is State.APPLIED, result.reason

    return fix


def checkout(*options: str) -> Callable[[str, Path], None]:
    def fix(url: str, folder: Path) -> None:
        git(folder, "clone", "--quiet", *options, url, "clone")
        clone = folder / "clone"
        subprocess.run(EDIT, cwd=clone, check=True)
        git(clone, *IDENTITY, "commit", "--quiet", "--all", "--message=fix")
        git(clone, "push", "--quiet", "origin", "HEAD:cifix/fixes")

    return fix


@contextmanager
def fresh(served: Served, name: str) -> Iterator[str]:
    """The URL of a repository without our branch."""
    repo = served.root / name
    if BRANCH in refs(repo):
        git(repo, "update-ref", "-d", BRANCH)
    served.sent = 0
    yield f"{served.url}/{name}"
    assert BRANCH in refs(repo)


def one_large_repository(folder: Path) -> None:
    say("| way | seconds | bytes received | MiB on disk |\n| --- | ---: | ---: | ---: |")
    with serving(folder / "served") as served:
        repo = made(served.root / "large.git", tree(10_000, 3_000))
        for number in range(20):
            commit(
                repo,
                {f"data{part}/more.txt": bytes(f"{part * number} " * 1500, "ascii") for part in range(number * 10)},
            )
        git(repo, "repack", "-adq")
        ways: dict[str, Callable[[str, Path], None]] = {
            "cifix, one rule that reads workflows": ours(Selection(("upgrade-artifacts",))),
            "cifix, all rules (fetches 3,000 modules)": ours(Selection()),
            "clone --depth 1, checkout, sed, commit, push": checkout("--depth=1"),
            "clone, checkout, sed, commit, push": checkout(),
        }
        for way, fix in ways.items():
            seconds, peak = [], 0
            for _ in range(ROUNDS):
                with TemporaryDirectory(dir=folder) as place, fresh(served, "large.git") as url:
                    start = time.monotonic()
                    fix(url, Path(place))
                    seconds.append(time.monotonic() - start)
                    peak = sum(file.stat().st_size for file in Path(place).rglob("*") if file.is_file())
            disk = f"{peak / 2**20:.0f}" if peak else "none left"
            say(f"| {way} | {statistics.median(seconds):.2f} | {served.sent:,} | {disk} |")


ALL_REPOS = """
import subprocess, sys
from pathlib import Path
from all_repos import autofix_lib, clone
from all_repos.config import load_config

def edit():
    subprocess.run(sys.argv[2:], check=True)

clone.main(("-C", "all-repos.json", "-j", "2"))
config = load_config("all-repos.json")
repos = [str(Path(config.output_dir) / name) for name in config.get_cloned_repos()]
settings = autofix_lib.AutofixSettings(jobs=2, color=False, limit=None, dry_run=False, interactive=False)
autofix_lib.fix(repos, apply_fix=edit, config=config,
    commit=autofix_lib.Commit("fix", "cifix/fixes", "Ada <ada@example.org>"), autofix_settings=settings)
"""
PUSH = """
import subprocess

def Settings(**_):
    return None

def push(settings, branch_name):
    subprocess.run(("git", "push", "-q", "origin", "HEAD:refs/heads/cifix/fixes"), check=True)
"""


def twenty_repositories(folder: Path) -> None:
    say("\n| way, 20 repositories of 500 files, 2 at a time | seconds |\n| --- | ---: |")
    root = folder / "twenty"
    repos = [made(root / f"r{number:02}.git", tree(500, 150)) for number in range(20)]
    (folder / "repos.txt").write_text("\n".join(map(str, repos)))
    command = [sys.executable, "-m", "cifix", "fleet", "apply", "--repos", "repos.txt", "--jobs", "2"]
    for way, more in (("cifix fleet, one rule", ("--select", "upgrade-artifacts")), ("cifix fleet, all rules", ())):
        seconds = timed([*command, *more, "--state", f"{len(more)}.db"], folder, repos)
        say(f"| {way} | {seconds:.1f} |")
    (folder / "list.json").write_text(json.dumps({repo.name: str(repo) for repo in repos}))
    (folder / "pushing.py").write_text(PUSH)
    settings = {
        "output_dir": "output",
        "source": "all_repos.source.json_file",
        "source_settings": {"filename": "list.json"},
        "push": "pushing",
        "push_settings": {},
    }
    (folder / "all-repos.json").write_text(json.dumps(settings))
    (folder / "all-repos.json").chmod(0o600)
    seconds = timed([sys.executable, "-c", ALL_REPOS, "x", *EDIT], folder, repos)
    say(f"| all-repos, sed | {seconds:.1f} |")


def timed(command: list[str], folder: Path, repos: list[Path]) -> float:
    for repo in repos:
        if BRANCH in refs(repo):
            git(repo, "update-ref", "-d", BRANCH)
    start = time.monotonic()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - start
    missing = [repo.name for repo in repos if BRANCH not in refs(repo)]
    assert not missing, f"{missing}\n{done.stdout}\n{done.stderr}"
    return seconds


def main() -> None:
    with TemporaryDirectory(prefix="cifix-benchmark-") as place:
        one_large_repository(Path(place))
        twenty_repositories(Path(place))


if __name__ == "__main__":
    main()
