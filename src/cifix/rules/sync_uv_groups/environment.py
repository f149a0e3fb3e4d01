"""What the environments of a job may hold at one moment, and what may be found on PATH."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cifix.formats.shell import Command
from cifix.formats.uv.arguments import Argument, Call
from cifix.formats.uv.project import Workspace
from cifix.rules.sync_uv_groups.needs import Need
from cifix.rules.sync_uv_groups.steps import Visit


@dataclass(frozen=True, slots=True)
class Place:
    """A command in the script of a step, with its arguments and, if it is one of uv, what they mean."""

    visit: Visit
    command: Command
    arguments: tuple[Argument, ...]
    call: Call | None = None

    @property
    def key(self) -> tuple[str, int, int]:
        """What is equal for one place of a file, whatever the leg."""
        script = self.visit.script
        return self.visit.leg.path, script.start if script else 0, self.command.words[0].start


@dataclass(slots=True)
class Environment:
    """What an environment holds at most; an `open` one may hold anything.

    `syncs` are the calls of `uv sync` that it comes from: the last one that surely ran, and later ones. `synced` tells
    that one surely ran.
    """

    present: frozenset[str] = frozenset()
    open: bool = False
    synced: bool = False
    syncs: tuple[Place, ...] = ()

    def add(self, names: Iterable[str]) -> None:
        """Install something beside what there is."""
        self.present |= frozenset(names)


@dataclass(slots=True)
class Outside:
    """What is on PATH besides the environments of uv: names of distributions, or anything at all if `open`.

    `activated` tells that an environment may be on PATH for all steps that follow.
    """

    names: set[str] = field(default_factory=set)
    open: bool = False
    activated: bool = False

    def may_have(self, distribution: str) -> bool:
        """Whether a command of this distribution may be there."""
        return self.open or any(distribution in name for name in self.names)


@dataclass(frozen=True, slots=True)
class Lack:
    """A command that fails, for certain, because something is `missing` from the environment that it sees.

    A `bare` one is not started by uv, though uv made the environment. `targets` are the calls of uv that could install
    what is missing; `space` is the workspace they are about. For an option of uv that names nothing, `kind` is `extra`
    or `group` and `name` what it names; for options that cannot go together it is `conflict`. `sure` is False if
    something that is there might bring along what is missing.
    """

    place: Place
    space: Workspace
    missing: tuple[Need, ...] = ()
    targets: tuple[Place, ...] = ()
    bare: bool = False
    kind: str = ""
    name: str = ""
    sure: bool = True
    tolerated: bool = False
