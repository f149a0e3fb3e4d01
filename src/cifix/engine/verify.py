"""Proofs about a patch: it parses, it means what its fixes claim, and nothing else moved."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cifix.engine.plan import Patch
from cifix.formats import gitignore, python, toml, yaml
from cifix.formats.actions.sameness import differences
from cifix.formats.gitignore import ignore_files, is_ignore_file
from cifix.formats.python.alpha import renamed
from cifix.formats.python.asserts import same_failures
from cifix.formats.python.lazy import exports
from cifix.formats.python.lossless import lossless
from cifix.model.change import Edit, Track, inverse, splice
from cifix.model.expect import (
    Absent,
    Expect,
    Exports,
    Hidden,
    Renamed,
    Revealed,
    Route,
    SameArtifacts,
    SameFailures,
    Value,
)
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

Ignored = Callable[[Mapping[str, bytes], Mapping[str, bytes], Sequence[str]], frozenset[str]]
"""Which of some paths git ignores: (ignore files of the tree, those from outside, paths)."""

Leaves = Mapping[Route, object]


@dataclass(frozen=True, slots=True)
class Proof:
    """One claim about a patch and how it ended; `detail` says what was seen where it does not hold."""

    name: str
    ok: bool
    detail: str = ""


def verify(patch: Patch, ignored: Ignored = gitignore.ignored) -> tuple[Proof, ...]:
    """Every proof about `patch`; `ignored` judges ignore patterns, by default without git."""
    proofs = [_only_claimed_paths(patch)]
    claims = [claim for fix in patch.fixes for claim in fix.expects]
    tracked = {change.path for change in patch.changes if isinstance(change, Track)}
    leaves = _claimed(claims)
    for path in patch.paths:
        if path in patch.edits:
            proofs += _edited(patch, path, patch.edits[path], leaves.get(path, {}))
        elif path in patch.after and path not in tracked:
            proofs.append(_parses(patch.after, path))
    ignoring = [claim for claim in claims if isinstance(claim, Revealed | Hidden)]
    if ignoring or any(is_ignore_file(path) for path in patch.paths):
        proofs.append(_ignoring(patch, ignoring, ignored))
    proofs += [_exports(patch, claim) for claim in claims if isinstance(claim, Exports)]
    proofs += [_artifacts(patch, claim) for claim in claims if isinstance(claim, SameArtifacts)]
    failing = {claim.path for claim in claims if isinstance(claim, SameFailures)}
    proofs += [_failures(patch, path) for path in sorted(failing)]
    renamings = [claim for claim in claims if isinstance(claim, Renamed)]
    proofs += [_renamed(patch, path, renamings) for path in sorted({claim.path for claim in renamings})]
    return tuple(proofs)


def _only_claimed_paths(patch: Patch) -> Proof:
    stray = set(patch.paths) ^ set(patch.before.differences(patch.after))
    return Proof("only the named files change", not stray, ", ".join(sorted(stray)))


def _claimed(claims: Iterable[Expect]) -> dict[str, dict[Route, str | None]]:
    """The value that each file is claimed to have at some routes, None for no value; the last claim counts."""
    found: dict[str, dict[Route, str | None]] = {}
    for claim in claims:
        if isinstance(claim, Value | Absent):
            found.setdefault(claim.path, {})[claim.route] = claim.value if isinstance(claim, Value) else None
    return found


def _edited(patch: Patch, path: str, edits: Sequence[Edit], claimed: Mapping[Route, str | None]) -> Iterable[Proof]:
    yield _inverse(patch, path, edits)
    parses = _parses(patch.after, path)
    yield parses
    if not parses.ok:
        return
    if path.endswith((".yml", ".yaml", ".toml")):
        yield _data(patch, path, claimed)
    if path.endswith((".py", ".pyi")):
        yield _statements(patch, path, edits)
        yield _lossless(patch, path)


def _inverse(patch: Patch, path: str, edits: Sequence[Edit]) -> Proof:
    before, after = patch.before.text(path), patch.after.text(path)
    back = splice(after.text, inverse(before.text, edits)).encode(before.encoding)
    return Proof(f"{path}: bytes outside the edits are the same", back == before.raw)


def _parses(snapshot: Snapshot, path: str) -> Proof:
    name = f"{path}: still parses"
    try:
        if path.endswith((".yml", ".yaml")):
            snapshot.parsed(path, yaml.leaves)
        elif path.endswith(".toml"):
            snapshot.parsed(path, toml.leaves)
        elif path.endswith((".py", ".pyi")):
            snapshot.parsed(path, python.parse)
    except Opaque as why:
        return Proof(name, ok=False, detail=str(why))
    return Proof(name, ok=True)


def _data(patch: Patch, path: str, claimed: Mapping[Route, str | None]) -> Proof:
    read = toml.leaves if path.endswith(".toml") else yaml.leaves
    before, after = patch.before.parsed(path, read), patch.after.parsed(path, read)
    wrong = [_words(route) for route, value in claimed.items() if _text(after.get(route)) != value]
    moved = [
        _words(route)
        for route in dict.fromkeys((*before, *after))
        if before.get(route) != after.get(route) and route not in claimed and not _opened(route, before, claimed)
    ]
    detail = "; ".join(
        [f"{route} is not what was claimed" for route in wrong] + [f"{route} changed" for route in moved]
    )
    return Proof(f"{path}: the data changes only as claimed", not detail, detail)


def _opened(route: Route, before: Leaves, claimed: Mapping[Route, str | None]) -> bool:
    """Whether `route` was an empty collection, or a missing value, that a claimed value now fills."""
    return route in before and any(longer[: len(route)] == route for longer in claimed if len(longer) > len(route))


def _statements(patch: Patch, path: str, edits: Sequence[Edit]) -> Proof:
    name = f"{path}: statements outside the edits mean the same"
    before = patch.before.parsed(path, python.parse)
    after = patch.after.parsed(path, python.parse)
    old = python.untouched(before, [(edit.start, edit.end) for edit in edits])
    new = python.untouched(after, [(edit.start, edit.end) for edit in inverse(before.text.text, edits)])
    return Proof(name, _within(old, python.untouched(after, ())) and _within(new, python.untouched(before, ())))


def _lossless(patch: Patch, path: str) -> Proof:
    """A parser of another make reads the result back byte for byte, unless it could not read the file before."""
    name = f"{path}: a second parser reads it back byte for byte"
    try:
        patch.after.parsed(path, lossless)
    except Opaque as why:
        return Proof(name, not _readable(patch.before, path), str(why))
    return Proof(name, ok=True)


def _readable(snapshot: Snapshot, path: str) -> bool:
    try:
        snapshot.parsed(path, lossless)
    except Opaque:
        return False
    return True


def _within(some: Iterable[str], every: Iterable[str]) -> bool:
    """Whether all of `some` stand among `every`, in the same order."""
    rest = iter(every)
    return all(one in rest for one in some)


def _ignoring(patch: Patch, claims: Sequence[Revealed | Hidden], ignored: Ignored) -> Proof:
    revealed = [claim for claim in claims if isinstance(claim, Revealed)]
    wanted = {path for claim in revealed for path in claim.paths}
    probes = {path for claim in revealed for path in claim.probes}
    unwanted = {path for claim in claims if isinstance(claim, Hidden) for path in claim.paths}
    paths = sorted({*patch.before.disk, *patch.before.paths, *wanted, *probes, *unwanted})
    hidden, still = (
        ignored(ignore_files(snapshot), snapshot.excludes, paths) for snapshot in (patch.before, patch.after)
    )
    seen = hidden - still
    problems = {
        "became visible unasked": seen - wanted,
        "is still ignored": wanted - seen,
        "is newly ignored": still - hidden - unwanted,
        "is not newly ignored": unwanted - (still - hidden),
    }
    detail = "; ".join(f"{path} {what}" for what, found in problems.items() for path in sorted(found))
    return Proof("git ignores what it did, save the intended files", not detail, detail)


def _exports(patch: Patch, claim: Exports) -> Proof:
    before, after = (
        exports(snapshot.parsed(claim.path, python.parse).tree) for snapshot in (patch.before, patch.after)
    )
    lost = ", ".join(sorted(before - after))
    return Proof(f"{claim.path}: every name is still offered", not lost, lost)


def _artifacts(patch: Patch, claim: SameArtifacts) -> Proof:
    wrong = "; ".join(differences(patch.before, patch.after, claim.paths, dict(claim.commits)))
    return Proof(f"{', '.join(claim.paths)}: every artifact reaches the same place", not wrong, wrong)


def _failures(patch: Patch, path: str) -> Proof:
    before, after = (snapshot.parsed(path, python.parse).tree for snapshot in (patch.before, patch.after))
    return Proof(f"{path}: fails in the same cases with the same messages", same_failures(before, after))


def _renamed(patch: Patch, path: str, claims: Sequence[Renamed]) -> Proof:
    before, after = (snapshot.parsed(path, python.parse) for snapshot in (patch.before, patch.after))
    renamings = [(claim.scope, claim.old, claim.new) for claim in claims if claim.path == path]
    return Proof(f"{path}: the same program with other names of variables", renamed(before, after, renamings))


def _words(route: Route) -> str:
    return ".".join(str(part) for part in route)


def _text(leaf: object) -> str | None:
    return None if leaf is None else str(leaf[1]) if isinstance(leaf, tuple) else str(leaf)
