"""Ways to call the interface of a forge: a library with a token, or the program that the user is logged in with."""

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from cifix.errors import GitError, UsageError
from cifix.logs.redact import redact

if TYPE_CHECKING:
    from github import Github

TIMEOUT = 30
"""Seconds until a request that gets no answer is given up."""
PATIENCE = 900.0
"""Seconds to wait at most when a forge asks for patience."""
BETWEEN_WRITES = 1.0
"""Seconds from one write to the next: GitHub's own advice to stay below its secondary limits."""
_TRIES = 5
_MANY = 429


@dataclass(frozen=True, slots=True)
class Answer:
    """What the forge answers; `headers` have lower-case names and are empty where the way does not show them."""

    status: int
    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Call(Protocol):
    """One request: `params` go into the address, `body` becomes JSON."""

    def __call__(
        self, method: str, path: str, params: Mapping[str, str] = ..., body: Mapping[str, Any] | None = ...
    ) -> Answer:
        """The answer, whatever its status; raises `GitError` if there is none."""


def pygithub(api: str, token: str, *, patient: bool = True) -> Call:
    """GitHub through PyGithub, which waits between writes and when it is told to, unless somebody else does."""
    client = _github(api, token, patient=patient)
    from github import GithubException  # noqa: PLC0415 - there by now, or _github had raised
    from requests import RequestException  # noqa: PLC0415

    def call(
        method: str, path: str, params: Mapping[str, str] = MappingProxyType({}), body: Mapping[str, Any] | None = None
    ) -> Answer:
        try:
            headers, data = client.requester.requestJsonAndCheck(method, path, dict(params), input=body)
        except GithubException as why:
            return Answer(why.status, why.data, why.headers or {})
        except RequestException as why:
            raise _silent(api, why, token) from None
        return Answer(200, data, headers)

    return call


def _github(api: str, token: str, *, patient: bool) -> "Github":
    try:
        from github import Auth, Github, GithubRetry  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as why:
        raise UsageError(
            "requests on GitHub need PyGithub: pip install 'cifix[github]'; or log in with gh and take --forge gh"
        ) from why
    retry = GithubRetry(
        total=_TRIES, backoff_factor=1, max_rate_limit_wait=PATIENCE, status_forcelist=[_MANY, *range(500, 600)]
    )
    return Github(
        auth=Auth.Token(token),
        base_url=api,
        timeout=TIMEOUT,
        retry=retry if patient else None,
        user_agent="cifix",
        seconds_between_requests=None,
        seconds_between_writes=BETWEEN_WRITES if patient else None,
    )


def installed(api: str, project: str, app: str, key: str) -> tuple[str, bool]:
    """A token of an App's installation in a project, for an hour, and whether it may push workflow files."""
    try:
        from github import Auth, GithubException, GithubIntegration  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as why:
        raise UsageError("a GitHub App needs PyGithub: pip install 'cifix[github]'") from why
    from jwt import PyJWTError  # noqa: PLC0415 - what PyGithub signs with
    from requests import RequestException  # noqa: PLC0415 - what PyGithub speaks with

    owner, _, name = project.partition("/")
    try:
        integration = GithubIntegration(auth=Auth.AppAuth(app, key), base_url=api, timeout=TIMEOUT)
        installation = integration.get_repo_installation(owner, name)
        granted = installation.raw_data.get("permissions", {})
        workflows = granted.get("workflows") == "write"
        asked = {"contents": "write", "pull_requests": "write", "metadata": "read"}
        asked |= {"workflows": "write"} if workflows else {}
        return integration.get_access_token(installation.id, permissions=asked).token, workflows
    except GithubException as why:
        raise GitError(f"GitHub gives App {app} no token for {project}: {message(why.data)} ({why.status})") from None
    except RequestException as why:
        raise _silent(api, why, key) from None
    except (PyJWTError, ValueError):
        raise GitError(f"the key of App {app} is not an RSA private key in PEM form") from None


def python_gitlab(url: str, token: str, *, job: bool, patient: bool = True) -> Call:
    """GitLab through python-gitlab, with a personal token or that of a CI job; `patient` as in `pygithub`."""
    try:
        from gitlab import Gitlab, GitlabHttpError  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as why:
        raise UsageError(
            "requests on GitLab need python-gitlab: pip install 'cifix[gitlab]'; or log in with glab and take "
            "--forge glab"
        ) from why
    from requests import RequestException, Session  # noqa: PLC0415 - what python-gitlab speaks with

    key = {"job_token" if job else "private_token": token}
    session, headers = Session(), dict[str, str]()
    session.hooks["response"].append(lambda answer, **_: headers.update(_lower(answer.headers)))
    client = Gitlab(
        url,
        **key,  # type: ignore[arg-type]
        timeout=TIMEOUT,
        retry_transient_errors=patient,
        session=session,
        user_agent="cifix",
    )

    def call(
        method: str, path: str, params: Mapping[str, str] = MappingProxyType({}), body: Mapping[str, Any] | None = None
    ) -> Answer:
        headers.clear()
        try:
            given = client.http_request(
                *(method, path, dict(params), dict(body) if body else None), max_retries=_TRIES if patient else 0
            )
        except GitlabHttpError as why:
            return Answer(why.response_code or 0, {"message": why.error_message}, dict(headers))
        except RequestException as why:
            raise _silent(url, why, token) from None
        return Answer(given.status_code, given.json(), dict(headers))

    return call


def program(name: str, executable: str, host: str) -> Call:
    """The `api` command of gh or glab, with the login that the user has there."""

    def call(
        method: str, path: str, params: Mapping[str, str] = MappingProxyType({}), body: Mapping[str, Any] | None = None
    ) -> Answer:
        address = path.lstrip("/") + (f"?{urlencode(params)}" if params else "")
        given = ["--input", "-", "--header", "Content-Type: application/json"] if body is not None else []
        done = subprocess.run(
            [executable, "api", "--method", method, "--hostname", host, *given, address],
            input=json.dumps(body).encode() if body is not None else b"",
            capture_output=True,
            check=False,
        )
        error = redact(done.stderr.decode("utf-8", "replace").strip())
        status = re.search(r"HTTP (\d{3})", error)
        if done.returncode and status is None:
            raise GitError(f"{name} api failed: {error or 'it gave no reason'}")
        return Answer(int(status[1]) if done.returncode and status else 200, _json(done.stdout))

    return call


def message(data: object) -> str:
    """What an error of a forge says, in one line and without secrets."""
    if not isinstance(data, dict):
        return redact(str(data or "no reason given"))[:500]
    told = [str(data.get("message") or data.get("error") or "no reason given")]
    errors = data.get("errors")
    told += [_error(one) for one in errors] if isinstance(errors, list) else []
    return redact("; ".join(told))[:500]


def checked(answer: Answer, doing: Callable[[], str]) -> Any:  # noqa: ANN401 - JSON
    """The data of an answer that is no error; raises `GitError` that says what was tried."""
    if not 200 <= answer.status < 300:  # noqa: PLR2004 - the class of success
        raise GitError(f"the forge refused to {doing()}: {message(answer.data)} ({answer.status})")
    return answer.data


def _error(one: object) -> str:
    if not isinstance(one, dict):
        return str(one)
    return str(one.get("message") or f"{one.get('field')} {one.get('code')}")


def _json(text: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text or b"null")
    except ValueError:
        return {"message": text.decode("utf-8", "replace")}


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _silent(address: str, why: Exception, token: str) -> GitError:
    return GitError(f"{address} does not answer: {redact(str(why).replace(token, '[hidden]'))[:300]}")
