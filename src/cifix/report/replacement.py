"""A fix in the words of SARIF: replaced regions of the files as they are without any fix.

Source: the schema of SARIF 2.1.0 with errata 01, definitions fix, artifactChange, replacement and region.
"""

import base64
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from cifix.engine.plan import Patch
from cifix.model.change import Create, Delete, Edit, Track, Untrack, inverse, origin
from cifix.model.finding import Fix
from cifix.model.snapshot import Snapshot
from cifix.model.text import Text
from cifix.report.characters import legible


class InexpressibleError(Exception):
    """SARIF has no words for the fix; the message says why, after `the fix`."""


def replacements(fix: Fix, earlier: Sequence[Patch], before: Snapshot) -> dict[str, Any]:
    """The `fix` object of SARIF; `earlier` are the patches below the one of `fix`, `before` the files without any.

    What only changes git's index stands in its description. Raises `InexpressibleError` for a fix that
    deletes a file, that changes nothing but the index, or that builds on new text of an earlier patch.
    """
    gone = [change.path for change in fix.changes if isinstance(change, Delete)]
    if gone:
        raise InexpressibleError(f"deletes {', '.join(gone)}")
    edits: dict[str, list[Edit]] = {}
    for change in fix.changes:
        if isinstance(change, Edit):
            edits.setdefault(change.path, []).append(change)
    placed = {path: _original(path, edits[path], earlier) for path in sorted(edits)}
    told = [_artifact(path, _edited(before.text(path), placed[path])) for path in placed]
    told += [_artifact(change.path, [_new(change.data)]) for change in fix.changes if isinstance(change, Create)]
    if not told:
        raise InexpressibleError("changes nothing but git's index")
    return {"description": {"text": ". ".join([legible(fix.title), *_index_only(fix)])}, "artifactChanges": told}


def uri(path: str) -> str:
    """A path below the root of the repository as a relative reference; its exact bytes, percent-encoded."""
    return quote(path.encode("utf-8", "surrogateescape"))


def _artifact(path: str, parts: Sequence[object]) -> dict[str, Any]:
    return {"artifactLocation": {"uri": uri(path)}, "replacements": parts}


def _original(path: str, edits: Sequence[Edit], earlier: Sequence[Patch]) -> list[Edit]:
    """The same edits, placed in the file as it is before all patches."""
    for patch in reversed(earlier):
        changes = [change for change in patch.changes if change.path == path]
        if any(not isinstance(change, Edit) for change in changes):
            raise InexpressibleError(f"changes {path}, which another fix adds")
        before = [change for change in changes if isinstance(change, Edit)]
        undone = inverse(patch.before.text(path).text, before) if before else ()
        if any(one.start <= edit.end and edit.start <= one.end for edit in edits for one in undone):
            raise InexpressibleError(f"builds on the one of {patch.rule.id} at the same place of {path}")
        edits = [Edit(path, origin(edit.start, undone), origin(edit.end, undone), edit.text) for edit in edits]
    return sorted(edits)


def _edited(text: Text, edits: Sequence[Edit]) -> list[dict[str, Any]]:
    return [
        {"deletedRegion": region(text, edit.start, edit.end), "insertedContent": {"text": edit.text}} for edit in edits
    ]


def region(text: Text, start: int, end: int) -> dict[str, int]:
    """Lines and columns from 1, columns in code points, without a byte order mark; the end is exclusive."""
    (line, column), (end_line, end_column) = text.line_column(start), text.line_column(end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _new(data: bytes) -> dict[str, Any]:
    try:
        content = {"text": data.decode()}
    except UnicodeDecodeError:
        content = {"binary": base64.b64encode(data).decode()}
        return {"deletedRegion": {"byteOffset": 0, "byteLength": 0}, "insertedContent": content}
    return {"deletedRegion": {"startLine": 1, "startColumn": 1, "endColumn": 1}, "insertedContent": content}


def _index_only(fix: Fix) -> Iterator[str]:
    for kind, words in ((Track, "Then add to git"), (Untrack, "Then remove from git, but not from disk")):
        paths = [legible(change.path) for change in fix.changes if isinstance(change, kind)]
        if paths:
            yield f"{words}: {', '.join(paths)}"
