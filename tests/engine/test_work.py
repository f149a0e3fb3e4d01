"""What a run costs, in operations and not in seconds: files read, files parsed, git processes."""

from pathlib import Path

import pytest

from cifix.cli.examine import Selection, examine
from cifix.formats.actions import runs as actions_runs
from cifix.formats.actions.artifacts import read, reread
from cifix.formats.actions.runs import runs
from cifix.formats.actions.workflow import workflow
from cifix.formats.gitignore import Ignores, Pattern
from cifix.formats.python.imports import imports
from cifix.formats.yaml import events as yaml_events
from cifix.model.change import Edit
from cifix.model.snapshot import Snapshot
from cifix.model.text import Text
from cifix.vcs.repository import Repository
from cifix.vcs.source import worktree_source
from tests.conftest import Git

UPLOAD = "      - uses: actions/upload-artifact@v3\n        with: {name: x, path: a.txt}\n"


def job(step: str) -> bytes:
    return f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n{step}".encode()


def project(size: int) -> dict[str, bytes]:
    """A package of `size` modules, as many workflows with an old upload, and as many data files."""
    files = {f".github/workflows/{number}.yml": job(UPLOAD) for number in range(size)}
    files |= {f"p/m{number}.py": b"import os\nfrom p import m0\n" for number in range(size)}
    files |= {f"data/{number}.txt": b"x\n" for number in range(size)}
    return files | {"p/__init__.py": b"", ".gitignore": b"build/\n", "a.txt": b""}


def work(root: Path, git: Git, size: int) -> tuple[int, int, int]:
    """Files read, files parsed and git processes of a whole check, proofs included."""
    for path, data in project(size).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    for arguments in ("init -q", "add -A", "commit -qm all"):
        git(*arguments.split(), cwd=root)
    with Repository.open(root) as repository:
        examined = examine(repository, worktree_source(repository), Selection())
        before = examined.proven.plan.before
        assert [patch.rule.id for patch in examined.proven.plan.patches] == ["upgrade-artifacts"]
        return before.work["read"], before.work["parsed"], repository.processes


def test_the_work_grows_with_the_files_and_git_is_asked_as_often(tmp_path: Path, git: Git) -> None:
    small, large = (work(tmp_path / str(size), git, size) for size in (10, 40))
    for few, many in zip(small[:2], large[:2], strict=True):
        assert many <= 4 * few
    assert small[2] == large[2] <= 40
    assert large[0] <= 10 * len(project(40))
    assert large[1] <= 20 * 40


def test_a_text_is_composed_once_for_all_rules_rounds_and_proofs(
    tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed: list[str] = []
    real = yaml_events.tree

    def tree(text: Text, *, pure: bool, merges: bool = False) -> object:
        composed.append(text.text)
        return real(text, pure=pure, merges=merges)

    monkeypatch.setattr(yaml_events, "tree", tree)
    work(tmp_path, git, 5)
    assert len(composed) <= 5 + len(set(composed)) - 1  # `project` writes the same text five times
    assert all("upload-artifact" in text for text in composed)


def test_after_a_fix_only_what_differs_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Snapshot.of(project(20))
    path = ".github/workflows/3.yml"
    start = before.text(path).text.index("@v3")
    after = before.with_changes([Edit(path, start, start + 3, "@v4")])
    whole = read(after)
    before.once(read)
    asked: list[str] = []
    real = Snapshot.text

    def text(self: Snapshot, path: str) -> Text:
        asked.append(path)
        return real(self, path)

    monkeypatch.setattr(Snapshot, "text", text)
    assert reread(after, before) == whole
    assert set(asked) == {path}


@pytest.mark.parametrize("content", [b"a: [", b"a: {b: 1", b"jobs: {}\n", b"# ./x: [\n: -artifact ["])
def test_files_that_can_no_longer_be_read_or_matter_are_read_as_from_the_beginning(content: bytes) -> None:
    before = Snapshot.of({**project(2), ".github/workflows/odd.yml": b"a: [ -artifact"})
    for path in (".github/workflows/1.yml", ".github/workflows/odd.yml"):
        after = before.with_changes([Edit(path, 0, len(before.text(path).text), content.decode())])
        assert reread(after, before) == read(after)


def test_patterns_without_wildcards_are_looked_up_and_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bytes] = []
    real = Pattern.matches

    def matches(self: Pattern, path: bytes, *, directory: bool) -> bool:
        tried.append(self.written)
        return real(self, path, directory=directory)

    monkeypatch.setattr(Pattern, "matches", matches)
    ignores = Ignores.of({".gitignore": b"lib/\n/a/b\n!keep\n*.so\n" + b"other\n" * 100}, {})
    paths = [f"a/{number}/x.so" for number in range(50)]
    assert all(map(ignores.ignored, paths))
    assert set(tried) == {b"*.so"}
    assert len(tried) <= 2 * len(paths) + 10
    assert ignores.ignored("x/lib/y")
    assert ignores.ignored("a/b")
    assert not ignores.ignored("keep")
    assert not ignores.ignored("lib")


def test_a_fix_in_one_workflow_follows_the_runs_of_that_workflow_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    repository = read(Snapshot.of(project(20)))
    walked: list[str] = []
    real = actions_runs._walk  # noqa: SLF001 - what is counted

    def walk(*arguments: object, outside: bool) -> object:
        walked.append(str(arguments[1]))
        return real(*arguments, outside=outside)  # type: ignore[arg-type]

    monkeypatch.setattr(actions_runs, "_walk", walk)
    assert len(list(runs(repository, [".github/workflows/3.yml"]))) == 1
    assert walked == [".github/workflows/3.yml"]


@pytest.mark.parametrize(
    "path", ["action.yml", "b/action.yml", ".github/workflows/called.yml", ".github/workflows/c.yml"]
)
def test_the_runs_near_some_files_are_those_among_all_runs(path: str) -> None:
    composite = b"runs:\n  using: composite\n  steps:\n      - uses: ./b\n"
    called = job(UPLOAD).replace(b"on: push", b"on: workflow_call")
    files = {
        **project(3),
        "action.yml": composite,
        "b/action.yml": b"runs:\n  using: composite\n  steps:\n" + UPLOAD.encode(),
        "lone/action.yml": composite,
        ".github/workflows/called.yml": called,
        ".github/workflows/c.yml": job("      - uses: ./\n") + b"  b:\n    uses: ./.github/workflows/called.yml\n",
    }
    repository = read(Snapshot.of(files))
    every = [run for run in runs(repository) if path in run.files]
    assert [run for run in runs(repository, [path]) if path in run.files] == every != []


def test_what_globs_match_is_found_once_for_all_changes() -> None:
    snapshot = Snapshot.of({"a/x.py": b"1", "a/y.txt": b"2", "b/x.py": b"3"})
    changed = snapshot.with_changes([Edit("a/x.py", 0, 1, "4")])
    assert snapshot.matching(("a/*.py",)) is snapshot.matching(("a/*.py",))
    assert changed.matching(("a/*.py",)) == ("a/x.py",)
    assert changed.paths is snapshot.paths


def test_trees_beyond_the_limit_are_forgotten_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cifix.model.snapshot.REMEMBERED", 100)
    content = {f".github/workflows/{name}.yml": job("") + b"#" + name.encode() for name in "abc"}
    snapshot = Snapshot.of({**content, "m.py": b"import os\n" * 30})
    first, second, third = (snapshot.parsed(path, workflow) for path in content)
    listed = snapshot.derived("m.py", imports)
    snapshot.trim()
    assert snapshot.derived("m.py", imports) is listed
    assert snapshot.parsed(".github/workflows/a.yml", workflow) is not first
    del second, third
