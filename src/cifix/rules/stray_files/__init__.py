"""Take files that tools write out of git, and ignore them.

Why:
    Byte code, caches, compiled modules, coverage reports, the metadata of an installation and version files that a
    build writes were added once, by `git add .` or past an ignore file. From then on every run changes them: "error:
    Your local changes to the following files would be overwritten by checkout", a version that ends in `+dirty`,
    linters that fail on code nobody wrote, and compiled modules of one machine that others load: "ImportError: ...
    invalid ELF header". The fix takes them out of the tree and ignores them.
    Two test modules with one name in folders without an `__init__.py` stop pytest: "import file mismatch: imported
    module 'test_a' has this __file__ attribute ... which is not the same as the test file we want to collect".

    What happens on disk: the run itself leaves the files there. But whoever checks out, merges or pulls the branch
    later sees git remove them, since the commit he comes from tracks them, and git does not care that they are ignored
    now. All of them come back when their tool runs again; for a version file that is the next `pip install -e .`. A
    file that was changed since makes git refuse the checkout instead: copy it, `git restore` it and check out again.

When this is wrong:
    Where somebody takes the files from the repository without a build, such as a version file that is imported by a
    checkout that nobody installs: `cifix verify` says of it that the module is gone. Compiled modules, metadata,
    reports and version files are therefore for review.

What it will not touch:
    Files in folders of test data and samples, compiled modules without their source, and all that git does not track.

Sources:
    https://git-scm.com/docs/gitignore (read 2026-11)
    https://setuptools-scm.readthedocs.io/en/latest/config/ (read 2026-11)
    https://github.com/ofek/hatch-vcs#build-hook (read 2026-11)
    https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation (read 2026-11)
    https://docs.pytest.org/en/stable/explanation/pythonpath.html#import-modes (read 2026-11)
"""

from collections.abc import Iterator, Sequence

from cifix.formats.gitignore import NAME, Ignores, ignore_files
from cifix.model.change import Change, Create, Edit, Untrack
from cifix.model.expect import Hidden
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.stray_files.products import Kind, Stray, strays
from cifix.rules.stray_files.twins import same_names


@declare(
    __doc__,
    reads=("**",),
    safety=Safety.SAFE,
    after=("anchor-gitignore",),
    refusals={
        "aside": "a folder for what is put aside is in the repository, and whether it is needed is not known",
        "mentioned": "something in the repository names the file, so that it may be needed",
        "others": "the line of the ignore file that it takes would hide other files too, or something shows it again",
        "same-name": "pytest takes two test modules for one, and which of them is meant to go is not known",
        "opaque": "the ignore file cannot be read exactly",
    },
)
def rule(snapshot: Snapshot, _options: NoOptions) -> Iterator[Finding]:
    """Find tracked files that tools write, and test modules that hide each other."""
    fit: dict[Safety, list[Stray]] = {}
    for stray in strays(snapshot):
        refusal = _unfit(snapshot, stray)
        if refusal is not None:
            yield _finding(stray, refusal)
        else:
            fit.setdefault(stray.safety, []).append(stray)
    for safety, found in fit.items():
        outcome = _outcome(snapshot, found, safety)
        yield from (_finding(stray, outcome) for stray in found)
    for first, others in same_names(snapshot):
        message = f"pytest takes {first} and {' and '.join(others)} for one module: import file mismatch"
        copies = all(snapshot.read(other) == snapshot.read(first) for other in others)
        detail = "they hold the same, so that one may go; else " if copies else ""
        detail += "rename one, add an __init__.py to both folders, or set --import-mode=importlib"
        yield Finding(
            rule.id, first, 0, 0, message, Refusal("same-name", detail), ALREADY, (first, *others, _stem(first))
        )


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".py")


def _finding(stray: Stray, outcome: Fix | Refusal) -> Finding:
    rest = len(stray.paths) - 1
    named = stray.paths[0] + (f" and {rest} more" if rest else "")
    return Finding(rule.id, stray.paths[0], 0, 0, f"git tracks {named}: {stray.kind.value}", outcome)


def _unfit(snapshot: Snapshot, stray: Stray) -> Refusal | None:
    if stray.kind is Kind.ASIDE:
        return Refusal("aside", f"if nothing is needed: git rm -r --cached {stray.folder}")
    if stray.kind in {Kind.BYTE_CODE, Kind.COMPILED}:
        for path in stray.paths:
            name = path.rpartition("/")[2].encode("utf-8", "surrogateescape")
            user = next(snapshot.containing((name,), ("**/*.{py,toml,cfg,in,ini,yml,yaml,sh,txt}",)), None)
            if user is not None:
                return Refusal("mentioned", f"{user} names {path}")
    return None


def _outcome(snapshot: Snapshot, found: Sequence[Stray], safety: Safety) -> Fix | Refusal:
    """One fix for all, since they share the ignore file."""
    paths = sorted({path for stray in found for path in stray.paths})
    files = ignore_files(snapshot)
    before = Ignores.of(files, {})
    lines = [stray.line for stray in found if not all(before.ignored(path) for path in stray.paths)]
    changes: list[Change] = [Untrack(path) for path in paths]
    if lines:
        try:
            change = _added(snapshot, lines)
        except Opaque as why:
            return Refusal("opaque", f"{NAME}: {why}")
        changes.append(change)
        files[NAME] = snapshot.with_changes([change]).read(NAME)
    after = Ignores.of(files, {})
    newly = {path for path in (*snapshot.paths, *snapshot.disk) if after.ignored(path) and not before.ignored(path)}
    wrong = sorted((newly & snapshot.tracked) - set(paths)) or [path for path in paths if not after.ignored(path)]
    if wrong:
        return Refusal("others", f"{' '.join(lines)}: {wrong[0]}")
    title = f"Take {len(paths)} file{'s' if len(paths) > 1 else ''} out of git that tools write"
    hidden = (Hidden(tuple(sorted(newly))),) if newly else ()
    return Fix(title, safety, tuple(changes), hidden)


def _added(snapshot: Snapshot, lines: Sequence[str]) -> Edit | Create:
    """The lines at the end of the ignore file at the root; raises `Opaque` if it cannot be edited."""
    if NAME not in snapshot:
        return Create(NAME, "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
    text = snapshot.text(NAME)
    newline = text.newline if "\n" in text.newline else "\n"
    body = newline.join(dict.fromkeys(lines))
    try:
        body.encode(text.encoding)
    except UnicodeEncodeError as why:
        raise Opaque(f"a name cannot be written in it: {why}") from why
    finished = not text.text[text.start :] or text.text.endswith("\n")
    body = body + newline if finished else newline + body
    return Edit(NAME, len(text.text), len(text.text), body)
