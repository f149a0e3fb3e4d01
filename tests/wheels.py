"""Wheels of distributions that are installed for this Python, so that projects can install them without an index."""

import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement


def repack(names: Iterable[str], folder: Path) -> Path:
    """A folder of wheels of the named distributions and of all that they need."""
    folder.mkdir(exist_ok=True)
    for one in _needed(names):
        _wheel(one, folder)
    return folder


def _needed(names: Iterable[str]) -> Iterator[Distribution]:
    todo, seen = list(names), set[str]()
    while todo:
        name = todo.pop()
        if name.lower() in seen:
            continue
        seen.add(name.lower())
        found = distribution(name)
        yield found
        wanted = [Requirement(line) for line in found.requires or ()]
        todo += [one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]


def _wheel(found: Distribution, folder: Path) -> None:
    """One wheel; its scripts are left to whoever installs it."""
    files = [file for file in found.files or () if file.parts[0] != ".." and "__pycache__" not in file.parts]
    told = found.read_text("WHEEL") or ""
    *_, tag = (line.partition(": ")[2] for line in told.splitlines() if line.startswith("Tag: "))
    name = found.metadata["Name"].replace("-", "_").replace(".", "_")
    left = {"INSTALLER", "REQUESTED", "direct_url.json"}
    with zipfile.ZipFile(folder / f"{name}-{found.version}-{tag}.whl", "w") as wheel:
        for file in files:
            if file.name not in left:
                wheel.write(str(found.locate_file(file)), str(file))
