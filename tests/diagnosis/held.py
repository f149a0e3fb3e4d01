"""Logs and checkouts in memory, and what the one says about the other."""

import io
from collections.abc import Mapping
from contextlib import nullcontext
from functools import cache

from cifix.diagnosis.checkout import Checkout
from cifix.diagnosis.diagnose import Cause, Diagnosis, diagnose
from cifix.engine.config import Config, choose
from cifix.engine.plan import Settings
from cifix.engine.prove import prove
from cifix.engine.registry import Registry, discover
from cifix.logs.collect import Log
from cifix.logs.facts import failures
from cifix.model.finding import Safety
from cifix.model.history import History
from cifix.model.snapshot import REGULAR, File, Memory, Snapshot
from cifix.vcs.ignores import ignored

STAMP = "2026-07-16T20:33:28.4578760Z "
EXIT = "##[error]Process completed with exit code 1."
SUBMODULE = 0o160000


def log(*texts: str, step: str = "Run pytest", job: str = "test") -> Log:
    """The log of a job whose one step prints these lines and fails."""
    data = "".join(f"{STAMP}{text}\n" for text in (f"##[group]{step}", *texts, EXIT)).encode()
    return Log(f"{job}.txt", job, "", lambda: nullcontext(io.BytesIO(data)))


@cache
def registry() -> Registry:
    return discover()


def checkout(files: Mapping[str, bytes | str], history: History | None = None, submodule: str = "") -> Checkout:
    """Files at a commit, looked at by every rule."""
    held = {path: File(data.encode() if isinstance(data, str) else data, REGULAR) for path, data in files.items()}
    if submodule:
        held[submodule] = File(b"", SUBMODULE)
    source = Memory(held, history=history or History())
    rules = choose(registry().rules, registry().plugins, Config(), select=(), ignore=())
    return Checkout(prove(Snapshot(source), rules, Settings(Safety.REVIEW), ignored).plan)


def told(
    files: Mapping[str, bytes | str] | None, *logs: Log, history: History | None = None, submodule: str = ""
) -> Diagnosis:
    """The diagnosis of logs, held against files if there are any."""
    return diagnose(list(failures(logs)), None if files is None else checkout(files, history, submodule))


def only(diagnosis: Diagnosis) -> Cause:
    """Its one cause."""
    (cause,) = diagnosis.causes
    return cause
