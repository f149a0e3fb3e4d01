"""workflow-leftovers: what its findings say, and what counts as a use."""

import pytest

from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions
from cifix.model.snapshot import Snapshot
from cifix.rules.workflow_leftovers import rule
from cifix.rules.workflow_leftovers.facts import ALLOW, NODE24, facts

PATH = ".github/workflows/ci.yml"


def findings(source: str, **others: str) -> list[Finding]:
    files = {PATH: source.encode(), **{name.replace("_", "."): text.encode() for name, text in others.items()}}
    return list(rule.find(Snapshot.of(files), NoOptions()))


def workflow(env: str, runner: str = "ubuntu-latest") -> str:
    return f"env: {env}\njobs: {{a: {{runs-on: {runner}, steps: [run: make]}}}}\n"


def test_a_finding_points_at_the_key_and_says_why_it_may_go() -> None:
    source = workflow(f"{{{NODE24}: true}}")
    (found,) = findings(source)
    assert source[found.start : found.end] == NODE24
    assert found.message == f"{NODE24} is left over: {facts().why[NODE24]}"
    assert isinstance(found.outcome, Fix)
    assert found.outcome.safety == Safety.SAFE


def test_every_setting_has_a_day_and_a_reason() -> None:
    assert facts().since.keys() == facts().why.keys() == {ALLOW, NODE24, "save-always"}
    assert all(day.startswith("20") for day in facts().since.values())


@pytest.mark.parametrize(
    ("script", "used"),
    [
        ("echo '::set-env name=a::b'\n", True),
        ('print(f"::add-path::{here}")\n', True),
        ("# ::set-env name=a::b\n", False),
        ("make  # no ::add-path::\n", False),
        ("x()  // ::set-env name\n", False),
        ("see ::set-environment\n", False),
    ],
)
def test_a_script_that_prints_the_commands_needs_the_permission(script: str, used: bool) -> None:
    (found,) = findings(workflow(f"{{{ALLOW}: true}}"), run_sh=script)
    assert isinstance(found.outcome, Refusal) == used


@pytest.mark.parametrize("runner", ["my-runner", "[ubuntu-latest, x]", "${{ matrix.os }}", "{group: x}"])
def test_a_runner_that_is_not_known_may_be_old(runner: str) -> None:
    (found,) = findings(workflow(f"{{{NODE24}: true}}", f"'{runner}'" if runner[0] == "$" else runner))
    assert isinstance(found.outcome, Fix)
    assert found.outcome.safety == Safety.REVIEW


def test_entries_too_close_together_are_left() -> None:
    outcomes = [found.outcome for found in findings(workflow(f"{{A: b, {NODE24}: 1, {ALLOW}: 1}}"))]
    assert [one.key for one in outcomes if isinstance(one, Refusal)] == ["opaque", "opaque"]


def test_a_binary_file_may_print_anything() -> None:
    files = {PATH: workflow(f"{{{ALLOW}: true}}").encode(), "tool": b"\0::set-env name=a::b"}
    (found,) = rule.find(Snapshot.of(files), NoOptions())
    assert isinstance(found.outcome, Refusal)
    assert found.outcome.key == "still-used"
