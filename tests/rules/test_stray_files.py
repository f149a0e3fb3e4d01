"""stray-files: byte code, what is needed, and what git does on disk."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cifix.engine.plan import Settings, plan
from cifix.model.change import Create, Edit, Untrack
from cifix.model.expect import Hidden
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions
from cifix.model.snapshot import File, Memory, Snapshot
from cifix.model.text import Opaque
from cifix.rules.stray_files import rule
from tests.cli.conftest import Cifix, cifix
from tests.conftest import Git

__all__ = ["cifix"]

PYC = "pkg/__pycache__/a.cpython-311.pyc"
SCM = b'[tool.setuptools_scm]\nwrite_to = "pkg/_version.py"\n'


def find(files: Mapping[str, bytes], loose: Mapping[str, bytes] | None = None) -> list[Finding]:
    return list(rule.find(Snapshot.of(files, loose or {}), NoOptions()))


def fix(files: Mapping[str, bytes], loose: Mapping[str, bytes] | None = None) -> Fix:
    outcomes = {each.outcome for each in find(files, loose)}
    (outcome,) = outcomes
    assert isinstance(outcome, Fix)
    return outcome


def test_byte_code_is_ignored_at_every_depth() -> None:
    made = fix({"pkg/a.py": b"", PYC: b"", ".gitignore": b"*.log"}, {"tests/__pycache__/b.pyc": b""})
    assert made.changes == (Untrack(PYC), Edit(".gitignore", 5, 5, "\n__pycache__/"))
    assert made.expects == (Hidden((PYC, "tests/__pycache__/b.pyc")),)
    assert made.safety is Safety.SAFE


def test_what_is_ignored_already_needs_no_line() -> None:
    made = fix({"pkg/a.py": b"", PYC: b"", ".gitignore": b"__pycache__\n"})
    assert made.changes == (Untrack(PYC),)
    assert made.expects == ()


def test_an_ignore_file_is_made_where_there_is_none() -> None:
    assert fix({"pkg/a.py": b"", PYC: b""}).changes[1] == Create(".gitignore", b"__pycache__/\n")


def test_a_mark_in_an_otherwise_empty_ignore_file_stays_first() -> None:
    assert fix({PYC: b"", ".gitignore": b"\xef\xbb\xbf"}).changes[1] == Edit(".gitignore", 1, 1, "__pycache__/\n")


def test_a_name_that_the_ignore_file_cannot_hold_is_opaque() -> None:
    files = {"\u017c/.ruff_cache/x": b"", ".gitignore": b"\xe9\n"}
    assert [each.outcome.key for each in find(files) if isinstance(each.outcome, Refusal)] == ["opaque"]


def test_special_characters_of_a_path_are_plain_in_its_line() -> None:
    assert fix({"a[1]*/.ruff_cache/x": b""}).changes[1] == Create(".gitignore", b"/a\\[1]\\*/.ruff_cache/\n")


def test_several_folders_are_told_one_by_one_and_end_in_one_fix() -> None:
    found = find({"a/.ruff_cache/x": b"", "a/.ruff_cache/y": b"", "b/.tox/x": b""})
    assert [each.message for each in found] == [
        "git tracks a/.ruff_cache/x and 1 more: what a tool keeps for its next run",
        "git tracks b/.tox/x: what a tool keeps for its next run",
    ]
    assert len({each.outcome for each in found}) == 1


def test_safe_and_doubtful_ones_are_taken_in_turn() -> None:
    files = {"a.c": b"", "a.so": b"", PYC: b"", ".gitignore": b"*.log\n"}
    safe, both = (plan(Snapshot.of(files), [rule], Settings(floor)) for floor in (Safety.SAFE, Safety.REVIEW))
    assert safe.after.paths == (".gitignore", "a.c", "a.so")
    assert both.after.paths == (".gitignore", "a.c")
    assert both.after.read(".gitignore") == b"*.log\n/a.so\n__pycache__/\n"


def test_a_written_version_is_for_review() -> None:
    assert fix({"pyproject.toml": SCM, "pkg/_version.py": b"v = 1\n"}).safety is Safety.REVIEW


@pytest.mark.parametrize(
    "told", [b"write_to = ", b"[tool.setuptools_scm]\nwrite_to = 1\n", b"[tool]\nsetuptools_scm = 1 # write_to\n"]
)
def test_a_project_that_does_not_say_where_has_no_written_version(told: bytes) -> None:
    assert find({"pyproject.toml": told, "pkg/_version.py": b""}) == []


@pytest.mark.parametrize(
    "extra",
    [
        {"tests/conftest.py": b'collect_ignore = ["two"]\n'},
        {"tox.ini": b"[testenv]\ncommands = pytest tests/one\n"},
        {"setup.cfg": b"[tool:pytest]\nnorecursedirs = two\n"},
        {"pyproject.toml": b""},
    ],
)
def test_modules_of_one_name_that_may_never_meet_are_left(extra: dict[str, bytes]) -> None:
    files = {"pyproject.toml": b"[tool.pytest.ini_options]\n", "tests/one/test_a.py": b"", "tests/two/test_a.py": b""}
    assert len(find(files)) == 1
    assert find({**files, **extra}) == []


def test_copies_are_called_so() -> None:
    files = {"pytest.ini": b"[pytest]\n", "tests/one/test_a.py": b"", "tests/two/test_a.py": b""}
    (same,), (other,) = find(files), find({**files, "tests/two/test_a.py": b"x = 1\n"})
    assert isinstance(same.outcome, Refusal)
    assert isinstance(other.outcome, Refusal)
    assert same.outcome.detail.startswith("they hold the same")
    assert other.outcome.detail.startswith("rename one")


def test_what_cannot_be_read_may_keep_modules_apart() -> None:
    files = {"pyproject.toml": b"[tool.pytest.ini_options]\n", "tests/one/test_a.py": b"", "tests/two/test_a.py": b""}
    for path in ("pyproject.toml", "Makefile"):
        changed = {**files, path: b"x"}
        assert (
            list(rule.find(Snapshot(Unreadable({name: File(data) for name, data in changed.items()})), NoOptions()))
            == []
        )


class Unreadable(Memory):
    """A source of which no file with an `x` in it can be read."""

    def read(self, path: str) -> bytes:
        data = super().read(path)
        if data == b"x":
            raise Opaque("it is gone")
        return data


def test_pytest_itself_takes_them_for_one(tmp_path: Path) -> None:
    for path in ("tests/one/test_a.py", "tests/two/test_a.py"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("def test_a():\n    pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, check=False)
    assert b"import file mismatch" in done.stdout
    assert (
        len(
            find(
                {
                    path.relative_to(tmp_path).as_posix(): path.read_bytes()
                    for path in tmp_path.rglob("*.*")
                    if path.is_file()
                }
            )
        )
        == 1
    )
    done = subprocess.run([*run, "--import-mode=importlib"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0


def repository(git: Git, folder: Path) -> Path:
    repo = folder / "repo"
    (repo / "pkg/__pycache__").mkdir(parents=True)
    (repo / PYC).write_bytes(b"\0")
    (repo / "pkg/a.py").write_bytes(b"")
    git("init", "-q", str(repo))
    git("add", "-A", cwd=repo)
    git("commit", "-q", "-m", "all", cwd=repo)
    return repo


def test_the_run_leaves_the_files_on_disk_and_a_checkout_of_the_branch_removes_them(
    cifix: Cifix, git: Git, tmp_path: Path
) -> None:
    repo = repository(git, tmp_path)
    done = cifix("apply", "repo", "--select", "stray-files")
    assert done.code == 0, done.text
    assert (repo / PYC).exists()
    git("checkout", "-q", "cifix/fixes", cwd=repo)
    assert not (repo / PYC).exists()
    (repo / "pkg/__pycache__").mkdir(exist_ok=True)
    (repo / PYC).write_bytes(b"\1")
    assert git("status", "--porcelain", cwd=repo) == b""


def test_git_refuses_the_checkout_where_a_file_was_changed(cifix: Cifix, git: Git, tmp_path: Path) -> None:
    repo = repository(git, tmp_path)
    cifix("apply", "repo", "--select", "stray-files")
    (repo / PYC).write_bytes(b"changed")
    refused = subprocess.run(["git", "checkout", "cifix/fixes"], cwd=repo, capture_output=True, check=False)
    assert b"Your local changes to the following files would be overwritten by checkout" in refused.stderr
    git("restore", PYC, cwd=repo)
    git("checkout", "-q", "cifix/fixes", cwd=repo)
