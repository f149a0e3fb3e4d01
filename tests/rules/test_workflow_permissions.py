"""workflow-permissions: what each action of the table needs, and what makes it need nothing."""

import json
from collections.abc import Mapping, Sequence

import pytest

from cifix.model.finding import ALREADY, Finding, Fix, Refusal
from cifix.model.rule import NoOptions
from cifix.model.snapshot import Snapshot
from cifix.rules.workflow_permissions import rule
from cifix.rules.workflow_permissions.facts import TOKEN, Need, needs

PATH = ".github/workflows/a.yml"
NEEDS = [need for every in needs().values() for need in every]
SCOPES = {"attestations", "contents", "id-token", "issues", "packages", "pages", "pull-requests", "security-events"}
OTHER = "${{ secrets.BOT }}"


def findings(steps: Sequence[Mapping[str, object]], permissions: object, **job: object) -> list[Finding]:
    data = {
        "on": ["push", "pull_request", "issues"],
        "permissions": permissions,
        "jobs": {"a": {"runs-on": "ubuntu-latest", "steps": steps, **job}},
    }
    return list(rule.find(Snapshot.of({PATH: json.dumps(data).encode()}), NoOptions()))


def inputs(need: Need) -> dict[str, str]:
    return {key: values[0].replace(TOKEN, "${{ github.token }}").replace("*", "x") for key, values in need.when.items()}


def steps(need: Need, **more: str) -> list[Mapping[str, object]]:
    image: list[Mapping[str, object]] = [{"uses": "docker/build-push-action@v6", "with": {"push": "true"}}]
    return [
        {"uses": "actions/checkout@v5"},
        {"uses": f"{need.action}@v1", "with": {**inputs(need), **more}},
        *(image if need.publishes else []),
    ]


def lacked(found: list[Finding]) -> set[str]:
    return {one.message for one in found}


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.action)
def test_every_need_is_found_where_it_is_not_granted(need: Need) -> None:
    assert set(need.write) <= SCOPES
    assert need.source.startswith("https://")
    (found, *rest) = findings(steps(need), {"checks": "read"})
    assert not rest
    assert isinstance(found.outcome, Fix)
    assert all(f"{scope}: write" in found.message for scope in need.write)
    for granted in (need.write, *((other,) for other in need.alternatives)):
        every = dict.fromkeys({*SCOPES, "actions"} - {*need.write}, "read") | dict.fromkeys(granted, "write")
        text = "".join(lacked(findings(steps(need), every)))
        assert not any(f"{scope}: write" in text for scope in need.write)


@pytest.mark.parametrize("need", [need for need in NEEDS if need.token], ids=lambda need: need.action)
def test_another_token_has_permissions_of_its_own(need: Need) -> None:
    assert findings(steps(need, **{need.token[0]: OTHER}), {"checks": "read"}) == []
    assert len(findings(steps(need, **{need.token[0]: "${{ secrets.GITHUB_TOKEN }}"}), {"checks": "read"})) == 1


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.action)
def test_conditions_turn_a_need_off(need: Need) -> None:
    bare = {key: value for key, value in inputs(need).items() if key not in need.when}
    if need.when:
        assert findings([{"uses": f"{need.action}@v1", "with": bare}], {"checks": "read"}) == []
    for key, values in need.unless.items():
        text = " ".join(lacked(findings(steps(need, **{key: values[0]}), {"checks": "read"})))
        assert not text or len(needs()[need.action]) > 1
    if need.hosted:
        assert findings(steps(need), {"checks": "read"}, **{"runs-on": "farm"}) == []


@pytest.mark.parametrize("place", ["env", "with"])
def test_a_push_uses_what_the_checkout_left_behind(place: str) -> None:
    push = {"uses": "EndBug/add-and-commit@v9"}
    own: list[Mapping[str, object]] = [{"uses": "actions/checkout@v5"}, push]
    foreign: list[Mapping[str, object]] = [{"uses": "actions/checkout@v5", "with": {"ssh-key": "x"}}, push]
    assert len(findings(own, {"contents": "read"})) == 1
    assert findings([push], {"contents": "read"}) == []
    if place == "with":
        assert findings(foreign, {"contents": "read"}) == []
    else:
        assert findings(own, {"contents": "read"}, env={"GITHUB_TOKEN": OTHER}) == []


def test_two_registries_leave_open_which_one_gets_the_image() -> None:
    (need,) = (need for need in NEEDS if need.publishes)
    login = {"uses": "docker/login-action@v3"}
    assert findings([login, *steps(need)], {"contents": "read"}) == []
    assert findings(steps(need)[:2], {"contents": "read"}) == []


@pytest.mark.parametrize("permissions", ["write-all", "", None, {"contents": {"odd": 1}}])
def test_what_is_granted_to_all_or_not_known_is_enough(permissions: object) -> None:
    assert findings([{"uses": "actions/deploy-pages@v4"}], permissions) == []


def test_a_release_is_drafted_on_some_events_only() -> None:
    data = b"on: pull_request\npermissions: {pull-requests: write}\njobs:\n  a:\n    steps:\n    - %s\n"
    draft = data % b"uses: release-drafter/release-drafter@v6"
    assert list(rule.find(Snapshot.of({PATH: draft}), NoOptions())) == []
    assert len(list(rule.find(Snapshot.of({PATH: draft.replace(b"pull_request", b"push", 1)}), NoOptions()))) == 1


def test_a_job_in_braces_without_a_last_value_cannot_take_a_block() -> None:
    data = b"on: push\npermissions: {}\njobs:\n  a: {steps: [{uses: actions/attest@v3}], name: }\n  b: {steps: []}\n"
    (found,) = rule.find(Snapshot.of({PATH: data}), NoOptions())
    assert isinstance(found.outcome, Refusal)
    assert found.outcome.key == "opaque"


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: f"{need.action}-{need.write[0]}")
def test_a_run_is_red_where_the_action_always_has_something_to_do(need: Need) -> None:
    (one,) = findings(steps(need), {})
    always = not all(other.sometimes for other in needs()[need.action])
    assert one.red_from == (ALREADY if always else None)


def test_scopes_that_it_may_need_come_with_others_and_not_alone() -> None:
    please = [{"uses": "googleapis/release-please-action@v4"}]
    (one,) = findings(please, {"contents": "write"})
    assert isinstance(one.outcome, Fix)
    assert "issues: write" in one.outcome.title
    assert not findings(please, {"contents": "write", "pull-requests": "write"})
