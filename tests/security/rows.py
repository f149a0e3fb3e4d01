"""The lines of the table in SECURITY.md: what was tried, how often, and what came of it.

A test module of this folder lists its lines in `ROWS`, and its tests prove them; `python -m tests.security` runs all
of them and writes the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Row:
    """An attack or fault, how many things were tried for it, what came of it, and the test that shows it."""

    attack: str
    tries: int
    outcome: str
    proof: str


def modules() -> list[Path]:
    """The test modules of this folder."""
    return sorted(HERE.glob("test_*.py"))


def rows() -> Iterator[Row]:
    """The lines of all modules, in their order."""
    for path in modules():
        yield from getattr(import_module(f"tests.security.{path.stem}"), "ROWS", ())


def table() -> str:
    """The table as it stands in SECURITY.md."""
    lines = [f"| {row.attack} | {row.tries} | {row.outcome} | `{row.proof}` |" for row in rows()]
    return "\n".join(("| attack or fault | tries | outcome | proven by |", "| --- | ---: | --- | --- |", *lines)) + "\n"
