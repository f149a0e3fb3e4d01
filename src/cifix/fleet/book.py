"""The calls that forges got, in the state: limits hold across runs, whatever moment one of them is killed at."""

import sqlite3
from collections.abc import Sequence

from cifix.forge.pace import HOUR, Block

SCHEMA = """
CREATE TABLE call (id INTEGER PRIMARY KEY, host TEXT NOT NULL, write INTEGER NOT NULL, ended REAL) STRICT;
CREATE TABLE block (host TEXT PRIMARY KEY, until REAL NOT NULL, failures INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""


class Calls:
    """The `Book` of a state."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base

    def calls(self, host: str, now: float) -> Sequence[tuple[float, bool]]:
        """The calls of the last hour, oldest first; older ones are forgotten."""
        self._base.execute("UPDATE call SET ended = ? WHERE ended IS NULL AND host = ?", (now, host))
        self._base.execute("DELETE FROM call WHERE ended <= ?", (now - HOUR,))
        found = self._base.execute("SELECT ended, write FROM call WHERE host = ? ORDER BY ended", (host,))
        return [(ended, bool(write)) for ended, write in found]

    def begin(self, host: str, *, write: bool) -> int:
        """Note that a call is about to be made."""
        return self._base.execute("INSERT INTO call (host, write) VALUES (?, ?)", (host, write)).lastrowid or 0

    def end(self, number: int, at: float) -> None:
        """Note that it has ended."""
        self._base.execute("UPDATE call SET ended = ? WHERE id = ?", (at, number))

    def blocked(self, host: str) -> Block:
        """Until when the host is to be left alone."""
        found = self._base.execute("SELECT until, failures FROM block WHERE host = ?", (host,)).fetchone()
        return Block(*found) if found else Block()

    def block(self, host: str, block: Block) -> None:
        """Note that."""
        self._base.execute("INSERT OR REPLACE INTO block VALUES (?, ?, ?)", (host, block.until, block.failures))
