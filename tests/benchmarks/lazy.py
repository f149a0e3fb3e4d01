# ruff: noqa: T201 - the table is its output
"""What `lazy-init` does to packages that people use, judged by a harness of its own.

    python -m tests.benchmarks.lazy [FOLDER] [--no-types] [PACKAGE ...]

FOLDER keeps the installed packages between runs. Each package is copied, committed, converted with
`cifix apply --select lazy-init --safety review --in-place`, and compared with the original. For the package and each
converted one inside it: every name in one process and first in a fresh one, the star set, every module that an import
used to make an attribute. For the whole: every module as first import, the state of the process when all has been
used, types, a second run. Times are processor time, the median of five processes.
Prints one table, and under each package everything that differs.
"""

import ast
import json
import os
import shutil
import statistics
import subprocess
import sys
import venv
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from cifix.formats.python.packages import COMPILED

CHILD = Path(__file__).with_name("lazy_child.py")
RUNS = 5
LIMIT = 900
SHOWN = 12
PACKAGES = {
    "click==8.5.1": ("click", "Command"),
    "marshmallow==4.4.0": ("marshmallow", "Schema"),
    "lark==1.3.1": ("lark", "Lark"),
    "humanize==4.17.0": ("humanize", "naturalsize"),
    "fastapi==0.165.0": ("fastapi", "FastAPI"),
    "typer==0.29.2": ("typer", "Typer"),
    "Faker==40.54.0": ("faker", "Faker"),
    "aiosmtplib==5.1.3": ("aiosmtplib", "SMTP"),
    "Jinja2==3.1.6": ("jinja2", "Environment"),
    "Flask==3.1.3": ("flask", "Flask"),
    "arrow==1.4.0": ("arrow", "Arrow"),
    "pika==1.4.4": ("pika", "BlockingConnection"),
    "redis==8.1.0": ("redis", "Redis"),
    "openpyxl==3.1.5": ("openpyxl", "Workbook"),
    "azure-core==1.41.0": ("azure.core", "PipelineClient"),
    "Scrapy==2.19.0": ("scrapy", "Spider"),
    "prompt_toolkit==3.0.53": ("prompt_toolkit", "PromptSession"),
    "rdflib==7.6.0": ("rdflib", "Graph"),
    "sympy==1.14.0": ("sympy", "Symbol"),
    "httpx==0.28.1": ("httpx", "Client"),
    "trio==0.35.0": ("trio", "run"),
    "GitPython==3.2.1": ("git", "Repo"),
    "aiohttp==3.14.5": ("aiohttp", "ClientSession"),
    "astroid==4.3.4": ("astroid", "parse"),
    "boto3==1.44.8": ("boto3", "client"),
    "celery==5.7.0": ("celery", "Celery"),
    "dask==2026.8.0": ("dask", "delayed"),
    "dnspython==2.9.2": ("dns", "__version__"),
    "docutils==0.22.4": ("docutils", "ApplicationError"),
    "fsspec==2026.9.0": ("fsspec", "open"),
    "kombu==5.7.0": ("kombu", "Connection"),
    "mpmath==1.3.0": ("mpmath", "mpf"),
    "networkx==3.6.1": ("networkx", "Graph"),
    "nltk==3.10.4": ("nltk", "word_tokenize"),
    "paramiko==5.1.0": ("paramiko", "SSHClient"),
    "Pint==0.25.3": ("pint", "UnitRegistry"),
    "pyparsing==3.3.3": ("pyparsing", "Word"),
    "pypdf==7.1.1": ("pypdf", "PdfReader"),
    "rich==15.0.0": ("rich", "print"),
    "Sphinx==9.0.4": ("sphinx", "__version__"),
    "SQLAlchemy==2.1.9": ("sqlalchemy", "create_engine"),
    "structlog==26.1.0": ("structlog", "get_logger"),
    "textual==8.2.8": ("textual", "log"),
    "tornado==6.6.1": ("tornado", "web"),
    "trimesh==5.2.0": ("trimesh", "Trimesh"),
    "Twisted==26.10.0": ("twisted", "version"),
    "websockets==17.4": ("websockets", "connect"),
    "Werkzeug==3.1.9": ("werkzeug", "Request"),
    "babel==2.18.0": ("babel", "Locale"),
    "beautifulsoup4==4.15.0": ("bs4", "BeautifulSoup"),
    "Django==5.2.19": ("django", "setup"),
    "icalendar==7.3.2": ("icalendar", "Calendar"),
    "invoke==3.0.3": ("invoke", "task"),
    "jsonschema==4.26.0": ("jsonschema", "validate"),
    "pydantic==2.14.4": ("pydantic", "BaseModel"),
    "Pygments==2.21.0": ("pygments", "highlight"),
    "pymongo==4.20.1": ("pymongo", "MongoClient"),
    "requests==2.34.2": ("requests", "get"),
    "sqlglot==30.30.0": ("sqlglot", "parse_one"),
    "tqdm==4.70.1": ("tqdm", "tqdm"),
    "urllib3==2.8.0": ("urllib3", "PoolManager"),
    "WTForms==3.3.2": ("wtforms", "Form"),
}
"""Distribution, the package in it, and the name that most of its users take; the first 22 while it was written."""


@dataclass
class Row:
    """What became of one package."""

    package: str
    lazy: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    names: int = 0
    same: int = 0
    same_fresh: int = 0
    modules: int = 0
    importable: int = 0
    bare: tuple[float, float] = (0.0, 0.0)
    main: tuple[float, float] = (0.0, 0.0)
    types: str = "-"
    broken: list[str] = field(default_factory=list)


class Bench:
    """The installed packages and the trees made of them."""

    def __init__(self, folder: Path, *, types: bool) -> None:
        self.folder = folder
        self.types = types
        self.python = folder / "venv" / "bin" / "python"

    def install(self) -> None:
        """Make the environment and install every package, once."""
        if not self.python.exists():
            venv.create(self.folder / "venv", with_pip=True)
        subprocess.run([self.python, "-m", "pip", "install", "-q", "--no-compile", *PACKAGES], check=True)

    def convert(self, package: str) -> Row:
        """Copy, convert and compare one package."""
        row = Row(package)
        old, new = (self._copied(package, side) for side in ("old", "new"))
        report = _apply(new)
        row.refused = Counter(one["refusal"]["key"] for one in report["findings"] if one["refusal"])
        row.broken += [f"{one['rule']} crashed: {one['detail']}" for one in report["crashes"]]
        row.broken += [f"proof failed: {one['detail']}" for one in report["failed_proofs"]]
        row.lazy = sum(len(_table(path)) for path in new.rglob("__init__.py"))
        if row.lazy:
            self._compare(row, old, new)
        return row

    def _copied(self, package: str, side: str) -> Path:
        site = next((self.folder / "venv" / "lib").glob("python*")) / "site-packages"
        tree = self.folder / "trees" / package / side
        shutil.rmtree(tree, ignore_errors=True)
        inside = package.replace(".", "/")
        shutil.copytree(site / inside, tree / inside, ignore=shutil.ignore_patterns("__pycache__"))
        git = ["git", "-C", str(tree), "-c", "user.name=b", "-c", "user.email=b@example.org"]
        for command in ("init -q", "add -Af", "commit -qm installed"):
            subprocess.run([*git, *command.split()], check=True)
        return tree

    def _compare(self, row: Row, old: Path, new: Path) -> None:
        package = row.package
        good: set[str] = set()
        for inner in dict.fromkeys((package, *_converted(new))):
            good |= self._names(row, old, new, inner)
        row.same_fresh = len(good)
        names = self._ask(old, "names", package)
        self._state(row, old, new, names)
        before = self._ask(old, "first_after", package, list(_modules(old, package)))
        possible = [name for name, told in before.items() if not told.startswith("!")]
        after = _or_empty(self._ask(new, "first", package, possible))
        row.modules = len(possible)
        lost = [name for name in possible if after.get(name, "! no answer").startswith("!")]
        row.importable = len(possible) - len(lost)
        row.broken += [f"import {name} first: {after.get(name)}" for name in lost]
        self._time(row, old, new)
        if self.types:
            self._types(row, old, new, names)
        again = _apply(new)
        if any(one["outcome"] == "fix" for one in again["findings"]):
            row.broken.append("a second run finds more to fix")

    def _names(self, row: Row, old: Path, new: Path, package: str) -> set[str]:
        """Compare one package's names; those that are the same as the first access of a process."""
        names = self._ask(old, "names", package)
        if isinstance(names, str):
            return set()
        truth = self._ask(old, "together", package, names)
        if self._ask(old, "star", package) != (now := self._ask(new, "star", package)):
            row.broken.append(f"star set of {package} differs: {now}"[:300])
        gone = set(names) - set(_or_empty(self._ask(new, "names", package)))
        row.broken += [f"dir({package}) lost {name}" for name in sorted(gone)]
        row.names += len(names)
        found = _or_empty(self._ask(new, "together", package, names))
        row.same += len(self._equal(row, f"{package}, one process", truth, found))
        fresh = _or_empty(self._ask(new, "fresh", package, names))
        strange = [name for name, told in fresh.items() if {*told.values()} != {truth.get(name)}]
        first = _or_empty(self._ask(old, "fresh", package, strange)) if strange else {}
        fresh |= {name: dict.fromkeys(told, truth[name]) for name, told in first.items() if told == fresh[name]}
        good = [
            self._equal(row, f"{package}, fresh, {form}", truth, {name: told[form] for name, told in fresh.items()})
            for form in ("attribute", "from")
        ]
        reached = self._ask(old, "reached", package)
        had, kept = (_or_empty(self._ask(tree, "paths", package, reached)) for tree in (old, new))
        row.broken += [
            f"after import {package}: {name}: {kept.get(name)}" for name in reached if kept.get(name) != had.get(name)
        ]
        return {f"{package}.{name}" for name in set.intersection(*good)}

    def _equal(self, row: Row, where: str, truth: Any, found: Any) -> set[str]:
        good = set()
        for name, mark in truth.items():
            if found.get(name) == mark or mark.startswith("!"):
                good.add(name)
            else:
                row.broken.append(f"{where}: {name}: {mark} became {found.get(name)}"[:400])
        return good

    def _state(self, row: Row, old: Path, new: Path, names: list[str]) -> None:
        before, after = (self._ask(tree, "state", row.package, names) for tree in (old, new))
        if not isinstance(after, dict):
            row.broken.append(f"state: {after}")
            return
        for key in ("atexit", "filters", "environ", "handlers"):
            if before[key] != after[key]:
                row.broken.append(f"state: {key}: {before[key]} became {after[key]}"[:300])
        for key in ("sizes", "children"):
            for name, size in before[key].items():
                if name in after[key] and after[key][name] != size:
                    row.broken.append(f"state: {key} of {name}: {size} became {after[key][name]}")

    def _time(self, row: Row, old: Path, new: Path) -> None:
        main = next(name for package, name in PACKAGES.values() if package == row.package)
        for attribute, asked in (("bare", []), ("main", [main])):
            taken = [[self._ask(tree, "seconds", row.package, asked) for tree in (old, new)] for _ in range(RUNS)]
            if all(isinstance(one, float) for pair in taken for one in pair):
                before, after = (statistics.median(pair[side] for pair in taken) * 1000 for side in (0, 1))
                setattr(row, attribute, (before, after))

    def _types(self, row: Row, old: Path, new: Path, names: list[str]) -> None:
        said = [self._revealed(tree, row.package, names) for tree in (old, new)]
        differ = [name for name in names if said[0].get(name) != said[1].get(name)]
        row.types = f"{len(names) - len(differ)}/{len(names)}"
        row.broken += [f"type of {name}: {said[0].get(name)} became {said[1].get(name)}"[:300] for name in differ]
        if said[0].get("nonsense_name") != said[1].get("nonsense_name"):
            row.broken.append(f"mypy on a nonsense name: {said[1].get('nonsense_name')}")

    def _revealed(self, tree: Path, package: str, names: list[str]) -> dict[str, str]:
        asked = [*names, "nonsense_name"]
        lines = [f"import {package}", *(f"reveal_type({package}.{name})" for name in asked)]
        file = tree.parent / f"{tree.name}_types.py"
        file.write_text("\n".join(lines) + "\n")
        options = ["--no-error-summary", "--follow-imports=silent", "--no-incremental", "--python-executable"]
        done = subprocess.run(
            [sys.executable, "-m", "mypy", *options, self.python, file],
            env={**os.environ, "MYPYPATH": str(tree)},
            cwd=tree.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        told: dict[str, str] = {}
        for line in done.stdout.splitlines():
            parts = line.split(":", 2)
            if parts[0].endswith(file.name) and parts[1].isdigit() and int(parts[1]) > 1:
                name = asked[int(parts[1]) - 2]
                told[name] = (told.get(name, "") + parts[2]).replace(str(tree), "")
        return told

    def _ask(self, tree: Path, question: str, package: str, names: list[str] | None = None) -> Any:
        listed = tree.parent / "asked.json"
        listed.write_text(json.dumps(names or []))
        reading, writing = os.pipe()
        command = f'exec "$@" 3>&{writing} {writing}>&- >/dev/null 2>&1'
        arguments = [str(self.python), "-s", str(CHILD), str(tree), question, package, str(listed)]
        process = subprocess.Popen(
            ["sh", "-c", command, "sh", *arguments],
            env={
                "HOME": str(self.folder),
                "LANG": "C.UTF-8",
                "PATH": "/usr/bin:/bin",
                "PYTHONHASHSEED": "0",
                "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode"),
            },
            cwd=self.folder,
            pass_fds=[writing],
        )
        os.close(writing)
        with os.fdopen(reading) as pipe:
            answer = pipe.read()
        try:
            process.wait(LIMIT)
        finally:
            process.kill()
        return json.loads(answer) if answer else f"! no answer, exit code {process.returncode}"


def _or_empty(answer: Any) -> Any:
    return answer if not isinstance(answer, str) else {}


def _apply(tree: Path) -> Any:
    options = ["--select", "lazy-init", "--safety", "review", "--in-place", "--format", "json"]
    done = subprocess.run([sys.executable, "-m", "cifix", "apply", *options, tree], capture_output=True, check=False)
    if not done.stdout:
        raise SystemExit(done.stderr.decode())
    return json.loads(done.stdout)


def _converted(tree: Path) -> list[str]:
    """The packages whose files were changed."""
    command = ["git", "-C", str(tree), "diff", "--name-only", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.removesuffix("/__init__.py").replace("/", ".") for line in done.stdout.splitlines()]


def _table(path: Path) -> list[str]:
    """The names of a lazy table."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.Assign(targets=[ast.Name(id="_LAZY")], value=ast.Dict(keys=keys)):
                return [ast.unparse(key) for key in keys if key]
    return []


def _modules(tree: Path, package: str) -> list[str]:
    found = set()
    for path in (tree / package.replace(".", "/")).rglob("*"):
        parts = list(path.relative_to(tree).parts)
        if path.suffix != ".py" and path.suffix not in COMPILED:
            continue
        parts[-1] = parts[-1].partition(".")[0]
        if all(part.isidentifier() for part in parts) and parts[-1] != "__main__":
            found.add(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(found)


def main() -> None:
    """Convert every package and print the table."""
    words = [word for word in sys.argv[1:] if word != "--no-types"]
    wanted = [word for word in words if any(word == package for package, _ in PACKAGES.values())]
    folders = [word for word in words if word not in wanted]
    folder = Path(folders[0] if folders else Path(gettempdir()) / "cifix-benchmarks" / "lazy").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(folder, types="--no-types" not in sys.argv)
    bench.install()
    heads = f"{'one':>11}{'fresh':>11}{'modules':>11}{'types':>10}"
    print(f"{'package':16}{'lazy':>6}{'kept':>6}{heads}  import / name, CPU ms")
    rows = []
    for package, name in PACKAGES.values():
        if not wanted or package in wanted:
            rows.append(row := bench.convert(package))
            times = f"{row.bare[0]:7.1f} -> {row.bare[1]:6.1f}  {name} {row.main[0]:.1f} -> {row.main[1]:.1f}"
            counts = f"{row.same}/{row.names}", f"{row.same_fresh}/{row.names}", f"{row.importable}/{row.modules}"
            told = "".join(f"{count:>11}" for count in counts) + f"{row.types:>10}  {times}" if row.lazy else ""
            print(f"{package:16}{row.lazy:>6}{row.refused.total():>6}{told}", flush=True)
            for line in row.broken[:SHOWN]:
                print(f"  BROKEN {line}", flush=True)
            if len(row.broken) > SHOWN:
                print(f"  BROKEN and {len(row.broken) - SHOWN} more")
    for row in rows:
        print(f"{row.package}: refused: {dict(row.refused.most_common())}")


if __name__ == "__main__":
    main()
