"""Run a target on many seeds, in one process; every failure is printed with the seed that brings it back."""

import argparse
import traceback

from tests.fuzz.targets import TARGETS, run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--corpus", default="", help="a folder of files to mutate besides the fixtures")
    told = parser.parse_args()
    for target in TARGETS if told.target == "all" else [told.target]:
        failed: dict[str, int] = {}
        whole = 0
        for seed in range(told.seed, told.seed + told.runs):
            try:
                whole += run(target, seed, told.corpus)
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
