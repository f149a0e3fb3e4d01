"""Real git repositories on disk and behind git's own HTTP server on the loopback interface."""

import base64
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

WORKFLOW = b"""\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/upload-artifact@v3
        with: {name: report, path: report.html}
"""
BRANCH = "refs/heads/cifix/fixes"


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    """Run git in `folder`; gives its output, raises if it fails."""
    done = subprocess.run(["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def made(folder: Path, files: Mapping[str, bytes], *options: str, offers_filters: bool = True) -> Path:
    """A bare repository with one commit on `main`."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", *options)
    git(folder, "config", "uploadpack.allowFilter", str(offers_filters).lower())
    git(folder, "config", "http.receivepack", "true")
    if files:
        commit(folder, files)
    return folder


def commit(folder: Path, files: Mapping[str, bytes], branch: str = "main") -> str:
    """Put `files` into a commit on top of a branch of a bare repository, by a person; its id."""
    told = [f"commit refs/heads/{branch}\ncommitter Ada <ada@example.org> 1790000000 +0000\ndata 4\nfile\n".encode()]
    told += [f"from refs/heads/{branch}^0\n".encode()] if f"refs/heads/{branch}" in refs(folder) else []
    for path, data in files.items():
        told.append(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
    git(folder, "fast-import", "--quiet", stdin=b"".join(told))
    return git(folder, "rev-parse", f"refs/heads/{branch}")


def refs(folder: Path) -> dict[str, str]:
    """Every ref of a repository."""
    lines = git(folder, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(line.split(" ") for line in lines)


@dataclass
class Served:
    """A running server, what it was asked for, and the bytes it sent; who asks for `silent` never gets an answer."""

    root: Path
    url: str
    token: str | None = None
    moved: dict[str, str] = field(default_factory=dict)
    """Repositories that have another name now, such as `old.git`."""
    asked: list[str] = field(default_factory=list)
    pushes: list[str] = field(default_factory=list)
    sent: int = 0
    silent: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(root: Path, token: str | None = None) -> Iterator[Served]:
    """Serve the repositories below `root`; with `token`, to those who send it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    served = Served(root, f"http://127.0.0.1:{server.server_address[1]}", token)
    server.served = served  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield served
    finally:
        served.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def _answer(self, body: bytes) -> None:
        served: Served = self.server.served  # type: ignore[attr-defined]
        split = urlsplit(self.path)
        served.asked.append(split.path)
        if split.path.endswith("/git-receive-pack"):
            served.pushes.append(split.path.split("/")[1])
        if split.path.startswith("/silent"):
            served.silent.set()
            served.ended.wait()
            return
        name = split.path.split("/")[1]
        if name in served.moved:
            self.send_response(301)
            self.send_header("Location", self.path.replace(name, served.moved[name], 1))
            self.end_headers()
            return
        if served.token is not None:
            pair = base64.b64encode(f"x-access-token:{served.token}".encode()).decode()
            if self.headers.get("Authorization") != f"Basic {pair}":
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.end_headers()
                return
        served.sent += self._backend(served.root, split.path, split.query, body)

    def _backend(self, root: Path, path: str, query: str, body: bytes) -> int:
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_USER": "ada",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        done = subprocess.run(["git", "http-backend"], env=environment, input=body, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
        status = next((value for name, value in headers if name == "Status"), "200 OK")
        self.send_response(int(status.split()[0]))
        for name, value in headers:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        return len(content)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().strip() or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)
