import io
import re
import tomllib
from collections.abc import Mapping
from contextlib import nullcontext
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cifix.logs.collect import Log
from cifix.logs.facts import Signature, failures, signatures

STAMP = "2026-07-16T20:33:28.4578760Z "
EXIT = "##[error]Process completed with exit code 1."
SHEETS = sorted((files("cifix.logs") / "signatures").iterdir(), key=lambda sheet: sheet.name)
ENTRIES = [entry for sheet in SHEETS for entry in tomllib.loads(sheet.read_text("utf-8"))["signature"]]


def log(*texts: str) -> Log:
    data = "".join(f"{STAMP}{text}\n" for text in texts).encode()
    return Log("job.txt", "test", "", lambda: nullcontext(io.BytesIO(data)))


def facts(*texts: str) -> list[tuple[str, Mapping[str, str]]]:
    return [(fact.name, fact.values) for failure in failures([log(*texts)]) for fact in failure.facts]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry['fact']}-{entry['tool']}")
def test_each_wording_is_known_by_its_example(entry: dict[str, Any]) -> None:
    found = facts("##[group]Run pytest", entry["example"], EXIT)
    assert (entry["fact"], entry["values"]) in found
    assert {name for name, _ in found} <= {entry["fact"], "killed"}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry['fact']}-{entry['tool']}")
def test_each_wording_has_one_entry(entry: dict[str, Any]) -> None:
    text = re.sub(r"^##\[\w+\]", "", entry["example"])
    known = [one for one in signatures() if one.needle in text and [*one.read(text)]]
    assert [(one.fact, one.tool) for one in known] == [(entry["fact"], entry["tool"])]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry['fact']}-{entry['tool']}")
def test_no_pattern_nests_repeats_or_takes_any_length(entry: dict[str, Any]) -> None:
    bare = re.sub(r"\\.|\[(?:\\.|[^\]])+\]", "c", entry["pattern"])
    assert not re.search(r"[*+]\)+[*+{]", bare)
    assert not re.search(r"\.[*+]", bare), "say how long the rest of a line may be"


def test_what_a_step_that_passed_says_is_no_fact() -> None:
    green = ("##[group]Run black --check || true", "would reformat a.py")
    assert facts(*green, "##[group]Run pytest", "E   ModuleNotFoundError: No module named 'car'", EXIT) == [
        ("module-missing", {"module": "car"})
    ]


def test_a_thing_said_often_is_one_fact_at_its_first_line() -> None:
    line = "E   ModuleNotFoundError: No module named 'car'"
    (failure,) = failures([log("##[group]Run pytest", line, "between", line, EXIT)])
    assert [(fact.name, fact.number, fact.text) for fact in failure.facts] == [("module-missing", 2, line)]
    assert (failure.step.name, failure.step.exit) == ("pytest", 1)


def test_two_sentences_about_retired_actions_are_two_facts() -> None:
    dead = "##[error]This request has been automatically failed because it uses a deprecated version of "
    text = f"{dead}`actions/upload-artifact: v3`. {dead[9:]}`actions/download-artifact: v3`."
    assert facts("Current runner version: '2'", text) == [
        ("action-retired", {"action": "actions/upload-artifact", "version": "v3"}),
        ("action-retired", {"action": "actions/download-artifact", "version": "v3"}),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "ERROR: pip's dependency resolver does not currently take into account all the packages that are installed.",
        "tests/test_a.py::test_module_missing PASSED",
        "FAILED to do something that is no test",
        "collected 3 items / 1 failed to load nothing",
        "warning: 404 not found in the docs",
        "pages not found",
    ],
)
def test_other_lines_state_nothing(text: str) -> None:
    assert facts("##[group]Run pytest", text, EXIT) == []


@given(st.text(max_size=300), st.sampled_from([one.needle for one in signatures()]))
def test_no_line_breaks_a_signature(text: str, needle: str) -> None:
    for one in signatures():
        list(one.read(f"{text}{needle}{text}"))


@pytest.mark.parametrize("one", signatures(), ids=lambda one: one.fact)
def test_a_full_line_of_almost_the_words_is_read_to_its_end(one: Signature) -> None:
    needle = one.needle
    for text in (needle * (4096 // len(needle)), "a" * 4096 + needle, needle + "a" * 4096, needle + " '`(" * 1000):
        list(one.read(text))
