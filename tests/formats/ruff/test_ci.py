"""Which files a workflow surely gives to ruff."""

import pytest

from cifix.formats.ruff import Ruff
from cifix.formats.ruff.ci import linted
from cifix.model.snapshot import Snapshot

PATH = ".github/workflows/a.yml"


def snapshot(step: str, job: str = "") -> Snapshot:
    return Snapshot.of({PATH: f"on: push\njobs:\n  a:\n    runs-on: x\n{job}    steps:\n      - {step}\n".encode()})


@pytest.mark.parametrize(
    ("step", "paths"),
    [
        ("run: ruff check", {""}),
        ("run: ruff check .", {""}),
        ("run: uv run ruff check --output-format=github ./src/ tests", {"src", "tests"}),
        ("run: ruff check --output-format github src", {"src"}),
        ("run: python -m ruff check -q", {""}),
        ("uses: astral-sh/ruff-action@v3", {""}),
    ],
)
def test_what_is_always_linted(step: str, paths: set[str]) -> None:
    assert set(linted(snapshot(step))) == paths


@pytest.mark.parametrize(
    "step",
    [
        "run: ruff format --check",
        "run: ruff check --select E",
        "run: ruff check --exit-zero",
        "run: ruff check || true",
        "run: ruff check $FILES",
        "run: if true; then ruff check; fi",
        "run: cd src && ruff check",
        "run: echo 'ruff check",
        "run: echo ruff check",
        "{run: ruff check, if: github.ref == 'x'}",
        "{run: ruff check, continue-on-error: true}",
        "{run: ruff check, working-directory: src}",
        "{uses: astral-sh/ruff-action@v3, with: {src: src}}",
        "uses: octo/ruff@v1",
    ],
)
def test_what_may_not_be_linted(step: str) -> None:
    assert not list(linted(snapshot(step)))


def test_jobs_and_files_that_cannot_be_relied_on() -> None:
    assert not list(linted(snapshot("run: ruff check", job="    if: github.ref == 'x'\n")))
    assert not list(linted(snapshot("run: ruff check", job="    continue-on-error: true\n")))
    assert not list(linted(snapshot("run: ruff check", job="    defaults: {run: {working-directory: src}}\n")))
    assert not list(linted(Snapshot.of({PATH: b"ruff: [\n"})))


def test_a_path_fails_inside_of_what_is_linted() -> None:
    ruff = Ruff(snapshot("run: ruff check src one.py"))
    assert [path for path in ("src/a.py", "srcs/a.py", "one.py", "b.py") if ruff.fails(path)] == ["src/a.py", "one.py"]
