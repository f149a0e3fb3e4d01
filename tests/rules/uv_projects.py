"""Tiny projects and tiny distributions for running the real uv without an index."""

import base64
import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

TOOLS = ("pytest", "pytest-cov", "pytest-xdist", "ruff", "mypy", "coverage", "requests")
"""Distributions with a command of their own name that does nothing."""

DEPENDS = {"pytest-cov": ("pytest", "coverage"), "pytest-xdist": ("pytest",)}


def wheels(folder: Path) -> Path:
    """A folder of wheels for `TOOLS`."""
    folder.mkdir()
    for name in TOOLS:
        module = name.replace("-", "_")
        info = f"{module}-1.0.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        metadata += "".join(f"Requires-Dist: {other}\n" for other in DEPENDS.get(name, ()))
        files = {
            f"{module}/__init__.py": "def main():\n    pass\n",
            f"{module}/__main__.py": "",
            f"{info}/METADATA": metadata,
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {module}:main\n",
        }
        record = "".join(f"{path},sha256={_hash(text)},{len(text)}\n" for path, text in files.items())
        with zipfile.ZipFile(folder / f"{module}-1.0-py3-none-any.whl", "w") as wheel:
            for path, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
                wheel.writestr(path, text)
    return folder


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def run(
    uv: str, project: Path, links: Path, commands: Sequence[str], env: Mapping[str, str] | None = None
) -> list[tuple[int, str]]:
    """Exit code and errors of each command, run in order in the folder of a project."""
    for name, program in (("python3", Path(sys.executable).resolve()), ("uv", Path(uv))):
        if not (links / name).exists():
            (links / name).symlink_to(program)
    bare = {"HOME": str(links), "PATH": f"{links}:/usr/bin:/bin", "UV_LINK_MODE": "hardlink"}
    quiet = {"UV_OFFLINE": "1", "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(links), "UV_PYTHON_PREFERENCE": "only-system"}
    shared = {"UV_CACHE_DIR": str(links.parent / "cache"), "UV_NO_PROGRESS": "1", "UV_PYTHON_DOWNLOADS": "never"}
    found = []
    for command in commands:
        done = subprocess.run(
            ["bash", "-ec", command],
            cwd=project,
            env={**bare, **quiet, **shared, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        found.append((done.returncode, done.stderr))
    return found


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """A folder with these files in it."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return folder


def environment() -> str | None:
    """The real uv, if it is installed for this Python."""
    if find_spec("uv") is None:
        return None
    return str(import_module("uv").find_uv_bin())
