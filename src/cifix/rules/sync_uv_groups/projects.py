"""The projects of a repository, and what was found out about them in one run of the rule."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cifix.formats import shell
from cifix.formats.python.requirements import Requirement
from cifix.formats.uv.project import Workspace, reached, workspace
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.sync_uv_groups.facts import implied


@dataclass(slots=True)
class Projects:
    """Answers that many jobs and legs ask for, each found once."""

    snapshot: Snapshot
    _spaces: dict[str, Workspace | None] = field(default_factory=dict)
    _brought: dict[tuple[str, tuple[Requirement, ...]], frozenset[str]] = field(default_factory=dict)
    _commands: dict[str, tuple[shell.Command, ...] | None] = field(default_factory=dict)

    def at(self, folder: str | None) -> Workspace | None:
        """What uv finds from a folder; None without a project that can be read, or if the folder is not known."""
        if folder is None or folder not in self.snapshot.folders:
            return None
        if folder not in self._spaces:
            try:
                self._spaces[folder] = workspace(self.snapshot, folder)
            except Opaque:
                self._spaces[folder] = None
        return self._spaces[folder]

    def brought(self, space: Workspace, roots: Sequence[Requirement]) -> frozenset[str]:
        """Every distribution that requirements bring."""
        key = space.root, tuple(roots)
        if key not in self._brought:
            self._brought[key] = reached(space, roots, implied)
        return self._brought[key]

    def commands(self, script: str) -> tuple[shell.Command, ...] | None:
        """The commands of a script; None if it cannot be read."""
        if script not in self._commands:
            try:
                self._commands[script] = shell.commands(script)
            except Opaque:
                self._commands[script] = None
        return self._commands[script]
