"""What the cases of upgrade-actions cannot say: that they exercise every row of the facts, and that the facts agree."""

from collections.abc import Iterator, Mapping

import pytest

from cifix.engine.registry import discover
from cifix.formats.actions.workflow import ACTIONS, WORKFLOWS, Step, action, version, workflow
from cifix.model.finding import ALREADY, Finding, Fix, Refusal
from cifix.model.glob import matches
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.upgrade_actions import Options
from cifix.rules.upgrade_actions.facts import Move, facts
from cifix.testing import cases
from tests.pages import ROOT

RULE = discover(points=()).rules["upgrade-actions"]
CASES = cases(ROOT / "fixtures/upgrade-actions")
Row = tuple[str, int, str, str]


def rows() -> Iterator[Row]:
    """Every edit of the facts: the action, the major (0 for a replacement), the kind of edit and the input."""
    for slug, known in facts().actions.items():
        for number, major in known.majors.items():
            yield from ((slug, number, kind, name) for kind, name in edits(major.move))
            if major.dead or major.ended:
                yield slug, number, "from", ""
    for slug, replacement in facts().replacements.items():
        yield slug, 0, "from", ""
        yield from ((slug, 0, kind, name) for kind, name in edits(replacement.move))


def edits(move: Move) -> Iterator[tuple[str, str]]:
    for name in (*move.rename, *move.remove, *move.values, *move.match):
        yield "gives", name
    for name in (*move.manual, *move.needs):
        yield "gives", name
    yield from (("sets", name) for name in (*move.manual_env, *move.needs_env))
    yield from (("gains", name) for name in move.add)
    if move.review:
        yield "crosses", ""


def steps(tree: Mapping[str, bytes]) -> dict[tuple[str, object], Step]:
    snapshot = Snapshot.of(tree)
    found: dict[tuple[str, object], Step] = {}
    for path in snapshot.matching((*WORKFLOWS, *ACTIONS)):
        try:
            if matches(path, WORKFLOWS):
                inside = [step for job in snapshot.parsed(path, workflow).jobs for step in job.steps]
            else:
                inside = list(snapshot.parsed(path, action).steps)
        except Opaque:
            continue
        found |= {(path, step.route): step for step in inside}
    return found


def exercised() -> set[Row]:
    """The rows that a step of some case meets: before and after differ, or the case refuses."""
    known = facts()
    met: set[Row] = set()
    for case in CASES:
        before, after = (steps({path: file.data for path, file in tree.items()}) for tree in (case.before, case.after))
        for place, old in before.items():
            new = after.get(place, old)
            if old.uses is None or new.uses is None or not (case.refuses or old.uses != new.uses):
                continue
            slug = old.uses.slug
            if slug in known.replacements:
                met |= {(slug, 0, "from", ""), *((slug, 0, "gives", name) for name in old.inputs)}
                met |= {(slug, 0, "crosses", "")}
            if slug in known.actions:
                first = (old.uses.version or (0,))[0]
                last = (new.uses.version or (0,))[0] if old.uses != new.uses else max(known.actions[slug].majors)
                met.add((slug, first, "from", ""))
                for number in range(first + 1, last + 1):
                    met |= {(slug, number, "gives", name) for name in old.inputs}
                    met |= {(slug, number, "sets", name) for name in old.env}
                    met |= {(slug, number, "gains", name) for name in new.inputs.keys() - old.inputs.keys()}
                    met.add((slug, number, "crosses", ""))
    return met


def test_a_case_exercises_every_row() -> None:
    missing = sorted(set(rows()) - exercised())
    assert not missing


def test_every_ref_that_is_written_is_one_of_the_facts() -> None:
    for slug, known in facts().actions.items():
        assert known.tags <= known.majors.keys(), slug
        assert known.exact, slug
        for major, name in known.exact.items():
            numbers = version(name)
            assert numbers is not None, slug
            assert numbers[0] == major, slug
        assert set(known.hashes) <= set(known.exact.values()), slug
        assert all(len(commit) == 40 for commit in known.hashes.values()), slug
        assert max(known.majors) in {*known.tags, *known.exact}, slug


def found(uses: str, options: Options | None = None, trigger: str = "push") -> list[Finding]:
    text = f"on: {trigger}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: {uses}\n"
    return list(RULE.find(Snapshot.of({".github/workflows/a.yml": text.encode()}), options or Options()))


@pytest.mark.parametrize(
    ("uses", "day"),
    [
        ("actions/cache@v2", "2025-04-15"),
        ("actions/cache@v4.1.2", "2025-04-15"),
        ("actions/deploy-pages@v3", "2025-01-30"),
    ],
)
def test_what_fails_says_since_when(uses: str, day: str) -> None:
    (one,) = found(uses)
    assert str(one.red_from) == day
    assert f"has not worked since {day}" in one.message


def test_what_the_facts_call_dead_is_dead_already() -> None:
    """The message says so, and a rule knows no day."""
    assert RULE.facts is not None
    days = [major.dead for known in facts().actions.values() for major in known.majors.values() if major.dead]
    assert days
    assert max(days) <= RULE.facts().checked


def test_what_only_warns_is_no_error() -> None:
    (old,) = found("github/codeql-action/init@v2")
    assert old.red_from is None
    (warned,) = found("actions/checkout@v4", Options(selected=True))
    assert warned.red_from is None
    assert warned.red_from != ALREADY


def test_the_target_decides_how_far() -> None:
    titles = {}
    for target in ("v4", "minimal", "latest"):
        (one,) = found("actions/cache@v1", Options(target=target))
        assert isinstance(one.outcome, Fix)
        titles[target] = one.outcome.title
    assert "to v3 in" in titles["v4"]
    assert "to v5 in" in titles["minimal"]
    assert "to v6 in" in titles["latest"]


def test_a_refusal_quotes_the_input() -> None:
    (one,) = found("actions/setup-python@v6\n        with:\n          pip-install: -e .", Options(target="latest"))
    assert isinstance(one.outcome, Refusal)
    assert "`pip-install: -e .`" in one.outcome.detail


def test_nobody_is_told_to_check_out_foreign_code() -> None:
    code = "actions/checkout@v4\n        with:\n          ref: ${{ github.head_ref }}"
    (one,) = found(code, Options(selected=True), trigger="pull_request_target")
    assert isinstance(one.outcome, Refusal)
    assert one.outcome.key == "unsafe-checkout"
    assert "allow-unsafe" not in one.outcome.detail


def test_a_case_exercises_every_input_that_asks_for_what_is_gone() -> None:
    texts = [file.data.decode().lower() for case in CASES if case.after != case.before for file in case.before.values()]
    for slug, row in facts().gone.items():
        for value in row.values:
            assert any(slug in text and f"{row.input}: {value}" in text for text in texts), slug


@pytest.mark.parametrize("uses", ["actions/checkout@4", "astral-sh/setup-uv@v8", "pre-commit/action@v3"])
def test_a_ref_that_does_not_exist_fails_already_and_is_named_as_the_log_does(uses: str) -> None:
    (one,) = found(uses)
    assert one.red_from == ALREADY
    assert uses in one.about
    assert f"unable to find version `{uses.partition('@')[2]}`" in one.message


def test_what_github_stopped_still_works_on_an_enterprise_server() -> None:
    (one,) = found("actions/cache@v2", Options(ghes=True))
    assert isinstance(one.outcome, Refusal)
    assert one.outcome.key == "ghes"
    assert one.red_from is None
