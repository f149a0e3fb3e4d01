"""Cut out of GitHub's published description what cifix calls, so that every run holds its calls against that.

    python -m tests.forge.published FILE

with FILE being `package/generated/api.github.com.json` of what `npm pack @octokit/openapi@23.0.2` brings, unpacked,
writes `published.json` beside this file.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_suffix(".json")
OPERATIONS = (
    ("get", "/repos/{owner}/{repo}"),
    ("get", "/repos/{owner}/{repo}/installation"),
    ("get", "/repos/{owner}/{repo}/pulls"),
    ("post", "/repos/{owner}/{repo}/pulls"),
    ("patch", "/repos/{owner}/{repo}/pulls/{pull_number}"),
    ("post", "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers"),
    ("post", "/repos/{owner}/{repo}/issues/{issue_number}/labels"),
    ("get", "/repos/{owner}/{repo}/issues/{issue_number}/events"),
    ("post", "/app/installations/{installation_id}/access_tokens"),
    ("get", "/user"),
    ("get", "/user/repos"),
    ("get", "/users/{username}"),
    ("get", "/users/{username}/repos"),
    ("get", "/orgs/{org}/repos"),
    ("get", "/search/repositories"),
)
_PROSE = frozenset({"description", "summary", "tags", "example", "examples", "externalDocs", "title", "operationId"})
"""What says nothing that could be violated."""


def subset(whole: Mapping[str, Any]) -> dict[str, Any]:
    """The operations and all that they refer to, without prose."""
    paths: dict[str, dict[str, Any]] = {}
    for method, path in OPERATIONS:
        paths.setdefault(path, {})[method] = _bare(whole["paths"][path][method])
    components: dict[str, dict[str, Any]] = {}
    waiting = sorted(set(_references(paths)))
    while waiting:
        _, _, kind, name = waiting.pop().split("/")
        if name not in components.setdefault(kind, {}):
            components[kind][name] = _bare(whole["components"][kind][name])
            waiting += set(_references(components[kind][name]))
    sorted_components = {kind: dict(sorted(components[kind].items())) for kind in sorted(components)}
    return {"paths": paths, "components": sorted_components}


def source(whole: Mapping[str, Any]) -> dict[str, str]:
    """Where the description comes from."""
    version = whole["info"]["version"]
    return {"package": f"@octokit/openapi@{version}", "license": whole["info"]["license"]["name"]}


def written(whole: Mapping[str, Any], notice: str) -> str:
    """The text of `published.json`; `notice` is the package's licence, which asks to be kept."""
    told = {"about": "made by tests/forge/published.py", **source(whole), "notice": notice, **subset(whole)}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=True).replace('},"', '},\n"') + "\n"


def _bare(node: Any) -> Any:
    if isinstance(node, list):
        return [_bare(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {key: one for key, one in node.items() if not (key.startswith("x-") or key in _PROSE)}
    return {
        key: {name: _bare(schema) for name, schema in one.items()} if key == "properties" else _bare(one)
        for key, one in kept.items()
    }


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _references(one)
    elif isinstance(node, dict):
        for key, one in node.items():
            if key == "$ref":
                yield one
            else:
                yield from _references(one)


if __name__ == "__main__":
    given = Path(sys.argv[1])
    notice = (given.parents[1] / "LICENSE").read_text("utf-8")
    FILE.write_text(written(json.loads(given.read_text("utf-8")), notice), "utf-8")
