"""Ignore files from outside the tree: the user's own and the repository's private one."""

import os
from collections.abc import Mapping
from pathlib import Path

from cifix.vcs.repository import Repository


def excludes(repo: Repository) -> Mapping[str, bytes]:
    """The content of core.excludesFile (or git's default for it) and `info/exclude`, where they exist.

    A file that the repository's own configuration names is not read: it could be any file of the machine.
    """
    told = repo.attempt("config", "--type=path", "--show-scope", "-z", "--get", "core.excludesFile").out
    scope, _, named = os.fsdecode(told).rstrip("\0").partition("\0")
    own = scope not in ("local", "worktree")
    files = {
        "global": repo.place / named if named and own else _default(),
        "info/exclude": repo.common_dir / "info" / "exclude",
    }
    return {name: file.read_bytes() for name, file in files.items() if file.is_file() and os.access(file, os.R_OK)}


def _default() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.environ.get("HOME", os.sep), ".config")  # noqa: PTH118
    return Path(home, "git", "ignore")
