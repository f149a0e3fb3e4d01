# ruff: noqa: T201 - the table is its output
"""The projects' own tests on the packages that `lazy-init` converted: the same must pass and fail as before.

    python -m tests.benchmarks.lazy_upstream [FOLDER] [PROJECT ...]

FOLDER keeps environment and downloads between runs, and may be that of `lazy.py`. Each source distribution is
unpacked twice, one copy is converted with `cifix apply --select lazy-init --safety review --in-place`, and the tests
it ships run in both, with the same interpreter. Their code runs.
Prints one table, and under each project every test that ends otherwise than before.
"""

import os
import re
import shutil
import subprocess
import sys
import venv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from xml.etree import ElementTree as ET

from tests.benchmarks.sdist import unpacked

Outcomes = Counter[tuple[str, str]]
LIMIT = 900
SHOWN = 8
NEEDED = ("pytest", "hypothesis", "simplejson", "freezegun", "tzdata", "python-dateutil", "pytz")
"""What the tests below import beside their project."""

_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class Project:
    """A source distribution: its SHA-256, the folder its package lies in, and the tests to run."""

    requirement: str
    sha256: str
    source: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        """The distribution."""
        return self.requirement.partition("==")[0]


PROJECTS = (
    Project(
        "click==8.5.1",
        "9bbfada76703fd1d784b83eea012e3e8c6a001a876543ef104fa56aaaeb072b4",
        "src",
        ("tests", "--ignore=tests/test_stream_lifecycle.py"),
    ),
    Project(
        "marshmallow==4.4.0", "9e6ffa8511012ca89732324c1c253efd7b4d35632dcbdf80aa793fe01804af3e", "src", ("tests",)
    ),
    Project("humanize==4.17.0", "1d6a36c453dbfbb3f0b34601d2e0b4ce5d48d780305cd45714843f0068fde6ac", "src", ("tests",)),
    Project("lark==1.3.1", "b426a7a6d6d53189d318f2b6236ab5d6429eaf09259f1ca33eb716eed10d2905", ".", ("tests",)),
    Project("WTForms==3.3.2", "49bb51d10b7832d497e758736da4d56f7d129a015db24756f36f28992f175404", "src", ("tests",)),
    Project(
        "icalendar==7.3.2",
        "f15380927aed4318860e001c03b543c48578c73aec46e2d384c5d0802082b808",
        "src",
        ("src/icalendar/tests",),
    ),
    Project("Jinja2==3.1.6", "0137fb05990d35f1275a587e9aee6d56da821fc83491a0fb838183be43f66d6d", "src", ("tests",)),
    Project("Flask==3.1.3", "0ef0e52b8a9cd932855379197dd8f94047b359ca0a78695144304cb45f87c9eb", "src", ("tests",)),
    Project("Werkzeug==3.1.9", "55ca7c70a75689be937aa27f8ff4b018f06ff4838fc73045560bf0f5a1291060", "src", ("tests",)),
    Project("arrow==1.4.0", "ed0cc050e98001b8779e84d461b0098c4ac597e88704a655582b21d116e526d7", ".", ("tests",)),
    Project("openpyxl==3.1.5", "cf0e3cf56142039133628b5acffe8ef0c12bc902d2aadd3e0fe5878dc08d1050", ".", ("openpyxl",)),
    Project("requests==2.34.2", "f288924cae4e29463698d6d60bc6a4da69c89185ad1e0bcc4104f584e960b9ed", "src", ("tests",)),
    Project("babel==2.18.0", "b80b99a14bd085fcacfa15c9165f651fbb3406e66cc603abf11c5750937c992d", ".", ("tests",)),
    Project(
        "networkx==3.6.1",
        "26b7c357accc0c8cde558ad486283728b65b6a95d85ee1cd66bafab4c8168509",
        ".",
        ("networkx/classes", "networkx/utils"),
    ),
)


def compared(project: Project, folder: Path, python: Path) -> tuple[int, Outcomes, Outcomes]:
    """The number of converted files, and what became of each test before and after."""
    place = unpacked(project.requirement, project.sha256, folder)
    trees = [folder / "upstream" / project.name / side for side in ("old", "new")]
    for tree in trees:
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(place, tree)
        for command in ("init -q", "add -Af", "commit -qm unpacked"):
            git = ["git", "-C", str(tree), "-c", "user.name=b", "-c", "user.email=b@example.org"]
            subprocess.run([*git, *command.split()], check=True)
    options = ["--select", "lazy-init", "--safety", "review", "--in-place", "--format", "json"]
    subprocess.run([sys.executable, "-m", "cifix", "apply", *options, trees[1]], capture_output=True, check=False)
    changed = subprocess.run(
        ["git", "-C", trees[1], "diff", "--name-only", "HEAD"], capture_output=True, text=True, check=True
    )
    before, after = (_outcomes(project, tree, python) for tree in trees)
    return len(changed.stdout.splitlines()), before, after


def _outcomes(project: Project, tree: Path, python: Path) -> Outcomes:
    report = tree.parent / f"{tree.name}.xml"
    report.unlink(missing_ok=True)
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", f"--junitxml={report}", "-o", "addopts="]
    options += ["-W", "ignore::pytest.PytestUnknownMarkWarning", "--continue-on-collection-errors"]
    environment = {
        "HOME": str(tree.parent),
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(str(tree / part) for part in (project.source, ".")),
    }
    command = [str(python), "-s", "-m", "pytest", *options, *project.tests]
    subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=LIMIT, check=False)
    if not report.exists():
        return Counter()
    return Counter((_title(case), _outcome(case)) for case in ET.parse(report).iter("testcase"))  # noqa: S314 - ours


def _title(case: ET.Element) -> str:
    """The name of a test; some bear the time of day."""
    return _DIGITS.sub("0", f"{case.get('classname')}::{case.get('name')}")


def _outcome(case: ET.Element) -> str:
    kinds = [child.tag for child in case if child.tag in {"failure", "error", "skipped"}]
    return kinds[0] if kinds else "passed"


def main() -> None:
    """Compare every project and print the table."""
    names = {project.name.lower() for project in PROJECTS}
    wanted = {word.lower() for word in sys.argv[1:]} & names
    folders = [word for word in sys.argv[1:] if word.lower() not in names]
    folder = Path(folders[0] if folders else Path(gettempdir()) / "cifix-benchmarks" / "lazy").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(folder / "venv", with_pip=True)
    chosen = [project for project in PROJECTS if not wanted or project.name.lower() in wanted]
    needed = [*NEEDED, *(project.requirement for project in chosen)]
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-compile", *needed], check=True)
    print(f"{'project':20}{'files':>6}{'passed':>8}{'failed':>8}{'skipped':>8}{'differ':>8}")
    for project in chosen:
        files, before, after = compared(project, folder, python)
        told = Counter(outcome for _, outcome in before.elements())
        differ = [f"{name}: {what}, before only" for name, what in sorted((before - after).elements())]
        differ += [f"{name}: {what}, after only" for name, what in sorted((after - before).elements())]
        failed = told["failure"] + told["error"]
        row = f"{project.requirement:20}{files:>6}{told['passed']:>8}{failed:>8}{told['skipped']:>8}{len(differ):>8}"
        print(row, flush=True)
        for line in differ[:SHOWN]:
            print(f"  {line}")


if __name__ == "__main__":
    main()
