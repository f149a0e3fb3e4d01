# ruff: noqa: T201 - the table is its output
"""Workflow files of real projects under cifix, under zizmor, and under a load and dump with ruamel.yaml, side by side.

    python -m tests.benchmarks.workflows [FOLDER]

FOLDER keeps the downloads between runs. The distinct workflow files of the pinned source distributions become one git
repository, and each tool gets copies of it. Files and lines come from the first copy; processor time, its children
included, and wall time are the least of three processes that take turns, peak memory is the most.

What is intended is what a tool itself reports, and the measure is one for all: the lines of the regions that its own
report names for its fixes, which are `fixes` in SARIF for cifix, and the locations of findings with a safe fix in
zizmor's JSON; a load and dump intends nothing. Then:

- `stray lines`: lines of the file before that are replaced or gone and not intended, and lines that are added where
  no intended line is beside them;
- `stray bytes`: of cifix alone, whose report holds the exact edits: where those done by hand do not give its bytes;
- `stray data`: scalars, by their keys and positions, that are lost or have another value or type (as YAML 1.2 reads
  them), and whose line is not intended;
- `invalid`: files that were YAML and are not any more, or that have an error under the published schema of workflows
  which they did not have before.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import SequenceMatcher
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from jsonschema import Draft7Validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tests.benchmarks.sdist import unpacked

RUNS = 3
PROJECTS = {
    "ansible-lint==24.2.3": "2ec67cc1719f56e63b1dfc3728d0c2c4142e531f4452f6ae31f618438d59469a",
    "ansible-lint==26.10.1": "a746c6f3cb5719d1c202bc14e956ef3b0eca704025d1aa92707a27fc73ed73ea",
    "ansible-lint==5.4.0": "2160a60b4ab034c04006d701a1779340ffb0f6e28f030ff8de958e1062a88962",
    "ansible-lint==6.8.7": "de3de4e57cd54e17c1ec3a0b4a21d4811838e77d67b56cbe8f91107f2a434432",
    "asdf==2.13.0": "32e2a69a53d1701fc4616e800fb3daff81bbad801832a7bf563e3b61c9fe3dfe",
    "asdf==6.0.0": "c78c59dc7e5ec93b23479ee0b45193d1ea5a9661b8a1512a4f5a4daeeceeb7c1",
    "astropy==8.0.2": "e6af35823099ad6a40b57dbe5ff845f577374ea131925c9fa4b49eeab06c5310",
    "attrs==23.1.0": "6279836d581513a26f1bf235f9acd333bc9115683f14f7e8fae46c98fc50e015",
    "attrs==23.2.0": "935dc3b529c262f6cf76e50877d35a4bd3c1de194fd41f47a2b7ae8f19971f30",
    "bandit==1.7.4": "2d63a8c573417bae338962d4b9b06fbc6080f74ecd955a092849e1e65c717bd2",
    "bandit==1.7.7": "527906bec6088cb499aae31bc962864b4e77569e9d529ee51df3a93b4b8ab28a",
    "bandit==1.9.4": "b589e5de2afe70bd4d53fa0c1da6199f4085af666fde00e8a034f152a52cd628",
    "black==22.12.0": "229351e5a18ca30f447bf724d007f890f97e13af070bb6ad4c0a441cd7596a2f",
    "black==24.2.0": "bce4f25c27c3435e4dace4815bcb2008b87e167e3bf4ee47ccdc5ce906eb4894",
    "black==26.10.1": "5f9f83beae62437e060dafd53d7f1fc327e3d3494f74d72ee5c2b73eb90fc4e7",
    "boost-histogram==1.0.2": "b79cb9a00c5b8e44ff24ffcbec0ce5d3048dd1570c8592066344b6d2f2369fa2",
    "boost-histogram==1.3.2": "e175efbc1054a27bc53fbbe95472cac9ea93999c91d0611840d776b99588d51a",
    "boost-histogram==1.4.1": "97146f735f467d506976a047f3f237ce59840a952fd231f5f431f897fb006cdd",
    "boost-histogram==1.8.1": "d1738fbb8b014fe3a4643005978299d6de267bcd4468852a84d42027df700ffd",
    "bytecode==0.14.2": "386378d9025d68ddb144870ae74330a492717b11b8c9164c4034e88add808f0c",
    "bytecode==0.15.1": "7263239a8d3f70fc7c303862b20cd2c6788052e37ce0a26e67309d280e985984",
    "cbor2==5.6.5": "b682820677ee1dbba45f7da11898d2720f92e06be36acec290867d5ebf3d7e09",
    "cheroot==10.0.1": "e0b82f797658d26b8613ec8eb563c3b08e6bd6a7921e9d5089bd1175ad1b1740",
    "cheroot==11.1.2": "bfb70c49663f63b0440f2b54dbc6b0d1650e56dfe4e2641f59b2c6f727b44aca",
    "conda-lock==1.2.1": "ee10c05863d243787237d1289233e5f8b0b2dc52094c5ca05176cddee35f0dfe",
    "dvc==2.30.1": "a8b129fd16aa58da280532c55859711ea7e0a727512681be6771dbb05e7ee5dc",
    "dvc==3.67.1": "0a941016a10ac8c99b5342e5a964c9bff29c191f7b3539ff3e04910d828f82ab",
    "hist==2.12.1": "726e61e6c9594bed284bb3ab7caac1623872a9c6dc91eb15ed28ad66ba84bb03",
    "iminuit==2.33.0": "275f3daa1d4f8c33579b96276d7c5fb680a7cfb6fb8bea9a4245a1500d5d328b",
    "ipykernel==6.19.4": "4140c282a6c71cdde59abe5eae2c71bf1eeb4a69316ab76e1c4c25150a49722b",
    "ipykernel==7.4.0": "4330114d22b9b33575b2c7c68753fc8faabbbcfbc60b0cdff9f14dd4ce63742f",
    "jsonschema==4.17.3": "0f864437ab8b6076ba6707453ef8f98a6a0d512a80e93f8abdb676f737ecb60d",
    "jupyter-client==7.4.9": "52be28e04171f07aed8f20e1616a5a552ab9fee9cbbe6c1896ae170c3880d392",
    "jupyter-client==8.10.0": "9f7116294dca55f1785be880057d44544db9b1567718d92cb33c58886afb9497",
    "jupyter-server==2.21.1": "a8960aa29263f6041283e97d4756b099fb49b767baab6371891ecb1bd40a63df",
    "kiwisolver==1.4.4": "d41997519fcba4a1e46eb4a2fe31bc12f0ff957b2b81bac28db24744f333e955",
    "kiwisolver==1.4.7": "9893ff81bd7107f7b685d3017cc6583daadb4fc26e4a888350df530e41980a60",
    "kiwisolver==1.5.1": "f1303ef2eec81262a4b708c3e858afe58d7c75ad91c1c05266eda7673369859a",
    "molecule==26.10.0": "32533aaba78c29eed80bcaab5d03ff63fe48b8f43071cf77953f391e0732d439",
    "molecule==4.0.4": "aab00c1ba62a42d77edd1a51528dfbb46abca70df7c7147fda0925ee4fe7deda",
    "napari==0.4.16": "a14b96cf5f7314bf12e7300d30f42250848d9b87e3d414adf19ec876057e7b81",
    "napari==0.4.19.post1": "88e298697c38c9f842d7c26c8d51d2e0fbb90d0be05575fdd159d27eede11301",
    "napari==0.4.8": "fc0221192cbd57133c84017cfb3695470ec0660a6202e2a79c0ffdd8358f7fcf",
    "napari==0.9.2": "54e1db922d430094cc9208a1a1b1cd82c2b31bc28db3cb7b284d3b6ee6d6c983",
    "nbconvert==7.16.6": "576a7e37c6480da7b8465eefa66c17844243816ce1ccc372633c6b71c3c0f582",
    "nbconvert==7.17.2": "344a218e8595117ce37396ed025d994f146d076226ebac59255a2fa085ab24d8",
    "nibabel==5.0.1": "4af65015b4cc999404caf034e1c15c1ab6758795c25d6907ff74f5dbbfe9f43e",
    "npe2==0.6.2": "8d504efc312b522a95dd8d979a366a19dc03b383f4ed4a63e08797cabea4b86b",
    "numcodecs==0.10.2": "22838c6b3fd986bd9c724039b88870057f790e22b20e6e1cbbaa0de142dd59c4",
    "numcodecs==0.13.1": "a3cf37881df0898f3a9c0d4477df88133fe85185bffe57ba31bcc2fa207709bc",
    "numcodecs==0.16.6": "5e446928af7c40b4dc8f51e960b4c9fb14f617846577d2fcf35ae2f92738f00f",
    "numpy==2.4.6": "f3a3570c4a2a16746ac2c31a7c7c7b0c186b95ce902e33db6f28094ed7387dda",
    "pandas==3.1.1": "05fed3e3b7c99b226f160e29d7d6cb7ef39638c758cbfe42b3f24ba34f04b859",
    "photutils==3.0.0": "5e1ca2be9433e1e1f9f6d477e1e6c8029755caceefb4e349048955e3cb825529",
    "pikepdf==10.18.0": "cb555ebff93482e8a6eb55881488b469bbb2b5675161c1b93a0510a8642d98d0",
    "pint==0.17": "f4d0caa713239e6847a7c6eefe2427358566451fe56497d533f21fb590a3f313",
    "pint==0.20.1": "387cf04078dc7dfe4a708033baad54ab61d82ab06c4ee3d4922b1e45d5626067",
    "pymongo==4.20.1": "1ac112b3ffa3d010cfc2fc54e3ae677a12c63d18c6115db4451df64f1a1175eb",
    "pytest==7.1.3": "4f365fec2dff9c1162f834d9f18af1ba13062db0c708bf7b946f8a5c76180c39",
    "pytest==8.0.2": "d4051d623a2e0b7e51960ba963193b09ce6daeb9759a451844a21e4ddedfc1bd",
    "pytest==9.2.0": "97c4f3b1f3c7414aa36465e09b8220f1d03627993bd51b1282e193753c80557b",
    "pyvisa==1.12.0": "73a38e6bf7431449bd3e1c7bf51a995f62fcae68df580c01c30628629c6b5cbf",
    "pyvisa==1.14.1": "71030041ed4c5dad77687454cf44b8be4d1642e9d1aaa22019248d41d8ed7a79",
    "scmrepo==0.1.17": "e98a8d22ddc8982878ea41c6262ca847033d0f45fd9d9086a68143bcadd0674c",
    "structlog==22.3.0": "e7509391f215e4afb88b1b80fa3ea074be57a5a17d794bd436a5c949da023333",
    "structlog==24.1.0": "41a09886e4d55df25bdcb9b5c9674bccfab723ff43e0a86a1b7b236be8e57b16",
    "structlog==26.1.0": "f63a716cbd1b1291cf7661de7794b455acfa4c43c5bcf1630e6ad5ddc1adb3b7",
    "vector==1.0.0": "4fada4fddaa5c1bd69a5ba296ffd948cccb575ad7abe53d14960f56fe32dd4c1",
    "vector==1.4.3": "eb0d9472f4b0907a0cf603e98a0e8b90f0ac05593f7b4d10268daa25aa38cbd9",
    "vector==1.9.0": "72128b48b6a72af965babd63dccc5a110f0729e6404dcd8c5c75eaac31b80d84",
    "vispy==0.17.0": "20c2b51c3fc6f2700a648ede8560376dabdc5d258184cef8f6a34b3b4c80e46f",
    "xarray==0.17.0": "9c2edad2a4e588f9117c666a4249920b9717fb75703b96998cf65fcd4f60551f",
    "xarray==2022.6.0": "1028d198493f66bb15bd35dcfdd11defd831cbee3af6589fff16f41bddd67e84",
    "xarray==2024.2.0": "a105f02791082c888ebe2622090beaff2e7b68571488d62fe6afdab35b4b717f",
    "xarray==2026.9.0": "6abc69694c22fa1f0fb2f357ff4e41d88beb4477ed71091f944b7dbf67ed54fe",
    "zarr==2.13.6": "f079444d5126db7ba5895a682797d86d02813f49b35854ee2d89c7503dc3677e",
    "zarr==2.17.2": "2cbaa6cb4e342d45152d4a7a4b2013c337fcd3a8e7bc98253560180de60552ce",
    "zarr==2.8.3": "8aece33269ba3ee2af9320aa528d5fe93f76c30e4ad7fdbfb604b1db3f0d779f",
}
"""Source distributions with workflows, and the SHA-256 of their archives."""

RULES = (
    *("quote-versions", "runner-labels", "upgrade-actions", "upgrade-artifacts", "workflow-commands"),
    *("workflow-leftovers", "workflow-paths", "workflow-permissions", "workflow-security"),
)
WORKFLOWS = Path(".github") / "workflows"
DUMP = """
import sys
from pathlib import Path
from ruamel.yaml import YAML
for path in sorted(Path(sys.argv[1]).glob(".github/workflows/*.y*ml")):
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 1_000_000
    try:
        data = yaml.load(path.read_bytes())
        with path.open("wb") as out:
            yaml.dump(data, out)
    except Exception as why:
        print(path.name, type(why).__name__)
"""
MEASURE = """
import json, os, sys, time
start = time.perf_counter()
null = os.open(os.devnull, os.O_WRONLY)
to_null = [(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
_, status, usage = os.wait4(os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=to_null), 0)
wall = time.perf_counter() - start
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024]))
"""
"""Runs the command behind it; small, for Linux counts the memory of a parent as that of a child."""

Lines = Mapping[str, set[int]]


@dataclass(frozen=True)
class Tool:
    """A command for a copy of the tree, and one for its report; `reads` is how to read that. None: it fixes nothing."""

    name: str
    command: Sequence[str]
    report: Sequence[str] = ()
    fixes: bool = True


@dataclass
class Row:
    """What came of one tool."""

    changed: int = 0
    lines: int = 0
    stray_lines: int = 0
    stray_bytes: int = 0
    stray_data: int = 0
    invalid: int = 0
    cpu: float = float("inf")
    wall: float = float("inf")
    memory: float = 0.0
    worst: list[str] = field(default_factory=list)


def main() -> None:
    """Build the tree, run every tool, print the table."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(gettempdir()) / "cifix-benchmarks").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    zizmor = _zizmor(folder)
    tree, copy = folder / "workflows-tree", folder / "workflows-copy"
    count = _tree(folder, tree)
    tools = list(_tools(zizmor))
    rows = {tool.name: Row() for tool in tools}
    for turn in range(RUNS):
        for tool in tools:
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(tree, copy)
            _run(tool, copy, rows[tool.name])
            if turn == 0 and tool.fixes:
                _judge(tool, tree, copy, rows[tool.name])
    told = subprocess.run([zizmor, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {count} files of {len(PROJECTS)} source distributions")
    print(
        f"{told}, ruamel.yaml {version('ruamel.yaml')}, {platform.python_implementation()}", platform.python_version()
    )
    print("\n".join(_table(rows)))
    for name, row in rows.items():
        print(*(f"{name}: {one}" for one in row.worst[:12]), sep="\n")


def _zizmor(folder: Path) -> str:
    """The newest zizmor, in an environment of its own."""
    scripts = folder / "zizmor" / "bin"
    if not scripts.exists():
        venv.create(folder / "zizmor", with_pip=True)
    subprocess.run([scripts / "python", "-m", "pip", "install", "-q", "-U", "zizmor"], check=True)
    return str(scripts / "zizmor")


def _tree(folder: Path, tree: Path) -> int:
    """One repository with every distinct workflow file, and how many there are."""
    shutil.rmtree(tree, ignore_errors=True)
    (tree / WORKFLOWS).mkdir(parents=True)
    seen: set[bytes] = set()
    for project, sha256 in PROJECTS.items():
        place = unpacked(project, sha256, folder)
        for path in sorted(place.rglob(".github/workflows/*.y*ml")):
            data = path.read_bytes()
            if path.is_file() and hashlib.sha256(data).digest() not in seen:
                seen.add(hashlib.sha256(data).digest())
                (tree / WORKFLOWS / f"{project.replace('==', '-')}--{len(seen)}--{path.name}").write_bytes(data)
    (tree / "cifix.toml").write_text(f"select = {json.dumps(RULES)}\n")
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "core.autocrlf=false")
    for arguments in (("init", "-q"), ("add", "--all"), ("commit", "-q", "-m", "all")):
        subprocess.run(["git", *identity, *arguments], cwd=tree, check=True)
    return len(seen)


def _tools(zizmor: str) -> Iterator[Tool]:
    """Each line of the table."""
    cifix = [sys.executable, "-m", "cifix"]
    quiet = ["--output", os.devnull, "."]
    for name, chosen in (("workflow rules", []), ("upgrade-actions", ["--select", "upgrade-actions"])):
        asked = ["apply", "--in-place", "--target", "minimal", *chosen]
        report = [*cifix, *asked, "--dry-run", "--format", "sarif", "."]
        yield Tool(f"cifix apply, {name}", [*cifix, *asked, *quiet], report)
    yield Tool("cifix check, workflow rules", [*cifix, "check", "--target", "minimal", *quiet], fixes=False)
    offline = [zizmor, "--offline", "--no-config", "--no-progress", "--quiet"]
    yield Tool("zizmor --fix=safe", [*offline, "--fix=safe", "."], [*offline, "--format", "json-v1", "."])
    yield Tool("zizmor, no fix", [*offline, "."], fixes=False)
    yield Tool("ruamel.yaml load and dump", [sys.executable, "-c", DUMP, "."])


def _run(tool: Tool, place: Path, row: Row) -> None:
    """One process and what it took, its children included."""
    measured = subprocess.run(
        [sys.executable, "-I", "-S", "-c", MEASURE, *tool.command], cwd=place, capture_output=True, check=True
    )
    code, cpu, wall, memory = json.loads(measured.stdout)
    if code not in {0, 1, 3, 10, 11, 12, 13, 14}:  # findings that are left; zizmor says how grave
        raise SystemExit(f"{tool.name} ended with {code}")
    row.cpu, row.wall, row.memory = min(row.cpu, cpu), min(row.wall, wall), max(row.memory, memory)


def _judge(tool: Tool, tree: Path, copy: Path, row: Row) -> None:
    """Compare the tree before and after."""
    told: Any = None
    if tool.report:
        told = json.loads(subprocess.run(tool.report, cwd=tree, capture_output=True, check=False).stdout)
    intended = _regions(told) if isinstance(told, dict) else _locations(told or [])
    edits = _edits(told) if isinstance(told, dict) else {}
    for path in sorted((tree / WORKFLOWS).iterdir()):
        before, after = path.read_bytes(), (copy / WORKFLOWS / path.name).read_bytes()
        if before == after:
            continue
        places = intended.get(path.name, set())
        row.changed += 1
        changed, stray = _lines(before, after, places)
        data, broken = _data(before, after, places)
        wrong = _errors(after) - _errors(before)
        row.lines += changed
        row.stray_lines += stray
        row.stray_data += data
        row.invalid += bool(broken or wrong)
        if isinstance(told, dict):
            row.stray_bytes += _apart(_by_hand(before, edits.get(path.name, [])), after)
        if stray or data or broken or wrong:
            row.worst.append(f"{path.name}: {stray} lines, {data} scalars, {broken} {sorted(wrong)[:2]}")


def _regions(told: Mapping[str, Any]) -> Lines:
    """The lines of the edits that SARIF tells of."""
    found: dict[str, set[int]] = {}
    for name, edits in _edits(told).items():
        for region, _ in edits:
            found.setdefault(name, set()).update(range(region["startLine"], region["endLine"] + 1))
    return found


def _edits(told: Mapping[str, Any]) -> dict[str, list[tuple[dict[str, int], str]]]:
    """The edits that SARIF tells of, each once; a fix stands at each of its findings."""
    found: dict[str, dict[str, tuple[dict[str, int], str]]] = {}
    for result in told["runs"][0]["results"]:
        for fix in result.get("fixes", ()) if result["properties"]["state"] == "fixable" else ():
            for change in fix["artifactChanges"]:
                name = change["artifactLocation"]["uri"].rpartition("/")[2]
                for one in change["replacements"]:
                    edit = one["deletedRegion"], one.get("insertedContent", {}).get("text", "")
                    found.setdefault(name, {})[json.dumps(edit, sort_keys=True)] = edit
    return {name: list(edits.values()) for name, edits in found.items()}


def _locations(told: Sequence[Mapping[str, Any]]) -> Lines:
    """The lines of zizmor's findings that have a safe fix."""
    found: dict[str, set[int]] = {}
    for finding in told:
        if any(fix["disposition"] == "safe" for fix in finding.get("fixes", ())):
            for location in finding["locations"]:
                name = Path(location["symbolic"]["key"]["Local"]["verbatim_path"]).name
                place = location["concrete"]["location"]
                rows = range(place["start_point"]["row"] + 1, place["end_point"]["row"] + 2)
                found.setdefault(name, set()).update(rows)
    return found


def _by_hand(before: bytes, edits: Sequence[tuple[Mapping[str, int], str]]) -> bytes:
    text = before.decode("utf-8")
    starts = [0]
    for line in before.decode("utf-8").splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def place(edit: tuple[Mapping[str, int], str]) -> tuple[int, int]:
        region = edit[0]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        return start, starts[region["endLine"] - 1] + region["endColumn"] - 1

    for edit in sorted(edits, key=place, reverse=True):
        start, end = place(edit)
        text = text[:start] + edit[1] + text[end:]
    return text.encode()


def _apart(one: bytes, other: bytes) -> int:
    return abs(len(one) - len(other)) + sum(a != b for a, b in zip(one, other, strict=False))


def _lines(before: bytes, after: bytes, places: set[int]) -> tuple[int, int]:
    """How many lines changed, and how many of these are stray."""
    old, new = before.split(b"\n"), after.split(b"\n")
    changed = stray = 0
    for kind, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "insert":
            changed += end - start
            stray += 0 if {first, first + 1} & places else end - start
        elif kind != "equal":
            changed += last - first
            stray += len(set(range(first + 1, last + 1)) - places)
    return changed, stray


def _data(before: bytes, after: bytes, places: set[int]) -> tuple[int, bool]:
    """How many scalars outside `places` changed, and whether the file is no YAML any more."""
    old, new = _scalars(before), _scalars(after)
    if old is None or new is None:
        return 0, old is not None
    gone = [line for route, (value, line) in old.items() if route not in new or new[route][0] != value]
    return len([line for line in gone if line not in places]), False


def _scalars(data: bytes) -> dict[tuple[object, ...], tuple[tuple[str, str], int]] | None:
    """Every scalar with its type, value and line by its route; None if it is no YAML."""
    try:
        root = YAML(typ="safe").compose(data)
    except (YAMLError, UnicodeDecodeError):
        return None
    return {route: ((str(node.tag), str(node.value)), node.start_mark.line + 1) for route, node in _walk((), root)}


def _walk(route: tuple[object, ...], node: Node | None) -> Iterator[tuple[tuple[object, ...], ScalarNode]]:
    if isinstance(node, ScalarNode):
        yield route, node
    elif isinstance(node, MappingNode):
        for key, value in node.value:
            yield from _walk((*route, str(key.value)), value)
    elif isinstance(node, SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk((*route, index), value)


def _errors(data: bytes) -> frozenset[str]:
    """What the published schema of workflows does not allow."""
    try:
        loaded = YAML(typ="safe").load(data)
    except (YAMLError, UnicodeDecodeError):
        return frozenset()
    return frozenset(
        f"{'.'.join(map(str, one.absolute_path))} {one.validator}" for one in _schema().iter_errors(loaded)
    )


@cache
def _schema() -> Draft7Validator:
    """The schema that check-jsonschema ships."""
    place = files("check_jsonschema") / "builtin_schemas" / "vendor" / "github-workflows.json"
    return Draft7Validator(json.loads(place.read_text("utf-8")))


def _table(rows: Mapping[str, Row]) -> Iterator[str]:
    yield "| tool | files | lines | stray lines | stray bytes | stray data | invalid | CPU s | wall s | peak MiB |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name, row in rows.items():
        bytes_told = str(row.stray_bytes) if name.startswith("cifix apply") else ""
        counts = (row.changed, row.lines, row.stray_lines, bytes_told, row.stray_data, row.invalid)
        yield f"| {name} | {' | '.join(map(str, counts))} | {row.cpu:.2f} | {row.wall:.2f} | {row.memory:.0f} |"


if __name__ == "__main__":
    main()
