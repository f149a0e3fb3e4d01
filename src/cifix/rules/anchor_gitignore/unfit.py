"""Files that must not be committed without a person's word: credentials, generated and large ones."""

import re
from collections.abc import Iterable

from cifix.model.finding import Refusal
from cifix.model.snapshot import Snapshot
from cifix.rules.anchor_gitignore.masked import Masked, State

_GENERATED = re.compile(
    rb"do not (edit|modify|track)|@generated\b|auto-?generated|(file|code|module) (is |was |has been )?generated",
    re.IGNORECASE,
)
_GENERATED_NAME = re.compile(r"(^|/)(_version|_build_info|\w+_pb2(_grpc)?)\.pyi?$")
_SECRET = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{36}|\bxox[abp]-\w{10}|\bsk_live_\w{16}"
)
_SECRET_NAME = re.compile(
    r"(^|/)(secrets?|credentials?|passwords?|local_settings|settings_local)\.pyi?$", re.IGNORECASE
)


def unfit(wanted: Iterable[Masked], snapshot: Snapshot, largest: int) -> Refusal | None:
    """Why a loose source must not be committed; raises `Opaque` if one cannot be read."""
    for path in (one.path for one in wanted if one.state is State.LOOSE):
        data = snapshot.read(path)
        if _SECRET_NAME.search(path) or _SECRET.search(data):
            return Refusal("secret", f"{path} looks as if it held credentials")
        if generated(path, snapshot):
            return Refusal("generated", f"{path} looks written by a tool")
        if len(data) > largest:
            return Refusal("too-large", f"{path} has {len(data):,} bytes")
    return None


def generated(path: str, snapshot: Snapshot) -> bool:
    """Whether the file looks written by a tool; raises `Opaque` if it cannot be read."""
    return bool(_GENERATED_NAME.search(path) or _GENERATED.search(snapshot.read(path)[:1000]))
