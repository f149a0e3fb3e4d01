"""What earlier commits say about paths that are gone."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class History:
    """The fate of paths that some earlier commit tracked and the files at hand do not; empty where no history is known.

    `moved` tells where a file is now, by the renames git sees; `removed` the short id of the commit that took the
    file from its path, also for a file that moved.
    """

    moved: Mapping[str, str] = field(default_factory=dict)
    removed: Mapping[str, str] = field(default_factory=dict)

    def moved_folder(self, folder: str) -> str | None:
        """The one folder to which every file of `folder` moved, each under its old name; None if there is none."""
        lost = [path for path in self.removed if path.startswith(f"{folder}/")]
        targets = {self._target(path, path.removeprefix(folder)) for path in lost}
        return targets.pop() if len(targets) == 1 else None

    def _target(self, path: str, tail: str) -> str | None:
        now = self.moved.get(path, "")
        return now.removesuffix(tail) if now.endswith(tail) else None
