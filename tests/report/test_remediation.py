"""The remediation plan of runs with every ending there is, over files with hostile names."""

import json
from collections.abc import Iterator
from dataclasses import replace

import jsonschema
import pytest
from markdown_it import MarkdownIt

from cifix.engine.plan import Placed, Settings
from cifix.engine.prove import prove
from cifix.engine.registry import discover
from cifix.formats.gitignore import ignored
from cifix.model.change import Edit
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.snapshot import Snapshot
from cifix.report.page import cause
from cifix.report.remediation import machine, markdown
from cifix.report.remediation.build import remediation
from cifix.report.remediation.document import Job
from cifix.report.remediation.evidence import Witness
from cifix.report.remediation.jobs import Jobs
from tests.report.runs import EVIL, RULES, ran, rule

WORKFLOWS = {
    ".github/workflows/call.yml": b"on: push\njobs:\n  outer:\n    uses: ./.github/workflows/inner.yml\n",
    ".github/workflows/inner.yml": (
        b"on: workflow_call\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: ./.github/actions/set-up\n"
        b"  b:\n    needs: a\n    runs-on: x\n    steps:\n      - run: pip install -e .[test]\n"
        b"  c:\n    needs: [b]\n    runs-on: x\n    steps:\n      - run: |\n          pre-commit run --all-files\n"
    ),
    ".github/workflows/broken.yml": b"on: [\n",
    ".github/actions/set-up/action.yml": b"runs:\n  using: composite\n  steps: []\n",
    "pack/__init__.py": b"",
}


def jobs(path: str, line: int = 1, column: int = 1) -> list[str]:
    finding = Finding("x", path, 0, 0, "", Refusal("hard", ""))
    found = Jobs(Snapshot.of(WORKFLOWS)).of(Placed(finding, line, column, line, column))
    return [f"{job.workflow.rpartition('/')[2]}/{job.name}" for job in found]


def test_a_place_in_a_workflow_belongs_to_its_job_or_to_all_jobs() -> None:
    assert jobs(".github/workflows/inner.yml", line=6, column=9) == ["call.yml/outer", "inner.yml/a"]
    assert jobs(".github/workflows/inner.yml") == ["call.yml/outer", "inner.yml/a", "inner.yml/b", "inner.yml/c"]
    assert jobs(".github/workflows/broken.yml") == ["broken.yml/"]


def test_other_files_belong_to_the_jobs_that_use_them() -> None:
    assert jobs(".github/actions/set-up/action.yml") == ["inner.yml/a"]
    assert jobs(".pre-commit-config.yaml") == ["inner.yml/c"]
    assert jobs("pack/__init__.py") == jobs("sub/.gitignore") == jobs("pyproject.toml") == ["inner.yml/b"]
    assert jobs("notes.txt") == []


def test_a_job_waits_through_others_and_only_in_its_own_workflow() -> None:
    inner = ".github/workflows/inner.yml"
    found = Jobs(Snapshot.of(WORKFLOWS))
    assert found.waiting([Job(inner, "a")]) == (Job(inner, "b"), Job(inner, "c"))
    assert found.waiting([Job(inner, "a"), Job(inner, "b")]) == (Job(inner, "c"),)
    assert found.waiting([Job(".github/workflows/call.yml", "a"), Job("gone", "a")]) == ()


def test_every_ending_is_told_and_nothing_hostile_is_alive() -> None:
    plan = remediation(ran("dry-run"), ["Then `do` this."])
    text = markdown.document(plan)
    html = MarkdownIt("commonmark").enable("table").render(text)
    for alive in ("<b>", 'href="http://evil', "\x1b"):
        assert alive not in html.replace("<b>&amp;", "")
    assert "\n::error" not in text
    for part in ("lie", "crash", "hard", "Perhaps", "Said beforehand.", "Then `do` this.", "turned down"):
        assert part in text, part
    assert text == markdown.document(remediation(ran("dry-run"), ["Then `do` this."]))


def test_the_json_tells_the_same_and_fulfils_its_schema() -> None:
    told = json.loads(machine.document(remediation(ran("dry-run"))))
    jsonschema.validate(told, machine.schema(), jsonschema.Draft202012Validator)
    outcome = ran("dry-run")
    assert sum(len(one["findings"]) for one in told["causes"]) + len(told["left"]) == len(list(outcome.findings))
    assert {one["key"] for one in told["left"]} == {"hard", "review", "unproven"}
    held = [one["diff"] for one in told["left"] if one["state"] == "held back"]
    assert held[0].startswith("diff --git a/a.txt")


def test_the_cause_is_the_first_sentence_of_the_page() -> None:
    for one in discover(points=()).rules.values():
        sentence = cause(one)
        assert sentence.endswith((".", "!", "?")), (one.id, sentence)
        assert len(sentence) < 400
        assert sentence.count('"') % 2 == 0
    assert cause(RULES[0]) == 'the pipeline says "old `thing`" and fails.'
    assert cause(rule("bare", lambda _snapshot, _options: iter(()), "Leave it be.")) == "Leave it be."


def test_what_is_hostile_stays_in_its_line() -> None:
    text = markdown.document(remediation(ran("dry-run"), [EVIL]))
    assert len([line for line in text.splitlines() if line.startswith("1. ")]) == 1


def reported(path: str, text: str, message: str, line: int = 1, **loose: str) -> list[tuple[str, tuple[str, ...]]]:
    """The commands for a finding at the start of a line of a file."""
    snapshot = Snapshot.of(
        {path: text.encode(), ".gitignore": b"*.py\n!kept.py\n", "there.py": b""},
        {name: data.encode() for name, data in loose.items()},
    )
    finding = Finding("x", path, 0, 0, message, Refusal("hard", "no more"))
    return [(proof.command, proof.shows) for proof in Witness(snapshot).of(Placed(finding, line, 1, line, 1))]


@pytest.mark.parametrize(
    ("path", "text", "line", "expected"),
    [
        ("a.yml", "one\ntwo words # x\n", 2, ("git grep -nF -e 'two words # x' -- a.yml", ("a.yml:2:two words # x",))),
        ("a.yml", "one\r\ntwo\r\n", 2, ("git grep -nF -e two -- a.yml", ("a.yml:2:two",))),
        ("a.yml", "caf\u00e9 au lait\n", 1, ("git grep -nF -e 'au lait' -- a.yml", ("a.yml:1:",))),
        ("a[1].yml", "one\n", 1, ("git --literal-pathspecs grep -nF -e one -- 'a[1].yml'", ("a[1].yml:1:one",))),
    ],
)
def test_a_line_is_found_by_its_text(path: str, text: str, line: int, expected: tuple[str, tuple[str, ...]]) -> None:
    assert reported(path, text, "", line) == [expected]


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [("a.yml", "one\rtwo", 2), ("a.yml", "", 1), ("a.yml", "x:\n", 1), ("a.yml", "\0one", 1), ("\u00e9.yml", "one", 1)],
)
def test_a_line_that_git_would_print_otherwise_is_not_asked_for(path: str, text: str, line: int) -> None:
    assert reported(path, text, "", line) == []


def test_files_that_a_finding_names_are_asked_for() -> None:
    told = reported("a.yml", "", "imports there.py, gone.py, kept.py, [odd].py and a.yml")
    assert told == [
        (
            "git check-ignore -v --no-index -- there.py gone.py",
            (".gitignore:1:*.py\tthere.py", ".gitignore:1:*.py\tgone.py"),
        ),
        ("git ls-files -ci --exclude-standard", ("there.py",)),
        ("git ls-files -- gone.py kept.py", ()),
    ]


def mixed(snapshot: Snapshot, _options: object) -> Iterator[Finding]:
    """Many findings, with fixes of both levels."""
    for number in range(30):
        path = f"f{number}.txt"
        if snapshot.read(path) == b"old\n":
            level = Safety.SAFE if number else Safety.REVIEW
            yield Finding(
                "mixed", path, 0, 3, "is old", Fix(f"Turn {path}", level, (Edit(path, 0, 3, "new"),)), ALREADY
            )


def test_many_commands_are_cut_and_levels_are_counted() -> None:
    files = {f"f{number}.txt": b"old\n" for number in range(30)}
    outcome = ran("dry-run", (rule("mixed", mixed),), files)
    proven = prove(Snapshot.of(files), outcome.rules, Settings(Safety.REVIEW), ignored)
    plan = remediation(replace(outcome, proven=proven))
    text = markdown.document(plan)
    assert "10 commands left out." in text
    assert "(29 safe, 1 review), commit 1" in text
    assert "No run fails for this alone" not in text
    assert len(json.loads(machine.document(plan))["causes"][0]["evidence"]) == 30


def test_nothing_left_and_nothing_fixed_are_said() -> None:
    text = markdown.document(remediation(ran("check", (rule("quiet", lambda _snapshot, _options: iter(())),))))
    assert "Nothing was found" in text
