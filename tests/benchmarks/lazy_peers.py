# ruff: noqa: T201 - the table is its output
"""The silent-break suite under `lazy-init` and under the newest converters to PEP 810, probed in Python 3.15.

    python -m tests.benchmarks.lazy_peers [FOLDER]

FOLDER keeps what is installed between runs: the converters from PyPI, and CPython 3.15 for WebAssembly from the npm
package `pyodide`, which needs `npm` and `node`. CIFIX_PYTHON315 names another Python 3.15: a command, or a folder that
holds that package unpacked. Each tool gets all 41 packages whole, of a project that needs Python 3.15 (where
`__lazy_modules__` is asked for: 3.11). A package counts as broken if its probe prints something else than before.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import gettempdir

from tests.rules.silent_breaks import CASES
from tests.rules.test_silent_breaks import answers, interpreter_315, settled, snapshot, write

PEERS = ("flake8-lazy", "pep810", "ruff")
PYODIDE = "pyodide@315.0.0-alpha.2"
RUFF = ["--isolated", "--preview", "--select", "TID254", "--target-version", "py315", "--fix", "--unsafe-fixes"]
RUFF_ALL = ["--config", 'lint.flake8-tidy-imports.require-lazy = "all"']

Convert = Callable[[Path], None]


def ours(style: str, lowest: str) -> Convert:
    """`lazy-init` in one style."""

    def convert(root: Path) -> None:
        write(settled(snapshot(CASES[int(root.name)], lowest), style), root)

    return convert


def theirs(*command: str) -> Convert:
    """A command line tool, given the whole package."""

    def convert(root: Path) -> None:
        subprocess.run([*command, "p"], cwd=root, capture_output=True, check=False)

    return convert


def installed(folder: Path) -> tuple[Path, list[str]]:
    """Where the converters are, and what runs jobs in Python 3.15."""
    scripts = folder / "venv" / "bin"
    if not scripts.exists():
        venv.create(folder / "venv", with_pip=True)
    subprocess.run([scripts / "python", "-m", "pip", "install", "-q", "-U", *PEERS], check=True)
    wanted = interpreter_315()
    package = folder / "package"
    if wanted is None and not package.exists():
        subprocess.run(["npm", "pack", "--silent", PYODIDE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(folder.glob("pyodide-*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
    return scripts, wanted or interpreter_315(str(package)) or []


def tools(scripts: Path) -> Iterator[tuple[str, Convert]]:
    """Each line of the table."""
    yield "cifix, __getattr__", ours("getattr", "3.15")
    yield "cifix, lazy from", ours("pep810", "3.15")
    yield "cifix, __lazy_modules__", ours("pep810", "3.11")
    yield "flake8-lazy --apply=native", theirs(str(scripts / "flake8-lazy"), "--apply=native")
    yield "pep810 apply", theirs(str(scripts / "pep810"), "apply", "--write")
    yield "ruff TID254, all", theirs(str(scripts / "ruff"), "check", *RUFF, *RUFF_ALL)


def main() -> None:
    """Convert, probe, print."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(gettempdir()) / "cifix-benchmarks" / "peers").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    scripts, python = installed(folder)
    listed = subprocess.run([scripts / "python", "-m", "pip", "freeze"], capture_output=True, text=True, check=True)
    print(*(line for line in listed.stdout.splitlines() if line.partition("==")[0] in PEERS), sep=", ")
    trees = folder / "trees"
    shutil.rmtree(trees, ignore_errors=True)
    before = [_written(trees / "before" / str(number), number) for number in range(len(CASES))]
    (version,) = answers(
        python, [(str(folder), "import sys; print(sys.version.split()[0], 'on', sys.platform, end='')")]
    )
    print(f"Python {version.strip()}")
    told = answers(python, [(str(root), case.probe) for root, case in zip(before, CASES, strict=True)])
    print(f"{'':28}{'converted':>10}{'broken':>8}")
    for tool, convert in tools(scripts):
        after = [_written(trees / tool / str(number), number) for number in range(len(CASES))]
        for root in after:
            convert(root)
        changed = sum(_sources(old) != _sources(new) for old, new in zip(before, after, strict=True))
        now = answers(python, [(str(root), case.probe) for root, case in zip(after, CASES, strict=True)])
        broken = [case.name for case, old, new in zip(CASES, told, now, strict=True) if old != new]
        print(f"{tool:28}{changed:>10}{len(broken):>8}  {'; '.join(broken)}", flush=True)


def _written(root: Path, number: int) -> Path:
    for path, source in CASES[number].tree.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(source, "utf-8")
    (root / "pyproject.toml").write_text('[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.15"\n', "utf-8")
    return root


def _sources(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text("utf-8") for path in sorted((root / "p").rglob("*.py"))}


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    main()
