"""A private repository between the user's own and a remote: it borrows the objects of the one and talks to the other.

What is fetched and committed here vanishes with it; the user's repository is only read. Its configuration is asked
for the address of the remote and for the name of the committer, and for nothing else: programs, helpers, proxies,
rewritten addresses and headers count only where the user's own or the machine's configuration sets them.
"""

import base64
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from cifix.errors import GitError
from cifix.logs.redact import redact
from cifix.vcs.partial import TRANSPORTS, promisor
from cifix.vcs.quoting import quoted
from cifix.vcs.repository import Repository
from cifix.vcs.scratch import scratch

REMOTE = "cifix"
"""The name of the remote inside the private repository."""

NETWORK = {"GIT_ALLOW_PROTOCOL": TRANSPORTS}
"""For the commands that may talk to the remote."""

HOOKLESS = (
    f"git -c core.hooksPath={os.devnull} -c core.alternateRefsCommand=true -c core.fsmonitor=false -c gc.auto=0"
    " receive-pack"
)
"""What takes a push where the remote is a folder of this machine: its hooks are programs of a repository too."""

_OWN = ("system", "global", "command")
_TRUSTED = ("credential.", "http.", "ssh.", "gpg.", "user.", "author.", "committer.")
_TRUSTED_KEYS = frozenset({"core.sshcommand", "core.askpass", "core.gitproxy", "commit.gpgsign"})
_IDENTITY = frozenset({"user.name", "user.email", "user.signingkey", "commit.gpgsign"})
_SCHEMES = ("http", "https", "ssh", "git")


@dataclass(frozen=True, slots=True)
class Credential:
    """A token for every address below `base`, such as `https://github.com/`; no text shows the token."""

    base: str
    token: str = field(repr=False)
    user: str = "x-access-token"

    @property
    def header(self) -> str:
        """The HTTP header that carries it."""
        pair = f"{self.user}:{self.token}".encode()
        return f"Authorization: Basic {base64.b64encode(pair).decode()}"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a remote is: a URL without user and password, or an absolute path.

    `credential` is what the URL held. `host` is empty for a path; `project` is what follows it, such as `owner/name`.
    `named` tells that the user named it, and not the configuration: then hooks of what lies at a path may run.
    """

    url: str
    host: str
    project: str
    credential: Credential | None = None
    named: bool = False


@contextmanager
def exchange(repo: Repository, address: Address, credential: Credential | None = None) -> Iterator[Repository]:
    """A bare repository without refs whose remote `REMOTE` is `address`; it can read every object of `repo`.

    `credential` goes to git by the environment only: it is in no argument and in no file.
    """
    with scratch() as private:
        settings = [*_settings(repo), *_remote(repo, address), *carrying(credential or address.credential)]
        isolated = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **numbered(settings)}
        with Repository(None, private, private, repo.object_format, isolated) as between:
            form = f"--object-format={repo.object_format}"
            between.run("init", "--quiet", "--bare", "--template=", "--initial-branch=none", form)
            _borrow(repo, private)
            yield between


def address_of(repo: Repository, remote: str) -> Address:
    """Where pushes to `remote` go, which is the name of a remote, a URL or a path; raises `GitError`.

    A path inside the repository is refused, for the hooks of what is there would be programs of the repository.
    """
    named = () if "://" in remote else (f"remote.{remote}.pushurl", f"remote.{remote}.url")
    given = next((told for told in (_first(repo, key) for key in named) if told), None)
    if given is None and not ("/" in remote or ":" in remote):
        raise GitError(f"{repo.place} has no remote called {remote}; `git remote -v` lists them, --remote names one")
    return replace(parsed(_rewritten(repo, given or remote), repo), named=given is None)


def parsed(url: str, repo: Repository) -> Address:
    """An address as git writes it: a URL, `host:path` for ssh, or a path that is relative to the repository."""
    found = distant(url)
    if found is not None:
        return found
    _, mark, rest = url.partition("://")
    local = Path(os.path.normpath(repo.place / Path(unquote(rest) if mark else url)))
    if any(local.is_relative_to(inside) for inside in (repo.root, repo.git_dir, repo.common_dir) if inside):
        raise GitError(f"the remote {local} lies inside the repository, so its hooks are not run; name another one")
    return Address(str(local), "", _project(local.name))


def distant(url: str) -> Address | None:
    """The address that a URL, or `host:path` for ssh, stands for; None for a place on this machine."""
    scheme, mark, _ = url.partition("://")
    if mark and scheme.lower() in _SCHEMES:
        split = urlsplit(url)
        host = split.hostname or ""
        place = host if split.port is None else f"{host}:{split.port}"
        secret = _embedded(split, f"{scheme}://{place}/")
        user = f"{split.username}@" if split.username and secret is None else ""
        return Address(f"{scheme}://{user}{place}{split.path}", place, _project(split.path), secret)
    if mark and scheme.lower() != "file":
        raise GitError(f"cifix does not push by {scheme}; use one of file, {', '.join(_SCHEMES)}")
    host, colon, path = url.partition(":")
    if not mark and colon and "/" not in host:
        if "::" in url or url.startswith("-"):
            raise GitError(f"cifix does not push to {url}: a program would have to run for it")
        return Address(url, host.rpartition("@")[2], _project(path))
    return None


def numbered(settings: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The variables that hand configuration to git."""
    pairs = {f"GIT_CONFIG_KEY_{number}": key for number, (key, _) in enumerate(settings)}
    pairs |= {f"GIT_CONFIG_VALUE_{number}": value for number, (_, value) in enumerate(settings)}
    return {"GIT_CONFIG_COUNT": str(len(settings)), **pairs}


def _settings(repo: Repository) -> Iterator[tuple[str, str]]:
    """What the user and the machine say about transport, identity and signing; of the repository the identity."""
    for own, key, value in _every(repo):
        if key in _IDENTITY or (own and (key.startswith(_TRUSTED) or key in _TRUSTED_KEYS)):
            yield key, value


def _every(repo: Repository) -> Iterator[tuple[bool, str, str]]:
    """Every setting that holds in the repository, and whether it is the user's own or the machine's."""
    words = os.fsdecode(repo.run("config", "--list", "--show-scope", "-z")).split("\0")
    for scope, entry in zip(words[::2], words[1::2], strict=False):
        key, assigned, value = entry.partition("\n")
        yield scope in _OWN, key, value if assigned else "true"


def _remote(repo: Repository, address: Address) -> Iterable[tuple[str, str]]:
    told = [(f"remote.{REMOTE}.url", address.url)]
    told += [] if address.host or address.named else [(f"remote.{REMOTE}.receivepack", HOOKLESS)]
    if promisor(repo) is not None:
        told += [(f"remote.{REMOTE}.promisor", "true"), (f"remote.{REMOTE}.partialclonefilter", "blob:none")]
    return told


def carrying(credential: Credential | None) -> Sequence[tuple[str, str]]:
    """Our header in place of the user's; a redirection could carry it to another host, so none is followed."""
    if credential is None:
        return ()
    key = f"http.{credential.base}.extraheader"
    return ((key, ""), (key, credential.header), ("http.followRedirects", "false"))


def _borrow(repo: Repository, private: Path) -> None:
    info = private / "objects" / "info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "alternates").write_bytes(os.fsencode(f"{quoted(str(repo.common_dir / 'objects'))}\n"))
    shallow = repo.common_dir / "shallow"
    if shallow.is_file():
        (private / "shallow").write_bytes(shallow.read_bytes())


def _first(repo: Repository, key: str) -> str | None:
    told = repo.attempt("config", "-z", "--get-all", key)
    return os.fsdecode(told.out).split("\0")[0] if told.status == 0 else None


def _rewritten(repo: Repository, url: str) -> str:
    """The address after the user's own `url.*.insteadOf`, the longest first, as git does it."""
    rules: dict[str, list[tuple[str, str]]] = {"insteadof": [], "pushinsteadof": []}
    for own, key, value in _every(repo):
        section, _, kind = key.removeprefix("url.").rpartition(".")
        if own and key.startswith("url.") and kind in rules:
            rules[kind].append((value, section))
    for kind in ("pushinsteadof", "insteadof"):
        fitting = [(old, new) for old, new in rules[kind] if url.startswith(old)]
        if fitting:
            old, new = max(fitting, key=lambda rule: len(rule[0]))
            return new + url.removeprefix(old)
    return url


def _embedded(split: SplitResult, base: str) -> Credential | None:
    """The password that a URL holds, or a token in the place of a user; the name of a user alone is no secret."""
    user, password = unquote(split.username or ""), unquote(split.password or "")
    if not base.startswith("http") or not (password or redact(user) != user):
        return None
    return Credential(base, password, user)


def _project(path: str) -> str:
    return path.strip("/").removesuffix(".git")
