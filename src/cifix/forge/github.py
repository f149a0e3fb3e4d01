"""Pull requests on GitHub and GitHub Enterprise Server.

Routes and fields are those of GitHub's REST description, read 2026-11.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cifix.errors import GitError
from cifix.forge.calls import Answer, Call, checked, message
from cifix.forge.request import Request, Runs, Wanted

_PUBLIC = "github.com"
_ACTIONS = "github-actions[bot]"
_UNPROCESSABLE = 422
_KINDS = ("label", "person")


@dataclass(frozen=True, slots=True)
class GitHub:
    """The project `owner/name` on `host`; `app_workflows` is what an App's installation grants, if it is one."""

    name: str
    call: Call
    project: str
    host: str
    app_workflows: bool | None = None

    def requests(self, branch: str) -> Sequence[Request]:
        """All pull requests of the project's own branch, newest first."""
        owner = self.project.partition("/")[0]
        params = {"head": f"{owner}:{branch}", "state": "all", "sort": "created", "direction": "desc"}
        answer = self.call("GET", f"/repos/{self.project}/pulls", {**params, "per_page": "100"})
        found = checked(answer, lambda: f"list the requests of {self.project}")
        return [_request(one) for one in found if self._own(one, branch)]

    def open(self, wanted: Wanted) -> Request:
        """Open a pull request; labels and reviewers are calls of their own."""
        answer = self._post(wanted, draft=wanted.draft)
        if answer.status == _UNPROCESSABLE and wanted.draft and "raft" in message(answer.data):
            answer = self._post(wanted, draft=False)
        if answer.status == _UNPROCESSABLE and "already exists" in message(answer.data):
            standing = [one for one in self.requests(wanted.branch) if one.state == "open"]
            if standing:
                return standing[0]
        return _request(checked(answer, lambda: f"open a request for {wanted.branch}"))

    def update(self, request: Request, wanted: Wanted) -> None:
        """Change title and body where they differ, and add labels and reviewers."""
        if (request.title, request.body) != (wanted.title, wanted.body):
            body = {"title": wanted.title, "body": wanted.body}
            answer = self.call("PATCH", f"/repos/{self.project}/pulls/{request.number}", body=body)
            checked(answer, lambda: f"update request {request.number}")
        self._add(request, wanted.labels, wanted.reviewers)

    def decorate(self, request: Request, labels: Sequence[str], reviewers: Sequence[str]) -> None:
        """Add what was never there; the request's own history tells that from what a person has taken away."""
        wanted = {("label", _key(name)): name for name in labels} | {("person", _key(name)): name for name in reviewers}
        has = {("label", _key(name)) for name in request.labels} | {
            ("person", _key(name)) for name in request.reviewers
        }
        if wanted.keys() <= has:
            return
        had = has | self._history(request)
        add = {kind: [name for key, name in wanted.items() if key[0] == kind and key not in had] for kind in _KINDS}
        self._add(request, add["label"], add["person"])

    def close(self, request: Request, body: str) -> None:
        """Close the pull request, in one call with its new body."""
        told = {"state": "closed", "body": body}
        answer = self.call("PATCH", f"/repos/{self.project}/pulls/{request.number}", body=told)
        checked(answer, lambda: f"close request {request.number}")

    def workflows(self) -> bool | None:
        """By the scopes of a classic token, which every answer names, or by the permissions of an App."""
        if self.app_workflows is not None:
            return self.app_workflows
        answer = self.call("GET", f"/repos/{self.project}")
        checked(answer, lambda: f"read {self.project}")
        scopes = answer.headers.get("x-oauth-scopes")
        return None if not scopes else "workflow" in {scope.strip() for scope in scopes.split(",")}

    def runs(self, request: Request) -> Runs:
        """The token of Actions itself starts nothing: github.com makes runs that wait, a server of one's own none."""
        if request.author != _ACTIONS:
            return Runs.START
        return Runs.WAIT if self.host == _PUBLIC else Runs.NONE

    def _post(self, wanted: Wanted, *, draft: bool) -> Answer:
        body = {"title": wanted.title, "head": wanted.branch, "base": wanted.base, "body": wanted.body, "draft": draft}
        return self.call("POST", f"/repos/{self.project}/pulls", body=body)

    def _add(self, request: Request, labels: Sequence[str], reviewers: Sequence[str]) -> None:
        if labels:
            route = f"/repos/{self.project}/issues/{request.number}/labels"
            checked(self.call("POST", route, body={"labels": list(labels)}), lambda: f"label request {request.number}")
        if reviewers:
            people = {
                "reviewers": [one for one in reviewers if "/" not in one],
                "team_reviewers": [one.partition("/")[2] for one in reviewers if "/" in one],
            }
            answer = self.call("POST", f"/repos/{self.project}/pulls/{request.number}/requested_reviewers", body=people)
            checked(answer, lambda: f"ask for reviews of request {request.number}")

    def _history(self, request: Request) -> set[tuple[str, str]]:
        """The labels and reviewers that the request has ever had."""
        route = f"/repos/{self.project}/issues/{request.number}/events"
        answer = self.call("GET", route, {"per_page": "100"})
        found = checked(answer, lambda: f"read the history of request {request.number}")
        labels = {("label", _key(str(one["label"]["name"]))) for one in found if one.get("event") == "labeled"}
        asked = [one for one in found if one.get("event") == "review_requested"]
        return labels | {
            ("person", _key(name))
            for one in asked
            for name in _people([one.get("requested_reviewer")]) + _people([one.get("requested_team")])
        }

    def _own(self, told: Mapping[str, Any], branch: str) -> bool:
        """Whether the request is of the project's own branch, and not of a fork with a branch of that name."""
        head = told.get("head") or {}
        place = (head.get("repo") or {}).get("full_name", self.project)
        return head.get("ref") == branch and str(place).lower() == self.project.lower()


def _request(told: Mapping[str, Any]) -> Request:
    try:
        state = "merged" if told.get("merged_at") else str(told["state"])
        author = str((told.get("user") or {}).get("login", ""))
        return Request(
            str(told["number"]),
            str(told["html_url"]),
            str(told["title"]),
            str(told.get("body") or ""),
            state,
            str(told["base"]["ref"]),
            author,
            tuple(str(one["name"]) for one in told.get("labels") or ()),
            (*_people(told.get("requested_reviewers")), *_people(told.get("requested_teams"))),
        )
    except (KeyError, TypeError) as why:
        raise GitError(f"the forge gave a request without {why}") from why


def _people(told: Sequence[Mapping[str, Any] | None] | None) -> tuple[str, ...]:
    """The names of users, and of teams without their organisation."""
    return tuple(str(one.get("login") or one.get("slug")) for one in told or () if one)


def _key(name: str) -> str:
    """A label, a user or a team, as GitHub tells them apart."""
    return name.rpartition("/")[2].lower()
