"""Which repositories a forge has: those of an owner, with a topic, or that a search finds."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cifix.errors import GitError
from cifix.forge.calls import Answer, Call, checked

_PAGE = 100
"""The most that GitHub and GitLab give at once."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Repositories of any of the `owners`, if there are some, with all `topics`, that `search` finds, if not empty."""

    owners: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    search: str = ""
    archived: bool = False
    forks: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A repository of a forge: its path there, and the address to clone it from.

    `closed` says why nobody can read it, if so; `writable` is None where the forge does not tell.
    """

    project: str
    url: str
    topics: frozenset[str]
    archived: bool
    fork: bool
    closed: str
    writable: bool | None = None


Note = Callable[[str], None]
"""Takes a line that people should read."""


class Lister(Protocol):
    """A forge, asked for repositories."""

    def __call__(self, inquiry: Inquiry, note: Note) -> Iterator[Listed]:
        """What it lists, archived ones and forks too where it does not leave them out itself.

        Raises `GitError` where the forge refuses.
        """


def wanted(found: Iterator[Listed], inquiry: Inquiry, note: Note) -> Iterator[Listed]:
    """Those of what was found that are wished for; how many are left out, and why, is noted at the end."""
    left: dict[str, int] = {}
    for one in found:
        why = _unwanted(one, inquiry)
        if why is None:
            if one.writable is False:
                note(f"{one.project}: you can read it, not push to it")
            yield one
        elif why:
            left[why] = left.get(why, 0) + 1
    if left:
        note(f"left out: {', '.join(f'{number} {why}' for why, number in sorted(left.items()))}")


def pages(call: Call, path: str, params: Mapping[str, str], doing: Callable[[], str]) -> Iterator[Any]:
    """The answers to a question that the forge answers in pages of a hundred."""
    number, more = 0, True
    while more:
        number += 1
        answer = call("GET", path, {**params, "per_page": str(_PAGE), "page": str(number)})
        yield checked(answer, doing)
        more = _continues(answer)


def read(told: Iterable[Mapping[str, Any]], form: Callable[[Mapping[str, Any]], Listed]) -> Iterator[Listed]:
    """The repositories of a page; raises `GitError` if it holds something else."""
    try:
        yield from [form(one) for one in told]
    except (AttributeError, KeyError, TypeError) as why:
        raise GitError(f"the forge gave a list of repositories that cannot be read: {why}") from why


def _continues(answer: Answer) -> bool:
    """By the header, or, where the way does not show it, by a page that is full."""
    if answer.headers:
        return 'rel="next"' in answer.headers.get("link", "")
    items = answer.data.get("items", ()) if isinstance(answer.data, dict) else answer.data
    return len(items) == _PAGE


def _unwanted(one: Listed, inquiry: Inquiry) -> str | None:
    """Why a repository is left out; empty where nobody would miss it."""
    if not {topic.lower() for topic in inquiry.topics} <= one.topics:
        return ""
    if one.archived and not inquiry.archived:
        return "archived (--archived takes them)"
    if one.fork and not inquiry.forks:
        return "forked (--forks takes them)"
    return one.closed or None
