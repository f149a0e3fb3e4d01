"""Workflows and actions: jobs, steps, what they use, and the versions in comments."""

import pytest

from cifix.formats.actions.workflow import ACTIONS, WORKFLOWS, Reference, action, pin, reference, version, workflow
from cifix.formats.yaml import Scalar
from cifix.model.glob import matches
from cifix.model.text import Opaque, Text

WORKFLOW = """\
name: all
on:
  push:
  workflow_call:
    inputs:
      size: {type: string, default: m}
      name: {type: string}
jobs:
  call:
    needs: [make]
    uses: acme/tools/.github/workflows/x.yml@main
    with: {size: l, odd: [1]}
  make:
    if: github.ref == 'x'
    needs: plan
    strategy: {matrix: {os: [a, b]}}
    runs-on: ${{ matrix.os }}
    steps:
      - uses: &checkout actions/checkout@v4
        if: always()
        with:
          path: &p src
          ref: *p
      - parallel:
          - run: x
          - uses: ./local
      - *step
      - text
"""


def text(source: str) -> Text:
    return Text.decode(source.encode())


def test_a_workflow_is_read_with_its_jobs_and_steps() -> None:
    found = workflow(text(WORKFLOW.replace("*step", "{uses: *checkout}")))
    assert found.triggers == {"push", "workflow_call"}
    assert found.defaults == {"size": "m", "name": None}
    call, make = found.jobs
    assert call.uses == Reference("acme/tools", ".github/workflows/x.yml", "main")
    assert (call.needs, call.steps, {key: scalar.value for key, scalar in call.inputs.items()}) == (
        ("make",),
        (),
        {"size": "l"},
    )
    assert (make.needs, make.condition, make.runs_on) == (("plan",), "github.ref == 'x'", "${{ matrix.os }}")
    assert [leg["os"] for leg in make.matrix.legs] == ["a", "b"]
    assert [(step.route, step.uses) for step in make.steps if step.uses] == [
        (("jobs", "make", "steps", 0), Reference("actions/checkout", "", "v4")),
        (("jobs", "make", "steps", 1, "parallel", 1), Reference(local="local")),
        (("jobs", "make", "steps", 2), Reference("actions/checkout", "", "v4")),
    ]
    assert make.steps[0].condition == "always()"
    assert {key: scalar.value for key, scalar in make.steps[0].inputs.items()} == {"path": "src", "ref": "src"}


@pytest.mark.parametrize(
    ("source", "triggers"),
    [("on: push", {"push"}), ("on: [push, pull_request]", {"push", "pull_request"}), ("{}", set())],
)
def test_triggers_are_written_in_three_ways(source: str, triggers: set[str]) -> None:
    found = workflow(text(source))
    assert found.triggers == frozenset(triggers)
    assert not found.jobs


def test_odd_shapes_have_no_jobs_and_no_steps() -> None:
    for source in (
        "",
        "- a",
        "jobs: [a]",
        "jobs: {a: b}",
        "jobs: {a: {steps: x, strategy: y}}",
        "jobs: {a: {uses: [1]}}",
    ):
        assert all(not job.steps and not job.uses for job in workflow(text(source)).jobs)
    with pytest.raises(Opaque):
        workflow(text("a: ["))


def test_a_composite_action_has_steps_and_defaults() -> None:
    found = action(text("inputs: {a: {default: x}, b: }\nruns: {using: composite, steps: [{uses: a/b@v1}]}\n"))
    assert found.defaults == {"a": "x", "b": None}
    assert [step.route for step in found.steps] == [("runs", "steps", 0)]
    assert action(text("runs: {using: node20, main: x.js}")).steps == ()


@pytest.mark.parametrize(
    ("path", "globs", "found"),
    [
        (".github/workflows/a.yml", WORKFLOWS, True),
        (".github/workflows/a.yaml", WORKFLOWS, True),
        (".github/workflows/sub/a.yml", WORKFLOWS, False),
        ("x/.github/workflows/a.yml", WORKFLOWS, False),
        ("action.yml", ACTIONS, True),
        (".github/actions/x/action.yaml", ACTIONS, True),
        ("my-action.yml", ACTIONS, False),
    ],
)
def test_files_are_known_by_their_path(path: str, globs: tuple[str, ...], found: bool) -> None:
    assert matches(path, globs) is found


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Actions/Cache@v3", Reference("actions/cache", "", "v3")),
        ("a/b/c/d@x", Reference("a/b", "c/d", "x")),
        ("./a/b", Reference(local="a/b")),
        ("$/a/", Reference(local="a")),
        ("./", Reference(local="")),
        ("docker://alpine:3", None),
        ("docker://a/b@sha256:1", None),
        ("a/b", None),
        ("", None),
    ],
)
def test_a_reference_names_a_repository_or_a_local_file(written: str, meant: Reference | None) -> None:
    assert reference(written) == meant


@pytest.mark.parametrize(
    ("ref", "numbers", "sha"),
    [
        ("v3", (3,), False),
        ("3.1", (3, 1), False),
        ("V3.1.2", (3, 1, 2), False),
        ("v3-node20", (3,), False),
        ("main", None, False),
        ("v3beta", None, False),
        ("0123456789abcdef0123456789ABCDEF01234567", None, True),
        ("0123456", (123456,), False),
    ],
)
def test_a_ref_is_a_version_a_hash_or_a_branch(ref: str, numbers: tuple[int, ...] | None, sha: bool) -> None:
    found = Reference("a/b", "", ref)
    assert (found.version, found.sha, version(ref)) == (numbers, sha, numbers)


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("# v3.1.2", "v3.1.2"),
        ("#v3", "v3"),
        ("# 3.1", "3.1"),
        ("# tag=v3", "v3"),
        ("# pin@v3.0.0 for now", "v3.0.0"),
        ("# actions/cache@v3", "v3"),
        ("# ratchet:actions/cache@v3", "v3"),
        ("# actions/cache/save@v3.2", "v3.2"),
        ("# about v3", None),
        ("# v3, really", None),
        ("# ratchet:exclude", None),
        ("", None),
    ],
)
def test_the_version_in_a_comment_is_found_in_every_style(comment: str, found: str | None) -> None:
    source = f"jobs: {{a: {{steps: [{{uses: a/b@x}}]}}}} {comment}\n"
    read = workflow(text(source))
    written = read.jobs[0].steps[0].written
    assert isinstance(written, Scalar)
    seen = pin(read.document, written)
    assert (seen.version if seen else None) == found
    assert seen is None or source[seen.start : seen.end] == found
