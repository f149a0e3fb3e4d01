"""What the fixes leave behind is what GitHub's published schemas call a workflow or an action."""

from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest
from check_jsonschema.builtin_schemas import get_builtin_schema  # type: ignore[import-untyped]  # ships no types
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from ruamel.yaml import YAML

from cifix.engine.registry import discover
from cifix.testing import cases
from tests.pages import ROOT

NAMES = {"workflow": "vendor.github-workflows", "action": "vendor.github-actions"}


def validator(name: str) -> Validator:
    schema = get_builtin_schema(name)
    return validator_for(schema)(schema)


VALIDATORS = {kind: validator(name) for kind, name in NAMES.items()}


def kind(path: str) -> str | None:
    """Which schema a file must fulfil."""
    place = PurePosixPath(path)
    if place.parent == PurePosixPath(".github/workflows") and place.suffix in {".yml", ".yaml"}:
        return "workflow"
    return "action" if place.name in {"action.yml", "action.yaml"} else None


def violations(path: str, data: bytes) -> list[str]:
    found = YAML(typ="safe", pure=True).load(data)
    return [error.message for error in VALIDATORS[kind(path) or ""].iter_errors(found)]


def changed() -> Iterator[tuple[str, str, bytes, bytes]]:
    """Every workflow and action that a rule changes in a case."""
    for rule in discover(points=()).rules:
        for case in cases(ROOT / "fixtures" / rule):
            for path in sorted(case.before.keys() & case.after.keys()):
                before, after = case.before[path].data, case.after[path].data
                if kind(path) and before != after:
                    yield f"{rule}-{case}-{path}", path, before, after


CHANGED = list(changed())


@pytest.mark.parametrize(("path", "before", "after"), [one[1:] for one in CHANGED], ids=[one[0] for one in CHANGED])
def test_a_fix_breaks_no_schema(path: str, before: bytes, after: bytes) -> None:
    """What was wrong before may stay wrong, such as steps that the schema does not know yet."""
    left = violations(path, after)
    assert len(left) <= len(violations(path, before)), left


def test_most_cases_are_valid_before_and_after() -> None:
    """Else the schemas would prove little."""
    valid = [name for name, path, before, _ in CHANGED if not violations(path, before)]
    assert len(valid) > len(CHANGED) * 0.9, sorted({name for name, *_ in CHANGED} - set(valid))


def test_the_schemas_see_what_is_wrong() -> None:
    broken = b"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: a/b@v1\n        wiht: {name: x}\n"
    assert violations(".github/workflows/a.yml", broken)
    assert violations("a/action.yml", b"runs: {using: composite, steps: [{uses: 1}]}")
