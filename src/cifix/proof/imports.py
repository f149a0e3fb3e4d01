"""Import the packages of base and branch in other processes, and compare what every import gives."""

import json
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cifix.model.snapshot import Snapshot
from cifix.proof import child
from cifix.proof.compare import compared
from cifix.proof.process import Ended, Python, run
from cifix.proof.result import Difference, Proof, judged, unknown
from cifix.proof.targets import Target, compiled, roots, targets

_START = (
    "import sys; sys.path.insert(0, {folder!r}); from {package}.main import main; sys.path.pop(0); main(*sys.argv[1:])"
)
_PACKAGE = "_cifix_child"


@dataclass(frozen=True, slots=True)
class Side:
    """A tree written into `folder`, the same files as a snapshot, and a folder for scratch files."""

    snapshot: Snapshot
    folder: Path
    scratch: Path


@dataclass(frozen=True, slots=True)
class Plan:
    """What to import: packages by name (`named`) or those with `changed` files; how long both sides may take.

    `simulate` replaces everything that is not Python source of the tree by stubs.
    """

    python: Python
    changed: Collection[str]
    named: Collection[str] = ()
    seconds: float = 300
    simulate: bool = False

    @property
    def each(self) -> float:
        """The limit of one import."""
        return max(1.0, self.seconds / 10)


def compare_imports(before: Side, after: Side, plan: Plan) -> Iterator[Proof]:
    """One proof for every package of the base; unknown where it cannot even be imported there."""
    name = "simulation" if plan.simulate else "imports"
    wanted = targets(before.snapshot, plan.named, plan.changed)
    if not wanted:
        yield unknown(name, "no package of the base has a changed file; name one with --package")
        return
    old = _answers(before, wanted, plan, {})
    if isinstance(old, Ended):
        yield unknown(name, f"the process that imports the packages of the base {old.words}")
        return
    new = _answers(after, wanted, plan, old)
    if isinstance(new, Ended):
        yield _broken(name, new)
        return
    again: dict[str, Any] | Ended | None = None
    for target in wanted:
        proof = compared(name, target.name, old[target.name], new[target.name], {})
        if proof.differences:
            again = again or _answers(before, wanted, plan, old)
            twin = {} if isinstance(again, Ended) else again[target.name]
            proof = compared(name, target.name, old[target.name], new[target.name], twin)
        yield proof


def _broken(name: str, ended: Ended) -> Proof:
    what = f"the process that imports the packages of the branch {ended.words}"
    if ended.code is None:
        return unknown(name, f"{what}; that of the base did: allow more time with --timeout")
    return judged(name, "the packages can be imported", [Difference("importing the packages", "works", what)])


def _answers(side: Side, wanted: Sequence[Target], plan: Plan, known: Mapping[str, Any]) -> dict[str, Any] | Ended:
    """The answers of a process by package, or how it ended without any."""
    folder = side.scratch / _PACKAGE
    if not folder.exists():
        shutil.copytree(Path(child.__path__[0]), folder, ignore=shutil.ignore_patterns("__pycache__"))
    job, told = side.scratch / "job.json", side.scratch / "told.json"
    told.unlink(missing_ok=True)
    job.write_text(json.dumps(_job(side, wanted, plan, known)), "utf-8")
    start = _START.format(folder=str(side.scratch), package=_PACKAGE)
    options = ("-S",) if plan.simulate else ()
    ended = run(
        plan.python,
        [*options, "-c", start, str(job), str(told)],
        side.scratch,
        plan.seconds,
        bytecode=not plan.simulate,
    )
    if ended.code != 0 or not told.exists():
        return ended
    answers: dict[str, Any] = json.loads(told.read_text("utf-8"))
    return answers


def _job(side: Side, wanted: Sequence[Target], plan: Plan, known: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "tree": str(side.folder),
        "paths": [str(side.folder / root) if root else str(side.folder) for root in roots(side.snapshot)],
        "seconds": plan.each,
        "compiled": list(compiled(side.snapshot)) if plan.simulate else None,
        "packages": [
            {
                "name": target.name,
                "surfaces": target.surfaces(plan.changed),
                "modules": target.importable,
                "names": _names(known.get(target.name, {})),
                "members": _members(known.get(target.name, {})),
            }
            for target in wanted
        ],
    }


def _names(answer: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names of the base, by surface: those are what the branch is asked for."""
    surfaces = answer.get("value", {}).get("surfaces", {})
    return {name: sorted(told["value"]["attribute"]) for name, told in surfaces.items() if "value" in told}


def _members(answer: Mapping[str, Any]) -> dict[str, list[str]]:
    modules = answer.get("value", {}).get("modules", {})
    return {name: sorted(told["value"]["members"]) for name, told in modules.items() if "value" in told}
