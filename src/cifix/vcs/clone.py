"""A clean clone of one commit: its files and nothing else, in a repository of its own without past or remotes.

The files come from `export` and not from a checkout, which would start the filter programs that the user's own
configuration names. The repository around them is there because jobs ask git: pre-commit, versions from git, and tests
that list files.
"""

from pathlib import Path

from cifix.vcs.export import export
from cifix.vcs.repository import Repository

_LOCAL = {"GIT_ALLOW_PROTOCOL": "file"}
"""The one transport that is opened, for the one command that needs it."""


_ANY_COMMIT = ("-c", "protocol.version=2")
"""The version of the protocol in which a commit can be asked for that no ref names."""


def clone(repo: Repository, tip: str, branch: str, folder: Path) -> None:
    """Make `folder`, which does not exist, a shallow clone of the commit `tip`, with `branch` checked out.

    The files are those of `export`: no filter program, hook or template has a say, and submodules and links that
    lead out of the tree are left out. If no branch points to `tip` under that name, HEAD is detached. Raises
    `GitError` for objects that the repository does not have.
    """
    folder.mkdir(parents=True)
    private = folder / ".git"
    with Repository(folder, private, private, repo.object_format) as made:
        made.run("init", "--quiet", "--template=", f"--object-format={repo.object_format}")
        source = f"file://{repo.common_dir.absolute()}"
        options = ("--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head")
        made.run(*_ANY_COMMIT, "fetch", *options, source, tip, env=_LOCAL)
        named = repo.oid(f"refs/heads/{branch}") == tip
        if named:
            made.run("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        made.run("update-ref", *(() if named else ("--no-deref",)), "HEAD", tip)
        made.run("read-tree", tip)
    export(repo, tip, folder)
