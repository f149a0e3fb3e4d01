"""Other programs, started with next to nothing in their environment, and ended with all they started."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cifix.errors import UsageError

OLDEST = (3, 9)
KNOWS_ITSELF = (3, 10)
"""The oldest Python that can tell which modules are its own: a simulation needs that."""

PATH = "/usr/local/bin:/usr/bin:/bin"
"""Where programs are found that nobody named."""

_KEPT = 1 << 16
"""Bytes of what a process said that are kept: the last ones."""

_ASK = "import json, sys; print(json.dumps([sys.executable, sys.version_info[:3]]))"


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter: its executable and its version."""

    executable: str
    version: tuple[int, ...]

    @property
    def words(self) -> str:
        """How reports name it."""
        return f"Python {'.'.join(map(str, self.version))} ({self.executable})"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code, None if it had to be stopped, the end of what it said, and its seconds."""

    code: int | None
    said: str
    seconds: float = 0.0

    @property
    def words(self) -> str:
        """The end of the process as the end of a sentence."""
        if self.code is None:
            return "had to be stopped, for it did not end in time"
        last = self.said.strip().rpartition("\n")[2]
        return f"ended with exit code {self.code}" + (f": {last}" if last else "")


def interpreter(named: str, oldest: tuple[int, int] = OLDEST, *, asked_by: str = "--python") -> Python:
    """The interpreter that a command or path stands for; raises `UsageError` if it is none, or too old."""
    place = shutil.which(named)
    if place is None:
        raise UsageError(f"{asked_by}: there is no program {named}")
    try:
        asked = subprocess.run([place, "-I", "-c", _ASK], capture_output=True, check=True, timeout=60)
        executable, version = json.loads(asked.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as why:
        raise UsageError(f"{asked_by}: {named} is not a Python interpreter that starts ({why})") from why
    if tuple(version) < oldest:
        needed = ".".join(map(str, oldest))
        raise UsageError(f"{asked_by}: {named} is Python {version[0]}.{version[1]}; it must be {needed} or newer")
    return Python(executable, tuple(version))


def run(python: Python, arguments: Sequence[str], scratch: Path, seconds: float, *, bytecode: bool = True) -> Ended:
    """Run the interpreter with `scratch` as its current folder and home, and stop it after `seconds`.

    It sees none of the caller's variables. Bytecode is kept in `scratch` for the next run, or not at all. When the
    process has ended, everything that it started in its process group is killed.
    """
    home = scratch / "home"
    home.mkdir(exist_ok=True)
    environment = _environment(home) | _cache(scratch if bytecode else None)
    return execute([python.executable, "-s", *arguments], home, environment, scratch / "said", seconds, kept=None)


def execute(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    said: Path,
    seconds: float,
    *,
    kept: int | None = _KEPT,
) -> Ended:
    """Run a command in `folder` with that environment alone, and stop it after `seconds`.

    What it says goes to the file `said`; the last `kept` bytes of that are told, or all. When the command has ended,
    everything that it started in its process group is killed.
    """
    started = time.monotonic()
    with said.open("wb") as sink:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        try:
            code: int | None = process.wait(max(seconds, 0))
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
    return Ended(code, _tail(said, kept), time.monotonic() - started)


def _tail(said: Path, kept: int | None) -> str:
    with said.open("rb") as stream:
        if kept is not None:
            stream.seek(max(0, said.stat().st_size - kept))
        return stream.read().decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment(home: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": PATH,
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "TMPDIR": str(home),
    }


def _cache(scratch: Path | None) -> dict[str, str]:
    """Where bytecode goes: never into the tree, which its own code may look at."""
    return {"PYTHONPYCACHEPREFIX": str(scratch / "bytecode")} if scratch else {"PYTHONDONTWRITEBYTECODE": "1"}
