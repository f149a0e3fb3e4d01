import subprocess
from collections.abc import Iterator
from pathlib import Path

from cifix.model.change import Edit
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.snapshot import Snapshot
from cifix.report.markdown import document
from cifix.report.outcome import Outcome
from cifix.report.proposal import proposals
from cifix.report.summary import following
from cifix.report.text import lines
from tests.report.runs import ran, rule

FILES = {"a.txt": b"one old\ntwo\n", "b.txt": b"three\n"}
HINT = Fix("Say four", Safety.SHOWN, (Edit("b.txt", 0, 5, "four"), Edit("a.txt", 8, 11, "zwei")))


def turn(snapshot: Snapshot, _options: object) -> Iterator[Finding]:
    if b"old" in snapshot.read("a.txt"):
        yield Finding("turn", "a.txt", 4, 7, "is old", Fix("Turn it", Safety.SAFE, (Edit("a.txt", 4, 7, "new"),)))


def hint(_snapshot: Snapshot, _options: object) -> Iterator[Finding]:
    yield Finding("hint", "b.txt", 0, 5, "is three", HINT)
    yield Finding("hint", "a.txt", 8, 11, "is two", HINT)


def refuse(_snapshot: Snapshot, _options: object) -> Iterator[Finding]:
    yield Finding("refuse", "b.txt", 0, 5, "is hard", Refusal("hard", "it is"))


def run(mode: str = "dry-run") -> Outcome:
    return ran(mode, (rule("turn", turn), rule("hint", hint), rule("refuse", refuse)), FILES)


def text(outcome: Outcome) -> str:
    return "".join(f"{line.data.decode()}\n" for line in lines(outcome))


def test_a_fix_that_no_run_applies_is_told_apart_from_one_that_is_held_back() -> None:
    told = text(run())
    assert "    hint (shown, never applied): Say four\n    diff --git a/a.txt b/a.txt\n" in told
    assert "    -three\n    +four\n" in told
    assert "2 fixes shown, never applied.\n" in told
    assert "held back" not in told
    assert "--safety review" not in following(run())


def test_the_diff_of_a_fix_is_shown_once() -> None:
    assert text(run()).count("diff --git a/b.txt") == 1
    assert [bool(one) for one in proposals(run(), run().proven.plan.remaining)] == [True, False, False]


def test_git_passes_over_what_is_only_shown(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    subprocess.run(["git", "apply"], input=text(run()).encode(), cwd=tmp_path, check=True)
    assert (tmp_path / "a.txt").read_bytes() == b"one new\ntwo\n"
    assert (tmp_path / "b.txt").read_bytes() == b"three\n"


def test_markdown_shows_the_diff_with_its_place() -> None:
    told = document(run("apply"))
    assert "| `shown`: shown, never applied: Say four |\n" in told
    assert "`a.txt:2:1`, shown, never applied: Say four\n\n<details><summary>Diff of 2 files</summary>\n" in told
    assert told.count("+four") == 1
    assert "safety floor" not in told
