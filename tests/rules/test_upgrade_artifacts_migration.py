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
    assert sorted(version for _, version in claim.commits) == [3, 6]


def test_a_fix_that_loses_an_artifact_is_not_proven_and_dropped() -> None:
    def careless(snapshot: Snapshot, options: Options) -> list[Finding]:
        found = list(rule.find(snapshot, options))
        fix = found[0].outcome
        assert isinstance(fix, Fix)
        refs = tuple(change for change in fix.changes if getattr(change, "text", "") in {"v6", "v7"})
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
    assert {key for key, _ in got} == {"new-input"}


def test_an_input_that_is_there_already_is_not_given_twice() -> None:
    text = workflow(step("upload", "Name: N, path: x.txt"))
    assert {key for key, _ in refused(text)} == {"opaque"}


CALLED = "on: {workflow_call INPUTS}\njobs:\n  a:\n    runs-on: x\n    steps:\n" + step(
    "upload", "name: N, path: x.txt"
)
CALLED_AT = ".github/workflows/called.yml"


def calling(how: str) -> bytes:
    return f"on: push\njobs:\n  all:\n    {LEGS}\n    uses: ./{CALLED_AT}\n{how}".encode()


@pytest.mark.parametrize(
    ("inputs", "how"),
    [
        (": {inputs: {artifact-suffix: {type: string}}}", ""),
        (": {inputs: {}}", ""),
        ("", "    with: {}\n"),
        ("", "    with: &w {x: y}\n  more:\n    runs-on: x\n    with: *w\n"),
        (": &c {inputs: {n: {type: string}}}, workflow_dispatch: *c", ""),
    ],
)
def test_calls_that_cannot_take_an_input_are_refused(inputs: str, how: str) -> None:
    got = refused(
        CALLED.replace(" INPUTS", inputs).encode(), **{".github/workflows/z.yml": calling(how).replace(b"called", b"a")}
    )
    assert "reusable-caller" in {key for key, _ in got}


def test_a_call_without_a_value_gets_its_inputs_from_the_first_key() -> None:
    text = CALLED.replace(" INPUTS", ": {secrets: {t: {required: true}}}").encode()
    found = findings(text, **{".github/workflows/z.yml": calling("").replace(b"called", b"a")})
    assert all(isinstance(one.outcome, Fix) for one in found)


FETCH = {"fetch.sh": b"gh run download -n N\n"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SIMPLE, "downloads of the same run would meet the merged artifact too"),
        (
            (
                b"on: push\njobs: {a: {strategy: {matrix: {x: [1, 2]}}, steps: "
                b"[{uses: actions/upload-artifact@v3, with: {name: N, path: x}}]}}\n"
            ),
            "there is no place",
        ),
        (
            workflow(step("upload", "name: N, path: x") + step("upload", "name: N, path: y, retention-days: 1")),
            "differ in",
        ),
    ],
)
def test_artifacts_that_cannot_be_merged_for_others_are_left_alone(text: bytes, reason: str) -> None:
    ((key, detail),) = {
        (key, detail.removeprefix("it moves together with others: ")) for key, detail in refused(text, **FETCH)
    }
    assert key == "outside-consumer"
    assert reason in detail


def test_files_that_only_mention_fetching_are_a_reason_to_look() -> None:
    found = findings(SIMPLE, **{"run.sh": b"gh run download $1\n", "data.bin": b"\0gh run download N"})
    assert all(isinstance(one.outcome, Fix) and one.outcome.safety is Safety.REVIEW for one in found)
    assert "run.sh fetches artifacts" in found[0].message


def test_a_run_with_too_many_pairs_is_not_followed() -> None:
    legs = f"strategy: {{matrix: {{x: [{', '.join(map(str, range(250)))}]}}}}"
    steps = (step("upload", 'name: "N${{ matrix.x }}", path: x') + step("download", "name: M")) * 3
    assert {key for key, _ in refused(workflow(steps, job=legs))} == {"dynamic-name"}


EVERYTHING = "  b:\n    needs: a\n    steps:\n      - uses: actions/download-artifact@v3\n"


def test_a_split_step_must_be_plain() -> None:
    for inputs in ("path: a, more: b", "path: *p"):
        more = f"{EVERYTHING.replace('steps', 'env: {p: &p x}' + chr(10) + '    steps')}        with: {{{inputs}}}\n"
        got = refused(workflow(step("upload", "name: N, path: x"), more=more))
        assert {key for key, _ in got} == {"nameless-download"}
    block = f"{EVERYTHING}        with:\n          path: >-\n            x\n"
    assert {key for key, _ in refused(workflow(step("upload", "name: N, path: x"), more=block))} == {
        "nameless-download"
    }
    many = "".join(step("upload", f"name: M{number}, path: x") for number in range(9))
    more = f"  c:\n    steps:\n{many}  b:\n    needs: [a, c]\n    steps:\n      - uses: actions/download-artifact@v3\n"
    assert any("too many" in detail for _, detail in refused(workflow(step("upload", "name: N, path: x"), more=more)))


@pytest.mark.parametrize(
    "second",
    [
        "name: N, path: '${{ steps.a.outputs.b }}'",
        "name: N, path: site",
        "name: N, path: site, Overwrite: true",
    ],
)
def test_a_rewriter_that_did_not_fetch_first_is_refused(second: str) -> None:
    first = second.partition(", Over")[0]
    later = f"  b:\n    needs: a\n    steps:\n{step('upload', second)}"
    later += f"  c:\n    needs: b\n    steps:\n{step('download', 'name: N')}"
    text = workflow(step("upload", first), job="runs-on: x", more=later)
    assert {key for key, _ in refused(text)} == {"same-files"}


@pytest.mark.parametrize(
    "fetching",
    [
        "      - uses: dawidd6/action-download-artifact@v6\n        with: {name: N}\n",
        step("download", "name: N, run-id: 1, github-token: x", "v4"),
    ],
)
def test_a_step_of_the_same_file_that_fetches_from_another_run_keeps_the_name(fetching: str) -> None:
    text = workflow(step("upload", "name: N, path: x.txt"), more=f"  b:\n    steps:\n{fetching}")
    assert {key for key, _ in refused(text)} == {"outside-consumer"}
