"""The variables that a command of a trial sees: none of the caller's but settings of installers, without secrets.

Sources: https://docs.astral.sh/uv/reference/environment/ and https://pip.pypa.io/en/stable/topics/configuration/ for
the settings; https://docs.github.com/en/actions/reference/workflows-and-actions/variables for the runner's files; read
2026-11.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_SETTINGS = (
    *("UV_OFFLINE", "UV_NO_INDEX", "UV_FIND_LINKS", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_LINK_MODE"),
    *("UV_PYTHON_PREFERENCE", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS"),
    *("PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_CERT", "PIP_DISABLE_PIP_VERSION_CHECK"),
    *("SSL_CERT_FILE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
_CREDENTIALS = re.compile(r"//[^/\s]*@")
_FILES = ("ENV", "PATH", "OUTPUT", "STATE", "STEP_SUMMARY")
_HEREDOC = re.compile(r"(?P<name>\w+)<<(?P<mark>\S+)")


def settings() -> dict[str, str]:
    """What the caller says about indexes, proxies and caches; an address that holds a password is left out."""
    found = {name: os.environ[name] for name in _SETTINGS if os.environ.get(name)}
    return {name: value for name, value in found.items() if not _CREDENTIALS.search(value)}


def runner(folder: Path, checkout: Path) -> dict[str, str]:
    """What a runner of GitHub sets and steps rely on; its files are made in `folder`."""
    (folder / "temp").mkdir(parents=True)
    for name in _FILES:
        (folder / name).touch()
    files = {f"GITHUB_{name}": str(folder / name) for name in _FILES}
    return {"CI": "true", "GITHUB_WORKSPACE": str(checkout), "RUNNER_TEMP": str(folder / "temp"), **files}


def kept(folder: Path) -> tuple[Mapping[str, str], list[str]]:
    """The variables, and the folders for PATH, the last one first, that steps left in the runner's files."""
    paths = _read(folder / "PATH").splitlines()
    return dict(_variables(_read(folder / "ENV").splitlines())), [path for path in reversed(paths) if path]


def _variables(lines: list[str]) -> Iterator[tuple[str, str]]:
    todo = iter(lines)
    for line in todo:
        if opened := _HEREDOC.fullmatch(line):
            value: list[str] = []
            while (inner := next(todo, opened["mark"])) != opened["mark"]:
                value.append(inner)
            yield opened["name"], "\n".join(value)
        elif "=" in line:
            name, _, text = line.partition("=")
            yield name, text


def _read(file: Path) -> str:
    """A file that a step may have replaced by anything."""
    return file.read_text("utf-8", "replace") if file.is_file() else ""
