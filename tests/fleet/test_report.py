"""Every form says the same of a fleet, and text of strangers does nothing in any of them."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from cifix.errors import Exit, UsageError
from cifix.fleet.job import Analysis, Mode, State, Target
from cifix.fleet.report import junit, markdown, page, text
from cifix.fleet.report.document import document, merged, read, schema
from cifix.fleet.report.document import text as json_text
from cifix.fleet.state import Row

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>`|\x1b[31m\n@everyone\u202e"
FINDING: dict[str, Any] = {
    "rule": "upgrade-artifacts",
    "path": EVIL,
    "line": 1,
    "column": 2,
    "end_line": 1,
    "end_column": 3,
    "message": EVIL,
    "severity": "error",
    "red_from": "always",
    "safety": "safe",
    "title": EVIL,
    "refusal": None,
    "answer": "commit",
}
LEFT = {**FINDING, "safety": None, "title": None, "refusal": {"key": "opaque", "detail": EVIL}, "answer": "person"}
RUN: dict[str, Any] = {
    "commits": [{"rule": "upgrade-artifacts", "subject": "ci: x", "files": [EVIL]}],
    "findings": [FINDING],
    "suppressed": 0,
    "failed_proofs": [],
    "crashes": [],
    "notes": [],
}
PATCH = f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-</pre>{EVIL}\n+{EVIL}\n".encode() + b"\xff\n"


def row(name: str, state: State, run: dict[str, Any] | None = None, reason: str = "") -> Row:
    found = None if run is None else Analysis("1" * 40, run, PATCH)
    return Row(Target(f"https://x/{name}", name), state, reason, "main", ("2" * 40,), 0, {"look": 0.5}, found)


ROWS = [
    row(EVIL, State.APPLIED, RUN),
    row("clean", State.CLEAN, {**RUN, "commits": [], "findings": []}),
    row("failed", State.FAILED, reason=EVIL),
    row("left", State.LEFT, {**RUN, "commits": [], "findings": [LEFT]}),
    row("queued", State.QUEUED),
]
TOLD = document(ROWS, Mode.APPLY, f"cifix/{EVIL}")


def test_the_document_fulfils_its_schema() -> None:
    Draft202012Validator.check_schema(schema())
    Draft202012Validator(schema()).validate(json.loads(json_text(TOLD)))
    assert json_text(TOLD).isascii()
    assert read(json_text(TOLD).encode(), "x") == TOLD


CRASH = {"crashes": [{"rule": "x", "detail": "y"}]}
UNPROVEN = {"failed_proofs": [{"rule": "x", "proof": "p", "detail": "d"}]}


@pytest.mark.parametrize(
    ("rows", "mode", "code"),
    [
        ([], Mode.APPLY, Exit.DONE),
        ([row("a", State.APPLIED, RUN)], Mode.APPLY, Exit.DONE),
        ([row("a", State.PLANNED, RUN)], Mode.PLAN, Exit.FOUND),
        ([row("a", State.LEFT, {**RUN, "findings": [LEFT]})], Mode.APPLY, Exit.REMAIN),
        ([row("a", State.LEFT, {**RUN, "findings": [LEFT]})], Mode.PLAN, Exit.FOUND),
        ([row("a", State.CLOSED, {**RUN, "findings": [LEFT]})], Mode.CLOSE, Exit.DONE),
        ([row("a", State.APPLIED, RUN | UNPROVEN)], Mode.APPLY, Exit.UNPROVEN),
        ([row("a", State.APPLIED, RUN | UNPROVEN | CRASH)], Mode.APPLY, Exit.CRASHED),
        ([row("a", State.APPLIED, RUN | CRASH), row("b", State.FAILED)], Mode.APPLY, Exit.REMAIN),
        ([row("a", State.HELD, RUN)], Mode.APPLY, Exit.HELD),
        ([row("a", State.HELD, RUN), row("b", State.FAILED)], Mode.APPLY, Exit.REMAIN),
    ],
)
def test_the_exit_code_is_that_of_the_worst(rows: list[Row], mode: Mode, code: Exit) -> None:
    assert document(rows, mode, "b")["exit_code"] == code


def test_shards_are_merged_in_the_order_of_one_run() -> None:
    parts = [document([one], Mode.APPLY, TOLD["branch"]) for one in reversed(ROWS)]
    whole = document(sorted(ROWS, key=lambda one: one.target.slug), Mode.APPLY, TOLD["branch"])
    assert merged(parts) == whole
    with pytest.raises(UsageError, match="different branches"):
        merged([TOLD, document([], Mode.APPLY, "other")])


class Page(HTMLParser):
    """The elements of a page and their attributes, and the text outside of scripts and styles."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_holds_no_element_of_a_stranger_and_loads_nothing() -> None:
    source = page.document(TOLD)
    parsed = Page(source)
    tags = [tag for tag, _ in parsed.tags]
    assert tags.count("script") == 1
    assert "img" not in tags
    names = {name for _, attributes in parsed.tags for name in attributes}
    assert not {name for name in names if name.startswith("on")} | names & {"src", "href", "style", "action"}
    assert tags.count("details") == len(ROWS)
    assert "\x1b" not in source
    assert "\u202e" not in source


def test_the_policy_of_the_page_names_its_own_script_only() -> None:
    source = page.document(TOLD)
    (policy,) = [told["content"] for tag, told in Page(source).tags if told.get("http-equiv")]
    assert policy is not None
    for tag in ("script", "style"):
        (code,) = re.findall(rf"<{tag}>(.*?)</{tag}>", source, re.DOTALL)[:1]
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_rows_carry_what_the_filter_reads() -> None:
    rows = [told for tag, told in Page(page.document(TOLD)).tags if tag == "details"]
    assert [one["data-state"] for one in rows] == ["applied", "clean", "failed", "left", "queued"]
    assert [one["data-rules"] for one in rows] == ["upgrade-artifacts", "", "", "upgrade-artifacts", ""]
    script = page.document(TOLD).partition("<script>")[2]
    for name in ("dataset.rules", "dataset.state", "dataset.name"):
        assert name in script


def test_junit_counts() -> None:
    suite = ET.fromstring(junit.document(TOLD))[0]  # noqa: S314 - made a line above
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
    }
    left = document([row("a", State.APPLIED, {**RUN, "findings": [FINDING, LEFT]})], Mode.APPLY, "b")
    assert ET.fromstring(junit.document(left))[0].get("failures") == "1"  # noqa: S314


def test_markdown_shows_names_as_they_are() -> None:
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown.document(TOLD))
    tags = {tag for tag, _ in Page(rendered).tags}
    assert not tags & {"script", "img", "a"}
    assert rendered.count("<tr>") == 1 + len(ROWS) + 2
    assert "| `upgrade-artifacts` | 2 | 2 |" in markdown.document(TOLD)


def test_lines_say_what_there_is_to_say() -> None:
    crashed = row("crashed", State.APPLIED, RUN | CRASH | UNPROVEN)
    said = [line.data.decode() for line in text.lines(document([*ROWS, crashed], Mode.APPLY, "b"))]
    assert len(said) == 7
    assert all(line.isprintable() for line in said)
    assert said[3].startswith("left ")
    assert said[3].endswith("1 left")
    assert "1 finding in 1 commit; the rule x crashed; a fix of x failed its proof" in said[5]
    assert said[6] == "6 repositories: 1 queued, 1 clean, 1 left, 2 applied, 1 failed."
    nothing = document([], Mode.PLAN, "b")
    assert [line.data for line in text.lines(nothing)] == [b"0 repositories: nothing to do."]


@pytest.mark.parametrize("data", [b"\xff", b"[]", b"{}", b'{"schema_version": 2, "repositories": []}'])
def test_other_files_are_no_reports(data: bytes) -> None:
    with pytest.raises(UsageError, match=r"x\.json is not"):
        read(data, "x.json")


def test_a_repository_that_was_never_reached_has_no_analysis() -> None:
    told = document([replace(ROWS[2], analysis=None)], Mode.PLAN, "b")["repositories"][0]
    assert (told["base"], told["findings"], told["suppressed"], told["patch"]) == (None, [], 0, "")
