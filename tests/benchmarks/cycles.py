"""How long it takes to break the import cycles of a large package, and how much memory.

    python -m tests.benchmarks.cycles

Writes a package of 1,000, 2,500 and 5,000 modules. Of every twenty modules two or three stand in a circle that no
import can enter (those of three need three cuts), and each module imports up to ten earlier ones, so that most circles
lie behind others. Each size runs in a process of its own; prints wall seconds, peak memory, and how many circles were
broken.
"""

import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

SIZES = (1000, 2500, 5000)
FOLDER = 50
"""Modules in one folder."""


def main() -> None:
    """Measure every size, or, in a process of its own, the one that is asked for."""
    if len(sys.argv) > 1:
        print(*_measured(int(sys.argv[1])))  # noqa: T201 - its output
        return
    print(f"{'modules':>8} {'seconds':>8} {'per module':>11} {'peak MiB':>9} {'circles':>8} {'broken':>7}")  # noqa: T201
    for size in SIZES:
        command = [sys.executable, "-m", "tests.benchmarks.cycles", str(size)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        seconds, peak, circles, broken = float(told[0]), int(told[1]), told[2], told[3]
        row = f"{size:8} {seconds:8.2f} {1000 * seconds / size:8.2f} ms {peak:9} {circles:>8} {broken:>7}"
        print(row)  # noqa: T201


def _measured(size: int) -> tuple[float, int, int, int]:
    from cifix.model.finding import Fix  # noqa: PLC0415 - the parent process needs none of it
    from cifix.model.snapshot import Snapshot  # noqa: PLC0415
    from cifix.rules.break_import_cycle import Options, rule  # noqa: PLC0415

    snapshot = Snapshot.of(dict(package(size)))
    start = time.perf_counter()
    found = list(rule.find(snapshot, Options()))
    taken = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return taken, peak, len(found), sum(isinstance(one.outcome, Fix) for one in found)


def package(size: int) -> Iterator[tuple[str, bytes]]:
    """The files of the package, the same for the same size."""
    chance = random.Random(size)  # noqa: S311 - nothing secret
    yield "big/__init__.py", b""
    for folder in range(size // FOLDER):
        yield f"big/part{folder}/__init__.py", b'"""A part."""\n'
    circles = 0
    number = 0
    while number < size:
        length = (2 + circles % 2) if number % 20 == 0 else 1
        circle = range(number, min(number + length, size))
        circles += len(circle) > 1
        for one in circle:
            others = [other for other in circle if other != one]
            yield _path(one), _source(one, others, chance=chance).encode()
        number += length


def _path(number: int) -> str:
    return f"big/part{number // FOLDER}/module{number}.py"


def _source(number: int, others: list[int], chance: random.Random) -> str:
    earlier = sorted({chance.randrange(number // 20 * 20) for _ in range(10)}) if number >= 20 else []
    wanted = [*earlier, *others]
    lines = [f"from big.part{one // FOLDER}.module{one} import Class{one}" for one in wanted]
    first = bool(others) and number < min(others)
    bases = [f"Class{one}" for one in ((others[:1] if not first else []) if others else earlier[:1])]
    kept = bases if others else []
    lines += ["", "", f"class Class{number}({', '.join(bases)}):", "    size = 1", ""]
    for method, one in enumerate(one for one in wanted if f"Class{one}" not in kept):
        lines += [f"    def method{method}(self, value):", f"        part = Class{one}()"]
        lines += [f"        value.append(part.size + {each})" for each in range(4)]
        lines += ["        return [one for one in value if one is not part]", ""]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
