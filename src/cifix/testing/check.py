"""Assert all that a case promises, with real git repositories."""

import hashlib
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path
from types import MappingProxyType

from cifix.engine.config import Config
from cifix.engine.plan import Patch, Placed, Settings
from cifix.engine.prove import Proven, prove
from cifix.engine.verify import verify
from cifix.formats.gitignore import ignore_files
from cifix.model.finding import Fix, Refusal, Safety
from cifix.model.rule import Rule
from cifix.model.snapshot import Snapshot, Source
from cifix.report.diff import patch
from cifix.testing.case import Case, Tree, twins
from cifix.vcs.ignores import ignored
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source, index_source, worktree_source


def check(case: Case, rule: Rule, scratch: Path) -> None:
    """Assert all that a case promises, and that its twins with CRLF, BOM and no final newline are its twins.

    `scratch` is an empty folder for git repositories. Raises `AssertionError` with a message that says
    which promise was broken.
    """
    tracked = _check_variant(case, rule, scratch / "plain")
    _check_second_run(case, rule, scratch / "again", tuple(path for path in case.loose if path not in tracked))
    if case.twins:
        for twin in twins(case):
            _check_variant(twin, rule, scratch / twin.name.rpartition("~")[2], sources=(worktree_source,))


def _head_source(repository: Repository) -> Source:
    return commit_source(repository, "HEAD")


def _check_variant(
    case: Case,
    rule: Rule,
    folder: Path,
    sources: tuple[Callable[[Repository], Source], ...] = (worktree_source, index_source, _head_source),
) -> frozenset[str]:
    """Assert the outcome of one variant; the paths that are tracked afterwards."""
    build(case.before, folder, force=case.force, loose=case.loose, past=case.past)
    with Repository.open(folder) as repository:
        for source in sources:
            proven = _run(case, rule, Snapshot(source(repository)))
            _assert_outcome(case, proven, case.after)
        _assert_git_applies(case, proven, folder)
    return proven.plan.after.tracked


def _check_second_run(case: Case, rule: Rule, folder: Path, loose: tuple[str, ...]) -> None:
    build(case.after, folder, force=case.force, loose=loose, past=case.past)
    with Repository.open(folder) as repository:
        again = _run(case, rule, Snapshot(worktree_source(repository)))
    assert not again.plan.patches, f"{case}: a second run changes {again.plan.patches[0].paths}"


def build(
    tree: Tree,
    folder: Path,
    *,
    force: tuple[str, ...] = (),
    loose: tuple[str, ...] = (),
    past: Tree = MappingProxyType({}),
) -> None:
    """Make a git repository in a new folder: a commit of `past`, if any, then one of `tree` that honours ignores."""
    folder.mkdir(parents=True, exist_ok=True)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "config", "core.autocrlf", "false")
    if past:
        _write(past, folder)
        _git(folder, "add", "--all", "--force")
        _git(folder, "commit", "--quiet", "--no-verify", "--message=past")
        _git(folder, "rm", "--quiet", "-r", ".")
    _write(tree, folder)
    _git(folder, "add", "--all", "--", ".", *(f":(exclude,literal){path}" for path in loose))
    if force:
        _git(folder, "add", "--force", "--", *force)
    _git(folder, "commit", "--quiet", "--allow-empty", "--no-verify", "--message=before")


def _write(tree: Tree, folder: Path) -> None:
    for path, file in tree.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.data)
        place.chmod(file.mode & 0o777)


def _run(case: Case, rule: Rule, snapshot: Snapshot) -> Proven:
    selected = frozenset({rule.id}) if case.selected else frozenset()
    settings = Settings(Safety.REVIEW, Config("case.toml", rules={rule.id: case.options}), selected)
    proven = prove(snapshot, [rule], settings, ignored)
    assert not proven.plan.crashes, f"{case}: {proven.plan.crashes[0].detail}"
    assert not proven.failures, f"{case}: unproven: {proven.failures}"
    return _previewed(case, rule, proven) if case.safety == Safety.SHOWN.word else proven


def _previewed(case: Case, rule: Rule, proven: Proven) -> Proven:
    """The plan as it would be if the fixes that are only shown were applied, which a run never does."""
    before = proven.plan.after
    assert not proven.plan.patches, f"{case}: a fix was applied that should only be shown"
    held = tuple(placed for placed in proven.plan.remaining if isinstance(placed.finding.outcome, Fix))
    if not held:
        return proven
    fixes = tuple(dict.fromkeys(one.finding.outcome for one in held if isinstance(one.finding.outcome, Fix)))
    after = before.with_changes(change for fix in fixes for change in fix.changes)
    shown = Patch(rule, held, fixes, before, after)
    broken = [proof for proof in verify(shown, ignored) if not proof.ok]
    assert not broken, f"{case}: unproven: {broken}"
    return replace(proven, plan=replace(proven.plan, patches=(shown,), after=after))


def _assert_outcome(case: Case, proven: Proven, after: Tree) -> None:
    made = proven.plan.after
    for path in sorted({*made.paths, *after}):
        assert path in made.tracked or path in case.before, f"{case}: {path} should have been made"
        if path in made.tracked:
            assert path in after, f"{case}: {path} should be gone"
            assert made.read(path) == after[path].data, _difference(case, path, made.read(path), after[path].data)
    if after != case.before:
        _assert_tracked_as_git_would(case, made, after)
    refused = {
        placed.finding.outcome.key for placed in proven.plan.remaining if isinstance(placed.finding.outcome, Refusal)
    }
    assert refused == set(case.refuses), f"{case}: refused {sorted(refused)}: {_details(proven.plan.remaining)}"
    levels = {fix.safety.word for patch in proven.plan.patches for fix in patch.fixes}
    assert not case.safety or levels == {case.safety}, f"{case}: fixes are {sorted(levels)}"


def _assert_tracked_as_git_would(case: Case, made: Snapshot, after: Tree) -> None:
    """After a fix, git and cifix agree on what belongs to the repository."""
    paths = sorted(after)
    hidden = ignored(ignore_files(made), {}, paths)
    expected = {path for path in paths if path not in hidden and path not in case.loose} | set(case.force)
    missing = sorted(expected - made.tracked)
    assert not missing, f"{case}: {missing} is no longer ignored, so it must be tracked"


def _assert_git_applies(case: Case, proven: Proven, folder: Path) -> None:
    """The printed diff, given to `git apply`, makes exactly the planned tree."""
    diff = b"".join(patch(one.before, one.after) for one in proven.plan.patches)
    if diff:
        _git(folder, "apply", "--cached", "-", stdin=diff)
    entries = _git(folder, "ls-files", "--stage", "-z").split(b"\0")[:-1]
    staged = {entry.partition(b"\t")[2].decode(): entry.split(b" ")[:2] for entry in entries}
    after = proven.plan.after
    planned = {path: [b"%o" % after.mode(path), _blob(after.read(path))] for path in after.paths}
    assert staged == planned, f"{case}: git apply makes another tree than the plan"


def _blob(data: bytes) -> bytes:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest().encode()


def _git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    identity = {f"GIT_{who}_{what}": "cifix" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=False, env={**os.environ, **identity}
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr.decode(errors='replace')}"
    return done.stdout


def _difference(case: Case, path: str, made: bytes, wanted: bytes) -> str:
    old, new = (data.decode("utf-8", "backslashreplace").splitlines(keepends=True) for data in (wanted, made))
    shown = [repr(line)[1:-1] for line in unified_diff(old, new, "wanted", "made")]
    return "\n".join([f"{case}: {path} is not as wanted", *shown])


def _details(remaining: tuple[Placed, ...]) -> str:
    outcomes = [placed.finding.outcome for placed in remaining]
    return "; ".join(f"{outcome.key}: {outcome.detail}" for outcome in outcomes if isinstance(outcome, Refusal))
