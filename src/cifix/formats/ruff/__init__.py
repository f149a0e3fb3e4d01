"""What ruff would report: which of its rules a repository has switched on for a file and a line.

The tests compare every answer with ruff itself. Rules chosen on a command line are not known here.

Source: https://docs.astral.sh/ruff/configuration/#config-file-discovery, read 2026-11.
"""

import posixpath
from collections.abc import Iterator
from functools import cached_property

from cifix.formats.gitignore import Ignores, ignore_files
from cifix.formats.ruff.ci import linted
from cifix.formats.ruff.noqa import silenced, silenced_file
from cifix.formats.ruff.settings import NAMES, Settings, settings
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text


class Ruff:
    """The linter as the repository has set it up."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._held: dict[str, Settings | None] = {}

    def settings(self, path: str) -> Settings | None:
        """The settings that count for a path: those of the nearest folder above it that has some."""
        return next((held for folder in _above(path) if (held := self._of(folder))), None)

    def anywhere(self, code: str) -> bool:
        """Whether some folder's settings have `code` switched on: if not, no file needs to be read."""
        return any(held.selects(code) for folder in sorted(self._folders) if (held := self._of(folder)))

    def selects(self, path: str, code: str) -> bool:
        """Whether `ruff check` at the root of the repository looks for `code` in the file at `path`.

        Ruff skips what git ignores, also if git tracks it.
        """
        held = self.settings(path)
        if held is None or not held.selects(code) or held.ignores(path, code):
            return False
        if not held.lints(path) or any(self._leaves_out(part) for part in (path, *_above(path)) if part):
            return False
        if held.respects_gitignore and self._ignores.ignored(path):
            return False
        return not silenced_file(self._snapshot.text(path).text, code)

    def fails(self, path: str) -> bool:
        """Whether a workflow surely fails for what ruff reports in a file."""
        return any(not lint or path == lint or path.startswith(f"{lint}/") for lint in self._linted)

    def limit(self, path: str) -> int | None:
        """The characters that a line of a file may have; None where nothing checks that."""
        held = self.settings(path)
        return held.longest_line if held is not None and self.selects(path, "E501") else None

    def _leaves_out(self, part: str) -> bool:
        held = self.settings(part)
        return held is not None and held.leaves_out(part)

    def _of(self, folder: str) -> Settings | None:
        if folder not in self._held:
            try:
                self._held[folder] = settings(self._snapshot, folder) if folder in self._folders else None
            except Opaque:
                self._held[folder] = Settings(())  # ruff stops at settings that it cannot read
        return self._held[folder]

    @cached_property
    def _folders(self) -> frozenset[str]:
        return frozenset(posixpath.dirname(path) for path in self._snapshot.matching([f"**/{name}" for name in NAMES]))

    @cached_property
    def _linted(self) -> frozenset[str]:
        return frozenset(linted(self._snapshot))

    @cached_property
    def _ignores(self) -> Ignores:
        return Ignores.of(ignore_files(self._snapshot), {})


def turned_down(text: Text, start: int, end: int, code: str) -> bool:
    """Whether a `noqa` comment on one of the lines from `start` to `end` names `code`, or no code at all.

    Ruff reads the first of these lines, and the last one of a string or a continued line.
    """
    first, last = (text.line_column(offset)[0] for offset in (start, max(start, end - 1)))
    return any(silenced(text.text[slice(*text.line_span(line))], code) for line in range(first, last + 1))


def _above(path: str) -> Iterator[str]:
    while path:
        path = posixpath.dirname(path)
        yield path
