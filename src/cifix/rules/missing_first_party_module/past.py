"""Where a missing module went, by the history of the repository, and the edit that follows it."""

from dataclasses import replace

from cifix.formats.python import Module
from cifix.formats.python.imports import Import
from cifix.model.change import Edit
from cifix.rules.missing_first_party_module.lookup import Lookup, Missing
from cifix.rules.missing_first_party_module.renaming import dotted, has_all, rename, respelled


def moved(lookup: Lookup, statement: Import, missing: Missing) -> str | None:
    """Where the module that the statement names lies now, without ending, if git saw it or its whole folder move."""
    history = lookup.snapshot.history
    rest = statement.module.split(".")[missing.position + 1 :] if missing.dotted else []
    full = "/".join([missing.stem, *rest])
    now = history.moved.get(f"{full}.py") or history.moved.get(f"{full}/__init__.py")
    folder = history.moved_folder(missing.stem)
    stem = now or ("/".join([folder, *rest]) if folder else "")
    stem = stem.removesuffix(".py").removesuffix("/__init__")
    return stem if lookup.source(stem) is not None or (folder and lookup.exists(stem)) else None


def removed(lookup: Lookup, statement: Import, missing: Missing) -> tuple[str, str] | None:
    """The path that an earlier commit took away, and the commit."""
    rest = statement.module.split(".")[missing.position + 1 :] if missing.dotted else []
    stems = ["/".join([missing.stem, *rest]), missing.stem]
    places = [place for stem in stems for place in (f"{stem}.py", f"{stem}/__init__.py")]
    taken = lookup.snapshot.history.removed
    return next(((place, taken[place]) for place in places if place in taken), None)


def followed(lookup: Lookup, module: Module, importer: str, statement: Import, missing: Missing) -> Edit | None:
    """Name the module where it lies now; None if that takes more than other words in the statement."""
    stem = moved(lookup, statement, missing)
    base = lookup.base(importer, statement)
    if stem is None or base is None or lookup.source(stem) == importer:
        return None
    folder, _, name = stem.rpartition("/")
    if not missing.dotted:
        wanted = respelled(statement, missing, name)
        fits = folder == missing.folder and has_all(lookup, importer, wanted, missing)
        return rename(module, importer, statement, missing, name) if fits else None
    inside = stem.removeprefix(f"{base}/") if base else stem
    parts = inside.split("/")
    if (base and inside == stem) or not all(part.isidentifier() for part in parts):
        return None
    wanted = replace(statement, module=".".join(parts))
    place = dotted(module, statement)
    if place is None or not has_all(lookup, importer, wanted, missing):
        return None
    return Edit(importer, *place, wanted.module)
