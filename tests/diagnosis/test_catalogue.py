import string
import tomllib
from importlib.resources import files

import pytest

from cifix.diagnosis.catalogue import Known, Verdict, catalogue
from cifix.logs.facts import signatures

SHEETS = sorted((files("cifix.logs") / "signatures").iterdir(), key=lambda sheet: sheet.name)
SIGNATURES = [entry for sheet in SHEETS for entry in tomllib.loads(sheet.read_text("utf-8"))["signature"]]


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_fact_that_fails_a_step_has_a_cause() -> None:
    failing = {one.fact for one in signatures() if one.kind in ("cause", "wrapper")}
    assert failing <= set(catalogue()) <= {one.fact for one in signatures() if one.kind != "context"}


@pytest.mark.parametrize(("name", "known"), catalogue().items(), ids=list(catalogue()))
def test_templates_use_what_the_fact_states(name: str, known: Known) -> None:
    stated = {field for entry in SIGNATURES if entry["fact"] in (name, known.context) for field in entry["values"]}
    used = fields(known.title) | fields(known.advice) | {f for a in known.answers for t in a.about for f in fields(t)}
    assert used <= stated


@pytest.mark.parametrize(("name", "known"), catalogue().items(), ids=list(catalogue()))
def test_what_is_consequence_names_facts(name: str, known: Known) -> None:
    assert known.beside <= set(catalogue()) - {name}
    assert all(kind.partition(":")[0] in {"module", "path", "word"} for one in known.answers for kind in one.about)


def test_infrastructure_and_genuine_failures_have_no_rule() -> None:
    hands_off = [one for one in catalogue().values() if one.otherwise is Verdict.RETRY]
    hands_off += [catalogue()[name] for name in ("test-failed", "coverage-low", "type-errors", "syntax-error")]
    assert all(not one.answers for one in hands_off)
