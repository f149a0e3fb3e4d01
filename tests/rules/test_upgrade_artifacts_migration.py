"""upgrade-artifacts: what it tells about migrations, and proofs that drop a wrong one."""

from dataclasses import replace

import pytest

from cifix.engine.plan import Settings
from cifix.engine.prove import prove
from cifix.formats.gitignore import ignored
from cifix.model.expect import SameArtifacts
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import Rule
from cifix.model.snapshot import Snapshot
from cifix.rules.upgrade_artifacts import Options, rule
from cifix.rules.upgrade_artifacts.order import apart

PATH = ".github/workflows/a.yml"
LEGS = "strategy: {matrix: {x: [1, 2]}}"


def workflow(steps: str, job: str = LEGS, more: str = "") -> bytes:
    return f"on: push\njobs:\n  a:\n    {job}\n    steps:\n{steps}{more}".encode()


def step(action: str, inputs: str, version: str = "v3") -> str:
    return f"      - {{uses: actions/{action}-artifact@{version}, with: {{{inputs}}}}}\n"


GET = "  b:\n    needs: a\n    steps:\n" + step("download", "name: N")
SIMPLE = workflow(step("upload", "name: N, path: '*.x'"), more=GET)


def findings(text: bytes, **others: bytes) -> list[Finding]:
    return list(rule.find(Snapshot.of({PATH: text, **others}), Options()))


def test_a_finding_says_what_the_new_ref_alone_would_have_broken() -> None:
    up, down = findings(SIMPLE)
    assert "with the new ref alone the second upload would fail with (409) Conflict" in up.message
    assert "with the new ref alone the download would fail" in down.message


def test_every_fix_claims_that_artifacts_reach_the_same_places() -> None:
    for one in findings(SIMPLE):
        assert isinstance(one.outcome, Fix)
        assert SameArtifacts((PATH,)) in one.outcome.expects


def test_hashes_are_claimed_with_their_majors() -> None:
    (one,) = findings(workflow(step("upload", "name: N", "a8a3f3ad30e3422c9c7b888a15615d19a852ae32"), job="runs-on: x"))
    assert isinstance(one.outcome, Fix)
    claim = one.outcome.expects[-1]
    assert isinstance(claim, SameArtifacts)
    assert sorted(version for _, version in claim.commits) == [3, 4]


def test_a_fix_that_loses_an_artifact_is_not_proven_and_dropped() -> None:
    def careless(snapshot: Snapshot, options: Options) -> list[Finding]:
        found = list(rule.find(snapshot, options))
        fix = found[0].outcome
        assert isinstance(fix, Fix)
        refs = tuple(change for change in fix.changes if getattr(change, "text", "") == "v4")
        claims = tuple(claim for claim in fix.expects if getattr(claim, "route", ("uses",))[-1] == "uses")
        return [replace(one, outcome=replace(fix, changes=refs, expects=claims)) for one in found]

    bad = Rule(**{name: getattr(rule, name) for name in rule.__slots__} | {"find": careless})
    proven = prove(Snapshot.of({PATH: SIMPLE}), [bad], Settings(Safety.REVIEW), ignored)
    (failure,) = proven.failures
    assert not proven.plan.patches
    assert [proof.name for proof in failure.proofs] == [f"{PATH}: every artifact reaches the same place"]
    assert "name-collision" in failure.proofs[0].detail


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a/x.txt", "b/y.txt", True),
        ("a/x.txt", "b/x.txt", False),
        ("a/*.whl", "b/*.tar.gz", True),
        ("a/*.gz", "b/*.tar.gz", False),
        ("a/*", "b/*.gz", False),
        ("a/", "b/x.txt", False),
        ("!a/x", "b/", True),
        ("a/x.txt\nb/*.log", "c.json", True),
        (None, "x.txt", False),
        ("", "x.txt", False),
    ],
)
def test_paths_that_surely_bring_different_files(one: str | None, other: str | None, expected: bool) -> None:
    assert apart(one, other) is expected
    assert apart(other, one) is expected


def refused(text: bytes, **others: bytes) -> set[tuple[str, str]]:
    outcomes = [one.outcome for one in findings(text, **others)]
    return {(one.key, one.detail) for one in outcomes if isinstance(one, Refusal)}


def test_a_newer_download_of_what_older_steps_upload_keeps_them_back() -> None:
    text = workflow(step("upload", "name: N"), more=GET.replace("@v3", "@v4"))
    assert {key for key, _ in refused(text)} == {"name-collision"}


def test_a_name_written_with_escapes_is_not_extended() -> None:
    assert {key for key, _ in refused(workflow(step("upload", 'name: "N\\x41 b"')))} == {"opaque"}


def test_a_download_with_a_pattern_of_its_own_is_not_understood() -> None:
    more = GET.replace("name: N", "name: N, pattern: M")
    got = refused(workflow(step("upload", "name: N, path: '*.x'"), more=more))
    assert {key for key, _ in got} == {"opaque"}
    assert all("unusual way" in detail for _, detail in got)


def test_an_input_that_is_there_already_is_not_given_twice() -> None:
    text = workflow(step("upload", "Name: N, path: x.txt"))
    assert {key for key, _ in refused(text)} == {"opaque"}
