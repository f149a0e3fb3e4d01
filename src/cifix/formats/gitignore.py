"""Ignore files: their lines with exact places, and which paths git ignores because of them.

Patterns are translated here and not by a library: libraries match a path and everything below it with
one expression, whereas git walks down the folders and asks about each, and they read sets, trailing
blanks and bytes outside ASCII in ways of their own. The tests compare every part with `git check-ignore`.

Sources: https://git-scm.com/docs/gitignore and git's `dir.c` and `wildmatch.c`, read 2026-11.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from cifix.formats.wildmatch import literal, name_expression, path_expression
from cifix.model.snapshot import Snapshot
from cifix.model.text import LIMIT, Opaque, Text

NAME = ".gitignore"
"""What git calls an ignore file of a folder."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Pattern:
    """One pattern of an ignore file; `start:end` are its characters, from the `!` to before blanks git drops.

    `number` is its line, counted from 1 as git counts, at line feeds only. `stop` is the end of that line,
    before its line ending: a line put in there stands right below. `written` is the bytes that git reads.
    """

    number: int
    start: int
    end: int
    stop: int
    written: bytes

    @property
    def negated(self) -> bool:
        """Whether it makes git stop ignoring what an earlier pattern ignored."""
        return self.written.startswith(b"!")

    @cached_property
    def directory(self) -> bool:
        """Whether it matches folders only: it ends with a slash."""
        return self._glob.endswith(b"/")

    @cached_property
    def anchored(self) -> bool:
        """Whether a leading or middle slash ties it to the folder of its ignore file."""
        return b"/" in self._bare

    @cached_property
    def floating(self) -> bool:
        """Whether it matches at every depth below its ignore file, as `lib/`, `*.so` and `**/lib/` do."""
        return b"/" not in self._bare.removeprefix(b"**/")

    @cached_property
    def name(self) -> str | None:
        """The one name that it matches, at every depth or, as `/lib/` does, beside its ignore file; else None."""
        name = literal(self._bare.removeprefix(b"**/" if self.floating else b"/"))
        return None if not name or b"/" in name else name.decode("utf-8", "surrogateescape")

    @cached_property
    def fixed(self) -> bytes | None:
        """The one path, or name if it is not anchored, that it matches; None if it has wildcards."""
        return literal(self._bare.removeprefix(b"/"))

    @property
    def head(self) -> tuple[int, int]:
        """The characters that a single slash replaces to tie it to its folder: none, or a leading `**/`."""
        start = self.start + self.negated
        return start, start + 3 * self._bare.startswith(b"**/")

    def matches(self, path: bytes, *, directory: bool) -> bool:
        """Whether `path`, relative to the folder of the ignore file, is itself matched."""
        if self.directory and not directory:
            return False
        return self._expression.fullmatch(path if self.anchored else path.rpartition(b"/")[2]) is not None

    @property
    def _glob(self) -> bytes:
        return self.written.removeprefix(b"!")

    @cached_property
    def _bare(self) -> bytes:
        return self._glob.removesuffix(b"/")

    @cached_property
    def _expression(self) -> re.Pattern[bytes]:
        return path_expression(self._bare.removeprefix(b"/")) if self.anchored else name_expression(self._bare)


@dataclass(frozen=True, slots=True)
class Match:
    """A `pattern` of the ignore file `source`, and the `path` it matches: the one asked for or a folder above."""

    source: str
    pattern: Pattern
    path: str

    @property
    def line(self) -> tuple[str, int]:
        """The ignore file and the number of the line in it."""
        return self.source, self.pattern.number


def patterns(text: Text) -> tuple[Pattern, ...]:
    """The patterns of an ignore file in order; blank lines and comments are not among them."""
    return tuple(_patterns(text))


class Ignores:
    """The ignore files of a tree, and what they say about any path in it.

    `files` are the patterns of each ignore file by its path, `excludes` those of ignore files from outside
    the tree, weakest first.
    """

    def __init__(
        self, files: Mapping[str, Sequence[Pattern]], excludes: Mapping[str, Sequence[Pattern]] | None = None
    ) -> None:
        self._files = {path.rpartition("/")[0]: _Rules(path, tuple(lines)) for path, lines in files.items()}
        self._excludes = [_Rules(name, tuple(lines)) for name, lines in (excludes or {}).items()][::-1]
        self._folders: dict[str, Match | None] = {"": None}

    def without(self, dropped: Collection[tuple[str, int]]) -> "Ignores":
        """The same without the ignore files from outside, and without some patterns, given by file and line."""
        return Ignores(
            {
                rules.source: [pattern for pattern in rules.patterns if (rules.source, pattern.number) not in dropped]
                for rules in self._files.values()
            }
        )

    @classmethod
    def of(cls, files: Mapping[str, bytes], excludes: Mapping[str, bytes]) -> "Ignores":
        """The same from bytes; like git it reads anything, also what is not text."""
        parsed = [{path: patterns(_any_text(raw)) for path, raw in group.items()} for group in (files, excludes)]
        return cls(*parsed)

    @property
    def empty(self) -> bool:
        """Whether nothing can be ignored, since there is no pattern."""
        return not any(rules.patterns for rules in (*self._files.values(), *self._excludes))

    @cached_property
    def names(self) -> frozenset[str]:
        """The fixed names that patterns ignore, at every depth or in one place."""
        return frozenset(name for rules in (*self._files.values(), *self._excludes) for name in rules.named)

    def naming(self, path: str) -> Match | None:
        """The strongest pattern with the name of a folder above `path`, in whatever place it ignores that name."""
        folder = path.rpartition("/")[0]
        while folder:
            name = folder.rpartition("/")[2]
            for rules, _ in self._rules(folder):
                if name in rules.named:
                    return Match(rules.source, rules.named[name], folder)
            folder = folder.rpartition("/")[0]
        return None

    def explain(self, path: str) -> Match | None:
        """The pattern that decides about the file at `path`, perhaps a negated one, or None if none does.

        That is what `git check-ignore --no-index --verbose` prints: for a file in an ignored folder it is
        the pattern that ignores the outermost such folder, since git does not look into it.
        """
        return self._masking(path.rpartition("/")[0]) or self._last(path, directory=False)

    def ignored(self, path: str) -> bool:
        """Whether git ignores the file at `path`, tracked or not."""
        found = self.explain(path)
        return found is not None and not found.pattern.negated

    def applying(self, path: str, *, directory: bool) -> Iterator[Match]:
        """Every pattern that matches `path` itself, strongest first, whichever of them decides."""
        for rules, relative in self._rules(path):
            for pattern in reversed(rules.patterns):
                if pattern.matches(relative, directory=directory):
                    yield Match(rules.source, pattern, path)

    def _masking(self, folder: str) -> Match | None:
        unknown = []
        while folder not in self._folders:
            unknown.append(folder)
            folder = folder.rpartition("/")[0]
        verdict = self._folders[folder]
        for below in reversed(unknown):
            if verdict is None:
                found = self._last(below, directory=True)
                verdict = None if found is None or found.pattern.negated else found
            self._folders[below] = verdict
        return verdict

    def _last(self, path: str, *, directory: bool) -> Match | None:
        for rules, relative in self._rules(path):
            pattern = rules.last(relative, directory=directory)
            if pattern is not None:
                return Match(rules.source, pattern, path)
        return None

    def _rules(self, path: str) -> Iterator[tuple["_Rules", bytes]]:
        whole, folder = path.encode("utf-8", "surrogateescape"), path
        while folder:
            folder = folder.rpartition("/")[0]
            if folder in self._files:
                above = len(folder.encode("utf-8", "surrogateescape"))
                yield self._files[folder], whole[above + 1 :] if above else whole
        for rules in self._excludes:
            yield rules, whole


def ignored(ignore_files: Mapping[str, bytes], excludes: Mapping[str, bytes], paths: Sequence[str]) -> frozenset[str]:
    """Those of `paths`, files that may exist or not, that git ignores, tracked or not.

    `ignore_files` are the ignore files of the tree by path, `excludes` those from outside, weakest first.
    """
    ignores = Ignores.of(ignore_files, excludes)
    return frozenset(path for path in paths if ignores.ignored(path))


def literal_line(path: str) -> str:
    """The pattern that means this one path, from an ignore file at the root."""
    escaped = re.sub(r"[*?\[\\]", r"\\\g<0>", path)
    kept = escaped.rstrip(" ")
    return "/" + kept + "\\ " * (len(escaped) - len(kept))


def is_ignore_file(path: str) -> bool:
    """Whether git reads patterns from a file of this name."""
    return path.rpartition("/")[2] == NAME


def ignore_files(snapshot: Snapshot) -> dict[str, bytes]:
    """The bytes of every ignore file, tracked or loose, that can be read and is no larger than other texts may be."""
    found: dict[str, bytes] = {}
    for path in (*snapshot.matching((f"**/{NAME}",)), *snapshot.disk):
        if is_ignore_file(path):
            try:
                data = snapshot.read(path)
            except Opaque:
                continue
            if len(data) <= LIMIT:
                found[path] = data
    return found


@dataclass(frozen=True)
class _Rules:
    """The patterns of one ignore file, prepared for many questions."""

    source: str
    patterns: tuple[Pattern, ...]
    _known: dict[tuple[bytes, bool], int] = field(default_factory=dict)

    @cached_property
    def named(self) -> Mapping[str, Pattern]:
        """The last pattern that ignores each fixed name."""
        return {pattern.name: pattern for pattern in self.patterns if pattern.name and not pattern.negated}

    @cached_property
    def _anchored(self) -> "_Finder":
        return _Finder((index, pattern) for index, pattern in enumerate(self.patterns) if pattern.anchored)

    @cached_property
    def _floating(self) -> "_Finder":
        return _Finder((index, pattern) for index, pattern in enumerate(self.patterns) if not pattern.anchored)

    def last(self, path: bytes, *, directory: bool) -> Pattern | None:
        """The last pattern that matches `path` itself."""
        key = path.rpartition(b"/")[2], directory
        if key not in self._known:
            self._known[key] = self._floating.last(key[0], directory=directory, above=-1)
        found = self._anchored.last(path, directory=directory, above=self._known[key])
        return self.patterns[found] if found >= 0 else None


class _Finder:
    """Some patterns of an ignore file: those without wildcards are looked up, only the others are tried."""

    def __init__(self, numbered: Iterable[tuple[int, Pattern]]) -> None:
        self._fixed: dict[tuple[bytes, bool], int] = {}
        self._wild: list[tuple[int, Pattern]] = []
        for index, pattern in numbered:
            fixed = pattern.fixed
            if fixed is None:
                self._wild.append((index, pattern))
                continue
            self._fixed[fixed, True] = index
            if not pattern.directory:
                self._fixed[fixed, False] = index
        self._wild.reverse()

    def last(self, path: bytes, *, directory: bool, above: int) -> int:
        """The index of the last pattern that matches what is asked for, if it comes behind `above`; else `above`."""
        above = max(above, self._fixed.get((path, directory), -1))
        for index, pattern in self._wild:
            if index < above:
                break
            if pattern.matches(path, directory=directory):
                return index
        return above


def _patterns(text: Text) -> Iterator[Pattern]:
    at, number = _first(text), 0
    while at < len(text.text):
        number += 1
        feed = text.text.find("\n", at)
        # Git drops one carriage return before a line feed, and ends a line at a NUL as C strings do.
        line = text.text[at : feed if feed >= 0 else None].removesuffix("\r")
        kept = _without_trailing_spaces(line.partition("\0")[0])
        if kept and not line.startswith("#"):
            yield Pattern(number, at, at + len(kept), at + len(line), kept.encode(text.encoding))
        at = feed + 1 if feed >= 0 else len(text.text)


def _first(text: Text) -> int:
    """The first character that is not part of a byte order mark, which git skips by its three bytes."""
    return len(_BOM.decode(text.encoding)) if text.raw.startswith(_BOM) else 0


def _without_trailing_spaces(line: str) -> str:
    kept = re.match(r"(?:\\.|[^\\ ]| +(?=[^ ]))*", line, re.DOTALL)
    end = kept.end() if kept else 0
    return line if line[end : end + 1] == "\\" else line[:end]


def _any_text(raw: bytes) -> Text:
    try:
        return Text.decode(raw)
    except Opaque:
        return Text(raw, raw.decode("latin-1"), "latin-1", bom=False, newline="\n")
