"""Let `act` run a job of the branch: actions and containers included, as far as act knows them.

Source: https://nektosact.com/usage/index.html, read 2026-11.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from cifix.errors import UsageError
from cifix.proof.result import Proof, tried
from cifix.proof.trial.room import Means, room
from cifix.proof.trial.script import Planned, Script

_SETTINGS = ("DOCKER_HOST", "XDG_RUNTIME_DIR")


def act_program() -> str:
    """Where act is; raises `UsageError` if it is not on PATH."""
    found = shutil.which("act")
    if found is None:
        raise UsageError("--act: there is no program act; install it (https://nektosact.com), or use --job")
    return found


def acted(means: Means, job: Planned, act: str) -> Proof:
    """What act says of a job in a clean clone; it gets the user's own configuration of act and no secrets."""
    with room(means, bare=True) as made:
        command = [act, "--job", job.job, "--workflows", job.path, "--rm"]
        script = Script(" ".join(["act", *command[1:]]))
        ran = made.start(command, script, made.checkout, _environment(), inside=False)
    return tried("act", f"{job.words} passes under act", [ran])


def _environment() -> Mapping[str, str]:
    """Where act finds the container engine, and what the user said about images."""
    home = Path(os.environ.get("HOME", "/"))
    places = {"XDG_CONFIG_HOME": home / ".config", "XDG_CACHE_HOME": home / ".cache"}
    found = {name: os.environ.get(name, str(place)) for name, place in places.items()}
    return {**found, **{name: os.environ[name] for name in _SETTINGS if name in os.environ}}
