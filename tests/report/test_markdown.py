import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cifix.engine.registry import discover
from cifix.model.change import Edit
from cifix.model.finding import Finding, Fix, Safety
from cifix.report import page
from cifix.report.characters import single_line
from cifix.report.markdown import CUT, LIMIT, document
from cifix.report.markup import CELL, code, fenced, inline
from cifix.report.outcome import MODES
from tests.report.runs import EVIL, quiet, ran, rule

GFM = MarkdownIt("commonmark", {"html": True}).enable("table")
OURS = {"h2", "h3", "ul", "li", "p", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "details", "summary"}


def visible(text: str) -> str:
    """What a reader sees of a line of Markdown."""
    return html.unescape(re.sub(r"<[^>]*>", "", GFM.renderInline(text))).replace("\u200b", "")


@pytest.mark.parametrize("mode", MODES)
def test_a_report_has_only_our_own_elements(mode: str) -> None:
    text = document(ran(mode))
    assert text == document(ran(mode))
    assert len(text) <= LIMIT
    rendered = GFM.render(text)
    assert set(re.findall(r"<([a-z0-9]+)", rendered)) <= OURS
    assert rendered.count("<details>") == rendered.count("</details>") == 3
    assert "\x1b" not in text
    assert "@team" not in re.sub(r"<pre>.*?</pre>|<code>.*?</code>", "", rendered, flags=re.DOTALL)
    for row in re.findall(r"<tr>(.*?)</tr>", rendered, flags=re.DOTALL):
        assert len(re.findall(r"<t[hd]>", row)) in (3, 4, 5)


def test_all_sections_say_what_they_must() -> None:
    text = document(ran("apply"))
    for part in (
        "- Said beforehand.\n- Fixed ",
        "- 3 findings left for a person, each with its reason.\n",
        "| `turn` | Turn old into new | 28 | 28 | 0 |\n",
        '### `turn`: Turn old into new\n\nthe pipeline says "old `thing`" and fails.\n',
        "Commit `000000000000`: ",
        "| `a.txt:1:7` | error | a.txt is old | Turn a.txt (safe) |\n",
        "### Left for a person\n",
        "| `no/such/file:1:1` | error | `leave` | gone | `hard`: not there |\n",
        "`review`: held back by the safety floor: Perhaps ",
        "| `claim.yml:1:4` | error | `lie` | is one | `unproven`: claim.yml: the data changes only as claimed: ",
        "- The fix of `lie` was thrown away: ",
        "- `crash` crashed, the other rules ran: ValueError: ",
        "- only the named files change: 3 times\n",
        "- bytes outside the edits are the same: ",
        "changes nothing (round 2)\n",
        'ignore = ["turn", "again", "add", "leave", "lie"]',
        "delete the branch `cifix/fixes`; nothing else was written.\n",
    ):
        assert part in text
    assert "Next: " not in text
    assert "- Next: `cifix apply --dry-run --in-place --safety review`\n" in document(ran("check"))
    assert "delete the branch" not in document(ran("in-place"))
    assert "quiet" not in text


def test_a_run_without_findings_is_two_lines() -> None:
    assert document(ran("check", (rule("quiet", quiet),))) == "## cifix\n\n- Said beforehand.\n- Nothing to fix.\n"


@given(st.text() | st.text("`|*_[]<>&\\#@:/w.\n\r\ta1-~$!&;"))
def test_any_text_is_seen_as_it_is(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    told = single_line(text)
    if len(told) <= CELL and told.strip():
        shown = visible(code(text))
        assert shown.strip() == told.strip()
    cells = GFM.render(f"| a | b |\n| --- | --- |\n| {inline(text)} | {code(text)} |\n")
    assert cells.count("<td>") == 2
    assert set(re.findall(r"<([a-z0-9]+)", cells)) <= OURS


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("say `a_b` now", "say `a_b` now"),
        ("`a|b`", "<code>a&#124;b</code>"),
        ("mail @team about #12", "mail @&#8203;team about #&#8203;12"),
        ("see https://x.example", "see https:&#8203;//x.example"),
        ("closes GH-12", "closes GH-&#8203;12"),
        ("<b>&amp;", "&#60;b&#62;&#38;amp;"),
        ("a\nb", "a&#92;nb"),
        ("x" * (CELL + 7), "x" * CELL + "... (7 more characters)"),
    ],
)
def test_text_becomes_inert(text: str, source: str) -> None:
    assert inline(text) == source
    assert visible(source) == (single_line(text).replace("`", "") if len(text) < CELL else source)


def test_a_fence_is_longer_than_what_it_holds() -> None:
    assert fenced("a", "diff") == "```diff\na\n```"
    assert fenced("````", "") == "`````\n````\n`````"


def lines(count: int, width: int = 1) -> str:
    """The report of one fix that rewrites a file of `count` lines, which look like fences."""
    old, new = ("`" * 5 + letter * width + "\n" for letter in "ab")
    fix = Fix("turn", Safety.SAFE, (Edit("f", 0, len(old) * count, new * count),))
    found = Finding("one", "f", 0, 1, EVIL, fix)
    one = rule("one", lambda snapshot, _: iter([found] if snapshot.read("f") == old.encode() * count else []))
    return document(ran("check", (one,), {"f": old.encode() * count}))


def test_long_diffs_and_lines_are_cut_with_a_count() -> None:
    assert "left out" not in lines(10)
    assert "``````diff\ndiff --git a/f b/f\n" in lines(10)
    assert "\n604 lines of the diff left out.\n" in lines(500)
    assert "(13 more characters)" in lines(1, 407)
    tight = lines(5000, 300)
    assert len(tight) <= LIMIT
    assert re.search(r"\n\d+ lines of the diff left out\.\n", tight)


def test_long_tables_are_cut_and_at_last_the_report() -> None:
    outcome = ran("check")
    text = document(outcome)
    while "left out" not in text:
        text = document(outcome, len(text) - 1)
    assert "of the diff left out" in text
    while "rows left out" not in text:
        text = document(outcome, len(text) - 1)
    assert "\n8 rows left out.\n" in text
    cut = document(outcome, 800)
    assert len(cut) <= 800
    assert cut.endswith(CUT)


def test_the_page_of_a_built_in_rule_is_linked_once_it_has_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    built_in = discover(points=()).rules["hook-python3"]
    assert page.link(built_in) is None
    monkeypatch.setattr(page, "HOME", "https://example.org/cifix")
    assert page.link(built_in) == "https://example.org/cifix/fixtures/hook-python3/README.md"
    assert page.link(rule("mine", quiet)) is None
    files = {".pre-commit-config.yaml": b"repos:\n- hooks:\n  - {id: x, language: system, entry: python x}\n"}
    outcome = ran("check", (built_in,), files)
    assert "[`hook-python3`](https://example.org/cifix/fixtures/hook-python3/README.md)" in document(outcome)
