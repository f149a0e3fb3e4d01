"""A pinned source distribution, unpacked, and if wanted as a git repository with one commit; none of its code runs."""

import hashlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path

_IDENTITY = ("-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "core.autocrlf=false")
_STUB = Path(__file__).parent / "stub"


def repository(requirement: str, sha256: str, folder: Path) -> Path:
    """Like `unpacked`, with one commit of everything."""
    place = unpacked(requirement, sha256, folder)
    if not (place / ".git").is_dir():
        for arguments in (("init", "-q"), ("add", "--all", "--force"), ("commit", "-q", "-m", "unpacked")):
            subprocess.run(["git", *_IDENTITY, *arguments], cwd=place, check=True)
    return place


def unpacked(requirement: str, sha256: str, folder: Path) -> Path:
    """Download and unpack `requirement` (name==version) below `folder`, once; raises `ValueError` for other bytes."""
    name = requirement.replace("==", "-")
    archive = _archive(requirement, sha256, folder / "archives" / name)
    if hashlib.sha256(archive.read_bytes()).hexdigest() != sha256:
        raise ValueError(f"{archive} is not the {requirement} that was pinned")
    if not (folder / name).is_dir():
        with tarfile.open(archive) as packed:
            packed.extractall(folder / "opened" / name, filter="data")
        next(inner for inner in (folder / "opened" / name).iterdir() if inner.is_dir()).rename(folder / name)
    return folder / name


def _archive(requirement: str, sha256: str, place: Path) -> Path:
    """The archive, from the folder or by pip, which is kept from running the project's build back end."""
    place.mkdir(parents=True, exist_ok=True)
    if not any(place.iterdir()):
        pinned = place.parent / f"{place.name}.txt"
        pinned.write_text(f"{requirement} --hash=sha256:{sha256}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--no-binary", ":all:", "--no-build-isolation", "--use-pep517", "--require-hashes"]
        environment = {**os.environ, "PYTHONPATH": str(_STUB)}
        subprocess.run([*command, "--dest", str(place), "--requirement", str(pinned)], env=environment, check=True)
    return next(place.iterdir())
