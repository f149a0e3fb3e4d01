"""What upgrade-artifacts makes of real projects from the years of v1 to v3, and whether it touches anything else.

    python -m tests.benchmarks.artifacts [FOLDER]

FOLDER keeps the downloads between runs. Prints one row per target: workflows with artifact steps, those where uploads
collide, those with old steps that were moved (`safe` and, with --safety review, `review`) or refused and why, bytes
changed outside the claimed edits and YAML leaves changed outside the claims, which must both be 0, and seconds. Ends
with 1 if they are not.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir

from cifix.engine.config import Config
from cifix.engine.plan import Patch, Settings
from cifix.engine.prove import prove
from cifix.formats import yaml
from cifix.formats.actions.artifacts import read, sites
from cifix.formats.actions.names import clashes
from cifix.formats.actions.runs import runs
from cifix.formats.gitignore import ignored
from cifix.model.change import Edit
from cifix.model.expect import Absent, Route, Value
from cifix.model.finding import Fix, Refusal, Safety
from cifix.model.glob import matches
from cifix.model.snapshot import Snapshot
from cifix.rules.upgrade_artifacts import rule
from tests.benchmarks.sdist import unpacked

PROJECTS = {
    "ansible-lint==6.8.7": "de3de4e57cd54e17c1ec3a0b4a21d4811838e77d67b56cbe8f91107f2a434432",
    "attrs==23.1.0": "6279836d581513a26f1bf235f9acd333bc9115683f14f7e8fae46c98fc50e015",
    "attrs==23.2.0": "935dc3b529c262f6cf76e50877d35a4bd3c1de194fd41f47a2b7ae8f19971f30",
    "black==22.12.0": "229351e5a18ca30f447bf724d007f890f97e13af070bb6ad4c0a441cd7596a2f",
    "boost-histogram==1.3.2": "e175efbc1054a27bc53fbbe95472cac9ea93999c91d0611840d776b99588d51a",
    "bytecode==0.15.1": "7263239a8d3f70fc7c303862b20cd2c6788052e37ce0a26e67309d280e985984",
    "cbor2==5.4.6": "b893500db0fe033e570c3adc956af6eefc57e280026bd2d86fd53da9f1e594d7",
    "cheroot==8.6.0": "366adf6e7cac9555486c2d1be6297993022eff6f8c4655c1443268cca3f08e25",
    "cheroot==10.0.1": "e0b82f797658d26b8613ec8eb563c3b08e6bd6a7921e9d5089bd1175ad1b1740",
    "hist==2.6.3": "dede097733d50b273af9f67386e6dcccaab77e900ae702e1a9408a856e217ce9",
    "jsonschema==4.17.3": "0f864437ab8b6076ba6707453ef8f98a6a0d512a80e93f8abdb676f737ecb60d",
    "kiwisolver==1.4.4": "d41997519fcba4a1e46eb4a2fe31bc12f0ff957b2b81bac28db24744f333e955",
    "napari==0.4.16": "a14b96cf5f7314bf12e7300d30f42250848d9b87e3d414adf19ec876057e7b81",
    "nbconvert==7.2.10": "8eed67bd8314f3ec87c4351c2f674af3a04e5890ab905d6bd927c05aec1cf27d",
    "nibabel==5.0.1": "4af65015b4cc999404caf034e1c15c1ab6758795c25d6907ff74f5dbbfe9f43e",
    "numcodecs==0.10.2": "22838c6b3fd986bd9c724039b88870057f790e22b20e6e1cbbaa0de142dd59c4",
    "pikepdf==5.6.1": "03fb70ff4fada9cba864d04033f4166b5bf7fa85c90cdc05afd0ab87c9ccaa1a",
    "pyvisa==1.14.1": "71030041ed4c5dad77687454cf44b8be4d1642e9d1aaa22019248d41d8ed7a79",
    "scikit-build-core==0.5.1": "c6dad5a5127b2abfaa23cb91d23ac21059fd77cddf7122b33fd07791024dcfbf",
    "structlog==22.3.0": "e7509391f215e4afb88b1b80fa3ea074be57a5a17d794bd436a5c949da023333",
    "vector==1.0.0": "4fada4fddaa5c1bd69a5ba296ffd948cccb575ad7abe53d14960f56fe32dd4c1",
    "vispy==0.11.0": "ce2d256a531d405f295933c74996912fbf43f655216db5fc6a8ff3a78747841a",
    "xarray==0.17.0": "9c2edad2a4e588f9117c666a4249920b9717fb75703b96998cf65fcd4f60551f",
    "xarray==2022.6.0": "1028d198493f66bb15bd35dcfdd11defd831cbee3af6589fff16f41bddd67e84",
    "zarr==2.13.6": "f079444d5126db7ba5895a682797d86d02813f49b35854ee2d89c7503dc3677e",
}
"""Source distributions with workflows, and the SHA-256 of their archives."""

TARGETS = ("v4", "minimal", "latest")
COLLISIONS = {"name-collision", "reusable-caller", "composite-matrix"}


@dataclass
class Tally:
    """What one target came to, over all projects: workflows by fate, refusals by key, and what should be 0."""

    artifacts: int = 0
    collisions: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    stray_bytes: int = 0
    stray_leaves: int = 0
    seconds: float = 0.0


def main() -> None:
    """Download what is missing, try every target on every project, and print the table."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(gettempdir()) / "cifix-benchmarks")
    folder.mkdir(parents=True, exist_ok=True)
    projects = [_files(unpacked(project, sha256, folder)) for project, sha256 in PROJECTS.items()]
    tallies = {target: Tally() for target in TARGETS}
    for target, tally in tallies.items():
        for files in projects:
            _count(Snapshot.of(files), tally)
            _try(Snapshot.of(files), target, tally)
    print("\n".join(_table(tallies)))  # noqa: T201 - its output
    sys.exit(any(tally.stray_bytes or tally.stray_leaves for tally in tallies.values()))


def _files(place: Path) -> dict[str, bytes]:
    """The files that the rule may read."""
    paths = [path.relative_to(place).as_posix() for path in place.rglob("*.y*ml") if path.is_file()]
    return {path: (place / path).read_bytes() for path in paths if matches(path, rule.reads)}


def _count(snapshot: Snapshot, tally: Tally) -> None:
    repository = read(snapshot)
    tally.artifacts += sum(any(sites(repository, path)) for path in repository.texts)
    for run in runs(repository):
        tally.collisions += any(clash.kind in COLLISIONS for clash in clashes(run))


def _try(snapshot: Snapshot, target: str, tally: Tally) -> None:
    start = time.perf_counter()
    settings = Settings(Safety.REVIEW, Config("", rules={rule.id: {"target": target}}))
    proven = prove(snapshot, [rule], settings, ignored)
    tally.seconds += time.perf_counter() - start
    if proven.failures or proven.plan.crashes:
        raise SystemExit(f"{target}: {proven.failures or proven.plan.crashes}")
    fates: dict[str, str] = {}
    for patch in proven.plan.patches:
        tally.stray_bytes += sum(_stray_bytes(patch, path) for path in patch.paths)
        tally.stray_leaves += sum(1 for path in patch.paths for _ in _stray_leaves(patch, path))
        for placed in patch.findings:
            if isinstance(placed.finding.outcome, Fix):
                fates[placed.finding.path] = placed.finding.outcome.safety.word
    for placed in proven.plan.remaining:
        if isinstance(placed.finding.outcome, Refusal) and placed.finding.path not in fates:
            fates[placed.finding.path] = "refused"
            tally.refusals[placed.finding.outcome.key] += 1
    tally.fates.update(fates.values())


def _stray_bytes(patch: Patch, path: str) -> int:
    """Bytes that differ between the text before and after, once what the edits took out and put in is left out."""
    before, after = patch.before.text(path), patch.after.text(path)
    edits = sorted({change for change in patch.changes if isinstance(change, Edit) and change.path == path}, key=_start)
    old, new, here, there = "", "", 0, 0
    for edit in edits:
        kept = edit.start - here
        old += before.text[here : edit.start]
        new += after.text[there : there + kept]
        here, there = edit.end, there + kept + len(edit.text)
    pair = (old + before.text[here:]).encode(), (new + after.text[there:]).encode()
    return abs(len(pair[0]) - len(pair[1])) + sum(one != other for one, other in zip(*pair, strict=False))


def _start(edit: Edit) -> int:
    return edit.start


def _stray_leaves(patch: Patch, path: str) -> Iterator[Route]:
    """Routes where the data differs although no fix said so."""
    before, after = (snapshot.parsed(path, yaml.leaves) for snapshot in (patch.before, patch.after))
    claims = [claim for fix in patch.fixes for claim in fix.expects if isinstance(claim, Value | Absent)]
    claimed = {claim.route for claim in claims if claim.path == path}
    for route in before.keys() | after.keys():
        filled = any(claim[: len(route)] == route for claim in claimed)
        if before.get(route) != after.get(route) and not filled:
            yield route


def _table(tallies: dict[str, Tally]) -> Iterator[str]:
    yield (
        f"{'target':8} {'artifacts':>9} {'collide':>7} {'safe':>4} {'review':>6} {'refused':>7} "
        f"{'stray bytes':>11} {'stray leaves':>12} {'seconds':>7}  refusals"
    )
    for target, tally in tallies.items():
        why = ", ".join(f"{key} {count}" for key, count in tally.refusals.most_common())
        yield (
            f"{target:8} {tally.artifacts:9} {tally.collisions:7} {tally.fates['safe']:4} {tally.fates['review']:6} "
            f"{tally.fates['refused']:7} {tally.stray_bytes:11} {tally.stray_leaves:12} {tally.seconds:7.2f}  {why}"
        )


if __name__ == "__main__":
    main()
