"""runner-labels: its facts, what its findings say, and matrices whose legs must stay."""

import json
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cifix.errors import UsageError
from cifix.formats.actions.workflow import workflow
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.snapshot import Snapshot
from cifix.rules.runner_labels import Options, rule
from cifix.rules.runner_labels.facts import facts

PATH = ".github/workflows/ci.yml"


def findings(source: str, options: Options | None = None) -> list[Finding]:
    return list(rule.find(Snapshot.of({PATH: source.encode()}), options or Options()))


def job(lines: str) -> str:
    return f"on: push\njobs:\n  a:\n    {lines}\n    steps: [run: make]\n"


def test_every_successor_outlives_the_label_it_follows() -> None:
    known = facts()
    for name, label in known.labels.items():
        follower = known.labels.get(label.successor)
        assert name == name.lower()
        assert follower is None or follower.retired > max(label.retired, known.checked)
        assert label.retired > date(2021, 1, 1)
        assert label.source.startswith("https://github")
        assert label.successor.partition("-")[0] == name.partition("-")[0]


def test_a_finding_points_at_the_label_and_says_since_when() -> None:
    source = job("runs-on: 'macOS-12'")
    (found,) = findings(source)
    assert source[found.start : found.end] == "'macOS-12'"
    assert found.message.startswith("macOS-12 has not worked since 2024-12-03")
    assert isinstance(found.outcome, Fix)
    assert found.outcome.title == f"Move job a of {PATH} from macos-12 to macos-15-intel"


def test_an_announced_label_is_shown_with_its_day() -> None:
    (found,) = findings(job("runs-on: ubuntu-22.04"), Options(announced=True))
    assert "stops working on 2027-04-17" in found.message
    assert isinstance(found.outcome, Fix)
    assert found.outcome.safety == Safety.SHOWN


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ("strategy: {matrix: {os: [[ubuntu-20.04, gpu]]}}\n    runs-on: ${{ matrix.os }}", "custom-runner"),
        ("strategy: {matrix: {os: ['${{ x || ''ubuntu-20.04'' }}']}}\n    runs-on: ${{ matrix.os }}", "indirect"),
        ("strategy: {matrix: {os: [ubuntu-20.04]}}\n    runs-on: ${{ matrix.os || 'ubuntu-24.04' }}", "indirect"),
        ("strategy: {matrix: {os: [ubuntu-20.04]}}\n    runs-on: [own, '${{ matrix.os }}']", "custom-runner"),
        ("strategy: {matrix: {c: [ubuntu-20.04]}}\n    runs-on: ${{ matrix.c.os }}", "indirect"),
        ("strategy: {matrix: '${{ fromJSON(''{\"os\": [\"ubuntu-20.04\"]}'') }}'}\n    runs-on: ${{ matrix.os }}", ""),
    ],
)
def test_labels_that_cannot_be_followed(lines: str, key: str) -> None:
    outcomes = [found.outcome for found in findings(job(lines))]
    assert [one.key for one in outcomes if isinstance(one, Refusal)] == [key or "indirect"]


def test_a_day_is_written_as_one() -> None:
    with pytest.raises(UsageError, match="a day such as"):
        Options(today="tomorrow")


def test_a_list_of_one_label_in_a_matrix_is_a_label() -> None:
    lines = "strategy: {matrix: {os: [[ubuntu-20.04], [ubuntu-24.04]], x: [1]}}\n    runs-on: ${{ matrix.os }}"
    assert fixed(job(lines)).count("ubuntu-24.04") == 1


@pytest.mark.parametrize("lines", ["strategy: {matrix: {}}", "runs-on: {}", "runs-on: ${{ matrix.os }} # ubuntu-20.04"])
def test_jobs_without_labels(lines: str) -> None:
    assert findings(job(lines + "\n    env: {A: ubuntu-20.04}")) == []


def fixed(source: str) -> str:
    snapshot = Snapshot.of({PATH: source.encode()})
    fixes = [found.outcome for found in rule.find(snapshot, Options()) if isinstance(found.outcome, Fix)]
    return snapshot.with_changes(change for fix in fixes for change in fix.changes).text(PATH).text


LABELS = st.sampled_from(["ubuntu-18.04", "ubuntu-20.04", "ubuntu-24.04", "macos-13", "macos-15-intel", "windows-2025"])
ENTRIES = st.fixed_dictionaries({"os": LABELS}, optional={"py": st.sampled_from(["3.9", "3.13"]), "x": st.just("1")})


@settings(max_examples=200)
@given(
    st.lists(LABELS, min_size=1, max_size=4, unique=True), st.lists(ENTRIES, max_size=2), st.lists(ENTRIES, max_size=2)
)
def test_the_legs_stay_and_none_runs_twice(
    axis: list[str], include: list[Mapping[str, str]], exclude: list[Mapping[str, str]]
) -> None:
    matrix = {"os": axis, "py": ["3.9", "3.13"], "include": include, "exclude": exclude}
    source = job(f"strategy: {{matrix: {json.dumps(matrix)}}}\n    runs-on: ${{{{ matrix.os }}}}")
    before, after = legs(source), legs(fixed(source))
    assert len(after) == len(before) or len(after) == len(set(after))
    assert {moved(leg) for leg in before} == {moved(leg) for leg in after}


def legs(source: str) -> list[str]:
    found = workflow(Snapshot.of({PATH: source.encode()}).text(PATH)).jobs[0].matrix.legs
    return [json.dumps(leg, sort_keys=True) for leg in found]


def moved(leg: str) -> str:
    for old in ("ubuntu-18.04", "ubuntu-20.04", "macos-13"):
        leg = leg.replace(f'"{old}"', f'"{facts().labels[old].successor}"')
    return leg


def images(source: str, path: str = "azure-pipelines.yml", options: Options | None = None) -> list[Finding]:
    return list(rule.find(Snapshot.of({path: source.encode()}), options or Options()))


def test_every_successor_of_an_image_outlives_it() -> None:
    known = facts()
    for labels in (known.azure, known.circleci):
        for name, label in labels.items():
            follower = labels.get(label.successor)
            assert name == name.lower()
            assert follower is None or follower.retired > max(label.retired, known.checked)
            assert label.source.startswith("https://")


def test_an_image_is_told_with_its_day_and_its_name() -> None:
    source = "pool:\n  vmImage: 'macOS-13'\n"
    (found,) = images(source)
    assert source[found.start : found.end] == "'macOS-13'"
    assert found.message.startswith("macOS-13 has not worked since 2025-12-08")
    assert found.about == ("macOS-13",)
    assert found.red_from == date(2025, 12, 8)
    assert isinstance(found.outcome, Fix)
    assert found.outcome.title == "Move azure-pipelines.yml from macos-13 to macos-15"


@pytest.mark.parametrize(
    "source",
    [
        "pool: {vmImage: ubuntu-latest}\nx: ubuntu-20.04\n",
        "pool: ubuntu-20.04\n",
        "variables: {word: ubuntu-20.04}\n",
        "# ubuntu-20.04\npool: {vmImage: ubuntu-24.04}\n",
        "- ubuntu-20.04\n",
    ],
)
def test_what_is_no_image_is_left_alone(source: str) -> None:
    assert images(source) == []


def test_places_that_cannot_be_edited_are_refused_together() -> None:
    source = 'pool: {vmImage: "ubuntu\\x2d20.04"}\nx: {pool: {vmImage: ubuntu-20.04}}\n'
    outcomes = [found.outcome for found in images(source)]
    assert [outcome.key for outcome in outcomes if isinstance(outcome, Refusal)] == ["opaque", "opaque"]


def test_a_matrix_keeps_legs_that_were_equal_before() -> None:
    source = "strategy:\n  matrix:\n    a: {i: ubuntu-20.04}\n    b: {i: ubuntu-20.04}\npool: {vmImage: $(i)}\n"
    assert {type(found.outcome) for found in images(source)} == {Fix}


def test_an_image_that_still_works_is_only_shown() -> None:
    (found,) = images("pool: {vmImage: ubuntu-22.04}\n", options=Options(announced=True))
    assert isinstance(found.outcome, Fix)
    assert found.outcome.safety == Safety.SHOWN


def test_a_version_of_python_that_no_task_installs_is_no_obstacle() -> None:
    source = "pool: {vmImage: ubuntu-20.04}\nvariables: {limit: '3.7'}\n"
    source += "steps: [{task: UsePythonVersion@0, inputs: {x: 1}}]\n"
    assert isinstance(images(source)[0].outcome, Fix)
