"""Projects on GitLab, also on servers of one's own.

Routes and fields are those of GitLab's "Projects API" and "Groups API" pages, read 2026-11.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cifix.forge.calls import Call, checked
from cifix.forge.listing import Inquiry, Listed, Note, pages, read

_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class GitLabLister:
    """All that `call` may see."""

    call: Call

    def __call__(self, inquiry: Inquiry, note: Note) -> Iterator[Listed]:
        """The projects of groups, of their subgroups and of users, or of the whole server."""
        del note
        params = {"search": inquiry.search} if inquiry.search else {}
        params |= {"topic": ",".join(inquiry.topics)} if inquiry.topics else {}
        for path, more in [self._owned(owner) for owner in inquiry.owners] or [("/projects", {})]:
            for page in pages(self.call, path, {**params, **more}, lambda path=path: f"list {path}"):  # type: ignore[misc]
                yield from read(page, _listed)

    def _owned(self, owner: str) -> tuple[str, dict[str, str]]:
        name = quote(owner, safe="")
        answer = self.call("GET", f"/groups/{name}", {"with_projects": "false"})
        if answer.status == _NOT_FOUND:
            return f"/users/{name}/projects", {}
        checked(answer, lambda: f"find the group {owner}")
        return f"/groups/{name}/projects", {"include_subgroups": "true", "with_shared": "false"}


def _listed(told: Mapping[str, Any]) -> Listed:
    return Listed(
        str(told["path_with_namespace"]),
        str(told["http_url_to_repo"]),
        frozenset(str(topic).lower() for topic in told.get("topics") or ()),
        archived=bool(told.get("archived")),
        fork=told.get("forked_from_project") is not None,
        closed="without a repository" if told.get("repository_access_level") == "disabled" else "",
    )
