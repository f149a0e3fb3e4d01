"""The one module that an import surely meant, and the edit that names it."""

import ast
import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from cifix.formats.python import Module, Span
from cifix.formats.python.imports import Import
from cifix.model.change import Edit
from cifix.rules.missing_first_party_module.lookup import Lookup, Missing

_DOTTED = re.compile(r"from\s*(?:\.\s*)*(?P<module>[\w.]+)")
_DIGITS = re.compile(r"\d+")


def meant(lookup: Lookup, importer: str, statement: Import, missing: Missing) -> str | None:
    """The only module beside the missing one that is spelled nearly like it and has all that is asked for."""
    if missing.module is not None:
        return None
    near = [name for name in lookup.siblings(missing.folder) if _near(missing.name, name)]
    if len(near) != 1 or f"{missing.folder}/{near[0]}.py".lstrip("/") == importer:
        return None
    return near[0] if has_all(lookup, importer, respelled(statement, missing, near[0]), missing) else None


def nearest(names: Iterable[str], name: str) -> list[str]:
    """Up to three names that are spelled somewhat like `name`, the best first."""
    folded = {one.lower(): one for one in sorted(names)}
    return [folded[one] for one in get_close_matches(name.lower(), folded, n=3, cutoff=0.7)]


def rename(module: Module, path: str, statement: Import, missing: Missing, name: str) -> Edit | None:
    """Write `name` where the statement says `missing.name`; None if other code uses what the statement binds."""
    node = _node(module, statement)
    if isinstance(node, ast.ImportFrom) and not missing.dotted:
        alias = node.names[missing.position]
        start, _ = module.span(alias)
        kept = "" if alias.asname else f" as {alias.name}"
        return Edit(path, start, start + len(alias.name), f"{name}{kept}")
    place = dotted(module, statement)
    if place is None:
        return None
    start = place[0] + sum(len(part) + 1 for part in statement.module.split(".")[: missing.position])
    return Edit(path, start, start + len(missing.name), name)


def _near(wanted: str, name: str) -> bool:
    """Whether two names differ in case only, or in one letter, two in long names; never in digits."""
    if wanted.lower() == name.lower():
        return True
    if _DIGITS.findall(wanted) != _DIGITS.findall(name):
        return False
    return distance(wanted.lower(), name.lower()) <= (1 if len(wanted) < 8 else 2)  # noqa: PLR2004


def distance(one: str, other: str) -> int:
    """How many letters must be put in, taken out, replaced or swapped with their neighbour."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, against in enumerate(other, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != against))
            if i > 1 and j > 1 and (letter, one[i - 2]) == (other[j - 2], against):
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


def respelled(statement: Import, missing: Missing, name: str) -> Import:
    """The statement with `name` for what is missing."""
    parts = statement.module.split(".") if missing.dotted else list(statement.names)
    parts[missing.position] = name
    return replace(statement, module=".".join(parts)) if missing.dotted else replace(statement, names=tuple(parts))


def has_all(lookup: Lookup, importer: str, statement: Import, missing: Missing) -> bool:
    """Whether the respelled statement finds its module, and every name in it."""
    if lookup.missing(importer, statement) is not None or "*" in statement.names:
        return False
    if not missing.dotted or not statement.names:
        return True
    stem = [target.stem for target in lookup.packages.targets(importer, statement) if target.certain][-1]
    source = lookup.source(stem)
    bound = lookup.bound(source) if source is not None else None
    return bound is not None and all(name in bound or lookup.exists(f"{stem}/{name}") for name in statement.names)


def _node(module: Module, statement: Import) -> ast.Import | ast.ImportFrom:
    return next(
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and module.span(node)[0] == statement.start
    )


def dotted(module: Module, statement: Import) -> Span | None:
    """The characters of the dotted name; None if other code uses what the statement binds by that name."""
    node = _node(module, statement)
    start, end = module.span(node)
    if isinstance(node, ast.ImportFrom):
        found = _DOTTED.match(module.text.text, start, end)
        return found.span("module") if found and found["module"] == statement.module else None
    alias = next(one for one in node.names if one.name == statement.module)
    first = module.span(alias)[0]
    written = module.text.text[first : first + len(alias.name)] == alias.name
    return (first, first + len(alias.name)) if alias.asname and written else None
