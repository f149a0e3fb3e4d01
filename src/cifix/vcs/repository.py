"""A git repository, and the one way cifix runs git in it: none of the repository's own programs ever starts."""

import os
import stat
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from subprocess import PIPE
from tempfile import TemporaryFile
from threading import Lock
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Self

from cifix.errors import GitError
from cifix.vcs.batch import Batch

if TYPE_CHECKING:
    from git.cmd import Git

OLDEST = "2.31"
"""The oldest git that knows every option used here."""

SCRUBBED = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_COMMON_DIR",
    "GIT_DEFAULT_HASH",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INDEX_VERSION",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
"""Variables that a calling git (a hook, an alias, a rebase) leaves behind and that point at other places."""

_QUIET = {
    "GIT_ALLOW_PROTOCOL": "none",  # a missing object must not start a transport behind our back
    "GIT_EDITOR": ":",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_SETTINGS = (
    f"core.hooksPath={os.devnull}",
    "core.alternateRefsCommand=true",
    "core.fsmonitor=false",
    "core.safecrlf=false",
    "core.splitIndex=false",
    "core.untrackedCache=false",
    f"diff.orderFile={os.devnull}",
    "index.sparse=false",
    "log.mailmap=false",
    "log.showSignature=false",
    "core.filesRefLockTimeout=2000",
    "filter..clean=",  # attribute files say `filter=` to mean none, yet git would look for a driver of no name
    "filter..process=",
    "filter..required=false",
    "gc.auto=0",
    "maintenance.auto=false",
)
_OPTIONS = ("--no-pager", *(part for setting in _SETTINGS for part in ("-c", setting)))


def scrub(environ: MutableMapping[str, str]) -> None:
    """Remove the variables of `SCRUBBED`, which a surrounding git command may have set; once, at start-up.

    Folders of PATH that are not absolute go as well: git runs in the repository, and would be looked for there.
    """
    for name in SCRUBBED:
        environ.pop(name, None)
    if "PATH" in environ:
        environ["PATH"] = os.pathsep.join(filter(os.path.isabs, environ["PATH"].split(os.pathsep)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a git command ended: exit status, standard output and the text of standard error."""

    status: int
    out: bytes
    error: str


class Repository:
    """A repository found on disk; close it, or use it in a `with` statement, to end the processes it keeps.

    `root` is the absolute work tree, or None in a bare repository. `git_dir` is the private folder of this work
    tree and `common_dir` the one shared by all work trees; `object_format` is "sha1" or "sha256". `environment` holds
    variables for every git command here; `processes` counts how often git was started in it.
    """

    def __init__(
        self,
        root: Path | None,
        git_dir: Path,
        common_dir: Path,
        object_format: str,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.root = root
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.object_format = object_format
        self.processes = 0
        self._given = dict(environment)
        self._batch: Batch | None = None
        self._inherited: Batch | None = None
        self._owner = os.getpid()
        self._lock = Lock()

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """The repository that holds `path`; raises `GitError` if there is none or git does not accept it."""
        folder = _folder(Path(path))
        asked = ("--show-object-format", "--is-bare-repository", "--is-inside-work-tree", "--absolute-git-dir")
        outcome = _execute(folder, ("rev-parse", *asked))
        if outcome.status:
            raise GitError(_explained(("rev-parse",), outcome.error, folder))
        form, bare, inside, named = outcome.out.removesuffix(b"\n").split(b"\n", 3)
        if form not in (b"sha1", b"sha256"):
            raise GitError(f"the git on PATH is too old; install git {OLDEST} or newer")
        git_dir = Path(os.fsdecode(named))
        root = None
        if inside == b"true":
            root = Path(os.fsdecode(_execute(folder, ("rev-parse", "--show-toplevel")).out.removesuffix(b"\n")))
        elif bare == b"false":
            if not folder.resolve().is_relative_to(git_dir.resolve()):
                root = folder
            elif git_dir.name == ".git":
                return cls.open(git_dir.parent)
            else:
                raise GitError(f"{folder} is inside the repository's own folder; start from its work tree")
        if root is not None and not _leads(root / ".git", git_dir):
            raise GitError(
                f"{git_dir} says that its work tree is elsewhere (core.worktree), and no .git in {root} leads to it; "
                f"start from a folder whose .git does"
            )
        return cls(root, git_dir, _common(git_dir), form.decode())

    @property
    def place(self) -> Path:
        """Where git runs: the work tree, or the repository itself if it is bare."""
        return self.root or self.git_dir

    @property
    def zero(self) -> str:
        """The object id that means "nothing here"."""
        return "0" * (64 if self.object_format == "sha256" else 40)

    def run(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] = MappingProxyType({})) -> bytes:
        """Standard output of `git arguments`; raises `GitError`, with what git said, if it fails."""
        outcome = self.attempt(*arguments, stdin=stdin, env=env)
        if outcome.status:
            raise GitError(_explained(arguments, outcome.error, self.place))
        return outcome.out

    def attempt(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] = MappingProxyType({})) -> Outcome:
        """Like `run`, for commands whose failure is an answer."""
        self.processes += 1
        return _execute(self.place, (*self._restrained, *arguments), stdin, {**self._environment, **env})

    def oid(self, name: str) -> str | None:
        """The full id of the object that `name` names, or None."""
        if name.startswith("-"):
            return None
        outcome = self.attempt("rev-parse", "--verify", "--quiet", name)
        return outcome.out.decode().strip() if outcome.status == 0 else None

    def objects(self, oids: Sequence[str]) -> dict[str, bytes]:
        """The content of many objects by id, read by one process that stays; raises `GitError` if one is missing."""
        with self._lock:
            if self._batch is not None and not self._batch.usable:
                self._batch = None
            if self._owner != os.getpid():  # the process belongs to the one that this one was forked from
                self._inherited, self._batch, self._owner = self._batch, None, os.getpid()
            if self._batch is None:
                self.processes += 1
                git = _gitpython()(self.place)
                env = {**self._environment}
                command = [*_unsetting(env), "git", *_OPTIONS, *self._restrained, "cat-file", "--batch"]
                self._batch = Batch(git.execute(command, istream=PIPE, as_process=True, env=env))
            return self._batch.read(oids)

    def close(self) -> None:
        """End the processes that this repository keeps; it can be used again afterwards."""
        with self._lock:
            if self._batch is not None:
                self._batch.close()
                self._batch = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.root, self.git_dir, self.common_dir, self.object_format, self._given)

    @cached_property
    def _restrained(self) -> tuple[str, ...]:
        """Options that give the attribute file of the user, where the repository's own configuration names another."""
        asked = ("config", "--type=path", "--show-scope", "-z", "--get-all", "core.attributesFile")
        words = os.fsdecode(_execute(self.place, asked, env=self._environment).out).split("\0")
        if not {"local", "worktree"} & {*words[::2]}:
            return ()
        own = [file for scope, file in zip(words[::2], words[1::2], strict=False) if scope not in ("local", "worktree")]
        return "-c", f"core.attributesFile={own[-1] if own else os.devnull}"

    @property
    def _environment(self) -> dict[str, str]:
        located = {"GIT_DIR": str(self.git_dir)}
        if self.root is not None:
            located["GIT_WORK_TREE"] = str(self.root)
        return {**_QUIET, **located, **self._given}


def _folder(path: Path) -> Path:
    try:
        folder = path if stat.S_ISDIR(path.stat().st_mode) else path.parent
    except PermissionError:
        folder = path
    except OSError as why:
        raise GitError(f"{path} does not exist; name a folder inside a git repository") from why
    if not os.access(folder, os.R_OK | os.X_OK):
        raise GitError(f"no permission to read {folder}; run cifix as a user who may")
    return folder.absolute()


def _leads(pointer: Path, git_dir: Path) -> bool:
    """Whether the `.git` of a work tree is the repository, or a file that names it.

    Otherwise core.worktree has moved the work tree, and files that are none of the repository's would be taken for it.
    """
    try:
        if pointer.is_file():
            named = os.fsdecode(pointer.read_bytes().removeprefix(b"gitdir:").strip())
            pointer = pointer.parent / named
        return pointer.samefile(git_dir)
    except OSError:
        return False


def _common(git_dir: Path) -> Path:
    pointer = git_dir / "commondir"
    if not pointer.is_file():
        return git_dir
    return Path(os.path.normpath(git_dir / os.fsdecode(pointer.read_bytes().rstrip(b"\n"))))


def _execute(
    folder: Path, arguments: Sequence[str], stdin: bytes = b"", env: Mapping[str, str] = MappingProxyType(_QUIET)
) -> Outcome:
    runner = _gitpython()(folder)
    from git.exc import GitCommandNotFound  # noqa: PLC0415 - GitPython is known to be there only now

    command = [*_unsetting(env), "git", *_OPTIONS, *arguments]
    with TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        try:
            status, out, error = runner.execute(
                command,
                istream=given,
                env=env,
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
            )
        except GitCommandNotFound as why:
            raise GitError(
                f"git cannot be started in {folder}: install git {OLDEST} or newer and put it on PATH"
            ) from why
    return Outcome(status, out, error)


def _gitpython() -> "type[Git]":
    """GitPython's runner, imported late: it takes a third of a second and fails where git is not installed."""
    try:
        from git.cmd import Git  # noqa: PLC0415
    except ImportError as why:
        raise GitError(f"git is not on PATH; install git {OLDEST} or newer") from why
    return Git


def _unsetting(env: Mapping[str, str]) -> list[str]:
    """GitPython can only add to the inherited environment; `env -u` takes away what `scrub` would."""
    inherited = [name for name in SCRUBBED if name in os.environ and name not in env]
    return ["env", *(part for name in inherited for part in ("-u", name))] if inherited else []


def _explained(arguments: Sequence[str], error: str, folder: Path) -> str:
    while arguments[0] == "-c":
        arguments = arguments[2:]
    command = arguments[0]
    if "dubious ownership" in error:
        named = error.partition("repository at '")[2].partition("'")[0] or str(folder)
        return (
            f"{named} belongs to another user; if you trust it, type: git config --global --add safe.directory {named}"
        )
    if "not a git repository" in error:
        return f"{folder} is not inside a git repository; go to one, or name one on the command line"
    if "permission" in error.lower():
        return f"git {command}: no permission in {folder}; run cifix as a user who may read it ({error.strip()})"
    return f"git {command} failed in {folder}: {error.strip() or 'it gave no reason'}"
