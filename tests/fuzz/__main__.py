"""Run a target on many seeds, in one process; every failure is printed with the seed that brings it back.

With `--atheris` (the extra `fuzz`) the choices come from bytes that are grown by what code they reach; the first
failure ends the run, and `--again FILE` brings it back.
"""

import argparse
import traceback
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType

from tests.fuzz import coverage


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("target")
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--corpus", default="", help="a folder of files to mutate besides the fixtures")
    parser.add_argument("--atheris", action="store_true", help="look for inputs that reach new code")
    parser.add_argument("--again", type=Path, help="bytes of an input that atheris has written down")
    told = parser.parse_args()
    targets = _targets(watched=told.atheris)
    if told.again:
        targets.once(told.target, coverage.Drawn(told.again.read_bytes()), told.corpus)
    elif told.atheris:
        targets.once(told.target, coverage.Drawn(b""), told.corpus)
        coverage.explore(lambda random: targets.once(told.target, random, told.corpus), told.runs, told.seed)
    else:
        for target in targets.TARGETS if told.target == "all" else [told.target]:
            _seeded(targets, target, told)


def _targets(*, watched: bool) -> ModuleType:
    """The module of the targets, imported with cifix here, so that atheris can watch both."""
    if watched:
        import atheris  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra

        watching = atheris.instrument_imports(include=["cifix"])
    with watching if watched else nullcontext():
        from tests.fuzz import targets  # noqa: PLC0415

        targets.known_rules()
    return targets


def _seeded(targets: ModuleType, target: str, told: argparse.Namespace) -> None:
    failed: dict[str, int] = {}
    whole = 0
    for seed in range(told.seed, told.seed + told.runs):
        try:
            whole += targets.run(target, seed, told.corpus)
        except Exception as why:  # noqa: BLE001 - each is a finding
            frame = traceback.extract_tb(why.__traceback__)[-1]
            kind = f"{type(why).__name__} {frame.filename.rpartition('/')[2]}:{frame.lineno} {str(why)[:160]}"
            failed.setdefault(kind, seed)
    print(  # noqa: T201
        f"{target}: {told.runs} inputs, {whole} of them read to the end, {len(failed)} kinds of failure", flush=True
    )
    for kind, seed in failed.items():
        print(f"    seed {seed}: {kind}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
