"""Bare clones that hold no more than a run needs: one commit, its trees, and the blobs that are asked for.

Nothing is checked out, so no filter, link or attribute of a stranger's repository has any effect; the folder is laid
out here and not by `git init`, so no template or hook of the machine gets into it.
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cifix.errors import GitError
from cifix.logs.redact import redact
from cifix.vcs.branch import checked_name, recorded
from cifix.vcs.exchange import HOOKLESS, NETWORK, REMOTE, Credential, carrying, numbered
from cifix.vcs.partial import fetch
from cifix.vcs.repository import Outcome, Repository

_IMPATIENT = {"GIT_HTTP_LOW_SPEED_LIMIT": "1", "GIT_HTTP_LOW_SPEED_TIME": "60"}
"""Bytes a second and seconds: a server that stays below for so long is given up."""

_SHA256 = 64
_BLOBS = ("100644", "100755", "120000")
"""Modes of what is no folder and no submodule."""
_CHAIN = 32
"""Commits of a standing fix branch that are fetched to find out who made them."""


@dataclass(frozen=True, slots=True)
class Heads:
    """What a remote repository offers: the name of its default branch, if it tells, and tips by branch.

    `warning` says what is wrong with its address, if it answers all the same.
    """

    default: str | None
    tips: Mapping[str, str]
    warning: str = ""


def heads(url: str, names: Iterable[str], folder: Path, credential: Credential | None = None) -> Heads:
    """Ask a remote for its default branch and for branches called `names`; `folder` is an empty one to work in.

    Raises `GitError` if it cannot be reached.
    """
    asking = _laid_out(folder, url, "sha1", "main", credential)
    refs = [f"refs/heads/{branch}" for branch in names]
    told = _reached(asking, url, "ls-remote", "--symref", "--", REMOTE, "HEAD", *refs)
    default, tips = None, {}
    for line in os.fsdecode(told.out).splitlines():
        value, _, name = line.partition("\t")
        if name == "HEAD" and value.startswith("ref: refs/heads/"):
            default = value.removeprefix("ref: refs/heads/")
        elif name == "HEAD":
            tips["HEAD"] = value
        elif name in refs:
            tips[name.removeprefix("refs/heads/")] = value
    if default is not None and "HEAD" in tips:
        tips[default] = tips["HEAD"]
    return Heads(default, {name: tip for name, tip in tips.items() if name != "HEAD"}, _moved(told.error))


def branches(url: str, folder: Path, credential: Credential | None = None) -> frozenset[str]:
    """The names of all branches of a remote; `folder` is an empty one to work in."""
    asking = _laid_out(folder, url, "sha1", "main", credential)
    told = os.fsdecode(_reached(asking, url, "ls-remote", "--heads", "--", REMOTE).out)
    return frozenset(line.partition("\trefs/heads/")[2] for line in told.splitlines())


def clone(
    url: str, branch: str, tip: str, folder: Path, credential: Credential | None = None, *, history: bool = False
) -> Repository:
    """A bare clone, in the empty `folder`, of one branch whose tip was `tip` a moment ago.

    It holds the newest commit alone, or every commit with `history`, and no blobs if the server can leave them out.
    Raises `GitError` if it cannot be had.
    """
    repo = _laid_out(folder, url, _form(tip), branch, credential)
    depth = () if history else ("--depth=1",)
    _fetch(repo, url, branch, *depth)
    return repo


def fetch_branch(repo: Repository, url: str, branch: str) -> None:
    """Fetch a branch that may hold commits of ours, deep enough to see that; raises `GitError` if that fails."""
    _fetch(repo, url, branch, f"--depth={_CHAIN}")


def fetch_copies(repo: Repository, url: str, branch: str, upstream: str, tip: str) -> None:
    """Fetch what is needed to tell which commits from `tip` down to `upstream`, of `branch`, are copies of ours."""
    oids = repo.run("rev-list", "--no-merges", f"--max-count={_CHAIN}", tip, f"^{upstream}").decode().split()
    copies = [oid for oid in oids if "Cifix-Patch" in recorded(repo, oid).trailers]
    if not copies:
        return
    holds(repo, url, branch, upstream)
    shape = ("-r", "--raw", "--no-abbrev", "--no-renames", "--no-commit-id")
    told = repo.run("diff-tree", "--stdin", *shape, stdin="".join(f"{oid}\n" for oid in copies).encode())
    changes = [line[1:].split()[:4] for line in told.decode("utf-8", "replace").split("\n") if line.startswith(":")]
    sides = [side for before, after, old, new in changes for side in ((before, old), (after, new))]
    if blobs := {oid for mode, oid in sides if mode in _BLOBS}:
        fetch(repo, REMOTE, blobs)


def holds(repo: Repository, url: str, branch: str, oid: str) -> bool:
    """Whether the history of a branch of the remote holds a commit; its commits are fetched for that, nothing else."""
    unshallow = ("--unshallow",) if (repo.git_dir / "shallow").is_file() else ()
    _fetch(repo, url, branch, *unshallow, leaving="tree:0")
    return repo.attempt("merge-base", "--is-ancestor", oid, f"refs/heads/{branch}").status == 0


def connected(url: str, tip: str, folder: Path, credential: Credential | None = None) -> Repository:
    """An empty repository, in the empty `folder`, that can talk to a remote one; `tip` is any commit of that."""
    return _laid_out(folder, url, _form(tip), "none", credential)


def delete(repo: Repository, branch: str, tip: str) -> None:
    """Delete a branch of the remote that stands at `tip`; raises `GitError` if it does not, or that is refused."""
    ref = checked_name(repo, branch)
    told = repo.attempt("push", "--porcelain", f"--force-with-lease={ref}:{tip}", "--", REMOTE, f":{ref}", env=NETWORK)
    if told.status:
        raise GitError(f"the remote did not delete {branch}: {redact(told.error.strip())}")


def _fetch(repo: Repository, url: str, branch: str, *depth: str, leaving: str = "blob:none") -> None:
    refspec = f"+refs/heads/{branch}:refs/heads/{branch}"
    limits = ("--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--no-auto-maintenance", "--quiet")
    _reached(repo, url, "fetch", f"--filter={leaving}", *limits, *depth, "--", REMOTE, refspec)


_DULL = ("warning: filtering not", "Please make sure you have", "and the repository exists")


_ADVICE = (
    ("terminal prompts disabled", "it wants a login: name a token with --token, or let git's helpers or keys log in"),
    ("returned error: 301", "it has moved, and no token is sent after it: list it by its new address"),
    ("returned error: 403", "whoever asks has no right to it"),
    ("not found", "it does not exist by this name, or whoever asks may not see it"),
)
"""What to do, by what git says."""


def _reached(repo: Repository, url: str, command: str, *arguments: str) -> Outcome:
    outcome = repo.attempt(command, *arguments, env=NETWORK)
    if outcome.status:
        said = [line for line in outcome.error.splitlines() if line.strip() and not line.startswith(_DULL)]
        said += [advice for sign, advice in _ADVICE if sign in outcome.error][:1]
        raise GitError(f"git {command} of {url} failed: {redact('; '.join(said)) or 'it gave no reason'}")
    return outcome


def _moved(error: str) -> str:
    """Where git was sent on to; it says so and follows, as long as it carries no token."""
    found = re.search(r"^warning: redirecting to (\S+)", error, re.MULTILINE)
    return f"it has moved to {redact(found[1])}: list it by that address" if found else ""


def _laid_out(folder: Path, url: str, form: str, branch: str, credential: Credential | None) -> Repository:
    """An empty bare repository that knows its remote; the credential is in the environment of its commands only."""
    for name in ("objects", "refs"):
        (folder / name).mkdir(parents=True)
    (folder / "HEAD").write_text(f"ref: refs/heads/{branch}\n", "utf-8", "surrogateescape")
    settings = ["[core]", "repositoryFormatVersion = 1", "bare = true"]
    settings += ["[extensions]", "objectFormat = sha256"] if form == "sha256" else []
    settings += [f'[remote "{REMOTE}"]', f"url = {_value(url)}", "promisor = true", "partialCloneFilter = blob:none"]
    settings += [f"receivepack = {_value(HOOKLESS)}"] if _is_local(url) else []
    (folder / "config").write_text("\n".join(settings) + "\n", "utf-8", "surrogateescape")
    carried = numbered(carrying(credential)) if credential else {}
    return Repository(None, folder, folder, form, {**_IMPATIENT, **carried})


def _form(oid: str) -> str:
    return "sha256" if len(oid) == _SHA256 else "sha1"


def _is_local(url: str) -> bool:
    return url.startswith(("/", "file://"))


def _value(text: str) -> str:
    """Text as a value in a configuration file."""
    escaped = re.sub(r'(["\\])', r"\\\1", text).replace("\n", "\\n")
    return f'"{escaped}"'
