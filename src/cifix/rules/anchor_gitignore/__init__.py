"""Anchor ignore patterns that keep package sources, and files that code loads, out of git and out of wheels.

Why:
    `lib/`, `build/` or `data/` in a `.gitignore` matches a folder of that name at every depth, so it also
    ignores `package/lib/`. The modules there exist on their author's machine and in no commit; a clean
    checkout fails with `ModuleNotFoundError: No module named 'package.lib.module'`, or, while the package
    is being imported, with `ImportError: cannot import name 'module' from partially initialized module
    'package.lib' (most likely due to a circular import)`, although there is no cycle. Linters skip such
    files too. `*.html` or `*.json` does the same to a template or a data file that the code reads:
    `jinja2.exceptions.TemplateNotFound`, `FileNotFoundError: [Errno 2] No such file or directory`.
    Files that were added by force are in every commit, and hatchling still leaves them out of wheels, so that
    the installed package fails where the checkout works. The other back ends keep them.
    A leading slash ties the pattern to the folder of its ignore file. Every line that hides the sources is
    anchored, since the last one that matches decides, and the files are committed. Where a slash would
    show other files, the folder alone is included again by `!/package/lib/` right below the pattern.
    `!/package/lib/**` is never written: it would also include byte code and compiled modules. A file that
    a wildcard ignores is included alone, by its path.
    A comment behind a pattern is part of the pattern, so that it ignores nothing: it gets a line of its own.

When this is wrong:
    The sources are meant to stay private or are written by a build. Then ignore them by their full path,
    `/package/lib/`: this rule leaves patterns with a place alone. Data files are committed only if you allow
    fixes to review, as they may be private.

What it will not touch:
    Patterns with a leading or middle slash, comments and negated patterns; folders of environments and build
    products; files that code can do without, asks for first or writes, and those whose path is not made of
    literals.

Sources:
    https://git-scm.com/docs/gitignore (read 2026-11)
    https://hatch.pypa.io/latest/config/build/#vcs (read 2026-11)
    https://jinja.palletsprojects.com/en/stable/api/#loaders (read 2026-11)
    https://docs.python.org/3/library/importlib.resources.html (read 2026-11)
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

from cifix.formats.gitignore import NAME, Match
from cifix.model.change import Track
from cifix.model.expect import Revealed
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.anchor_gitignore.comments import commented
from cifix.rules.anchor_gitignore.data import masked_data, unpacked
from cifix.rules.anchor_gitignore.masked import Masked, Role, State, masked_sources, names_folder
from cifix.rules.anchor_gitignore.unfit import generated, unfit
from cifix.rules.anchor_gitignore.unmasking import Remedy, Tree, anchored, included, masks, narrowed, near
from cifix.rules.anchor_gitignore.words import beaten, line, listed, message, uses

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
    reads=("**/.gitignore", "**/*.py"),
    safety=Safety.SAFE,
    options=Options,
    refusals={
        "missing-source": "the files are on no disk that cifix can see: only their author can add them",
        "would-reveal": "neither a slash nor an inclusion of the folder shows the sources alone",
        "outside-mask": "the pattern stands in an ignore file that is not part of the repository",
        "wildcard-pattern": "the pattern has wildcards, so what it should still ignore is not clear",
        "names-file": "the pattern names the file itself, so ignoring it may be meant",
        "trailing-comment": "without the comment behind it, the pattern would hide or show other files than it does",
        "wheel": "a wheel lacks the file, and what hatchling takes from the pattern is not what git does",
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
    if start.ignores.empty:
        return
    masked = _all_masked(snapshot, start)
    ours = [one for one in masked if _by_folder(one, start)]
    others = [one for one in masked if one not in ours]
    yield from _not_ours([one for one in others if not _narrowable(one, snapshot)], snapshot)
    yield from _absent(masked, snapshot)
    tree, endings = start, []
    for group in _groups([one for one in ours if one.hidden], start):
        endings.append(_solved(group, start, tree, options))
        tree = endings[-1].tree
    for group in _by_line([one for one in others if _narrowable(one, snapshot)]):
        endings.append(_solved(group, start, tree, options, floating=False))
        tree = endings[-1].tree
    for path, pattern, outcome in commented(start):
        told = f"`{pattern.written.decode(errors='replace')}` matches nothing: a comment needs a line of its own"
        yield Finding(rule.id, path, pattern.start, pattern.end, told, outcome)
    for ending in endings:
        yield from _not_ours(ending.left, snapshot)
        for match in ending.at if ending.wanted else ():
            told = message(match, ending.wanted, snapshot) + beaten(match, ending.wanted, start)
            yield _finding(match, told, _settled(ending.outcome, tree), ending.wanted)


def _unreadable(snapshot: Snapshot) -> Iterator[Finding]:
    for path in snapshot.matching((f"**/{NAME}",)):
        try:
            snapshot.read(path)
        except Opaque as why:
            message = "the ignore file cannot be read, so it is not known whether it hides sources"
            yield Finding(rule.id, path, 0, 0, message, Refusal("opaque", f"{path}: {why}"))


def _all_masked(snapshot: Snapshot, start: Tree) -> list[Masked]:
    """Masked files of every kind, sorted by path; what is a source of first-party code counts as that alone."""
    sources = masked_sources(snapshot, start.ignores)
    loose = [one.path for one in sources if one.state is State.LOOSE and one.path.endswith(".py")]
    found = {one.path: one for one in unpacked(snapshot)}
    found |= {one.path: one for one in masked_data(snapshot, start.ignores, loose)}
    for one in sources:
        found[one.path] = replace(one, unpacked=one.path in found)
    return [found[path] for path in sorted(found)]


def _by_folder(one: Masked, start: Tree) -> bool:
    """Whether a line of the repository ignores the folder of the file by its name, at every depth."""
    ignored = not one.unpacked or start.ignores.ignored(one.path)
    return ignored and names_folder(one.match, one.path) and one.match.source in start.snapshot


def _narrowable(one: Masked, snapshot: Snapshot) -> bool:
    """Whether the file alone can be included again below the pattern that ignores it."""
    return one.match.source in snapshot and one.hidden and (one.unpacked or one.role is not Role.SOURCE)


def _by_line(masked: Sequence[Masked]) -> list[tuple[Masked, ...]]:
    lines: dict[tuple[str, int], list[Masked]] = {}
    for one in masked:
        lines.setdefault(one.match.line, []).append(one)
    return [tuple(found) for found in lines.values()]


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


def _solved(group: Sequence[Masked], start: Tree, tree: Tree, options: Options, *, floating: bool = True) -> Solved:
    """The ending of a group on the tree that the groups before it leave; places are those of `start`."""
    try:
        return _remedied(group, start, tree, options) if floating else _alone(group, start, tree, options)
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
    refusal = unfit(wanted, tree.snapshot, options.largest)
    unwanted: list[str] = []
    remedies = [anchors, inclusion]
    if all(one.role is not Role.SOURCE for one in wanted):
        remedies.append(narrowed(tree, start, [one.path for one in wanted]))
    for remedy in remedies if refusal is None else ():
        effect = _effect(remedy, tree, wanted)
        if not effect.unwanted and effect.complete:
            return Solved(wanted, left, _fix(remedy, wanted, effect), remedy.at, remedy.tree)
        unwanted = unwanted or effect.unwanted
    detail = f"git would also see {listed(unwanted)}"
    return Solved(wanted, left, refusal or Refusal("would-reveal", detail), anchors.at, tree)


def _alone(group: Sequence[Masked], start: Tree, tree: Tree, options: Options) -> Solved:
    """The ending of files that one line ignores by their names, by wildcards or by their place."""
    paths, match = [one.path for one in group], group[0].match
    if not match.pattern.floating or len(tree.hidden(paths)) < len(group):
        detail = f"add artifacts = {paths} to the table [tool.hatch.build] if they belong there"
        return Solved(group, (), Refusal("wheel", detail), [match], tree)
    remedy = narrowed(tree, start, paths)
    refusal = unfit(group, tree.snapshot, options.largest)
    effect = _effect(remedy, tree, group)
    if refusal is None and effect.complete and not effect.unwanted:
        return Solved(group, (), _fix(remedy, group, effect), remedy.at, remedy.tree)
    return Solved(group, (), refusal or Refusal("would-reveal", "a later line ignores them too"), [match], tree)


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
    folders = {one.match.path for one in wanted if one.match.path != one.path}
    return {f"{folder}/{name}" for folder in folders for name in ("__pycache__/m.cpython-312.pyc", "m.so")}


def _elsewhere(remedy: Remedy, wanted: Sequence[Masked]) -> Iterator[str]:
    """Paths on other machines that the pattern may well be meant for.

    Those that only this pattern ignores do not count: it never hid the rest of `env/`, say.
    """
    names = {match.pattern.name for match in remedy.at}
    yield from (path for path in _ELSEWHERE if not names.isdisjoint(path.split("/")))
    for match in (match for match in remedy.at if match.pattern.name):
        base, slash, _ = match.source.rpartition("/")
        folder = f"{base}{slash}{match.pattern.name}"
        if not any(one.path.startswith(f"{folder}/") for one in wanted):
            yield f"{folder}/m.py"


def _fix(remedy: Remedy, wanted: Sequence[Masked], effect: Effect) -> Fix:
    written = sorted({match.pattern.written.decode(errors="replace") for match in remedy.at})
    names = " and ".join(f"`{one}`" for one in written)
    title = f"Include {listed(remedy.includes)} again below {names}" if remedy.includes else f"Anchor {names}"
    tracks = tuple(Track(one.path) for one in wanted if one.state is State.LOOSE)
    if tracks:
        title += f" and commit {len(tracks)} hidden file{'s' if len(tracks) > 1 else ''}"
    private = any(one.role is Role.DATA or (one.unpacked and one.match.path == one.path) for one in wanted)
    safety = Safety.REVIEW if private else Safety.SAFE
    return Fix(title, safety, (*remedy.edits, *tracks), (Revealed(effect.shown, effect.probes),))


def _settled(outcome: Fix | Refusal, final: Tree) -> Fix | Refusal:
    """The outcome with those probes only that the fixes of all groups together keep ignored."""
    match outcome:
        case Fix(expects=(Revealed(paths=paths, probes=probes),)):
            return replace(outcome, expects=(Revealed(paths, tuple(sorted(final.hidden(probes)))),))
    return outcome


def _absent(masked: Iterable[Masked], snapshot: Snapshot) -> Iterator[Finding]:
    """What a person has to add, whether or not a pattern is still in the way."""
    lines: dict[tuple[str, int], list[Masked]] = {}
    for one in masked:
        if one.state is State.MISSING and one.match.source in snapshot:
            lines.setdefault(one.match.line, []).append(one)
    for found in lines.values():
        names = listed([one.path for one in found], most=len(found))
        detail = f"whoever has them must add {names}: {uses(found, snapshot)}"
        if found[0].role is not Role.SOURCE:
            detail += f"; {line(found[0].match)} ignores it, so it takes `git add --force`"
        used = "imported" if found[0].role is Role.SOURCE else "loaded"
        yield _finding(found[0].match, f"{names}: {used}, and in no commit", Refusal("missing-source", detail), found)


def _finding(match: Match, message: str, outcome: Fix | Refusal, masked: Sequence[Masked]) -> Finding:
    start, end = match.pattern.start, match.pattern.end
    return Finding(rule.id, match.source, start, end, message, outcome, _red_from(masked), _paths(masked))


def _paths(masked: Iterable[Masked]) -> tuple[str, ...]:
    return tuple(one.path for one in masked)


def _red_from(masked: Iterable[Masked]) -> date | None:
    """A clean checkout fails where something needs what it does not have, and so does a wheel without a module."""
    needed = any(one.use and one.state in {State.LOOSE, State.MISSING} for one in masked)
    return ALREADY if needed or any(one.unpacked and one.path.endswith(".py") for one in masked) else None


def _not_ours(masked: Iterable[Masked], snapshot: Snapshot) -> Iterator[Finding]:
    """Refusals for loose sources that another kind of pattern, or one outside the repository, keeps out."""
    lines: dict[tuple[str, int], list[Masked]] = {}
    for one in masked:
        outside = one.match.source not in snapshot
        if one.state is State.LOOSE and (one.use or outside) and not generated(one.path, snapshot):
            lines.setdefault(one.match.line, []).append(one)
    for (source, _), found in lines.items():
        match, names = found[0].match, listed([one.path for one in found])
        detail = f"{line(match)} ignores {names}"
        if source not in snapshot:
            place = _place(found, snapshot)
            why = Refusal("outside-mask", detail)
            yield Finding(rule.id, *place, f"{names}: on disk, and in no commit", why, _red_from(found), _paths(found))
        else:
            key = "wildcard-pattern" if match.pattern.name is None else "names-file"
            told = f"{names}: in no commit, but {uses(found, snapshot)}"
            yield _finding(match, told, Refusal(key, detail), found)


def _place(found: Sequence[Masked], snapshot: Snapshot) -> tuple[str, int, int]:
    """An import that needs one of the sources, else the beginning of a tracked file beside the first."""
    for one in found:
        if one.use is not None:
            return one.use.path, one.use.start, one.use.end
    folder = found[0].path.rpartition("/")[0]
    return next((path for path in snapshot.paths if path.startswith(f"{folder}/")), snapshot.paths[0]), 0, 0
