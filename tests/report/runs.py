"""Runs with every ending there is, over files with hostile names, for the tests of all reports."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from cifix.engine.plan import Settings
from cifix.engine.prove import prove
from cifix.formats.gitignore import ignored
from cifix.model.change import Create, Edit, Track
from cifix.model.expect import Value
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import Rule
from cifix.model.snapshot import Snapshot
from cifix.report.outcome import Outcome

PAGE = """Turn old into new.

Why: the pipeline says "old `thing`" and fails.

When this is wrong: never.

What it will not touch: the rest.

Sources: none.
"""
EVIL = "%0A::error::gone\n::add-mask::x ##[error]y `a|b` [c](http://evil.example) <b>&@team #12 {0} ]]> \x1b[2J"
NAMES = (
    "a.txt",
    "b c.txt",
    "p,q:r%.txt",
    "x\n::error title=t::y.txt",
    "##[error]z.txt",
    "|`<b>@team*_.txt",
    "caf\udce9.txt",
    "é\U0001f600.txt",
    "d/\x1b[2J\x00e.txt".replace("\x00", ""),
)
OLD = "\ufeffone \U0001f600 old\r\ntwo old\nthree\rold"
TODAY, TOMORROW = date(2026, 11, 24), date(2026, 11, 25)
FILES = {name: OLD.encode() for name in NAMES} | {
    "latin.txt": "é old\n".encode("latin-1"),
    "down.txt": b"old  # cifix: ignore[turn] ours\n",
    "claim.yml": b"a: 1\n",
    "binary.bin": b"\0\1",
}
Find = Callable[[Snapshot, Any], Iterator[Finding]]


def rule(name: str, find: Find, page: str = PAGE) -> Rule:
    return Rule(name, page, ("**",), (), Safety.SAFE, find, refusals={"hard": "it is hard"})


def edits(snapshot: Snapshot, path: str, word: str, new: str) -> tuple[Edit, ...]:
    text = snapshot.text(path).text
    starts = [place for place in range(len(text)) if text.startswith(word, place)]
    return tuple(Edit(path, start, start + len(word), new) for start in starts)


def turn(snapshot: Snapshot, _options: object) -> Iterator[Finding]:
    for path in snapshot.matching(("**/*.txt",)):
        found = edits(snapshot, path, "old", "n\u00e9w")
        fix = Fix(f"Turn {path}", Safety.SAFE, found)
        for edit in found:
            yield Finding("turn", path, edit.start, edit.end, f"{path} is old", fix, ALREADY)


def again(snapshot: Snapshot, _options: object) -> Iterator[Finding]:
    """In the same files as `turn`: once at a place of its own, once upon what `turn` wrote."""
    found = edits(snapshot, "a.txt", "one", "eins") + edits(snapshot, "a.txt", "hree", "")
    if found:
        fix = Fix("Say it", Safety.SAFE, found)
        yield Finding("again", "a.txt", found[0].start, found[-1].end, "English", fix, TOMORROW)
    found = edits(snapshot, "latin.txt", "n\u00e9w", "newer")
    if found:
        yield Finding("again", "latin.txt", 2, 5, "built upon", Fix("Build on it", Safety.SAFE, found))


def add(snapshot: Snapshot, _options: object) -> Iterator[Finding]:
    if "added.txt" not in snapshot:
        changes = (Create("added.txt", b"x\r\n"), Create("added.bin", b"\xff\0"), Track("hidden.py"))
        yield Finding("add", "binary.bin", 0, 0, "lacks files", Fix("Add them", Safety.SAFE, changes), TODAY)
    if "loose.py" not in snapshot:
        yield Finding("add", "a.txt", 0, 0, "lacks one", Fix("Track it", Safety.SAFE, (Track("loose.py"),)))


def leave(_snapshot: Snapshot, _options: object) -> Iterator[Finding]:
    yield Finding("leave", NAMES[3], 1, 4, EVIL, Refusal("hard", EVIL), TOMORROW)
    yield Finding("leave", "no/such/file", 0, 0, "gone", Refusal("hard", "not there"), ALREADY)
    fix = Fix("Perhaps " + EVIL, Safety.REVIEW, (Edit("a.txt", 1, 2, "O"),))
    yield Finding("leave", "a.txt", 1, 2, "may be wrong", fix)


def lie(snapshot: Snapshot, _options: object) -> Iterator[Finding]:
    fix = Fix("Lie", Safety.SAFE, (Edit("claim.yml", 3, 4, "2"),), (Value("claim.yml", ("b",), "3"),))
    if snapshot.read("claim.yml") == b"a: 1\n":
        yield Finding("lie", "claim.yml", 3, 4, "is one", fix, TODAY)


def crash(_snapshot: Snapshot, _options: object) -> Iterator[Finding]:
    raise ValueError(EVIL)


def quiet(_snapshot: Snapshot, _options: object) -> Iterator[Finding]:
    return iter(())


RULES = (
    rule("turn", turn),
    rule("again", again),
    rule("add", add, "Add what is missing."),
    rule("leave", leave, "Leave it be."),
    rule("lie", lie),
    rule("crash", crash),
    rule("quiet", quiet),
)


def ran(mode: str, rules: tuple[Rule, ...] = RULES, files: dict[str, bytes] | None = None) -> Outcome:
    """What a run in `mode` tells its reports."""
    snapshot = Snapshot.of(FILES if files is None else files, {"hidden.py": b"x = 1\n", "loose.py": b""})
    proven = prove(snapshot, rules, Settings(), ignored)
    outcome = Outcome(mode, proven, TODAY, crashes=proven.plan.crashes, notes=("Said beforehand.",), rules=rules)
    if mode != "apply":
        return outcome
    ids = tuple(f"{number:040x}" for number, _ in enumerate(outcome.patches))
    return replace(outcome, branch="cifix/fixes", commits=ids, state="created")
