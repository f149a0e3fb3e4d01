"""The log of a run, through the `gh` that the user is logged in with."""

import re
import shutil
import subprocess
from pathlib import Path

from cifix.errors import UsageError

_ADDRESS = re.compile(
    r"https://(?P<host>[\w.-]+)/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)/actions/runs/(?P<run>\d+)(?:/attempts/(?P<attempt>\d+))?"
    r"(?:/job/(?P<job>\d+))?/?(?:[?#].*)?$"
)


def download(run: str, folder: Path) -> Path:
    """Write what `gh run view --log` prints for a run, by id or address, into `folder`; gives the file.

    Raises `UsageError` if `run` is neither, if gh is not installed, or if it refuses.
    """
    arguments = _arguments(run)
    program = shutil.which("gh")
    if program is None:
        raise UsageError(
            f"--run {run} needs gh on PATH (https://cli.github.com); or download the log and name the file"
        )
    place = folder / f"run-{arguments[0] or 'job'}.log"
    with place.open("wb") as stream:
        done = subprocess.run(
            [program, "run", "view", *arguments, "--log"], stdout=stream, stderr=subprocess.PIPE, check=False
        )
    if done.returncode:
        raise UsageError(f"gh could not read run {run}: {done.stderr.decode('utf-8', 'replace').strip()}")
    return place


def _arguments(run: str) -> list[str]:
    if run.isdecimal():
        return [run]
    address = _ADDRESS.match(run)
    if address is None:
        raise UsageError(f"--run {run} is neither the number nor the address of a run")
    where = ["--repo", f"{address['host']}/{address['owner']}/{address['name']}"]
    attempt = ["--attempt", address["attempt"]] if address["attempt"] else []
    job = ["--job", address["job"]] if address["job"] else []
    return [address["run"], *where, *attempt, *job]
