"""Several rules at once, each in a process that has the same snapshot: the first look of every rule, ahead of time.

Whether a look is of use later, after other rules have changed files, is asked where it is used; so the number of
processes never shows in a result.
"""

import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from signal import SIG_DFL, SIGINT, signal
from typing import TYPE_CHECKING, Any

from cifix.engine.look import Look, look
from cifix.model.rule import Rule
from cifix.model.snapshot import Snapshot

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.sharedctypes import Synchronized

SMALL = 2000
"""Files up to which other processes cost more than they save."""


def ahead(rules: Sequence[Rule], snapshot: Snapshot, options: Mapping[str, Any], jobs: int) -> dict[str, Look]:
    """The look of each rule at `snapshot`, as far as that could be done in `jobs` processes; none if one would do.

    A rule that raises, or whose process ended, is left out. What the processes learned of files is known here, too.
    """
    few = jobs < 2 or len(rules) < 2 or len(snapshot.paths) <= SMALL  # noqa: PLR2004
    if few or sys.platform in {"win32", "darwin"} or threading.active_count() > 1:
        return {}
    from multiprocessing import connection, get_context  # noqa: PLC0415 - only where it is used

    context = get_context("fork")
    following = context.Value("i", 0)
    ends: list[Connection] = []
    workers = []
    for _ in range(min(jobs, len(rules))):
        ours, theirs = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(theirs, following, rules, snapshot, options), daemon=True)
        worker.start()
        theirs.close()
        workers.append(worker)
        ends.append(ours)
    found: dict[str, Look] = {}
    while ends:
        ready = connection.wait(ends)
        for end in [one for one in ends if one in ready]:
            try:
                rule, findings, trace, learned = end.recv()
            except EOFError:
                ends.remove(end)
                continue
            snapshot.learned.add(learned)
            if trace is not None:
                found[rule] = Look(snapshot, findings, trace)
    for worker in workers:
        worker.join()
    return found


def _work(
    end: "Connection",
    following: "Synchronized[int]",
    rules: Sequence[Rule],
    snapshot: Snapshot,
    options: Mapping[str, Any],
) -> None:
    """Take the next rule until there is none; an interrupt is for the process that waits."""
    signal(SIGINT, SIG_DFL)
    while True:
        with following.get_lock():
            number, following.value = following.value, following.value + 1
        if number >= len(rules):
            return
        rule, seen = rules[number], None
        with suppress(Exception):
            seen = look(rule, snapshot, options[rule.id])
        snapshot.trim()
        end.send((rule.id, seen and seen.findings, seen and seen.trace, snapshot.learned.taken()))
