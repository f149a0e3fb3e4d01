"""A stranger's repository with traps in it, a run of every command of cifix on it, and what came of that.

Around the repository lie files that are nobody's business, a remote, and a folder where a trap that snaps leaves a
file of its name.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from tests.original import original
from tests.pages import ROOT

SECRET = "nobody-may-see-this-7f3a"  # noqa: S105 - bait
LOG = "2026-01-01T00:00:00.0000000Z ##[error]This request has been automatically failed because it uses a deprecated"
STRACE = shutil.which("strace")
_CALLS = "execve,execveat,open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,link,linkat"
_CALLS += ",symlink,symlinkat,rmdir,truncate,chmod,fchmodat,chdir"
_SHELL = "#!/bin/sh\n{}\n"


@dataclass(frozen=True)
class Answer:
    """How a command ended and what it said."""

    words: tuple[str, ...]
    code: int
    out: bytes
    err: bytes


@dataclass(frozen=True)
class Seen:
    """What a run did: its answers, the traps that snapped, and the system calls where strace could watch."""

    answers: Mapping[str, Answer]
    snapped: frozenset[str]
    calls: str = field(repr=False)


def surroundings(home: Path, temp: Path) -> dict[str, str]:
    """The environment of a run that has a home and a folder for temporary files of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "XDG_", "CIFIX"))}
    return {
        **kept,
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(home),
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(temp),
        "XDG_CACHE_HOME": str(home / "cache"),
    }


@dataclass(frozen=True)
class Place:
    """Folders of a test: the hostile repository `target` and what lies around it."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Place":
        """The repository of the original case, with a remote, and bait outside of it."""
        place = cls(folder.resolve())
        for path in (place.outside, place.canaries, place.temp, place.home):
            path.mkdir(parents=True)
        (place.home / "gitconfig").write_text(
            "[user]\nname = Ada\nemail = ada@example.org\n[init]\ndefaultBranch=main\n"
        )
        (place.outside / "secret.py").write_text(f"KEY = '{SECRET}'\n")
        (place.outside / "secret.yml").write_text(f"on: push\nkey: {SECRET}\n")
        (place.home / "run.log").write_text(f"{LOG} version of `actions/upload-artifact: v3`.\n")
        original(place.target)
        place.git("init", "--quiet", "--bare", str(place.remote), cwd=place.folder)
        place.git("remote", "add", "origin", str(place.remote))
        place.git("push", "--quiet", "origin", "HEAD:main")
        return place

    @property
    def target(self) -> Path:
        return self.folder / "target"

    @property
    def remote(self) -> Path:
        return self.folder / "remote.git"

    @property
    def outside(self) -> Path:
        return self.folder / "outside"

    @property
    def canaries(self) -> Path:
        return self.folder / "canaries"

    @property
    def temp(self) -> Path:
        return self.folder / "temp"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @cached_property
    def environment(self) -> dict[str, str]:
        """What a run sees."""
        return surroundings(self.home, self.temp)

    def trap(self, name: str, *, then: str = "exit 1") -> str:
        """A command line that leaves a file in `canaries` when it is run."""
        return f"touch {shlex.quote(str(self.canaries / name))}; {then}"

    def script(self, path: Path, name: str, *, then: str = "exit 1") -> str:
        """An executable file that is such a command; its path."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_SHELL.format(self.trap(name, then=then)))
        path.chmod(0o755)
        return str(path)

    def git(self, *arguments: str, cwd: Path | None = None, stdin: bytes = b"", check: bool = True) -> bytes:
        """What plain git answers, in the target unless told otherwise."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.target,
            env=self.environment,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert not check or done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    def set(self, settings: Mapping[str, str]) -> None:
        """Write into the configuration of the target, as its author did."""
        for key, value in settings.items():
            self.git("config", "--file", ".git/config", "--add", key, value)

    def commit(self, *paths: str) -> None:
        """Put what is on disk into the target's history, without a hook of its own."""
        self.git("-c", "core.hooksPath=/dev/null", "add", "--force", "--", *(paths or (".",)))
        self.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "--message", "work")

    def snapped(self) -> frozenset[str]:
        """The traps that have been sprung; they are set again."""
        found = frozenset(path.name for path in self.canaries.iterdir())
        for name in found:
            (self.canaries / name).unlink()
        return found

    def run(
        self,
        commands: Sequence[Sequence[str]] = (),
        *,
        cwd: Path | None = None,
        environ: Mapping[str, str] = MappingProxyType({}),
        traced: bool = True,
    ) -> Seen:
        """Every command of cifix (or `commands`), one after the other, in a process that strace watches if it can."""
        (self.home / "repos").write_text(f"{self.target}\n{self.remote}\n")
        asked = [list(words) for words in (commands or self.commands)]
        desk = self.folder / "desk"
        shutil.rmtree(desk, ignore_errors=True)
        desk.mkdir()
        (desk / "orders").write_text(json.dumps({"folder": os.fsdecode(cwd or self.target), "commands": asked}))
        watching = [STRACE, "-f", "-qq", "-y", "-z", "-s", "4096", "-e", f"trace={_CALLS}", "-e", "signal=none"]
        watching += ["--seccomp-bpf", "-o", str(desk / "calls")]
        traced = traced and STRACE is not None
        command = [*(watching if traced else ()), sys.executable, str(ROOT / "tests/security/drive.py")]
        done = subprocess.run(
            [*map(str, command), str(desk / "orders")],
            cwd=self.home,
            env={**self.environment, **environ},
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert (desk / "answers").is_file(), done.stderr.decode()
        codes = json.loads((desk / "answers").read_text())
        answers: dict[str, Answer] = {}
        for number, (words, code) in enumerate(zip(asked, codes, strict=True)):
            out, err = ((desk / f"said-{number}-{name}").read_bytes() for name in ("out", "err"))
            short = " ".join(words[:2])
            answers[" ".join(words) if short in answers else short] = Answer(tuple(words), code, out, err)
        calls = (desk / "calls").read_text("utf-8", "surrogateescape") if traced else ""
        return Seen(answers, self.snapped(), calls)

    @property
    def commands(self) -> list[list[str]]:
        """Every command that looks at a repository; the last one changes the files on disk."""
        repos, state = self.home / "repos", self.home / "state"
        log = str(self.home / "run.log")
        fleet = ["--repos", str(repos), "--state", str(state), "--jobs", "1"]
        return [
            ["check", "--no-cache"],
            ["check", "--format=sarif"],
            ["check"],
            ["apply", "--dry-run", "--safety=review"],
            ["plan", "--log", log],
            ["diagnose", log],
            ["apply"],
            ["verify"],
            ["pr", "--forge=local"],
            ["guard", "init"],
            ["rules", "list"],
            ["fleet", "plan", *fleet],
            ["fleet", "apply", *fleet],
            ["apply", "--in-place", "--safety=review"],
        ]
