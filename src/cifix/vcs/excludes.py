"""Ignore files from outside the tree: the user's own and the repository's private one."""

import os
from collections.abc import Mapping
from pathlib import Path

from cifix.vcs.repository import Repository


def excludes(repo: Repository) -> Mapping[str, bytes]:
    """The content of core.excludesFile (or git's default for it) and `info/exclude`, where they exist."""
    named = os.fsdecode(repo.attempt("config", "--type=path", "-z", "--get", "core.excludesFile").out)
    files = {
        "global": repo.place / named.rstrip("\0") if named else _default(),
        "info/exclude": repo.common_dir / "info" / "exclude",
    }
    return {name: file.read_bytes() for name, file in files.items() if file.is_file() and os.access(file, os.R_OK)}


def _default() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.environ.get("HOME", os.sep), ".config")  # noqa: PTH118
    return Path(home, "git", "ignore")
