"""Which forge a remote belongs to, which way leads there, and which token may be sent to it."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from cifix.errors import UsageError
from cifix.forge.calls import Call, installed, program, pygithub, python_gitlab
from cifix.forge.github import GitHub
from cifix.forge.gitlab import GitLab
from cifix.forge.local import Local
from cifix.forge.request import Forge
from cifix.vcs.exchange import Address, Credential

KINDS = ("auto", "github", "gitlab", "gh", "glab", "local")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Way:
    """A forge, and what git needs to push there; None leaves that to the user's own credential helpers and keys."""

    forge: Forge
    credential: Credential | None = None


Paced = Callable[[Call], Call]


def variables(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The hosts that a token of the environment is for, each with the variable that holds it."""
    names = {_github(environ).netloc: ("GH_TOKEN", "GITHUB_TOKEN"), _gitlab(environ).netloc: ("GITLAB_TOKEN",)}
    held = {host: [name for name in those if environ.get(name)] for host, those in names.items()}
    return {host: those[0] for host, those in held.items() if those}


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


def _to_github(
    address: Address, kind: str, environ: Mapping[str, str], server: SplitResult, paced: Paced | None
) -> Way:
    api = environ.get("GITHUB_API_URL") if environ.get("GITHUB_SERVER_URL") else None
    public = server.netloc == "github.com"
    api = api or ("https://api.github.com" if public else f"{server.scheme}://{server.netloc}/api/v3")
    token, workflows = environ.get("GH_TOKEN") or environ.get("GITHUB_TOKEN") or "", None
    app, key = environ.get("CIFIX_APP_ID"), environ.get("CIFIX_APP_KEY_FILE")
    if kind != "gh" and app and key:
        token, workflows = installed(api, address.project, app, _read(key))
    if kind != "gh" and token:
        call = _spaced(pygithub(api, token, patient=paced is None), paced)
        forge = GitHub("github", call, address.project, server.netloc, workflows)
        return Way(forge, _credential(address, "x-access-token", token))
    path = _logged_in("gh", server.netloc)
    if kind == "github" or path is None:
        raise UsageError(
            f"requests at {server.netloc} need a token in GITHUB_TOKEN, an App in CIFIX_APP_ID and "
            f"CIFIX_APP_KEY_FILE, or a login of gh"
        )
    call = _spaced(program("gh", path, server.netloc), paced)
    return Way(GitHub("gh", call, address.project, server.netloc))


def _to_gitlab(
    address: Address, kind: str, environ: Mapping[str, str], server: SplitResult, paced: Paced | None
) -> Way:
    token, job = environ.get("GITLAB_TOKEN", ""), environ.get("CI_JOB_TOKEN", "")
    if kind != "glab" and (token or job):
        url = f"{server.scheme}://{server.netloc}"
        call = _spaced(python_gitlab(url, token or job, job=not token, patient=paced is None), paced)
        user = "oauth2" if token else "gitlab-ci-token"
        return Way(GitLab("gitlab", call, address.project), _credential(address, user, token or job))
    path = _logged_in("glab", server.netloc)
    if kind == "gitlab" or path is None:
        raise UsageError(f"requests at {server.netloc} need a token in GITLAB_TOKEN, or a login of glab")
    return Way(GitLab("glab", _spaced(program("glab", path, server.netloc), paced), address.project))


def _spaced(call: Call, paced: Paced | None) -> Call:
    return call if paced is None else paced(call)


def _github(environ: Mapping[str, str]) -> SplitResult:
    return _server(environ.get("GITHUB_SERVER_URL") or environ.get("GH_HOST") or "github.com")


def _gitlab(environ: Mapping[str, str]) -> SplitResult:
    return _server(environ.get("CI_SERVER_URL") or environ.get("GITLAB_HOST") or "gitlab.com")


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
