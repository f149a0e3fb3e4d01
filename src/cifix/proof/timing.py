"""How long importing a package takes before and after, and which modules that time goes to."""

import re
import statistics
from collections.abc import Iterator, Mapping, Sequence

from cifix.proof.imports import Plan, Side
from cifix.proof.process import run
from cifix.proof.result import Timing
from cifix.proof.targets import Target, roots, targets

RUNS = 5
_COSTLY = 5
_LINE = re.compile(r"^import time:\s+(\d+) \|\s+(\d+) \|\s+(\S+)$", re.MULTILINE)
_START = "import sys; sys.path[:0] = {paths!r}; import {package}"


def timings(before: Side, after: Side, plan: Plan) -> Iterator[Timing]:
    """The import time of each package that can be imported on both sides; both take turns."""
    for target in targets(before.snapshot, plan.named, plan.changed):
        if not (_once(before, target, plan) and _once(after, target, plan)):  # this run also writes the bytecode
            continue
        taken = [(_once(before, target, plan), _once(after, target, plan)) for _ in range(RUNS)]
        old, new = [one for one, _ in taken], [one for _, one in taken]
        yield Timing(target.name, _median(old, target), _median(new, target), _costs(old), _costs(new))


def _once(side: Side, target: Target, plan: Plan) -> Mapping[str, tuple[int, int]]:
    """Own and total microseconds by module; empty if the import fails."""
    paths = [str(side.folder / root) if root else str(side.folder) for root in roots(side.snapshot)]
    start = _START.format(paths=paths, package=target.name)
    ended = run(plan.python, ["-X", "importtime", "-c", start], side.scratch, plan.each)
    if ended.code != 0:
        return {}
    return {name: (int(own), int(total)) for own, total, name in _LINE.findall(ended.said)}


def _median(runs: Sequence[Mapping[str, tuple[int, int]]], target: Target) -> float:
    return statistics.median(one.get(target.name, (0, 0))[1] for one in runs) / 1000


def _costs(runs: Sequence[Mapping[str, tuple[int, int]]]) -> tuple[tuple[str, float], ...]:
    own = {name: statistics.median(one.get(name, (0, 0))[0] for one in runs) / 1000 for name in runs[0]}
    return tuple(sorted(own.items(), key=lambda item: (-item[1], item[0]))[:_COSTLY])
