"""Routes of the forge on the loopback that list repositories: of owners, of groups, and by search, in pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.forge.server import Answering, Forge

SEARCH_LIMIT = 1000


@dataclass
class Repositories:
    """What the forge lists; `owners` are names with their kind, `login` is whose token it is."""

    owners: dict[str, str] = field(default_factory=dict)
    login: str = "ada"
    found: list[dict[str, Any]] = field(default_factory=list)
    total: int | None = None
    incomplete: bool = False
    links: bool = True

    def add(self, project: str, **more: Any) -> None:
        self.found.append({"project": project, **more})

    def routes(self) -> list[tuple[str, str, Answering]]:
        v3, v4 = "/api/v3", "/api/v4"
        return [
            ("GET", f"{v3}/users/(?P<owner>[^/]+)", self._owner),
            ("GET", f"{v3}/user", lambda *_: (200, {"login": self.login})),
            ("GET", f"{v3}/user/repos", self._own),
            ("GET", f"{v3}/(?:users|orgs)/(?P<owner>[^/]+)/repos", self._of_owner),
            ("GET", f"{v3}/search/repositories", self._search),
            ("GET", f"{v4}/groups/(?P<owner>[^/]+)", self._group),
            ("GET", f"{v4}/groups/(?P<owner>[^/]+)/projects", self._projects),
            ("GET", f"{v4}/users/(?P<owner>[^/]+)/projects", self._projects),
            ("GET", f"{v4}/projects", self._projects),
        ]

    def _owner(self, forge: Forge, query: dict[str, str], given: dict[str, Any]) -> tuple[Any, ...]:
        del forge, given
        kind = self.owners.get(query["owner"].lower())
        return (200, {"login": query["owner"].lower(), "type": kind}) if kind else (404, {"message": "Not Found"})

    def _own(self, forge: Forge, query: dict[str, str], given: dict[str, Any]) -> tuple[Any, ...]:
        return self._listed(forge, {**query, "owner": self.login}, given, private=True)

    def _of_owner(self, forge: Forge, query: dict[str, str], given: dict[str, Any]) -> tuple[Any, ...]:
        return self._listed(forge, query, given, private=self.owners[query["owner"]] == "Organization")

    def _listed(self, forge: Forge, query: dict[str, str], given: dict[str, Any], *, private: bool) -> tuple[Any, ...]:
        del given
        found = [one for one in self.found if one["project"].startswith(f"{query['owner']}/")]
        return self._page(forge, [_on_github(forge, one) for one in found if private or not one.get("private")], query)

    def _search(self, forge: Forge, query: dict[str, str], given: dict[str, Any]) -> tuple[Any, ...]:
        del given
        if int(query["page"]) * int(query["per_page"]) > SEARCH_LIMIT:
            return 422, {"message": "Only the first 1000 search results are available"}
        words = query["q"].split()
        found = [one for one in self.found if all(_fits(one, word) for word in words)]
        shown = [_on_github(forge, one) for one in found if "fork:true" in words or not one.get("fork")]
        status, page, headers = self._page(forge, shown[:SEARCH_LIMIT], query)
        total = len(shown) if self.total is None else self.total
        return status, {"total_count": total, "incomplete_results": self.incomplete, "items": page}, headers

    def _group(self, forge: Forge, query: dict[str, str], given: dict[str, Any]) -> tuple[Any, ...]:
        del forge, given
        known = self.owners.get(query["owner"]) == "Group"
        return (200, {"full_path": query["owner"]}) if known else (404, {"message": "404 Group Not Found"})

    def _projects(self, forge: Forge, query: dict[str, str], given: dict[str, Any]) -> tuple[Any, ...]:
        del given
        owner = query.get("owner", "")
        if owner and owner not in self.owners:
            return 404, {"message": "404 User Not Found"}
        found = [one for one in self.found if one["project"].startswith(f"{owner}/" if owner else "")]
        found = [one for one in found if query.get("search", "") in one["project"]]
        return self._page(forge, [_on_gitlab(forge, one) for one in found], query)

    def _page(self, forge: Forge, found: Sequence[dict[str, Any]], query: dict[str, str]) -> tuple[Any, ...]:
        size, number = int(query["per_page"]), int(query["page"])
        more = number * size < len(found)
        headers = {"Link": f'<{forge.url}/?page={number + 1}>; rel="next"'} if more and self.links else {}
        return 200, found[(number - 1) * size : number * size], headers


def _fits(one: dict[str, Any], word: str) -> bool:
    key, colon, value = word.partition(":")
    if not colon:
        return word in one["project"]
    if key == "topic":
        return value in one.get("topics", ())
    return key != "user" or one["project"].startswith(f"{value}/")


def _on_github(forge: Forge, one: dict[str, Any]) -> dict[str, Any]:
    more = {key: value for key, value in one.items() if key != "project"}
    address = f"{forge.url}/{one['project']}.git"
    return {"full_name": one["project"], "clone_url": address, "archived": False, "fork": False, **more}


def _on_gitlab(forge: Forge, one: dict[str, Any]) -> dict[str, Any]:
    told = {"path_with_namespace": one["project"], "http_url_to_repo": f"{forge.url}/{one['project']}.git"}
    more = {key: value for key, value in one.items() if key not in ("project", "fork")}
    return {**told, **({"forked_from_project": {"id": 1}} if one.get("fork") else {}), **more}
