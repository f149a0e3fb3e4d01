"""The list of repositories: read, named, united, chosen."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit

from cifix.errors import UsageError
from cifix.fleet.job import Target

_SCHEMES = ("file", "git", "http", "https", "ssh")
_SCP = re.compile(r"[^/:]+:(?!:)")


def read(text: str, origin: str, folder: Path) -> tuple[Target, ...]:
    """The repositories of a list: one per line, a path or a URL and, if wanted, the branch to start from.

    `#` starts a comment; paths are taken from `folder`. A repository that is listed twice counts once. Raises
    `UsageError`, with the line, for what cifix does not take.
    """
    found: dict[str, Target] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = re.sub(r"(^|\s)#.*", "", line).split()
        if not words:
            continue
        where = f"{origin}:{number}"
        if len(words) > len(("url", "base")):
            raise UsageError(f"{where}: a line holds a path or URL and at most a branch; put %20 for blanks in URLs")
        target = _target(words[0], words[1] if len(words) > 1 else None, where, folder)
        if found.setdefault(target.url, target).base != target.base:
            raise UsageError(f"{where}: {target.url} is listed before with another branch; use two state files")
    return tuple(found.values())


def united(named: Iterable[Target], found: Iterable[Target]) -> tuple[Target, ...]:
    """What a list names and what forges found, each once; what is said in the list of a repository holds."""
    known: dict[str, Target] = {}
    for target in (*named, *found):
        known.setdefault(target.url.removesuffix("/").removesuffix(".git"), target)
    return tuple(known.values())


def chosen(
    targets: Iterable[Target], include: Sequence[str], exclude: Sequence[str], shard: tuple[int, int] | None = None
) -> Iterator[Target]:
    """Those whose slug matches one of `include`, if there are any, and none of `exclude`, in shard i of n."""
    for target in targets:
        if include and not any(fnmatchcase(target.slug, glob) for glob in include):
            continue
        if any(fnmatchcase(target.slug, glob) for glob in exclude):
            continue
        if shard is None or _hash(target.slug) % shard[1] == shard[0] - 1:
            yield target


def _hash(slug: str) -> int:
    """The same number on every machine."""
    return int.from_bytes(hashlib.sha256(slug.encode("utf-8", "surrogateescape")).digest()[:8])


def _target(named: str, base: str | None, where: str, folder: Path) -> Target:
    if named.startswith("-") or (base or "").startswith("-"):
        raise UsageError(f"{where}: {named!r} looks like an option")
    scheme, mark, _ = named.partition("://")
    if mark:
        return Target(_url(named, scheme, where), _slug(urlsplit(named).path), base)
    if _SCP.match(named):
        return Target(named, _slug(named.partition(":")[2]), base)
    if "::" in named:
        raise UsageError(f"{where}: cifix does not clone {named!r}: a program would have to run for it")
    place = (folder / named).resolve()
    return Target(str(place), _slug(str(place)), base)


def _url(url: str, scheme: str, where: str) -> str:
    if scheme not in _SCHEMES:
        raise UsageError(f"{where}: cifix does not clone by {scheme}; use one of {', '.join(_SCHEMES)}")
    split = urlsplit(url)
    if split.password is not None or (split.username is not None and scheme.startswith("http")):
        raise UsageError(
            f"{where}: the URL of {split.hostname} holds a credential; take it out and name the variable that holds "
            f"the token: --token {split.hostname}=VARIABLE"
        )
    return url


def _slug(path: str) -> str:
    return path.strip("/").removesuffix(".git").removesuffix("/")
