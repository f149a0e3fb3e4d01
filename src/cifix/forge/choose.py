"""Which forge a remote belongs to, which way leads there, and which token may be sent to it."""

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from cifix.errors import UsageError
from cifix.forge.calls import Call, installed, program, pygithub, python_gitlab
from cifix.forge.github import GitHub
from cifix.forge.gitlab import GitLab
from cifix.forge.listing import Lister
from cifix.forge.listing.github import GitHubLister
from cifix.forge.listing.gitlab import GitLabLister
from cifix.forge.local import Local
from cifix.forge.request import Forge
from cifix.vcs.exchange import Address, Credential

KINDS = ("auto", "github", "gitlab", "gh", "glab", "local")
_GITHUB_TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")
_JOB_TOKEN = "CI_JOB_TOKEN"  # noqa: S105 - the name of a variable
_GITLAB_TOKENS = ("GITLAB_TOKEN", _JOB_TOKEN)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Way:
    """A forge, and what git needs to push there; None leaves that to the user's own credential helpers and keys."""

    forge: Forge
    credential: Credential | None = None


Paced = Callable[[Call], Call]
"""What makes a call wait for its turn."""


def choose(address: Address, kind: str, environ: Mapping[str, str], folder: Path, paced: Paced | None = None) -> Way:
    """The way to the forge of `address`; raises `UsageError` if none is known.

    Calls are repeated and spaced by the library that makes them, or by `paced` alone. A token of the environment goes
    to one host only: for GitHub that of GITHUB_SERVER_URL or GH_HOST, for GitLab that of CI_SERVER_URL or GITLAB_HOST,
    each the public one unless set. What a repository names as its remote gets none.
    """
    github, gitlab = _github(environ), _gitlab(environ)
    if kind == "local" or (kind == "auto" and not address.host):
        return Way(Local(folder))
    if kind in ("auto", "github", "gh") and _same(address, github):
        return _to_github(address, kind, environ, github, paced)
    if kind in ("auto", "gitlab", "glab") and _same(address, gitlab):
        return _to_gitlab(address, kind, environ, gitlab, paced)
    raise UsageError(
        f"the remote is at {address.host or address.url}, which is neither {github.netloc} nor {gitlab.netloc}: set "
        f"GITHUB_SERVER_URL or CI_SERVER_URL to its address if it is one of these, or take --forge local"
    )


def lister(family: str, kind: str, environ: Mapping[str, str]) -> Lister:
    """The way to ask a forge, `github` or `gitlab`, for its repositories; raises `UsageError` if there is none."""
    if family == "github":
        token = environ.get(_first(environ, _GITHUB_TOKENS), "")
        return GitHubLister(_github_call(kind, environ, _github(environ), token)[1])
    return GitLabLister(_gitlab_call(kind, environ, _gitlab(environ))[1])


def tokens(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The variables that hold the tokens of the environment, by the address that each may be sent to."""
    found = {}
    for place, names in ((_github, _GITHUB_TOKENS), (_gitlab, _GITLAB_TOKENS)):
        if variable := _first(environ, names):
            server = place(environ)
            found[f"{server.scheme}://{server.netloc}"] = variable
    return found


def user_of(variable: str) -> str:
    """The name that git gives beside the token in a variable."""
    return {"GITLAB_TOKEN": "oauth2", _JOB_TOKEN: "gitlab-ci-token"}.get(variable, "x-access-token")


def _to_github(
    address: Address, kind: str, environ: Mapping[str, str], server: SplitResult, paced: Paced | None
) -> Way:
    token, workflows = environ.get(_first(environ, _GITHUB_TOKENS), ""), None
    app, key = environ.get("CIFIX_APP_ID"), environ.get("CIFIX_APP_KEY_FILE")
    if kind != "gh" and app and key:
        token, workflows = installed(_api(environ, server), address.project, app, _read(key))
    name, call = _github_call(kind, environ, server, token, paced)
    credential = _credential(address, "x-access-token", token) if name == "github" else None
    return Way(GitHub(name, call, address.project, server.netloc, workflows), credential)


def _github_call(
    kind: str, environ: Mapping[str, str], server: SplitResult, token: str, paced: Paced | None = None
) -> tuple[str, Call]:
    if kind != "gh" and token:
        return "github", _spaced(pygithub(_api(environ, server), token, patient=paced is None), paced)
    path = _logged_in("gh", server.netloc)
    if kind == "github" or path is None:
        raise UsageError(
            f"{server.netloc} needs a token in GITHUB_TOKEN, an App in CIFIX_APP_ID and CIFIX_APP_KEY_FILE (for "
            f"`cifix pr` only), or a login of gh"
        )
    return "gh", _spaced(program("gh", path, server.netloc), paced)


def _api(environ: Mapping[str, str], server: SplitResult) -> str:
    named = environ.get("GITHUB_API_URL") if environ.get("GITHUB_SERVER_URL") else None
    public = server.netloc == "github.com"
    return named or ("https://api.github.com" if public else f"{server.scheme}://{server.netloc}/api/v3")


def _to_gitlab(
    address: Address, kind: str, environ: Mapping[str, str], server: SplitResult, paced: Paced | None
) -> Way:
    name, call = _gitlab_call(kind, environ, server, paced)
    variable = _first(environ, _GITLAB_TOKENS)
    credential = _credential(address, user_of(variable), environ[variable]) if name == "gitlab" else None
    return Way(GitLab(name, call, address.project), credential)


def _gitlab_call(
    kind: str, environ: Mapping[str, str], server: SplitResult, paced: Paced | None = None
) -> tuple[str, Call]:
    variable = _first(environ, _GITLAB_TOKENS)
    if kind != "glab" and variable:
        url = f"{server.scheme}://{server.netloc}"
        call = python_gitlab(url, environ[variable], job=variable == _JOB_TOKEN, patient=paced is None)
        return "gitlab", _spaced(call, paced)
    path = _logged_in("glab", server.netloc)
    if kind == "gitlab" or path is None:
        raise UsageError(f"{server.netloc} needs a token in GITLAB_TOKEN, or a login of glab")
    return "glab", _spaced(program("glab", path, server.netloc), paced)


def _spaced(call: Call, paced: Paced | None) -> Call:
    return call if paced is None else paced(call)


def _github(environ: Mapping[str, str]) -> SplitResult:
    return _server(environ.get("GITHUB_SERVER_URL") or environ.get("GH_HOST") or "github.com")


def _gitlab(environ: Mapping[str, str]) -> SplitResult:
    return _server(environ.get("CI_SERVER_URL") or environ.get("GITLAB_HOST") or "gitlab.com")


def _first(environ: Mapping[str, str], names: Sequence[str]) -> str:
    """The first of the variables that is set; empty if none is."""
    return next((name for name in names if environ.get(name)), "")


def _server(given: str) -> SplitResult:
    server = urlsplit(given if "://" in given else f"https://{given}")
    if server.scheme != "https" and server.hostname not in _LOOPBACK:
        raise UsageError(f"{given} would get a token without encryption; give it as https")
    return server


def _same(address: Address, server: SplitResult) -> bool:
    """Whether the remote is on the server; ssh has a port of its own."""
    split = urlsplit(address.url)
    if split.scheme in ("http", "https"):
        return (split.scheme, address.host.lower()) == (server.scheme, server.netloc.lower())
    return bool(address.host) and address.host.partition(":")[0].lower() == server.hostname


def _credential(address: Address, user: str, token: str) -> Credential | None:
    split = urlsplit(address.url)
    if split.scheme not in ("http", "https"):
        return None
    return Credential(f"{split.scheme}://{address.host}/", token, user)


def _logged_in(name: str, host: str) -> str | None:
    path = shutil.which(name)
    if path is None:
        return None
    asked = [path, "auth", "status", "--hostname", host]
    return path if subprocess.run(asked, capture_output=True, check=False).returncode == 0 else None


def _read(key: str) -> str:
    try:
        return Path(key).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as why:
        raise UsageError(f"the key file of the App, {key}, cannot be read") from why
