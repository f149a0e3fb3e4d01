"""A forge on the loopback: real git over HTTP, and a fake of the few routes of GitHub and GitLab that cifix calls.

The repositories are bare ones in a folder, served by `git http-backend`; a hook refuses workflow files unless the
token may push them, in GitHub's words. Requests live in a list; faults can be queued.
"""

import base64
import copy
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

HOOK = """\
#!/bin/sh
[ "${REMOTE_USER:-workflow}" = workflow ] && exit 0
while read old new ref; do
    [ "$new" = "$(git hash-object -t tree /dev/null | tr 'a-f0-9' 0)" ] && continue
    if git log --format= --name-only "$new" --not --all | grep -q '^\\.github/workflows/'; then
        echo "refusing to allow a Personal Access Token to create or update workflow without \\`workflow\\` scope" >&2
        exit 1
    fi
done
"""


@dataclass
class Fault:
    """An answer that the next call of `method` gets instead of the real one."""

    method: str
    status: int
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    """Whether the call is carried out all the same, as when the answer is lost on the way."""
    then: Callable[[], None] | None = None
    """What happens before the answer."""


@dataclass(frozen=True)
class Exchange:
    """A call that was answered as the forge would, to be held against its published description."""

    method: str
    path: str
    query: dict[str, str]
    asked: dict[str, Any]
    status: int
    given: Any


Answering = Callable[["Forge", dict[str, str], dict[str, Any]], tuple[Any, ...]]
"""Gives the status, the data and, if wanted, headers, for the names in the path and the query, and the body."""


@dataclass
class Forge:
    """What the server knows; tests read and change it. A token's scope is `workflow` or `repo`."""

    root: Path
    tokens: dict[str, str]
    login: str = "ada"
    classic: bool = False
    requests: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    refused: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    """Answers to every write whose path ends so."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    exchanges: list["Exchange"] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    url: str = ""
    clock: Callable[[], float] = time.time
    log: list[tuple[float, str, str]] = field(default_factory=list)
    """When each call of the interface came, its method and path."""
    weather: Callable[["Forge", str, str], Fault | None] = lambda _forge, _method, _path: None
    """What becomes of a call that meets no fault of its own."""
    app: dict[str, str] | None = None
    """What the installation of an App may do, if there is one."""
    asked: dict[str, str] = field(default_factory=dict)
    """What the last token of an App is for."""
    routes: list[tuple[str, str, "Answering"]] = field(default_factory=list)
    """What else it answers, tried first."""
    moved: dict[str, str] = field(default_factory=dict)
    """Paths of renamed things: where git and the interface send their callers."""

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] not in ("GET", "HEAD")]

    def repository(self, project: str) -> Path:
        place = self.root / f"{project}.git"
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", place], check=True)
        hook = place / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(HOOK)
        hook.chmod(0o755)
        for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
            subprocess.run(["git", "-C", place, "config", key, "true"], check=True)
        return place


class Handler(BaseHTTPRequestHandler):
    """Git below `/<project>.git`, GitHub below `/api/v3`, GitLab below `/api/v4`."""

    forge: ClassVar[Forge]
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name is the library's
        pass

    def handle(self) -> None:
        with suppress(ConnectionResetError):  # the caller was killed
            super().handle()

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_PUT = do_GET  # noqa: N815 - the names are the library's

    def _serve(self) -> None:
        data = self._data()
        path = urlsplit(self.path).path
        self.forge.headers.append(self.headers.get("Authorization") or self.headers.get("Private-Token") or "")
        old = next((old for old in self.forge.moved if path.startswith(old)), None)
        if old is not None:
            place = self.forge.url + self.path.replace(old, self.forge.moved[old], 1)
            self._send(301, b"{}", {"Location": place})
        elif path.startswith("/api/"):
            self._api(path, json.loads(data or b"{}"))
        else:
            self._git(path, data)

    def _data(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _scope(self) -> str | None:
        header = self.headers.get("Authorization") or self.headers.get("Private-Token") or ""
        kind, _, value = header.rpartition(" ")
        token = base64.b64decode(value).decode().partition(":")[2] if kind == "Basic" else value
        return self.forge.tokens.get(token)

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        with suppress(BrokenPipeError, ConnectionResetError):
            self.end_headers()
            self.wfile.write(data)

    def _git(self, path: str, data: bytes) -> None:
        scope = self._scope()
        if scope is None:
            self._send(401, b"", {"WWW-Authenticate": 'Basic realm="git"'})
            return
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME")},
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.receivepack",
            "GIT_CONFIG_VALUE_0": "true",
            "GIT_PROJECT_ROOT": str(self.forge.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": unquote(path),
            "QUERY_STRING": urlsplit(self.path).query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(data)),
            "REMOTE_USER": scope,
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        done = subprocess.run(["git", "http-backend"], env=environment, input=data, capture_output=True, check=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        told = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(told.pop("Status", "200").split()[0])
        if path.endswith(".git/git-receive-pack"):
            _close_headless(self.forge, path.strip("/").rpartition(".git/")[0])
        self._send(status, body, told)

    def _api(self, path: str, given: dict[str, Any]) -> None:
        self.forge.calls.append((self.command, path))
        self.forge.log.append((self.forge.clock(), self.command, path))
        fault = next((one for one in self.forge.faults if one.method == self.command), None)
        weather = self.forge.weather(self.forge, self.command, path) if fault is None else None
        refusal = self.forge.refused.get(path.rpartition("/")[2]) if self.command != "GET" else None
        if refusal is not None:
            self._json(*refusal)
        elif fault is not None:
            self.forge.faults.remove(fault)
            self._fail(fault, path, given)
        elif weather is not None:
            self._fail(weather, path, given)
        elif self._scope() is None and not path.endswith(("/installation", "/access_tokens")):
            self._json(401, {"message": "Bad credentials"})
        else:
            self._json(*self._answer(path, given))

    def _fail(self, fault: Fault, path: str, given: dict[str, Any]) -> None:
        if fault.after:
            self._answer(path, given)
        if fault.then is not None:
            fault.then()
        self._json(fault.status, fault.body, fault.headers)

    def _json(self, status: int, data: Any, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        scopes = {"X-OAuth-Scopes": "repo, workflow" if self._scope() == "workflow" else "repo"}
        more = {**headers, **(scopes if self.forge.classic else {}), "Content-Type": "application/json"}
        self._send(status, json.dumps(data).encode(), more)

    def _answer(self, path: str, given: dict[str, Any]) -> tuple[Any, ...]:
        query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        for method, form, answer in (*self.forge.routes, *ROUTES):
            found = re.fullmatch(form, path)
            if found and method == self.command:
                names = {key: unquote(value) for key, value in found.groupdict().items()}
                told = answer(self.forge, {**query, **names}, given)
                self.forge.exchanges.append(Exchange(method, path, query, given, *copy.deepcopy(told[:2])))
                return told
        return 404, {"message": "Not Found"}


def _branch(forge: Forge, project: str, name: str) -> bool:
    asked = ["git", "-C", str(forge.root / f"{project}.git"), "rev-parse", "--verify", "--quiet", f"refs/heads/{name}"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def _close_headless(forge: Forge, project: str) -> None:
    """GitHub closes the requests of a branch that is deleted; their text stays."""
    for one in forge.requests:
        standing = one["state"] == "open" and one.get("project") == project
        if standing and not _branch(forge, project, one["head"]["ref"]):
            one["state"] = "closed"


def _pulls(forge: Forge, query: dict[str, str], _: dict[str, Any]) -> tuple[int, Any]:
    branch = query["head"].partition(":")[2]
    found = [one for one in reversed(forge.requests) if one["head"]["ref"] == branch]
    return 200, [_shown(one) for one in found if one["project"] == query["project"]]


def _shown(request: dict[str, Any]) -> dict[str, Any]:
    """A request as GitHub shows it."""
    told = {key: value for key, value in request.items() if key not in ("reviewers", "events", "project")}
    people = [{"login": name} for name in request["reviewers"]]
    return {**told, "labels": [{"name": name} for name in request["labels"]], "requested_reviewers": people}


def _events(forge: Forge, query: dict[str, str], _: dict[str, Any]) -> tuple[int, Any]:
    return 200, forge.requests[int(query["number"]) - 1]["events"]


def _open(forge: Forge, query: dict[str, str], given: dict[str, Any]) -> tuple[int, Any]:
    missing = [name for name in ("title", "head", "base") if not isinstance(given.get(name), str)]
    if missing or not _branch(forge, query["project"], given["head"]):
        return 422, {"message": "Validation Failed", "errors": [{"field": "head", "code": "invalid"}]}
    place = (query["project"], given["head"])
    if any(one["state"] == "open" and (one["project"], one["head"]["ref"]) == place for one in forge.requests):
        text = f"A pull request already exists for {given['head']}."
        return 422, {"message": "Validation Failed", "errors": [{"message": text}]}
    number = len(forge.requests) + 1
    request = {
        "number": number,
        "html_url": f"{forge.url}/{query['project']}/pull/{number}",
        "title": given["title"],
        "body": given.get("body"),
        "state": "open",
        "merged_at": None,
        "draft": given.get("draft", False),
        "head": {"ref": given["head"], "repo": {"full_name": query["project"]}},
        "base": {"ref": given["base"]},
        "user": {"login": forge.login},
        "labels": [],
        "reviewers": [],
        "events": [],
        "project": query["project"],
    }
    forge.requests.append(request)
    return 201, _shown(request)


def _edit(forge: Forge, query: dict[str, str], given: dict[str, Any]) -> tuple[int, Any]:
    request = forge.requests[int(query["number"]) - 1]
    request.update(given)
    return 200, _shown(request)


def _edit_merge_request(forge: Forge, query: dict[str, str], given: dict[str, Any]) -> tuple[int, Any]:
    request = forge.requests[int(query["number"]) - 1]
    request.update(given)
    if given.get("state_event") == "close":
        request["state"] = "closed"
    return 200, request


def _labels(forge: Forge, query: dict[str, str], given: dict[str, Any]) -> tuple[int, Any]:
    request = forge.requests[int(query["number"]) - 1]
    request["labels"] += given["labels"]
    request["events"] += [{"event": "labeled", "label": {"name": name}} for name in given["labels"]]
    return 200, _shown(request)["labels"]


def _reviewers(forge: Forge, query: dict[str, str], given: dict[str, Any]) -> tuple[int, Any]:
    request = forge.requests[int(query["number"]) - 1]
    request["reviewers"] += [*given["reviewers"], *given["team_reviewers"]]
    people = [{"requested_reviewer": {"login": name}} for name in given["reviewers"]]
    people += [{"requested_team": {"slug": name}} for name in given["team_reviewers"]]
    request["events"] += [{"event": "review_requested", **one} for one in people]
    return 201, _shown(request)


def _repository(forge: Forge, query: dict[str, str], _: dict[str, Any]) -> tuple[int, Any]:
    del forge
    return 200, {"full_name": query["project"]}


def _merge_requests(forge: Forge, query: dict[str, str], _: dict[str, Any]) -> tuple[int, Any]:
    return 200, [one for one in reversed(forge.requests) if one["source_branch"] == query["source_branch"]]


def _open_merge_request(forge: Forge, query: dict[str, str], given: dict[str, Any]) -> tuple[int, Any]:
    if not _branch(forge, query["project"], given["source_branch"]):
        return 400, {"message": {"source_branch": ["does not exist"]}}
    if any(one["state"] == "opened" and one["source_branch"] == given["source_branch"] for one in forge.requests):
        return 409, {"message": ["Another open merge request already exists for this source branch: !1"]}
    number = len(forge.requests) + 1
    place = f"{forge.url}/{query['project']}/-/merge_requests/{number}"
    told = {"iid": number, "web_url": place, "state": "opened", "source_project_id": 1, "target_project_id": 1}
    forge.requests.append({**given, **told, "author": {"username": forge.login}})
    return 201, forge.requests[-1]


def _users(forge: Forge, query: dict[str, str], _: dict[str, Any]) -> tuple[int, Any]:
    del forge
    return 200, [{"id": 7, "username": "bob"}] if query["username"] == "bob" else []


def _installation(forge: Forge, _: dict[str, str], given: dict[str, Any]) -> tuple[int, Any]:
    del given
    return (404, {"message": "Not Found"}) if forge.app is None else (200, {"id": 5, "permissions": forge.app})


def _access_token(forge: Forge, _: dict[str, str], given: dict[str, Any]) -> tuple[int, Any]:
    forge.asked = given["permissions"]
    token = "ghs_" + "installation" * 3
    forge.tokens[token] = "workflow" if "workflows" in forge.asked else "repo"
    return 201, {"token": token, "expires_at": "2099-01-01T00:00:00Z", "permissions": forge.asked}


_V3 = r"/api/v3/repos/(?P<project>[^/]+/[^/]+)"
_V4 = r"/api/v4/projects/(?P<project>[^/]+)/merge_requests"
ROUTES = (
    ("GET", f"{_V3}/pulls", _pulls),
    ("POST", f"{_V3}/pulls", _open),
    ("PATCH", rf"{_V3}/pulls/(?P<number>\d+)", _edit),
    ("POST", rf"{_V3}/issues/(?P<number>\d+)/labels", _labels),
    ("GET", rf"{_V3}/issues/(?P<number>\d+)/events", _events),
    ("POST", rf"{_V3}/pulls/(?P<number>\d+)/requested_reviewers", _reviewers),
    ("GET", _V3, _repository),
    ("GET", f"{_V3}/installation", _installation),
    ("POST", "/api/v3/app/installations/5/access_tokens", _access_token),
    ("GET", _V4, _merge_requests),
    ("POST", _V4, _open_merge_request),
    ("PUT", rf"{_V4}/(?P<number>\d+)", _edit_merge_request),
    ("GET", "/api/v4/users", _users),
)


@contextmanager
def served(root: Path, tokens: dict[str, str]) -> Iterator[Forge]:
    """The forge, while the block runs."""
    forge = Forge(root, tokens)
    handler = type("Bound", (Handler,), {"forge": forge})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        forge.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield forge
        finally:
            server.shutdown()
            thread.join()
