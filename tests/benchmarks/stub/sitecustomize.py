"""Python imports this at start-up where it is on the path: answers pip's questions in the place of a build back end.

pip asks the back end of a source distribution for metadata even if it only downloads it. With this stub it gets what
PKG-INFO says, and no code of the project runs.
"""

import os
import shutil
import sys
from email import message_from_bytes
from pathlib import Path
from types import ModuleType

BACK_END = os.environ.get("_PYPROJECT_HOOKS_BUILD_BACKEND", "")


def requires(settings: object = None) -> list[str]:
    """Nothing is needed for a build that does not happen."""
    del settings
    return []


def metadata(folder: str, settings: object = None) -> str:
    """Write what PKG-INFO of the current folder says as metadata of a wheel; gives the name of its folder."""
    del settings
    told = message_from_bytes(Path("PKG-INFO").read_bytes())
    name = f"{told['Name'].replace('-', '_')}-{told['Version']}.dist-info"
    place = Path(folder, name)
    place.mkdir(parents=True)
    shutil.copy("PKG-INFO", place / "METADATA")
    (place / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: stub\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    return name


def pretend(back_end: str) -> None:
    """Put a module in the place of `back_end`, which is a module or module:object."""
    module, _, inner = back_end.partition(":")
    stub = ModuleType(module)
    for place in (stub, *([ModuleType(inner)] if inner else ())):
        vars(place).update(get_requires_for_build_wheel=requires, prepare_metadata_for_build_wheel=metadata)
        if place is not stub:
            setattr(stub, inner, place)
    sys.modules[module] = stub


if BACK_END:
    os.environ.pop("_PYPROJECT_HOOKS_BACKEND_PATH", None)
    pretend(BACK_END)
