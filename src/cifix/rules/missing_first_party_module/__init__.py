"""Find imports of first-party modules and names that are in no commit.

Why:
    What works on the machine of its author fails in a clean checkout: "ModuleNotFoundError: No module named
    'pkg.mod'". If the import has the form `from . import mod`, Python 3.9 to 3.13 say "ImportError: cannot import name
    'mod' from partially initialized module 'pkg' (most likely due to a circular import)" instead. Nothing is circular
    then, and no reordering or delaying of imports helps: the file is not there. The rule tells the two apart from the
    tree alone.

    A module that lies on disk and that nothing ignores was not added: the fix commits it. An import that is spelled
    nearly like the only module it can mean is corrected, also where only the case differs: Python compares the case of
    module names on every system, and git can keep an old spelling of a file on systems that do not. An import of a
    module that the history of the repository shows renamed follows it. All other findings name what is missing, the
    line of an ignore file that hides it, the commit that removed it, and what is spelled like it.

When this is wrong:
    A module that a build writes and that no build file speaks of. A name that another module puts there while the
    program runs. A comment beside such an import silences the rule there.

What it will not touch:
    Imports under `try` with `except ImportError`, `TYPE_CHECKING` or a condition, modules that a build file or a
    compiled source speaks of, packages that change `__path__` or `sys.modules`, names of modules that are dynamic in
    any way or have a stub, and whatever samples, vendored folders and helpers of tests import.

Sources:
    https://docs.python.org/3/reference/import.html#regular-packages, read 2026-11
    https://peps.python.org/pep-0235/, read 2026-11
    https://git-scm.com/docs/git-config#Documentation/git-config.txt-coreignoreCase, read 2026-11
"""

from collections.abc import Iterator
from functools import cache

from cifix.formats import python
from cifix.formats.gitignore import Ignores, Match, ignore_files
from cifix.formats.python.imports import Import
from cifix.model.change import Track
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.rules.missing_first_party_module.lookup import Lookup, Missing, judged
from cifix.rules.missing_first_party_module.past import followed, moved, removed
from cifix.rules.missing_first_party_module.renaming import meant, nearest, rename
from cifix.rules.missing_first_party_module.silence import WRITERS, judges, made, provided_for, written


@declare(
    __doc__,
    reads=("**/*.py",),
    needles=(b"import",),
    safety=Safety.REVIEW,
    after=("anchor-gitignore",),
    refusals={
        "ignored": "an ignore pattern keeps the file out of every commit",
        "missing-module": "no commit holds the module, and no file on disk or near name is surely what was meant",
        "missing-name": "the module is there and never binds the name",
        "moved": "the module lies elsewhere now, and the import cannot follow by another name alone",
        "removed": "an earlier commit took the module away",
    },
)
def rule(snapshot: Snapshot, _options: NoOptions) -> Iterator[Finding]:
    """Yield the imports that no clean checkout can do."""
    lookup = Lookup(snapshot)
    ignores = cache(lambda: Ignores.of(ignore_files(snapshot), snapshot.excludes))
    seen = [(path, *found) for path in lookup.suspects(judges) for found in judged(lookup, path)]
    for globs in WRITERS:
        snapshot.seek([missing.name.encode() for _, _, missing in seen], globs)
    for path, statement, missing in seen:
        module = snapshot.parsed(path, python.parse)
        if not provided_for(lookup.data(path), module, statement) and not made(snapshot, missing):
            outcome = (
                _untracked(snapshot, ignores(), path, missing)
                or _moved(lookup, module, path, statement, missing)
                or _misspelt(lookup, module, path, statement, missing)
                or _told(lookup, statement, missing)
            )
            if outcome is not None:
                yield Finding(
                    "missing-first-party-module",
                    path,
                    statement.start,
                    statement.end,
                    _message(missing),
                    outcome,
                    ALREADY,
                    _about(missing),
                )


def _about(missing: Missing) -> tuple[str, ...]:
    """What a traceback names: the module that is there and its missing name, or the file that is not there."""
    if missing.module is not None:
        return missing.module, missing.name
    return f"{missing.stem}.py", f"{missing.stem}/__init__.py"


def _message(missing: Missing) -> str:
    if missing.module is not None:
        return f"{missing.module} has no {missing.name}"
    if missing.dotted:
        return f"no commit holds a module {missing.stem}, which is imported here"
    return f"{missing.folder} has neither a module nor a name {missing.name}"


def _untracked(snapshot: Snapshot, ignores: Ignores, importer: str, missing: Missing) -> Fix | Refusal | None:
    """The file is on disk only, or would be ignored if it was there."""
    if missing.module is not None:
        return None
    places = (f"{missing.stem}.py", f"{missing.stem}/__init__.py")
    found = next((path for path in places if path in snapshot.disk), None)
    match = ignores.explain(found or places[0])
    if match is not None and not match.pattern.negated:
        if found is None and match.path == places[0]:
            return None
        return Refusal("ignored", f"{_line(match)} ignores {found or places[0]}: see anchor-gitignore")
    if found is None:
        return None
    return Fix(f"Commit {found}, which {importer} imports", Safety.REVIEW, (Track(found),))


def _line(match: Match) -> str:
    source, number = match.line
    return f"{source}:{number} ({match.pattern.written.decode(errors='replace')})"


def _moved(
    lookup: Lookup, module: python.Module, path: str, statement: Import, missing: Missing
) -> Fix | Refusal | None:
    """The module lies somewhere else now."""
    stem = None if missing.module is not None else moved(lookup, statement, missing)
    if stem is None:
        return None
    taken = removed(lookup, statement, missing)
    since = f" in {taken[1]}" if taken is not None else ""
    edit = followed(lookup, module, path, statement, missing)
    if edit is None:
        return Refusal("moved", f"{missing.stem} is {stem}{since}; the import needs more than another name")
    return Fix(f"Follow {missing.stem} to {stem}, where it is{since.replace(' in', ' since')}", Safety.REVIEW, (edit,))


def _misspelt(lookup: Lookup, module: python.Module, path: str, statement: Import, missing: Missing) -> Fix | None:
    name = meant(lookup, path, statement, missing)
    edit = rename(module, path, statement, missing, name) if name is not None else None
    return None if edit is None else Fix(f"Import {name}, not {missing.name}", Safety.REVIEW, (edit,))


def _told(lookup: Lookup, statement: Import, missing: Missing) -> Refusal | None:
    if written(lookup.snapshot, missing):
        return None
    taken = None if missing.module is not None else removed(lookup, statement, missing)
    if taken is not None:
        return Refusal("removed", f"commit {taken[1]} removed {taken[0]}, and this import of it stayed")
    if missing.module is not None:
        return Refusal(
            "missing-name", f"{missing.module} binds no {missing.name}" + _like(lookup.bound(missing.module), missing)
        )
    what = f"there is neither {missing.stem}.py nor {missing.stem}/__init__.py" + _like(
        frozenset(lookup.siblings(missing.folder)), missing
    )
    return Refusal("missing-module", what if missing.dotted else f"{what}; nothing here is a circular import")


def _like(names: frozenset[str] | None, missing: Missing) -> str:
    near = nearest(names or (), missing.name)
    return f"; the nearest names are {', '.join(near)}" if near else ""
