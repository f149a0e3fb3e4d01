"""Merge requests on GitLab, also on servers of one's own.

Routes and fields are those of GitLab's "Merge requests API" page, read 2026-11.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cifix.errors import GitError
from cifix.forge.calls import Call, checked, message
from cifix.forge.request import Request, Runs, Wanted

_CONFLICT = 409
_DRAFT = "Draft: "


@dataclass(frozen=True, slots=True)
class GitLab:
    """The project `group/name`."""

    name: str
    call: Call
    project: str

    def requests(self, branch: str) -> Sequence[Request]:
        """All merge requests of the project's own branch, newest first."""
        params = {"source_branch": branch, "state": "all", "order_by": "created_at", "sort": "desc"}
        answer = self.call("GET", self._route(), {**params, "per_page": "100"})
        found = checked(answer, lambda: f"list the requests of {self.project}")
        return [_request(one) for one in found if one.get("source_project_id") == one.get("target_project_id")]

    def open(self, wanted: Wanted) -> Request:
        """Open a merge request with its labels and reviewers."""
        body: dict[str, Any] = {
            "source_branch": wanted.branch,
            "target_branch": wanted.base,
            "title": f"{_DRAFT}{wanted.title}" if wanted.draft else wanted.title,
            "description": wanted.body,
            "remove_source_branch": True,
        }
        body |= {"labels": ",".join(wanted.labels)} if wanted.labels else {}
        body |= {"reviewer_ids": self._people(wanted.reviewers)} if wanted.reviewers else {}
        answer = self.call("POST", self._route(), body=body)
        if answer.status == _CONFLICT or "already exists" in message(answer.data):
            standing = [one for one in self.requests(wanted.branch) if one.state == "open"]
            if standing:
                return standing[0]
        return _request(checked(answer, lambda: f"open a request for {wanted.branch}"))

    def update(self, request: Request, wanted: Wanted) -> None:
        """Change title and description where they differ, and add labels and reviewers."""
        body: dict[str, Any] = {}
        body |= {"title": wanted.title} if request.title.removeprefix(_DRAFT) != wanted.title else {}
        body |= {"description": wanted.body} if request.body != wanted.body else {}
        body |= {"add_labels": ",".join(wanted.labels)} if wanted.labels else {}
        body |= {"reviewer_ids": self._people(wanted.reviewers)} if wanted.reviewers else {}
        if body:
            answer = self.call("PUT", f"{self._route()}/{request.number}", body=body)
            checked(answer, lambda: f"update request {request.number}")

    def decorate(self, request: Request, labels: Sequence[str], reviewers: Sequence[str]) -> None:
        """Nothing is left to do: `open` gives a merge request all of it in one call."""

    def close(self, request: Request, body: str) -> None:
        """Close the merge request, in one call with its new description."""
        told = {"state_event": "close", "description": body}
        answer = self.call("PUT", f"{self._route()}/{request.number}", body=told)
        checked(answer, lambda: f"close request {request.number}")

    def workflows(self) -> bool | None:
        """GitLab has no permission of its own for CI files: who may push may push them."""
        return True

    def runs(self, request: Request) -> Runs:
        """Pipelines start for whoever may push."""
        del request
        return Runs.START

    def _route(self) -> str:
        return f"/projects/{quote(self.project, safe='')}/merge_requests"

    def _people(self, names: Sequence[str]) -> list[int]:
        found = []
        for name in names:
            people = checked(self.call("GET", "/users", {"username": name}), lambda name=name: f"find {name}")  # type: ignore[misc]
            if not people:
                raise GitError(f"the forge knows no user {name}; check --reviewer")
            found.append(int(people[0]["id"]))
        return found


def _request(told: Mapping[str, Any]) -> Request:
    try:
        state = {"opened": "open", "locked": "open"}.get(told["state"], str(told["state"]))
        author = str((told.get("author") or {}).get("username", ""))
        body = str(told.get("description") or "")
        place = str(told["web_url"])
        return Request(str(told["iid"]), place, str(told["title"]), body, state, str(told["target_branch"]), author)
    except (KeyError, TypeError) as why:
        raise GitError(f"the forge gave a request without {why}") from why
