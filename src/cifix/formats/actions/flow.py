"""How artifacts flow through a run: which uploads feed which downloads, and into which folder.

v1 to v3 add to an artifact what is uploaded under its name, and fetch by name or fetch all; v4 and later store a
name once, and can fetch by a pattern, each artifact into a folder of its own or all of them into one.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from cifix.formats.actions.expression import Parts, Unknown, disjoint, joined, literal, spelling
from cifix.formats.actions.names import folded
from cifix.formats.actions.runs import Occurrence, Run
from cifix.formats.actions.workflow import Reference
from cifix.model import glob

NEWEST = 8
"""The major that a branch stands for."""

MAGIC = frozenset("[]{}()!#*?\\")
"""Characters that mean more than themselves in a pattern."""

PAIRS = 250_000
"""Uploads times downloads of a run beyond which their flow is not followed."""

_FLAT = 5
_PATTERNS = 4
_ELSEWHERE = ("run-id", "github-token", "repository", "artifact-ids")
_PRIVATE = 0xE000


@dataclass(frozen=True, slots=True, order=True)
class Delivery:
    """One upload that a download fetches, by its position among those of the run, and the folder it lands in.

    `doubt` is empty if it surely matches, else the name and what selects it, which only a run can compare.
    """

    upload: int
    folder: str
    doubt: str = ""


def major(uses: Reference, commits: Mapping[str, int]) -> int:
    """The major version of an action, that of a commit hash as `commits` says; branches are the newest."""
    if uses.sha:
        return commits.get(uses.ref.lower(), NEWEST)
    return (uses.version or (NEWEST,))[0]


def uploads(run: Run) -> list[Occurrence]:
    """The uploads of a run, in the order of its files."""
    return [occurrence for occurrence in run.occurrences if occurrence.site.upload]


def traceable(run: Run) -> bool:
    """Whether a run is small enough to follow what flows in it."""
    stored = len(uploads(run))
    return stored * (len(run.occurrences) - stored) <= PAIRS


def deliveries(run: Run, download: Occurrence, commits: Mapping[str, int]) -> Iterator[Delivery]:
    """What a download fetches of the uploads of its run, but for those that surely come after it."""
    if any(download.given.get(key) for key in _ELSEWHERE):
        return
    version = major(download.site.uses, commits)
    selector = _selector(download, version)
    before = _before(run, download)
    found = [(index, upload, _selects(selector, upload.name or ())) for index, upload in before]
    chosen = [(index, upload, sure) for index, upload, sure in found if sure is not False]
    single = version >= _FLAT and len({folded(upload.name or ()) for _, upload, _ in chosen}) == 1
    for index, upload, sure in chosen:
        name = spelling(upload.name or ())
        flat = download.name is not None or single or spelling(download.given.get("merge-multiple", ())) == "true"
        inner = () if flat else (name,)
        if version == 1 and "path" not in download.given:
            inner = (name,)
        doubt = "" if sure else f"{name} by {selector}"
        yield Delivery(index, folder(download.path, *inner), doubt)


def _before(run: Run, download: Occurrence) -> Iterator[tuple[int, Occurrence]]:
    """The uploads, with their position, that may be there when a download starts."""
    waiting: dict[str, bool] = {}
    index, past = -1, False
    for found in run.occurrences:
        past = past or found is download
        if not found.site.upload:
            continue
        index += 1
        if found.job not in waiting:
            waiting[found.job] = run.waits(found.job, download.job)
        same = (found.job, found.leg) == (download.job, download.leg)
        if not (same and past) and not waiting[found.job]:
            yield index, found


def folder(path: Parts, *inner: str) -> str:
    """Where a download with this `path` puts files, below the work space."""
    return posixpath.normpath(posixpath.join(spelling(path).replace("\\", "/").strip() or ".", *inner))


@lru_cache(maxsize=4096)
def fits(pattern: Parts, name: Parts) -> bool | None:
    """Whether a pattern of download-artifact matches a name; None if only a run can tell.

    Of the language of patterns `*`, `?` and a leading `!` are understood.
    """
    text = literal(pattern)
    if text is not None and text.startswith("!"):
        found = fits((text[1:],), name)
        return None if found is None else not found
    if any(MAGIC.difference("*?").intersection(part) for part in pattern if isinstance(part, str)):
        return None
    stand_in: dict[str, str] = {}
    tokens = chain.from_iterable(
        [re.escape(_standing(part, stand_in, 0))] if isinstance(part, Unknown) else _tokens(part) for part in pattern
    )
    written = "".join(_standing(part, stand_in, 1) if isinstance(part, Unknown) else part for part in name)
    if re.fullmatch(glob.joined([*tokens]), written):
        return True
    loose = joined(tuple(piece for part in pattern for piece in _pieces(part)))
    if literal(pattern) is not None and literal(name) is not None and written.lower() != _text(pattern).lower():
        return False
    return False if disjoint(folded(loose), folded(name)) else None


def _text(parts: Parts) -> str:
    return literal(parts) or ""


def _selector(download: Occurrence, version: int) -> tuple[str, Parts]:
    if download.name is not None:
        return "name", download.name
    pattern = download.given.get("pattern", ()) if version >= _PATTERNS else ()
    return "pattern", pattern or ("*",)


@lru_cache(maxsize=4096)
def _selects(selector: tuple[str, Parts], name: Parts) -> bool | None:
    how, wanted = selector
    if how == "pattern":
        return fits(wanted, name) if wanted != ("*",) else True
    if wanted == name and all(isinstance(part, str) or part.constant for part in name):
        return True
    return False if disjoint(folded(wanted), folded(name)) else None


def _standing(part: Unknown, known: dict[str, str], side: int) -> str:
    """A character that stands for an unknown text; both sides share it only if a whole run sees one value of it."""
    key = part.text if part.constant else f"{side}:{part.text}"
    return known.setdefault(key, chr(_PRIVATE + len(known)))


def _tokens(pattern: str) -> Iterator[str]:
    marks = {"*": glob.REST, "?": "."}
    return (marks.get(piece) or re.escape(piece) for piece in re.split(r"([*?])", pattern))


def _pieces(part: str | Unknown) -> Iterator[str | Unknown]:
    """A part of a pattern with its wildcards as texts that are not known."""
    if isinstance(part, Unknown):
        yield part
        return
    for piece in re.split(r"([*?])", part):
        yield Unknown(piece) if piece in {"*", "?"} else piece
