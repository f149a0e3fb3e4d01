"""Artifact steps in the runs that execute them, and whether their names get along."""

import pytest

from cifix.formats.actions.artifacts import Repository, may_hide, read, sites
from cifix.formats.actions.expression import spelling
from cifix.formats.actions.names import Clash, clashes
from cifix.formats.actions.runs import Run, groups, runs
from cifix.model.snapshot import Snapshot

W = ".github/workflows/"


def repository(**files: str) -> Repository:
    """Workflows by name, and the action `keep` in tools/keep."""
    places = {name: f"tools/{name}/action.yml" if name in {"keep", "deep"} else f"{W}{name}.yml" for name in files}
    return read(Snapshot.of({places[name]: text.encode() for name, text in files.items()}))


def workflow(*steps: str, on: str = "push", job: str = "runs-on: ubuntu-latest") -> str:
    return f"on: {on}\njobs:\n  a:\n    {job}\n    steps:\n" + "".join(f"      - {step}\n" for step in steps)


def upload(name: str = "", extra: str = "") -> str:
    inputs = f", with: {{name: '{name}'}}" if name else ""
    return f"{{uses: actions/upload-artifact@v3{inputs}{extra}}}"


def only(found: Repository) -> Run:
    (run,) = runs(found)
    return run


def names(run: Run) -> list[str | None]:
    return [spelling(one.name) if one.name is not None else None for one in run.occurrences]


def kinds(run: Run) -> list[str]:
    return [clash.kind for clash in clashes(run)]


MATRIX = "strategy: {matrix: {os: [ubuntu-22.04, macos-14], v: [1, 2]}}\n    runs-on: ${{ matrix.os }}"
ACTION = f"inputs: {{n: {{default: d}}}}\nruns: {{using: composite, steps: [{upload('x-${{ inputs.n }}')}]}}\n"
CALLED = workflow(upload("r-${{ inputs.n }}"), on="{workflow_call: {inputs: {n: {default: d}}}}")


def test_a_name_is_evaluated_in_each_leg() -> None:
    run = only(repository(a=workflow(upload("${{ runner.os }}-${{ matrix.v }}-${{ github.job }}"), job=MATRIX)))
    assert names(run) == ["Linux-1-a", "Linux-2-a", "macOS-1-a", "macOS-2-a"]
    assert kinds(run) == []
    indexed = only(repository(a=workflow(upload("x${{ strategy.job-index }}"), job=MATRIX)))
    assert names(indexed) == ["x0", "x1", "x2", "x3"]


def test_names_have_defaults() -> None:
    found = repository(a=workflow(upload(), "uses: actions/download-artifact@v3", "uses: actions/checkout@v4"))
    assert names(only(found)) == ["artifact", None]
    assert [site.upload for site in sites(found, f"{W}a.yml")] == [True, False]
    assert list(sites(found, "missing.yml")) == []


def test_conditions_that_never_hold_take_steps_jobs_and_legs_out() -> None:
    steps = (upload("x", ", if: matrix.v == 1 && runner.os == 'Linux'"), upload("y", ", if: false"))
    assert names(only(repository(a=workflow(*steps, job=MATRIX)))) == ["x"]
    assert names(only(repository(a=workflow(upload("x"), job="if: ${{ false }}")))) == []


def test_a_composite_action_runs_inside_the_job_that_calls_it() -> None:
    found = repository(
        a=workflow("uses: ./tools/keep", "{uses: ./tools/keep, with: {N: '${{ matrix.v }}'}}", job=MATRIX), keep=ACTION
    )
    run = only(found)
    assert run.files == {f"{W}a.yml", "tools/keep/action.yml"}
    assert names(run)[:4] == ["x-d", "x-1", "x-d", "x-2"]
    assert kinds(run) == ["composite-matrix"] * 3
    assert "in each of 4 calls, from job a" in next(clashes(run)).detail


def test_a_reusable_workflow_runs_once_per_call() -> None:
    call = f"on: push\njobs:\n  one: {{uses: ./{W}b.yml}}\n  two: {{uses: ./{W}b.yml, with: {{n: '%s'}}}}\n"
    apart = only(repository(a=call % "e", b=CALLED))
    assert (names(apart), kinds(apart)) == (["r-d", "r-e"], [])
    same = only(repository(a=call % "d", b=CALLED))
    assert kinds(same) == ["reusable-caller"]
    assert "from jobs one > a and two > a" in next(clashes(same)).detail
    perhaps = only(repository(a=call % "${{ env.x }}", b=CALLED))
    assert kinds(perhaps) == ["dynamic-name"]


def test_local_calls_that_lead_nowhere_or_round_in_circles_end() -> None:
    missing = "on: push\njobs:\n  x: {uses: ./.github/workflows/none.yml}\n  y: {uses: o/r/w.yml@v1}\n"
    assert [run.occurrences for run in runs(repository(a=missing))] == [[]]
    circle = "on: [push, workflow_call]\njobs: {x: {uses: ./.github/workflows/a.yml}}\n"
    assert [run.files for run in runs(repository(a=circle))] == [{f"{W}a.yml"}]
    itself = "runs: {using: composite, steps: [{uses: ./tools/deep}]}"
    assert [run.outside for run in runs(repository(deep=itself))] == [True]
    assert [run.occurrences for run in runs(repository(a=workflow("uses: ./tools/other")))] == [[]]


def test_what_only_others_call_is_started_from_outside() -> None:
    assert [(run.path, run.outside) for run in runs(repository(b=CALLED, keep=ACTION))] == [
        (f"{W}b.yml", True),
        ("tools/keep/action.yml", True),
    ]


def test_runs_that_share_a_file_with_artifacts_are_one_group() -> None:
    found = repository(
        a=workflow("uses: ./tools/keep"),
        b=workflow("uses: ./tools/keep", "uses: ./tools/deep"),
        c=workflow(upload("c"), "uses: ./tools/deep"),
        d=workflow("uses: ./tools/deep"),
        keep=ACTION,
        deep="runs: {using: composite, steps: [{uses: ./none}]}",
    )
    together = [sorted(run.path.removeprefix(W) for run in group) for group in groups(found)]
    assert sorted(together) == [["a.yml", "b.yml"], ["c.yml"]]


def test_an_unreadable_file_belongs_to_the_files_it_calls() -> None:
    broken = "on: push\non: push\njobs:\n  a:\n    steps:\n      - uses: './tools/keep'\n"
    found = repository(x=broken, y=workflow("uses: ./tools/keep"), keep=ACTION, z="a: [ -artifact")
    assert sorted(found.opaque) == [f"{W}x.yml", f"{W}z.yml"]
    (group,) = groups(found)
    assert sorted(run.path for run in group) == [f"{W}x.yml", f"{W}y.yml"]
    called = repository(a="on: push\njobs: {x: {uses: ./.github/workflows/z.yml}}\n", z="on: [ -artifact")
    assert any(f"{W}z.yml" in run.files and run.path == f"{W}a.yml" for run in runs(called))
    action = repository(a=workflow(upload("x"), "uses: ./tools/keep"), keep="a: [ -artifact")
    assert "tools/keep/action.yml" in next(runs(action)).files


@pytest.mark.parametrize(
    ("matrix", "name", "kind"),
    [
        ("{x: '${{ fromJSON(a) }}'}", "l-${{ matrix.x }}", []),
        ("{x: '${{ fromJSON(a) }}'}", "l-${{ matrix.X }}-${{ github.sha }}", []),
        ("{x: '${{ fromJSON(a) }}'}", "l-${{ strategy.job-index }}", []),
        ("{x: '${{ fromJSON(a) }}'}", "l", ["dynamic-name"]),
        ("{x: '${{ fromJSON(a) }}'}", "l-${{ !matrix.x }}", ["dynamic-name"]),
        ("'${{ fromJSON(a) }}'", "l-${{ matrix.x }}", ["dynamic-name"]),
        ("'${{ fromJSON(a) }}'", "l-${{ strategy.job-index }}", []),
        ("{x: [1, 2]}", "l-${{ steps.a.outputs.b }}", ["dynamic-name"]),
        ("{x: [1, 2]}", "l-${{ github.run_id }}", ["name-collision"]),
        ("{x: [a, A]}", "l-${{ matrix.x }}", ["name-collision"]),
        ("{x: [a, {b: 1}]}", "l-${{ matrix.x }}", ["dynamic-name"]),
        ("{x: ['a/b', 'c:d', 'e']}", "l-${{ matrix.x }}", ["forbidden-name"] * 2),
    ],
)
def test_a_matrix_needs_a_name_per_leg(matrix: str, name: str, kind: list[str]) -> None:
    job = f"strategy: {{matrix: {matrix}}}"
    assert kinds(only(repository(a=workflow(upload(name), job=job)))) == kind


def test_an_open_matrix_around_a_reusable_workflow_must_show_in_its_names() -> None:
    matrix = "strategy: {matrix: {v: '${{ fromJSON(a) }}'}}"
    call = f"on: push\njobs:\n  one:\n    {matrix}\n    uses: ./{W}b.yml\n%s"
    assert kinds(only(repository(a=call % "", b=CALLED))) == ["dynamic-name"]
    assert kinds(only(repository(a=call % "    with: {n: 'z${{ matrix.v }}'}\n", b=CALLED))) == []


def test_a_clash_says_where_and_what() -> None:
    run = only(repository(a=workflow(upload("x"), upload("X"), upload("${{ env.y }}"))))
    first, second = clashes(run)
    assert isinstance(first, Clash)
    assert first.detail == f"{W}a.yml:6 (job a) and {W}a.yml:7 (job a) both upload 'x'"
    assert [site.line for site in first.sites] == [6, 7]
    assert second.detail.endswith("upload 'x' and '${{ env.y }}', which may turn out to be the same")
    assert next(clashes(only(repository(keep=ACTION.replace("${{ inputs.n }}", "?"))))).detail == (
        "tools/keep/action.yml:2 uploads 'x-?'; v4 does not allow that"
    )


def test_a_run_that_multiplies_without_bounds_is_not_followed_to_its_end() -> None:
    legs = f"strategy: {{matrix: {{x: [{', '.join(map(str, range(200)))}]}}}}"
    deep = f"on: [push, workflow_call]\njobs:\n  a:\n    {legs}\n    uses: ./{W}a.yml\n"
    assert not only(repository(a=deep)).complete
    wide = f"on: push\njobs:\n  u:\n    steps: [{upload('x')}]\n  a:\n    {legs}\n    uses: ./{W}b.yml\n"
    part = f"on: workflow_call\njobs:\n  b:\n    {legs}\n    steps: [uses: ./none]\n"
    run = only(repository(a=wide, b=part))
    assert [(clash.kind, clash.detail) for clash in clashes(run)] == [
        ("dynamic-name", f"{W}a.yml runs more steps than can be followed")
    ]


def test_an_unreadable_file_without_artifacts_and_calls_does_not_matter() -> None:
    found = read(Snapshot.of({"x/action.yml": b"a: [ ./run.sh", "y/action.yml": b"b: [\n- uses: ./x"}))
    assert list(found.opaque) == ["y/action.yml"]


@pytest.mark.parametrize(
    ("path", "may"),
    [
        ("report.xml", False),
        ("./out/report.tar.gz", False),
        ("dist/*.whl", False),
        ("*.whl", False),
        ("~/x.log", False),
        ("a\\b.exe", False),
        ("${{ runner.temp }}/x.log", False),
        ("!**/*.tmp", False),
        ("", False),
        ("dist", True),
        ("dist/", True),
        (".", True),
        ("**/*.xml", True),
        ("*/x.xml", True),
        (".coverage", True),
        (".next/x.js", True),
        ("out/v1.2", True),
        ("My.app", True),
        ("pkg.egg-info", True),
        ("${{ env.OUT }}", True),
    ],
)
def test_a_path_may_hold_hidden_files_unless_it_names_plain_ones(path: str, may: bool) -> None:
    assert may_hide(path) is may
