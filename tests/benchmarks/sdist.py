"""A pinned source distribution from PyPI as a git repository with one commit."""

import subprocess
import sys
import tarfile
from pathlib import Path

_IDENTITY = ("-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "core.autocrlf=false")


def repository(requirement: str, folder: Path) -> Path:
    """Download `requirement` (name==version) below `folder`, unpack it, and commit all of it; done once."""
    place = folder / requirement.replace("==", "-")
    if (place / ".git").is_dir():
        return place
    archives = folder / "archives"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*command, "--dest", str(archives), requirement], check=True)
    name = requirement.partition("==")[0].lower().replace("-", "_")
    archive = next(path for path in archives.glob("*.tar.gz") if path.name.lower().replace("-", "_").startswith(name))
    with tarfile.open(archive) as packed:
        packed.extractall(place, filter="data")
    root = next(inner for inner in place.iterdir() if inner.is_dir())
    for inner in list(root.iterdir()):
        inner.rename(place / inner.name)
    root.rmdir()
    for arguments in (("init", "-q"), ("add", "--all", "--force"), ("commit", "-q", "-m", "unpacked")):
        subprocess.run(["git", *_IDENTITY, *arguments], cwd=place, check=True)
    return place
