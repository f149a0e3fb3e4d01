"""Anchor ignore patterns that keep package sources out of git.

Why:
    `lib/`, `build/` or `data/` in a `.gitignore` matches a folder of that name at every depth, so it also
    ignores `package/lib/`. The modules there exist on their author's machine and in no commit; a clean
    checkout fails with `ModuleNotFoundError: No module named 'package.lib.module'`, or, while the package
    is being imported, with `ImportError: cannot import name 'module' from partially initialized module
    'package.lib' (most likely due to a circular import)`, although there is no cycle. Linters skip such
    files too, and hatchling leaves them out of wheels even if they were added by force.
    A leading slash ties the pattern to the folder of its ignore file. Every line that hides the sources is
    anchored, since the last one that matches decides, and the files are committed. Where a slash would
    show other files, the folder alone is included again by `!/package/lib/` right below the pattern.
    `!/package/lib/**` is never written: it would also include byte code and compiled modules.

When this is wrong:
    The sources are meant to stay private or are written by a build. Then ignore them by their full path,
    `/package/lib/`: this rule leaves patterns with a place alone.

What it will not touch:
    Patterns with a leading or middle slash, comments and negated patterns; files that are not Python
    sources; folders of environments and build products.

Sources:
    https://git-scm.com/docs/gitignore (read 2026-11)
    https://hatch.pypa.io/latest/config/build/#vcs (read 2026-11)
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

from cifix.formats.gitignore import Match
from cifix.model.change import Track
from cifix.model.expect import Revealed
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.anchor_gitignore.masked import Masked, State, masked_sources, names_folder
from cifix.rules.anchor_gitignore.unmasking import Remedy, Tree, anchored, included, masks, near

_GENERATED = re.compile(
    rb"do not (edit|modify|track)|@generated\b|auto-?generated|(file|code|module) (is |was |has been )?generated",
    re.IGNORECASE,
)
_GENERATED_NAME = re.compile(r"(^|/)(_version|_build_info|\w+_pb2(_grpc)?)\.pyi?$")
_SECRET = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{36}|\bxox[abp]-\w{10}|\bsk_live_\w{16}"
)
_SECRET_NAME = re.compile(
    r"(^|/)(secrets?|credentials?|passwords?|local_settings|settings_local)\.pyi?$", re.IGNORECASE
)

_ELSEWHERE = (
    "venv/lib/python3.12/site-packages/m.py",
    ".venv/lib/python3.12/site-packages/m.py",
    "env/lib/python3.12/site-packages/m.py",
    "build/lib/package/m.py",
    "node_modules/package/lib/index.js",
)


@dataclass(frozen=True, slots=True)
class Options:
    """`largest` is the size in bytes above which a file is not committed as a source."""

    largest: int = 1024 * 1024


@declare(
    __doc__,
    reads=("**/.gitignore",),
    safety=Safety.SAFE,
    options=Options,
    refusals={
        "missing-source": "the files are on no disk that cifix can see: only their author can add them",
        "would-reveal": "neither a slash nor an inclusion of the folder shows the sources alone",
        "outside-mask": "the pattern stands in an ignore file that is not part of the repository",
        "wildcard-pattern": "the pattern has wildcards, so what it should still ignore is not clear",
        "names-file": "the pattern names the file itself, so ignoring it may be meant",
        "generated": "a file that would be shown looks written by a tool",
        "secret": "a file that would be committed looks as if it held credentials",
        "too-large": "a file that would be committed has more bytes than the option `largest`",
        "opaque": "the ignore file, or a source below the folder, cannot be read exactly",
    },
)
def rule(snapshot: Snapshot, options: Options) -> Iterator[Finding]:
    """Findings on the lines that hide sources, in the order of their groups."""
    yield from _unreadable(snapshot)
    start = Tree(snapshot)
    masked = masked_sources(snapshot, start.ignores)
    ours = [one for one in masked if names_folder(one.match, one.path) and one.match.source in snapshot]
    yield from _not_ours([one for one in masked if one not in ours], snapshot)
    yield from _absent(masked, snapshot)
    tree, endings = start, []
    for group in _groups([one for one in ours if one.hidden], start):
        endings.append(_solved(group, start, tree, options))
        tree = endings[-1].tree
    for ending in endings:
        yield from _not_ours(ending.left, snapshot)
        for match in ending.at if ending.wanted else ():
            message = _message(match, ending.wanted, snapshot)
            yield _finding(match, message, _settled(ending.outcome, tree), ending.wanted)


def _unreadable(snapshot: Snapshot) -> Iterator[Finding]:
    for path in rule.candidates(snapshot):
        try:
            snapshot.read(path)
        except Opaque as why:
            message = "the ignore file cannot be read, so it is not known whether it hides sources"
            yield Finding(rule.id, path, 0, 0, message, Refusal("opaque", f"{path}: {why}"))


def _groups(masked: Sequence[Masked], start: Tree) -> list[tuple[Masked, ...]]:
    """Masked sources that share a line, so that one fix must serve them all."""
    folders = {one.path.rpartition("/")[0] for one in masked}
    by_folder = {folder: {match.line for match in masks(start, folder)} for folder in folders}
    groups: list[tuple[set[tuple[str, int]], tuple[Masked, ...]]] = []
    for one in masked:
        lines = set(by_folder[one.path.rpartition("/")[0]])
        joined = [group for group in groups if not lines.isdisjoint(group[0])]
        groups = [group for group in groups if lines.isdisjoint(group[0])]
        members = (*chain.from_iterable(group[1] for group in joined), one)
        groups.append((lines.union(*(group[0] for group in joined)), members))
    return [members for _, members in groups]


@dataclass(frozen=True, slots=True)
class Solved:
    """The ending of a group: `wanted` sources that `outcome` is about, those `left` to other patterns."""

    wanted: Sequence[Masked]
    left: Sequence[Masked]
    outcome: Fix | Refusal
    at: Sequence[Match]
    tree: Tree


def _solved(group: Sequence[Masked], start: Tree, tree: Tree, options: Options) -> Solved:
    """The ending of a group on the tree that the groups before it leave; places are those of `start`."""
    try:
        return _remedied(group, start, tree, options)
    except Opaque as why:
        return Solved(group, (), Refusal("opaque", str(why)), [group[0].match], tree)


def _remedied(group: Sequence[Masked], start: Tree, tree: Tree, options: Options) -> Solved:
    folders = sorted({one.path.rpartition("/")[0] for one in group})
    inclusion = included(tree, start, (one.path for one in group))
    anchors = anchored(tree, (match for folder in folders for match in masks(start, folder)))
    hidden = inclusion.tree.hidden(one.path for one in group)
    wanted = [one for one in group if one.path not in hidden]
    left = [
        replace(one, match=found)
        for one in group
        if (found := inclusion.tree.ignores.explain(one.path)) and one.path in hidden
    ]
    refusal = _unfit(wanted, tree.snapshot, options)
    unwanted: list[str] = []
    for remedy in (anchors, inclusion) if refusal is None else ():
        effect = _effect(remedy, tree, wanted)
        if not effect.unwanted and effect.complete:
            return Solved(wanted, left, _fix(remedy, wanted, effect), remedy.at, remedy.tree)
        unwanted = unwanted or effect.unwanted
    detail = f"git would also see {_listed(unwanted)}"
    return Solved(wanted, left, refusal or Refusal("would-reveal", detail), anchors.at, tree)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a remedy shows and what it keeps ignored."""

    shown: tuple[str, ...]
    unwanted: list[str]
    probes: tuple[str, ...]
    complete: bool


def _effect(remedy: Remedy, tree: Tree, wanted: Sequence[Masked]) -> Effect:
    snapshot = tree.snapshot
    names = {match.pattern.name for match in remedy.at if match.pattern.name}
    sources = {one.path for one in wanted}
    guessed = {*_inside(wanted), *_elsewhere(remedy, wanted)}
    probes = guessed - snapshot.tracked - snapshot.disk.keys()
    paths = {*near(snapshot, names), *sources, *probes}
    before, after = tree.hidden(paths), remedy.tree.hidden(paths)
    shown = before - after
    unwanted = sorted(path for path in shown - sources - probes if path not in snapshot)
    complete = sources <= shown and after <= before
    return Effect(tuple(sorted(shown - probes)), unwanted, tuple(sorted(probes & after & before)), complete)


def _inside(wanted: Iterable[Masked]) -> set[str]:
    """Products that Python and compilers leave beside the sources."""
    folders = {one.match.path for one in wanted}
    return {f"{folder}/{name}" for folder in folders for name in ("__pycache__/m.cpython-312.pyc", "m.so")}


def _elsewhere(remedy: Remedy, wanted: Sequence[Masked]) -> Iterator[str]:
    """Paths on other machines that the pattern may well be meant for.

    Those that only this pattern ignores do not count: it never hid the rest of `env/`, say.
    """
    names = {match.pattern.name for match in remedy.at}
    yield from (path for path in _ELSEWHERE if not names.isdisjoint(path.split("/")))
    for match in remedy.at:
        base, slash, _ = match.source.rpartition("/")
        folder = f"{base}{slash}{match.pattern.name}"
        if not any(one.path.startswith(f"{folder}/") for one in wanted):
            yield f"{folder}/m.py"


def _fix(remedy: Remedy, wanted: Sequence[Masked], effect: Effect) -> Fix:
    written = sorted({match.pattern.written.decode(errors="replace") for match in remedy.at})
    names = " and ".join(f"`{one}`" for one in written)
    folders = sorted({one.match.path for one in wanted})
    title = f"Anchor {names}" if remedy.anchors else f"Include {_listed(folders)} again below {names}"
    tracks = tuple(Track(one.path) for one in wanted if one.state is State.LOOSE)
    if tracks:
        title += f" and commit {len(tracks)} hidden file{'s' if len(tracks) > 1 else ''}"
    return Fix(title, Safety.SAFE, (*remedy.edits, *tracks), (Revealed(effect.shown, effect.probes),))


def _settled(outcome: Fix | Refusal, final: Tree) -> Fix | Refusal:
    """The outcome with those probes only that the fixes of all groups together keep ignored."""
    match outcome:
        case Fix(expects=(Revealed(paths=paths, probes=probes),)):
            return replace(outcome, expects=(Revealed(paths, tuple(sorted(final.hidden(probes)))),))
    return outcome


def _unfit(wanted: Iterable[Masked], snapshot: Snapshot, options: Options) -> Refusal | None:
    """Why a loose source must not be committed; raises `Opaque` if one cannot be read."""
    for path in (one.path for one in wanted if one.state is State.LOOSE):
        data = snapshot.read(path)
        if _SECRET_NAME.search(path) or _SECRET.search(data):
            return Refusal("secret", f"{path} looks as if it held credentials")
        if _generated(path, snapshot):
            return Refusal("generated", f"{path} looks written by a tool")
        if len(data) > options.largest:
            return Refusal("too-large", f"{path} has {len(data):,} bytes")
    return None


def _generated(path: str, snapshot: Snapshot) -> bool:
    return bool(_GENERATED_NAME.search(path) or _GENERATED.search(snapshot.read(path)[:1000]))


def _absent(masked: Iterable[Masked], snapshot: Snapshot) -> Iterator[Finding]:
    """What a person has to add, whether or not a pattern is still in the way."""
    lines: dict[tuple[str, int], list[Masked]] = {}
    for one in masked:
        if one.state is State.MISSING and one.match.source in snapshot:
            lines.setdefault(one.match.line, []).append(one)
    for found in lines.values():
        names = _listed([one.path for one in found], most=len(found))
        detail = f"whoever has them must add {names}: {_uses(found, snapshot)}"
        yield _finding(found[0].match, f"{names}: imported, and in no commit", Refusal("missing-source", detail), found)


def _finding(match: Match, message: str, outcome: Fix | Refusal, masked: Iterable[Masked]) -> Finding:
    start, end = match.pattern.start, match.pattern.end
    return Finding(rule.id, match.source, start, end, message, outcome, _red_from(masked))


def _red_from(masked: Iterable[Masked]) -> date | None:
    """A clean checkout fails where something imports what it does not have."""
    return ALREADY if any(one.use and one.state in {State.LOOSE, State.MISSING} for one in masked) else None


def _message(match: Match, wanted: Sequence[Masked], snapshot: Snapshot) -> str:
    written = match.pattern.written.decode(errors="replace")
    below = {one: folder for one in wanted if (folder := _folder_named(match.pattern.name, one.path))}
    loose, missing = ([one.path for one in below if one.state is state] for state in (State.LOOSE, State.MISSING))
    if loose:
        return f"`{written}` keeps {_listed(loose)} out of git: no clean checkout has them"
    if missing:
        return f"`{written}` hides {_listed(missing)}: {_uses(list(below), snapshot)}"
    folders = sorted(set(below.values()))
    return f"`{written}` ignores the package folder {_listed(folders)}: the next file there is left out without a word"


def _folder_named(name: str | None, path: str) -> str:
    """The outermost folder above `path` with this name, or nothing."""
    parts = path.split("/")[:-1]
    return "/".join(parts[: parts.index(name) + 1]) if name in parts else ""


def _uses(masked: Sequence[Masked], snapshot: Snapshot) -> str:
    use = next(one.use for one in masked if one.use)
    line, _ = snapshot.text(use.path).line_column(use.statement.start)
    return f"{use.path} imports it on line {line}"


def _listed(names: Sequence[str], most: int = 3) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _not_ours(masked: Iterable[Masked], snapshot: Snapshot) -> Iterator[Finding]:
    """Refusals for loose sources that another kind of pattern, or one outside the repository, keeps out."""
    lines: dict[tuple[str, int], list[Masked]] = {}
    for one in masked:
        outside = one.match.source not in snapshot
        if one.state is State.LOOSE and (one.use or outside) and not _generated(one.path, snapshot):
            lines.setdefault(one.match.line, []).append(one)
    for (source, number), found in lines.items():
        match, names = found[0].match, _listed([one.path for one in found])
        detail = f"{source}, line {number}: `{match.pattern.written.decode(errors='replace')}` ignores {names}"
        if source not in snapshot:
            place = _place(found, snapshot)
            why = Refusal("outside-mask", detail)
            yield Finding(rule.id, *place, f"{names}: on disk, and in no commit", why, _red_from(found))
        else:
            key = "wildcard-pattern" if match.pattern.name is None else "names-file"
            message = f"{names}: in no commit, but {_uses(found, snapshot)}"
            yield _finding(match, message, Refusal(key, detail), found)


def _place(found: Sequence[Masked], snapshot: Snapshot) -> tuple[str, int, int]:
    """An import that needs one of the sources, else the beginning of a tracked file beside the first."""
    for one in found:
        if one.use is not None:
            return one.use.path, one.use.statement.start, one.use.statement.end
    folder = found[0].path.rpartition("/")[0]
    return next((path for path in snapshot.paths if path.startswith(f"{folder}/")), snapshot.paths[0]), 0, 0
