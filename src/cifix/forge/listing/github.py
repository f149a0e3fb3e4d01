"""Repositories on GitHub and GitHub Enterprise Server.

Routes, fields and the limit of the search are those of GitHub's REST description, read 2026-11.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import quote

from cifix.forge.calls import Call, checked
from cifix.forge.listing import Inquiry, Listed, Note, pages, read

_FOUND = 1000
"""Results that GitHub gives for a search, however many there are."""
_PAGES = 10


@dataclass(frozen=True, slots=True)
class GitHubLister:
    """All that `call` may see."""

    call: Call

    def __call__(self, inquiry: Inquiry, note: Note) -> Iterator[Listed]:
        """Whole owners by their lists, which are complete; anything else by the search, which is not."""
        if inquiry.owners and not inquiry.search:
            for owner in inquiry.owners:
                yield from self._owned(owner, note)
        else:
            yield from self._searched(inquiry, note)

    def _owned(self, owner: str, note: Note) -> Iterator[Listed]:
        path = f"/users/{quote(owner, safe='')}"
        told = checked(self.call("GET", path), lambda: f"find an organisation or user {owner}")
        name = str(told["login"])
        if name.lower() != owner.lower():
            note(f"{owner} is called {name} now")
        if told.get("type") == "Organization":
            path, params = f"/orgs/{quote(name, safe='')}/repos", {"type": "all"}
        elif self._is_own(name):
            path, params = "/user/repos", {"affiliation": "owner"}
        else:
            path, params = f"/users/{quote(name, safe='')}/repos", {"type": "owner"}
        for page in pages(self.call, path, params, lambda: f"list the repositories of {name}"):
            yield from read(page, _listed)

    def _is_own(self, name: str) -> bool:
        """Whether a user is the one that the token is of: then private repositories are listed too."""
        answer = self.call("GET", "/user")
        return answer.data.get("login") == name if isinstance(answer.data, dict) else False

    def _searched(self, inquiry: Inquiry, note: Note) -> Iterator[Listed]:
        words = [inquiry.search] if inquiry.search else []
        words += [f"topic:{topic}" for topic in inquiry.topics]
        words += [f"user:{owner}" for owner in inquiry.owners]
        words += ["fork:true"] if inquiry.forks else []
        query = " ".join(words)
        params = {"q": query, "sort": "updated"}
        answers = pages(self.call, "/search/repositories", params, lambda: f"search for {query}")
        for number, page in enumerate(islice(answers, _PAGES)):
            if number == 0 and page["total_count"] > _FOUND:
                note(
                    f"the search finds {page['total_count']} repositories, and GitHub gives only the first {_FOUND}, "
                    f"here those updated last: narrow it, for example by `created:2026-01-01..2026-06-30`, or list "
                    f"whole owners with --org"
                )
            if page["incomplete_results"]:
                note("the search ran out of time on GitHub's side, so repositories may be missing: run it again")
            yield from read(page["items"], _listed)


def _listed(told: Mapping[str, Any]) -> Listed:
    return Listed(
        str(told["full_name"]),
        str(told["clone_url"]),
        frozenset(told.get("topics") or ()),
        archived=bool(told.get("archived")),
        fork=bool(told.get("fork")),
        closed="disabled by GitHub" if told.get("disabled") else "",
        writable=(told.get("permissions") or {}).get("push"),
    )
