"""A report from the cache is the one that a fresh run would give, or it is not used."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cifix.cli import remembered
from tests.cli.conftest import Cifix
from tests.cli.test_apply import repo  # noqa: F401 - a fixture
from tests.conftest import Git


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own, which trusts files however new they are."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(remembered, "SETTLED", 0)
    return tmp_path / "cache" / "cifix" / "reports"


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one whenever rules really run."""
    from cifix.cli import check  # noqa: PLC0415 - the attribute is replaced

    counted: list[int] = []
    real = check.examine  # type: ignore[attr-defined]

    def examine(*arguments: Any, **named: Any) -> object:
        counted.append(1)
        return real(*arguments, **named)

    monkeypatch.setattr(check, "examine", examine)
    return counted


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "markdown", "junit"])
def test_the_second_report_is_the_first_one_byte_for_byte(cifix: Cifix, repo: Path, runs: list[int], form: str) -> None:  # noqa: F811
    first, second = (cifix("check", repo, "--format", form) for _ in range(2))
    fresh = cifix("check", repo, "--format", form, "--no-cache")
    assert (first.out, first.code) == (second.out, second.code) == (fresh.out, fresh.code)
    assert first.code == 1
    assert len(runs) == 2


def test_no_cache_writes_none(cifix: Cifix, repo: Path, cache: Path) -> None:  # noqa: F811
    cifix("check", repo, "--no-cache")
    assert not cache.exists()


def changed(root: Path, git: Git, what: str) -> tuple[str, ...]:
    """Change one thing; options for the next run, where that is the change."""
    file = root / ".pre-commit-config.yaml"
    changes: dict[str, Callable[[], object]] = {
        "content": lambda: file.write_bytes(file.read_bytes().replace(b"python", b"pythan")),
        "mode": lambda: file.chmod(0o755),
        "gone": file.unlink,
        "loose": lambda: (root / "new").write_bytes(b""),
        "loose content": lambda: (root / "untracked").write_bytes(b"y"),
        "staged": lambda: git("add", "untracked", cwd=root),
        "setting": lambda: git("config", "core.fileMode", "false", cwd=root),
        "info": lambda: (root / ".git" / "info" / "exclude").write_bytes(b"untracked\n"),
        "commit": lambda: git("commit", "-q", "--allow-empty", "-m", "another", cwd=root),
        "past": lambda: (root / ".git" / "shallow").write_bytes(b""),
    }
    if what in changes:
        changes[what]()
    return {"option": ("--ignore", "hook-python3"), "day": ("--today", "2030-01-01")}.get(what, ())


@pytest.mark.parametrize(
    "what",
    [
        "content",
        "mode",
        "gone",
        "loose",
        "loose content",
        "staged",
        "setting",
        "info",
        "commit",
        "option",
        "day",
        "past",
    ],
)
def test_whatever_a_rule_can_see_is_seen(cifix: Cifix, git: Git, repo: Path, runs: list[int], what: str) -> None:  # noqa: F811
    (repo / "untracked").write_bytes(b"x")
    cifix("check", repo)
    cifix("check", repo, *changed(repo, git, what))
    assert len(runs) == 2


def test_a_kept_report_that_is_not_whole_is_not_used(cifix: Cifix, repo: Path, runs: list[int], cache: Path) -> None:  # noqa: F811
    told = cifix("check", repo).out
    (kept,) = cache.iterdir()
    for damaged in (b"", b"\xff", kept.read_bytes()[:-2], b"x\n{}"):
        kept.write_bytes(damaged)
        assert cifix("check", repo).out == told
    assert len(runs) == 5


def test_a_folder_that_others_can_write_to_is_not_used(cifix: Cifix, repo: Path, runs: list[int], cache: Path) -> None:  # noqa: F811
    cache.mkdir(parents=True, mode=0o700)
    cache.chmod(0o770)
    for _ in range(2):
        cifix("check", repo)
    assert list(cache.iterdir()) == []
    cache.rmdir()
    cache.symlink_to(repo)
    cifix("check", repo)
    assert len(runs) == 3


def test_nothing_is_kept_while_files_are_too_new_to_show_another_change(
    cifix: Cifix,
    repo: Path,  # noqa: F811
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remembered, "SETTLED", 10**15)
    cifix("check", repo)
    assert list(cache.iterdir()) == []


def test_the_folder_is_private_and_does_not_grow_without_end(
    cifix: Cifix,
    repo: Path,  # noqa: F811
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remembered, "KEPT", 2)
    for day in range(1, 5):
        cifix("check", repo, "--today", f"2030-01-0{day}")
    assert len(list(cache.iterdir())) == 2
    assert cache.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in cache.iterdir())


def test_a_report_that_is_too_large_is_not_kept(
    cifix: Cifix,
    repo: Path,  # noqa: F811
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remembered, "LARGEST", 10)
    cifix("check", repo)
    assert list(cache.iterdir()) == []


def test_without_a_place_for_it_there_is_no_cache(
    cifix: Cifix,
    repo: Path,  # noqa: F811
    runs: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    cifix("check", repo)
    monkeypatch.setenv("XDG_CACHE_HOME", str(repo / ".pre-commit-config.yaml"))
    cifix("check", repo)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME", raising=False)
    cifix("check", repo)
    assert len(runs) == 3
    assert os.listdir(repo / ".git")  # noqa: PTH208


def test_profile_tells_what_each_rule_took_and_leaves_the_report_as_it_is(
    cifix: Cifix,
    repo: Path,  # noqa: F811
    cache: Path,
) -> None:
    plain = cifix("check", repo, "--no-cache")
    told = cifix("check", repo, "--profile")
    assert told.out == plain.out
    assert not cache.exists()
    lines = told.err.splitlines()
    assert lines[0].split() == ["rule", "CPU", "s", "read", "parsed", "git"]
    rows = {line[:28].strip(): line[28:].split() for line in lines[1:]}
    assert next(iter(rows)) == "listing and proofs"
    assert {"hook-python3", "lazy-init", "all"} <= rows.keys()
    for column in (1, 2, 3):
        assert sum(int(rows[name][column]) for name in rows if name != "all") == int(rows["all"][column])
    assert int(rows["all"][1]) > 0
    assert "hook-python3" in cifix("apply", repo, "--dry-run", "--profile").err
