"""What git itself ignores, asked in a scratch repository so that any version of the ignore files can be tried."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from cifix.errors import GitError
from cifix.vcs.repository import Repository
from cifix.vcs.scratch import scratch

_ISOLATED = {
    "GIT_CONFIG_COUNT": "0",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_PARAMETERS": "",
    "GIT_CONFIG_SYSTEM": os.devnull,
}
_NONE_IGNORED = 1
_HERE = b"./"
"""Stands before every path, or git would read one like `:(glob)x` as a pattern."""


def ignored(ignore_files: Mapping[str, bytes], excludes: Mapping[str, bytes], paths: Sequence[str]) -> frozenset[str]:
    """The files among `paths` that git ignores, whether they exist or not and whether they are tracked or not.

    `ignore_files` holds `.gitignore` files by their path in the tree; `excludes` those from outside it, as
    `Source.excludes` does. Nothing of the user's own configuration has a say.
    """
    if not paths:
        return frozenset()
    with scratch() as folder:
        trial = _repository(folder)
        private = {"global": trial.git_dir / "global", "info/exclude": trial.git_dir / "info" / "exclude"}
        for name, file in private.items():
            file.write_bytes(excludes.get(name, b""))
        for path, data in ignore_files.items():
            file = trial.place / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        outcome = trial.attempt(
            *("-c", f"core.excludesFile={private['global']}", "check-ignore", "--no-index", "-z", "--stdin"),
            stdin=b"".join(_HERE + os.fsencode(path) + b"\0" for path in paths),
            env=_ISOLATED,
        )
    if outcome.status not in (0, _NONE_IGNORED):
        raise GitError(f"git check-ignore failed: {outcome.error.strip()}")
    return frozenset(os.fsdecode(path.removeprefix(_HERE)) for path in outcome.out.split(b"\0")[:-1])


def _repository(folder: Path) -> Repository:
    """The smallest folder that git takes for a repository; `git init` would copy the user's templates."""
    git_dir = folder / "scratch" / ".git"
    for name in ("objects", "refs", "info"):
        (git_dir / name).mkdir(parents=True)
    (git_dir / "HEAD").write_text("ref: refs/heads/main\n")
    return Repository(git_dir.parent, git_dir, git_dir, "sha1")
