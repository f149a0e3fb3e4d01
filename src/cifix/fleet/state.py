"""What a fleet has come to, in one SQLite file: whatever moment it is killed at, the next run goes on from there.

Only the coordinator writes, a repository at a time, what happened and what was found in one transaction. A file beside
it keeps a second coordinator out; the system takes that lock away with the process.
"""

import fcntl
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Self

from cifix.errors import GitError, UsageError
from cifix.fleet.book import SCHEMA as BOOK
from cifix.fleet.book import Calls
from cifix.fleet.job import Analysis, Mode, Result, State, Target
from cifix.fleet.stored import (
    from_text,
    selection_from_text,
    selection_to_text,
    to_text,
    wish_from_text,
    wish_to_text,
)
from cifix.forge.request import Wish
from cifix.run.examine import Selection

_VERSION = 3
_SCHEMA = f"""
CREATE TABLE campaign (
    id INTEGER PRIMARY KEY CHECK (id = 1), branch TEXT NOT NULL, asked TEXT NOT NULL, today TEXT NOT NULL,
    digest TEXT NOT NULL, wish TEXT NOT NULL, hourly INTEGER
) STRICT;
CREATE TABLE run (
    id INTEGER PRIMARY KEY, mode TEXT NOT NULL, digest TEXT NOT NULL, finished INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE repository (
    url TEXT PRIMARY KEY, slug TEXT NOT NULL, listed TEXT,
    state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ({", ".join(f"'{state}'" for state in State)})),
    reason TEXT NOT NULL DEFAULT '', base TEXT, commits TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0,
    seconds TEXT NOT NULL DEFAULT '{{}}', request TEXT NOT NULL DEFAULT '', run INTEGER REFERENCES run (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX by_state ON repository (state, slug);
CREATE TABLE analysis (
    url TEXT PRIMARY KEY REFERENCES repository (url), base TEXT NOT NULL, digest TEXT NOT NULL,
    document TEXT NOT NULL, pushed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
{BOOK}
PRAGMA user_version = {_VERSION};
"""
_ANEW = "UPDATE repository SET state = 'queued', commits = '', reason = '', request = '', run = NULL"


@dataclass(frozen=True, slots=True)
class Campaign:
    """What all repositories are asked for: the branch, the selection, the day to judge by; a digest of the last two.

    `wish` is what requests shall be like, once there are to be any, and `per_hour` how many writes a forge may get.
    """

    branch: str
    asked: Selection
    today: date
    digest: str
    wish: Wish | None = None
    per_hour: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A repository and what is known of it; `commits` are those on our branch, as far as it was pushed.

    `request` is the address of its request, if there is one.
    """

    target: Target
    state: State
    reason: str = ""
    base: str | None = None
    commits: tuple[str, ...] = ()
    attempts: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)
    analysis: Analysis | None = None
    request: str = ""


class Store:
    """The open state file."""

    def __init__(self, file: Path, base: sqlite3.Connection) -> None:
        self.file = file
        self.calls = Calls(base)
        self._base = base

    @classmethod
    def open(cls, file: Path) -> Self:
        """Open the state, made anew if there is none; raises `UsageError` for files that are something else."""
        try:
            base = sqlite3.connect(file, timeout=30, isolation_level=None)
        except sqlite3.OperationalError as why:
            raise GitError(f"cannot open {file}: {why}") from why
        try:
            base.execute("PRAGMA journal_mode = WAL")
            base.execute("PRAGMA synchronous = NORMAL")
            base.execute("PRAGMA foreign_keys = ON")
            (version,) = base.execute("PRAGMA user_version").fetchone()
            if version == 0:
                base.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
            elif version != _VERSION:
                raise UsageError(f"{file} was written by another version of cifix; name a new file with --state")
        except sqlite3.OperationalError as why:
            base.close()
            raise GitError(f"cannot write {file}: {why}") from why
        except sqlite3.DatabaseError as why:
            base.close()
            raise UsageError(f"{file} is not a state of cifix: {why}; name another file with --state") from why
        return cls(file, base)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other coordinators out meanwhile; raises `UsageError` if one is at work."""
        with self.file.with_name(f"{self.file.name}-lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as why:
                raise UsageError(f"another cifix works on {self.file}; wait for it or name another --state") from why
            yield

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    @property
    def campaign(self) -> Campaign | None:
        """What was asked for last, or None in a new file."""
        found = self._base.execute("SELECT branch, asked, today, digest, wish, hourly FROM campaign").fetchone()
        if found is None:
            return None
        branch, asked, today, digest, wish, hourly = found
        day = date.fromisoformat(today)
        wished = wish_from_text(wish) if wish else None
        return Campaign(branch, selection_from_text(asked), day, digest, wished, hourly)

    @property
    def mode(self) -> Mode:
        """What the last run was for."""
        found = self._base.execute("SELECT mode FROM run ORDER BY id DESC LIMIT 1").fetchone()
        return Mode(found[0]) if found else Mode.PLAN

    @property
    def number(self) -> int:
        """The number of the last run."""
        return int(self._base.execute("SELECT coalesce(max(id), 0) FROM run").fetchone()[0])

    @property
    def unfinished(self) -> bool:
        """Whether the last run has not come to its end."""
        query = "SELECT 1 FROM run WHERE id = (SELECT max(id) FROM run) AND finished = 0"
        return self._base.execute(query).fetchone() is not None

    def begin(self, campaign: Campaign, mode: Mode, targets: Sequence[Target]) -> int:
        """The number of the run: that of the last one if it was interrupted and asked for the same, else a new one.

        `targets` become known; those known before keep what is known of them, unless their branch changes.
        """
        with self._transaction():
            branch = self.campaign
            if branch is not None and branch.branch != campaign.branch:
                self._base.execute(_ANEW)
            self._base.execute("INSERT OR REPLACE INTO campaign VALUES (1, ?, ?, ?, ?, ?, ?)", _fields(campaign))
            self._base.executemany(
                "INSERT INTO repository (url, slug, listed) VALUES (?, ?, ?) ON CONFLICT (url) DO UPDATE SET "
                "run = iif(listed IS excluded.listed, run, NULL), listed = excluded.listed",
                [(target.url, target.slug, target.base) for target in targets],
            )
            last = self._base.execute("SELECT id, mode, digest, finished FROM run ORDER BY id DESC LIMIT 1").fetchone()
            if last is not None and last[1:] == (mode, campaign.digest, 0):
                return int(last[0])
            self._base.execute("INSERT INTO run (mode, digest) VALUES (?, ?)", (mode, campaign.digest))
            return self.number

    def waiting(self, run: int) -> frozenset[str]:
        """The URLs that this run has not settled yet."""
        found = self._base.execute("SELECT url FROM repository WHERE run IS NOT ?", (run,))
        return frozenset(url for (url,) in found)

    def settle(self, run: int, url: str, result: Result, digest: str, *, done: bool = True) -> None:
        """Note how a repository's turn ended, and whether that is all that this run does for it."""
        gone = done and result.state is State.CLOSED
        with self._transaction():
            self._base.execute(
                "UPDATE repository SET state = ?, reason = ?, base = coalesce(?, base), commits = iif(?, ?, commits), "
                "attempts = iif(? = 'failed', attempts + 1, 0), seconds = ?, request = iif(?, ?, request), run = ? "
                "WHERE url = ?",
                (
                    *(result.state, _text(result.reason), result.base),
                    *(bool(result.commits) or gone, " ".join(result.commits)),
                    *(result.state, json.dumps(dict(result.seconds))),
                    *(bool(result.request) or gone, result.request),
                    *(run if done else None, url),
                ),
            )
            pushed = bool(result.commits)
            if result.analysis is not None:
                row = (url, result.analysis.base, digest, to_text(result.analysis), pushed)
                self._base.execute("INSERT OR REPLACE INTO analysis VALUES (?, ?, ?, ?, ?)", row)
            elif pushed:
                self._base.execute("UPDATE analysis SET pushed = 1 WHERE url = ? AND digest = ?", (url, digest))

    def finish(self, run: int) -> None:
        """Note that a run has come to its end."""
        with self._transaction():
            self._base.execute("UPDATE run SET finished = 1 WHERE id = ?", (run,))

    def queue(self, urls: Iterable[str]) -> None:
        """Let the last run take these up again."""
        with self._transaction():
            self._base.executemany(
                "UPDATE repository SET state = 'queued', reason = '', run = NULL WHERE url = ?",
                [(url,) for url in urls],
            )
            self._base.execute("UPDATE run SET finished = 0 WHERE id = (SELECT max(id) FROM run)")

    def rows(self, *, whole: bool = False) -> Iterator[Row]:
        """Every repository by slug; with its analysis if `whole`."""
        query = (
            "SELECT repository.url, slug, listed, state, reason, repository.base, commits, attempts, seconds, "
            "request, iif(?, document, NULL) FROM repository LEFT JOIN analysis ON analysis.url = repository.url AND "
            "analysis.digest = (SELECT digest FROM campaign) ORDER BY slug, repository.url"
        )
        for row in self._base.execute(query, (whole,)):
            yield _row(row)

    def known(self, url: str, digest: str) -> tuple[Analysis | None, bool]:
        """What was found by the rules and options of `digest`, in whatever commit, and whether that was pushed."""
        query = "SELECT document, pushed FROM analysis WHERE url = ? AND digest = ?"
        found = self._base.execute(query, (url, digest)).fetchone()
        return (from_text(found[0]), bool(found[1])) if found else (None, False)

    def commits(self, url: str) -> tuple[str, ...]:
        """The commits on our branch when we last left it."""
        found = self._base.execute("SELECT commits FROM repository WHERE url = ?", (url,)).fetchone()
        return tuple(found[0].split()) if found else ()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._base.execute("BEGIN IMMEDIATE")
            yield
            self._base.execute("COMMIT")
        except BaseException as why:
            if self._base.in_transaction:
                self._base.execute("ROLLBACK")
            if isinstance(why, sqlite3.OperationalError):
                raise GitError(f"cannot write {self.file}: {why}; mend that, the next run goes on from there") from why
            raise


def _row(row: Sequence[Any]) -> Row:
    url, slug, listed, state, reason, base, commits, attempts, seconds, request, document = row
    analysis = from_text(document) if document else None
    target = Target(url, slug, listed)
    known = (reason, base, tuple(commits.split()), attempts, json.loads(seconds), analysis, request)
    return Row(target, State(state), *known)


def _fields(campaign: Campaign) -> tuple[str | int | None, ...]:
    wish = wish_to_text(campaign.wish) if campaign.wish else ""
    asked, day = selection_to_text(campaign.asked), campaign.today.isoformat()
    return campaign.branch, asked, day, campaign.digest, wish, campaign.per_hour


def _text(reason: str) -> str:
    """SQLite takes Unicode only; a reason may quote the bytes of a stranger."""
    return reason.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
