"""What a download gets, by the rules of its version."""

import time

import pytest

from cifix.formats.actions.artifacts import read
from cifix.formats.actions.expression import Parts, Unknown
from cifix.formats.actions.flow import deliveries, fits, major
from cifix.formats.actions.runs import Run, runs
from cifix.formats.actions.workflow import Reference
from cifix.model.snapshot import Snapshot

SHA = Unknown("github.sha", constant=True)
STEP = Unknown("steps.a.outputs.b")


def run(*steps: str, later: str = "") -> Run:
    text = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n" + "".join(f"      - {step}\n" for step in steps)
    (found,) = runs(read(Snapshot.of({".github/workflows/a.yml": (text + later).encode()})))
    return found


def upload(name: str, version: str = "v4") -> str:
    return f"{{uses: actions/upload-artifact@{version}, with: {{name: {name}, path: x}}}}"


def download(inputs: str, version: str = "v4") -> str:
    return f"{{uses: actions/download-artifact@{version}, with: {{{inputs}}}}}"


def got(found: Run) -> list[tuple[int, str]]:
    (one,) = (occurrence for occurrence in found.occurrences if not occurrence.site.upload)
    return [(delivery.upload, delivery.folder) for delivery in deliveries(found, one, {})]


BOTH = (upload("ab"), upload("b"))


@pytest.mark.parametrize(
    ("inputs", "version", "expected"),
    [
        ("name: b, path: ./p/", "v3", [(1, "p")]),
        ("path: p", "v3", [(0, "p/ab"), (1, "p/b")]),
        ("name: b", "v1", [(1, "b")]),
        ("name: b, path: p", "v1", [(1, "p")]),
        ("name: b", "v4", [(1, ".")]),
        ("pattern: a*, path: p", "v4", [(0, "p/ab")]),
        ("pattern: a*, path: p", "v5", [(0, "p")]),
        ("pattern: '*b', merge-multiple: true", "v8", [(0, "."), (1, ".")]),
        ("pattern: '!a*'", "v4", [(1, "b")]),
        ("pattern: '?b', merge-multiple: false", "main", [(0, ".")]),
        ("name: b, run-id: 1", "v4", []),
        ("name: c", "v4", []),
    ],
)
def test_what_a_version_fetches_and_where_to(inputs: str, version: str, expected: list[tuple[int, str]]) -> None:
    assert got(run(*BOTH, download(inputs, version))) == expected


def test_one_name_is_one_artifact() -> None:
    assert got(run(upload("a"), upload("a"), download("path: p", "v5"))) == [(0, "p"), (1, "p")]


def test_what_comes_later_is_not_there_yet() -> None:
    later = f"  b:\n    needs: a\n    steps:\n      - {upload('c')}\n"
    assert got(run(upload("a"), download(""), upload("b"), later=later)) == [(0, "a")]
    aside = f"  b:\n    steps:\n      - {upload('c')}\n"
    assert got(run(download(""), later=aside)) == [(0, "c")]


def test_a_match_that_only_a_run_can_tell_is_in_doubt() -> None:
    found = run(upload("'x-${{ steps.a.outputs.b }}'"), download("name: x-1"))
    (one,) = deliveries(found, found.occurrences[1], {})
    assert "x-${{ steps.a.outputs.b }} by " in one.doubt


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        (("a-*",), ("a-b",), True),
        (("a-*",), ("a",), False),
        (("a-*",), ("b-", STEP), False),
        (("a-*",), ("a-", STEP), True),
        (("a-b*",), ("a-", STEP), None),
        (("a-", SHA, "-*"), ("a-", SHA, "-x"), True),
        (("a-", STEP, "-*"), ("a-", STEP, "-x"), None),
        (("!a-*",), ("a-", STEP), False),
        (("!b*",), (STEP,), None),
        (("[ab]",), ("a",), None),
        (("{a,b}",), ("a",), None),
        (("A*",), ("ab",), False),
    ],
)
def test_patterns(pattern: Parts, name: Parts, expected: bool | None) -> None:
    assert fits(pattern, name) is expected


def test_majors_of_tags_branches_and_hashes() -> None:
    assert major(Reference(ref="v3.1.2"), {}) == 3
    assert major(Reference(ref="main"), {}) == 8
    assert major(Reference(ref="A" * 40), {"a" * 40: 2}) == 2
    assert major(Reference(ref="b" * 40), {}) == 8


def test_a_pattern_of_many_stars_takes_no_longer_for_a_name_that_does_not_fit() -> None:
    start = time.process_time()
    assert fits(("*a" * 40 + "b",), ("a" * 2_000,)) is False
    assert time.process_time() - start < 1
