"""Repositories with two trees, and the verification between them."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cifix.model.snapshot import File
from cifix.proof.process import interpreter
from cifix.proof.result import Proof, Verdict, Verification
from cifix.proof.span import span
from cifix.proof.verify import Asked, verify
from cifix.testing import build
from cifix.vcs.repository import Repository

Files = Mapping[str, str]
Between = Callable[..., Path]
Verified = Callable[..., Verification]


@pytest.fixture
def between(tmp_path: Path) -> Between:
    """A repository whose `main` holds the files of `before`, and whose branch `work` holds those of `after`."""

    def make(before: Files, after: Files) -> Path:
        place = tmp_path / "repo"
        build({path: File(text.encode()) for path, text in before.items()}, place)
        _git(place, "switch", "--quiet", "--create", "work")
        _git(place, "rm", "-r", "--quiet", "--force", ".")
        for path, text in after.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(text, "utf-8")
        _git(place, "add", "--all")
        _git(place, "commit", "--quiet", "--allow-empty", "--message", "by hand")
        _git(place, "switch", "--quiet", "main")
        return place

    return make


@pytest.fixture
def verified(between: Between) -> Verified:
    """Verify `work` against `main`."""

    def run(before: Files, after: Files, **asked: object) -> Verification:
        place = between(before, after)
        with Repository.open(place) as repo:
            python = interpreter(sys.executable)
            return verify(repo, span(repo, "work", "main"), Asked(python=python, **asked))  # type: ignore[arg-type]

    return run


def named(told: Verification, name: str) -> Proof:
    """The one proof of that name."""
    (found,) = [proof for proof in told.proofs if proof.name == name]
    return found


def differences(told: Verification, name: str) -> dict[str, tuple[str, str]]:
    """Base and branch by subject; the proof's verdict must fit."""
    proof = named(told, name)
    assert (proof.verdict is Verdict.DIFFERENT) == bool(proof.differences)
    return {one.subject: (one.before, one.after) for one in proof.differences}


def _git(place: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", place, *arguments], check=True, capture_output=True)
