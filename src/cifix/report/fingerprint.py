"""A hash per line that stays the same when lines are added elsewhere.

It is the one that GitHub's upload action computes itself, so that it never warns of a difference
(github/codeql-action, src/fingerprints.ts, read 2026-11).
"""

SPAN = 100
"""Characters, blanks not counted, from the start of a line that go into its hash."""
BASE = 37
MASK = 2**64 - 1
END = 0xFFFF
"""What stands for the end of the file; zeros follow it."""


def line_hashes(raw: bytes) -> list[str]:
    """For each line of a file its hash in hexadecimal, and after a colon how often it occurred up to there."""
    units, starts = _significant(raw.decode("utf-8", "replace"))
    sums = [0]
    for unit in units:
        sums.append((sums[-1] * BASE + unit) & MASK)
    factor = pow(BASE, SPAN, MASK + 1)
    seen: dict[int, int] = {}
    hashes: list[str] = []
    for start in starts:
        value = (sums[start + SPAN] - sums[start] * factor) & MASK
        seen[value] = seen.get(value, 0) + 1
        hashes.append(f"{value:x}:{seen[value]}")
    return hashes


def _significant(text: str) -> tuple[list[int], list[int]]:
    """UTF-16 code units without blanks, every line end as one line feed, and where among them lines start."""
    raw = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "").encode("utf-16-le")
    units = [int.from_bytes(raw[i : i + 2], "little") for i in range(0, len(raw), 2)]
    starts = [0, *(i + 1 for i, unit in enumerate(units) if unit == ord("\n"))]
    return [*units, END, *[0] * SPAN], starts
