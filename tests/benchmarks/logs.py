"""How fast a log is read: CPU seconds and peak memory for 30,000 lines, and for one line of ten megabytes.

python -m tests.benchmarks.logs
"""

import io
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import nullcontext

from cifix.logs.collect import Log
from cifix.logs.facts import failures, signatures
from cifix.logs.keylines import key_lines, known

LINES = 30_000
STAMP = "2026-07-16T20:33:28.4578760Z "
EXIT = "##[error]Process completed with exit code 1."


def main() -> None:
    """Print one line for each kind of log and each way of reading it."""
    signatures()
    for name, data in (("30,000 lines", _log()), ("one line of 10 MB", b"x" * (10 << 20))):
        for what, read in (("facts", _facts), ("key lines", _key_lines)):
            seconds, peak = _measured(read, data)
            sys.stdout.write(f"{name:18} {what:10} {seconds:6.3f} s CPU  {peak / 1e6:6.1f} MB\n")


def _facts(log: Log) -> None:
    list(failures([log]))


def _key_lines(log: Log) -> None:
    key_lines([log], known([log]))


def _measured(read: Callable[[Log], None], data: bytes) -> tuple[float, int]:
    """The best CPU time of three readings, and the memory that another one takes beyond the data."""
    log = Log("job.txt", "test", "", lambda: nullcontext(io.BytesIO(data)))
    times = []
    for _ in range(3):
        begun = time.process_time()
        read(log)
        times.append(time.process_time() - begun)
    tracemalloc.start()
    read(log)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return min(times), peak - len(data) if peak > len(data) else peak


def _log() -> bytes:
    chosen = random.Random(1)  # noqa: S311 - the same log every time
    return "".join(f"{STAMP}{line}\n" for line in (*_lines(chosen), EXIT)).encode()


def _lines(chosen: random.Random) -> Iterator[str]:
    examples = ("E   assert 3 == 4", "would reformat a.py", "##[warning]not found", "error: a thing that is not known")
    for number in range(LINES):
        if number % 3000 == 0:
            yield f"##[group]Run step {number}"
        elif chosen.random() < 0.02:
            yield chosen.choice(examples)
        else:
            yield f"\x1b[32mtests/unit/test_{number % 97}.py::test_case[{number}] PASSED\x1b[0m [{number % 100}%]"


if __name__ == "__main__":
    main()
