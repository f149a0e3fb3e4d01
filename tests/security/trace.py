"""What strace saw: the programs that were started, and the files that were opened and written."""

import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass

from tests.pages import ROOT
from tests.security.place import Place

_CALL = re.compile(r"^(?:\d+\s+)?(?P<name>\w+)\((?P<given>.*)\)\s+= (?P<gave>-?\d+)(?:<(?P<place>.*)>)?", re.DOTALL)
_TEXT = re.compile(r'(?:(?:AT_FDCWD|\d+)<(?P<at>[^>]*)>, )?"(?P<path>(?:[^"\\]|\\.)*)"')
_WRITING = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC")
_ANYBODY = ("/dev/null", "/dev/tty", "/dev/shm", "/proc/self")  # noqa: S108 - semaphores
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/proc", "/sys", "/dev/urandom")


def programs(calls: str) -> set[str]:
    """The files that were executed."""
    return {os.path.realpath(call.paths[0]) for call in _calls(calls) if call.name.startswith("execve")}


def strangers(place: Place, calls: str) -> tuple[set[str], set[str]]:
    """Files outside of the repository, its remote, the home and the temporary folder that were read or written."""
    own = [place.target, place.remote, place.home, place.temp, place.folder / "desk", *_ANYBODY]
    python = [sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), *filter(None, sys.path), ROOT]
    mine, readable = set(map(str, own)), {*map(str, (*own, *python)), *_SYSTEM}
    read: set[str] = set()
    written: set[str] = set()
    for call in _calls(calls):
        if call.name.startswith("open"):
            places, allowed, noted = [call.gave], readable, read
            if any(flag in call.given for flag in _WRITING):
                allowed, noted = mine, written
        elif call.name == "chdir":
            places, allowed, noted = call.paths, readable, read
        elif call.name.startswith("execve"):
            continue
        else:
            places, allowed, noted = call.paths, mine, written
        noted |= {path for path in places if not _below(path, allowed)}
    return read, written


@dataclass(frozen=True)
class _Call:
    """A call that succeeded; `gave` is the file that it opened."""

    name: str
    paths: list[str]
    given: str
    gave: str


def _calls(calls: str) -> Iterator[_Call]:
    for line in _whole(calls):
        call = _CALL.match(line)
        if call is not None:
            paths = [os.path.join(found["at"] or "", _plain(found["path"])) for found in _TEXT.finditer(call["given"])]  # noqa: PTH118
            yield _Call(call["name"], paths, call["given"], _plain(call["place"] or ""))


def _whole(calls: str) -> Iterator[str]:
    """Lines of calls, those that were interrupted by another process put together again."""
    begun: dict[str, str] = {}
    for line in calls.split("\n"):
        pid = line.split(" ", 1)[0]
        if line.endswith("<unfinished ...>"):
            begun[pid] = line.removesuffix("<unfinished ...>").rstrip()
        elif " resumed>" in line and pid in begun:
            yield begun.pop(pid) + line.split(" resumed>", 1)[1]
        else:
            yield line


def _plain(text: str) -> str:
    return os.fsdecode(text.encode("utf-8", "surrogateescape").decode("unicode_escape").encode("latin-1"))


def _below(path: str, folders: set[str]) -> bool:
    """Whether a path is in one of the folders; one that is relative counts from a folder that was entered."""
    path = os.path.normpath(path.removesuffix(" (deleted)"))
    if not path.startswith("/"):
        return path != ".." and not path.startswith("../")
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)
