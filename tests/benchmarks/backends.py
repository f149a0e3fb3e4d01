"""Which build back ends leave tracked files out of a wheel because an ignore pattern matches them.

`python -m tests.benchmarks.backends` builds one small tree with each back end that is installed beside `build`,
without isolation, and prints the files of the wheel. Run on 2026-11-24: hatchling 1.33 leaves out the ignored
ones; setuptools 84, flit-core 4.2, poetry-core 2.5, pdm-backend 2.5 and uv_build 0.13.6 keep them.
"""

import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zipfile import ZipFile

BACKENDS = {
    "hatchling": ("hatchling.build", ""),
    "setuptools": (
        "setuptools.build_meta",
        '[tool.setuptools]\npackages = ["pkg", "pkg.lib"]\n[tool.setuptools.package-data]\npkg = ["**/*"]\n',
    ),
    "flit-core": ("flit_core.buildapi", ""),
    "poetry-core": ("poetry.core.masonry.api", ""),
    "pdm-backend": ("pdm.backend", ""),
    "uv-build": ("uv_build", '[tool.uv.build-backend]\nmodule-root = ""\n'),
}
FILES = {
    ".gitignore": "lib/\n*.html\ndata.json\n",
    "pkg/__init__.py": '"""Words."""\n\n__version__ = "1"\n',
    "pkg/lib/__init__.py": "",
    "pkg/lib/a.py": "",
    "pkg/pages/a.html": "",
    "pkg/data.json": "{}\n",
}


def wheel(folder: Path, requirement: str) -> list[str]:
    """The files of the package in the wheel that a back end builds of the tree, all of it tracked."""
    backend, more = BACKENDS[requirement]
    head = f'[build-system]\nrequires = ["{requirement}"]\nbuild-backend = "{backend}"\n'
    project = '[project]\nname = "pkg"\nversion = "1"\ndescription = "words"\n'
    for path, text in {**FILES, "pyproject.toml": head + project + more}.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    for command in (
        ["init", "-q"],
        ["add", "-A", "-f"],
        ["-c", "user.name=a", "-c", "user.email=a", "commit", "-qm", "a"],
    ):
        subprocess.run(["git", *command], cwd=folder, check=True)
    build = [sys.executable, "-m", "build", "--no-isolation", "--skip-dependency-check", "--wheel", "--outdir", "out"]
    subprocess.run(build, cwd=folder, check=True, capture_output=True)
    (built,) = (folder / "out").glob("*.whl")
    with ZipFile(built) as archive:
        return sorted(name for name in archive.namelist() if name.startswith("pkg/") and not name.endswith("/"))


def main() -> None:
    """Print one line per back end."""
    for requirement in BACKENDS:
        try:
            found = version(requirement)
        except PackageNotFoundError:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            sys.stdout.write(f"{requirement} {found}: {' '.join(wheel(Path(scratch), requirement))}\n")


if __name__ == "__main__":
    main()
