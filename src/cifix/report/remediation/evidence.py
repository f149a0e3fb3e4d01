"""Commands that prove a finding to whoever types them, at the root of a checkout of the commit it was found in."""

import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cached_property

from cifix.engine.plan import Placed
from cifix.formats.gitignore import Ignores, ignore_files
from cifix.model.change import Track
from cifix.model.expect import Revealed
from cifix.model.finding import Fix, Refusal
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.report.remediation.document import Evidence

_SOURCE = re.compile(r"(?<![\w./-])[\w.-]+(?:/[\w.-]+)*\.py[ix]?(?![\w/])", re.ASCII)
_PLAIN = re.compile(r"[ !#-\[\]-~]+")
"""Names of files that git prints as they are."""

_ASCII = re.compile(r"[ -~]+")
_MAGIC = re.compile(r"[*?\[\]]|^:")
_SHORTEST = 3
_LONGEST = 120
_PATHS = 12
"""Files that one command names."""


class Witness:
    """What a snapshot can be made to say about findings in it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def of(self, placed: Placed) -> Iterator[Evidence]:
        """The place itself, then what git says of the files that the finding names and that it keeps out."""
        yield from self._line(placed)
        named = [path for path in _named(placed) if _PLAIN.fullmatch(path)][:_PATHS]
        yield from self._ignored(named)
        yield from self._absent(named)

    def _line(self, placed: Placed) -> Iterator[Evidence]:
        path, number = placed.finding.path, placed.line
        try:
            text = self._snapshot.text(path)
        except (Opaque, KeyError):
            return
        lines = text.text.split("\n")
        if not _PLAIN.fullmatch(path) or "\r" in text.text.replace("\r\n", "") or number > len(lines):
            return
        line = lines[number - 1].rstrip("\r")
        words = max(_ASCII.findall(line), key=len, default="").strip()[:_LONGEST].strip()
        if len(words) < _SHORTEST:
            return
        shown = line[:_LONGEST].rstrip() if _ASCII.fullmatch(line) else ""
        command = _git("grep", "-nF", "-e", words, paths=[path])
        yield Evidence(command, (f"{path}:{number}:{shown}",))

    def _ignored(self, named: Sequence[str]) -> Iterator[Evidence]:
        told = []
        for path in named:
            match = self._ignores.explain(path)
            if match is None or match.pattern.negated or match.source not in self._snapshot:
                continue
            pattern = match.pattern.written.decode(errors="replace")
            if _PLAIN.fullmatch(match.source) and _ASCII.fullmatch(pattern):
                told.append((path, f"{match.source}:{match.pattern.number}:{pattern}\t{path}"))
        if told:
            command = _git("check-ignore", "-v", "--no-index", paths=[path for path, _ in told])
            yield Evidence(command, tuple(line for _, line in told))
        tracked = sorted(path for path, _ in told if path in self._snapshot)
        if tracked:
            yield Evidence("git ls-files -ci --exclude-standard", tuple(tracked))

    def _absent(self, named: Sequence[str]) -> Iterator[Evidence]:
        absent = [path for path in named if path not in self._snapshot and path not in self._snapshot.folders]
        if absent:
            yield Evidence(_git("ls-files", paths=absent))

    @cached_property
    def _ignores(self) -> Ignores:
        return Ignores.of(ignore_files(self._snapshot), self._snapshot.excludes)


def _named(placed: Placed) -> Iterator[str]:
    """The files that a finding is about besides the one it stands in, each once."""
    outcome = placed.finding.outcome
    told = [placed.finding.message]
    paths: list[str] = []
    match outcome:
        case Fix():
            paths += [change.path for change in outcome.changes if isinstance(change, Track)]
            paths += [path for claim in outcome.expects if isinstance(claim, Revealed) for path in claim.paths]
        case Refusal(detail=detail):
            told.append(detail)
    paths += [found[0] for text in told for found in _SOURCE.finditer(text)]
    yield from (path for path in dict.fromkeys(paths) if path != placed.finding.path)


def _git(*words: str, paths: Sequence[str]) -> str:
    """A git command about exactly these files, whatever characters their names hold."""
    literal = ["--literal-pathspecs"] if words[0] != "check-ignore" and any(map(_MAGIC.search, paths)) else []
    here = [f"./{path}" if words[0] == "check-ignore" and _MAGIC.search(path) else path for path in paths]
    return shlex.join(["git", *literal, *words, "--", *here])
