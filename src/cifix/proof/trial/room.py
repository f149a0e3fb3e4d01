"""A clean clone of the branch and a fresh environment, in which scripts run one after the other."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from cifix.errors import UsageError
from cifix.logs.redact import redact
from cifix.proof.process import PATH, Python, execute
from cifix.proof.result import Ran
from cifix.proof.span import Span
from cifix.proof.trial.environment import kept, runner, settings
from cifix.proof.trial.script import Script, placed
from cifix.vcs.clone import clone
from cifix.vcs.repository import Repository
from cifix.vcs.scratch import scratch

_MAKING = 300
"""Seconds that making an environment may take."""

_LINES = 20
"""Last lines of a command that failed which are told."""

Say = Callable[[str], None]
"""Told of each command just before it runs."""


@dataclass(frozen=True, slots=True)
class Means:
    """What rooms are made of: the branch, an interpreter, and uv if it is to be used.

    `seconds` is what all commands of one room may take together.
    """

    repo: Repository
    span: Span
    python: Python
    say: Say
    seconds: float = 600
    uv: str | None = None


@dataclass(slots=True)
class Room:
    """The clone in `checkout`, and `bin` with the interpreter that stands for the runner's own.

    `seconds` is what all its commands may take together, `lent` are folders of programs that were asked for.
    """

    checkout: Path
    scratch: Path
    bin: Path
    variables: Mapping[str, str]
    say: Say
    seconds: float
    lent: tuple[str, ...] = ()
    started: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """The seconds that are left."""
        return self.started + self.seconds - time.monotonic()

    @property
    def project(self) -> Path:
        """The folder of programs of the environment that the project is installed into: uv's own, or the runner's."""
        made = self.checkout / ".venv" / "bin"
        return made if (made / "python").exists() else self.bin

    def run(self, script: Script, *, inside: bool = False) -> Ran:
        """Run a script as the runner would; `inside` the project's environment its programs come first."""
        folder = self.checkout / script.folder
        if not folder.resolve().is_relative_to(self.checkout) or not folder.is_dir():
            return Ran(script.title, 1, 0.0, (f"the clone has no folder {script.folder}",), script.tolerated)
        file = self.scratch / "script.sh"
        file.write_text(placed(script.text, str(self.checkout)), "utf-8")
        env = {name: placed(value, str(self.checkout)) for name, value in script.env.items()}
        return self.start([*script.shell, str(file)], script, folder, env, inside=inside)

    def start(
        self, command: Sequence[str], script: Script, folder: Path, env: Mapping[str, str], *, inside: bool
    ) -> Ran:
        """Run a command that is called like `script`."""
        self.say(script.title)
        variables, paths = kept(self.scratch / "runner")
        first = [*paths, *([str(self.project)] if inside else []), str(self.bin), *self.lent]
        whole = {"LANG": "C.UTF-8", **env, **variables, **self.variables, "PATH": ":".join((*first, PATH))}
        ended = execute(command, folder, whole, self.scratch / "said", self.left)
        output = () if ended.code == 0 else tuple(redact(line) for line in ended.said.splitlines()[-_LINES:])
        return Ran(script.title, ended.code, ended.seconds, output, script.tolerated)

    def pip(self) -> None:
        """Give the interpreter pip, as the runner's has it."""
        if not (self.bin / "pip").exists():
            command = [str(self.bin / "python"), "-m", "ensurepip", "--default-pip"]
            execute(command, self.scratch, {**self.variables, "PATH": PATH}, self.scratch / "said", self.left)


@contextmanager
def room(means: Means, *, bare: bool = False) -> Iterator[Room]:
    """A new room, removed at the end, with an environment that uv or `python -m venv` makes, unless it is `bare`."""
    with scratch() as place:
        checkout = place / means.span.tip[:12]
        clone(means.repo, means.span.tip, means.span.branch, checkout)
        (place / "home").mkdir()
        variables = {
            **settings(),
            **runner(place / "runner", checkout),
            "HOME": str(place / "home"),
            "PIP_REQUIRE_VIRTUALENV": "1",
            "PYTHONNOUSERSITE": "1",
            "TMPDIR": str(place / "runner" / "temp"),
            "UV_PYTHON": str(place / "python" / "bin" / "python"),
            "UV_PYTHON_DOWNLOADS": "never",
        }
        made = Room(checkout, place, place / "python" / "bin", variables, means.say, means.seconds)
        if means.uv is not None:
            _lend(means.uv, made)
        if not bare:
            _environment(made, means.python, means.uv)
        made.started = time.monotonic()
        yield made


def uv_program() -> str:
    """Where uv is: on PATH, or installed as the module `uv`; raises `UsageError` if it is nowhere."""
    found = shutil.which("uv")
    if found is None and find_spec("uv") is not None:
        found = str(import_module("uv").find_uv_bin())
    if found is None:
        raise UsageError("--uv: there is no program uv; install it (https://docs.astral.sh/uv/) or leave --uv out")
    return found


def _lend(uv: str, made: Room) -> None:
    """Put uv where scripts find it, without what else lies beside it, and let it use its cache."""
    lent = made.scratch / "uv"
    lent.mkdir()
    for name in ("uv", "uvx"):
        program = Path(uv).resolve().with_name(name)
        if program.exists():
            (lent / name).symlink_to(program)
    asked = subprocess.run([uv, "cache", "dir"], capture_output=True, text=True, check=False, cwd=made.scratch)
    cache = {"UV_CACHE_DIR": asked.stdout.strip()} if asked.returncode == 0 else {}
    made.lent = (str(lent),)
    made.variables = {**made.variables, **cache}


def _environment(made: Room, python: Python, uv: str | None) -> None:
    """Make the environment that stands for the runner's own Python; raises `UsageError` if that cannot be done."""
    place = str(made.scratch / "python")
    command = [uv, "venv", "--quiet", "--no-project", "--python", python.executable, place]
    if uv is None:
        command = [python.executable, "-m", "venv", place]
    variables = {**made.variables, "PATH": PATH}
    del variables["UV_PYTHON"]
    ended = execute([part for part in command if part], made.scratch, variables, made.scratch / "said", _MAKING)
    if ended.code != 0:
        raise UsageError(f"--python: no environment can be made with {python.executable}: it {ended.words}")
