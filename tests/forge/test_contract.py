"""What cifix asks of GitHub, and what the fake answers, against GitHub's published description.

What cifix calls of it is kept in `published.json`, which `published.py` makes. Every test that uses the fake holds all
its calls against it; if CIFIX_GITHUB_OPENAPI names `api.github.com.json` of the npm package `@octokit/openapi`, that
is held against the part that is kept here.
"""

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Cifix
from tests.forge.conftest import HOOKS, WORKFLOW, Project
from tests.forge.contract import Contract, broken, published
from tests.forge.published import FILE, subset
from tests.forge.server import Exchange, Forge


@pytest.fixture
def contract() -> Contract:
    return published()


@pytest.mark.skipif("CIFIX_GITHUB_OPENAPI" not in os.environ, reason="CIFIX_GITHUB_OPENAPI names no whole description")
def test_what_is_kept_here_is_still_what_is_published() -> None:
    whole = json.loads(Path(os.environ["CIFIX_GITHUB_OPENAPI"]).read_text("utf-8"))
    kept = json.loads(FILE.read_text("utf-8"))
    assert {key: kept[key] for key in ("paths", "components")} == subset(whole)


def test_every_call_and_every_answer_is_as_published(cifix: Cifix, forge: Forge, github: Project) -> None:
    asked = ("pr", github.clone.path, "--label", "ci", "--reviewer", "bob", "--reviewer", "o/team")
    cifix(*asked, "--draft")
    github.commit({"b.txt": b"y\n"})
    cifix(*asked, "--label", "more")
    forge.requests[0] |= {"state": "closed", "merged_at": "2026-11-24T00:00:00Z"}
    github.commit({".pre-commit-config.yaml": HOOKS.replace(b"id: x", b"id: y"), ".github/workflows/a.yml": WORKFLOW})
    cifix(*asked)
    methods = {(call.method, call.path.rpartition("/")[2]) for call in forge.exchanges}
    assert {("GET", "pulls"), ("POST", "pulls"), ("PATCH", "1"), ("POST", "labels"), ("GET", "r")} <= methods
    assert list(broken(forge.exchanges)) == []


def test_calls_that_are_not_as_published_are_seen(contract: Contract) -> None:
    def wrong(method: str, path: str, asked: dict[str, object], status: int = 201, given: object = None) -> list[str]:
        return contract.violations(Exchange(method, f"/api/v3/repos/o/r/{path}", {}, asked, status, given or {}))

    assert "'base' is a required property" in str(wrong("POST", "pulls", {"title": "x", "head": "y"}))
    whole: dict[str, object] = {"title": "x", "head": "y", "base": "z"}
    assert wrong("POST", "pulls", whole) == []
    assert wrong("POST", "pulls", {**whole, "draft": "yes"})
    assert wrong("POST", "pulls", {**whole, "labels": []}) == ["no field labels"]
    assert wrong("POST", "pulls", whole, given={"number": "one"})
    assert wrong("POST", "pulls", whole, status=418) == ["no answer 418"]
    assert wrong("POST", "pullz", {}) == ["no operation POST /repos/o/r/pullz"]
