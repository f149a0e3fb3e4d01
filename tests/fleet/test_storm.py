"""However badly it goes, every repository gets its one request, and the forge never sees more than it allows."""

import json
import os
import resource
from collections import Counter
from pathlib import Path

from cifix.forge.block import block_of
from tests.fleet.served import BRANCH, git, refs
from tests.fleet.storm import HOOKS, Storm, bare, excesses, storm

NUMBER = int(os.environ.get("CIFIX_STORM", "60"))
"""Repositories; 300 take minutes."""
ASKED = ("--repos", "repos.txt", "--select", "hook-python3", "--pr", "--label", "ci", "--jobs", "2", "--format", "json")


def test_killed_limited_and_failed_every_repository_gets_one_request(tmp_path: Path) -> None:
    with storm(tmp_path, NUMBER, seed=NUMBER, speed=100, faults=0.15, kills=3) as weather:
        code, out, err = weather.run("apply", *ASKED)
        assert (code, weather.killed) == (0, 3), err
        right(weather, json.loads(out))
        assert excesses(weather) == []
        calls = len(weather.forge.log)
        told(weather)
        weather.faults = 0
        code, out, err = weather.run("apply", *ASKED)
        assert code == 0, err
        right(weather, json.loads(out))
        assert {method for _, method, _ in weather.forge.log[calls:]} == {"GET"}


def right(storm: Storm, report: dict[str, list[dict[str, object]]]) -> None:
    """Each repository has one request, open, for what its branch holds, with its label."""
    assert Counter(one["state"] for one in report["repositories"]) == {"requested": NUMBER}
    requests = {request["project"]: request for request in storm.forge.requests}
    assert len(requests) == len(storm.forge.requests) == NUMBER
    for repository in report["repositories"]:
        request = requests[repository["slug"]]
        assert request["html_url"] == repository["request"]
        block = block_of(request["body"])
        assert block is not None
        assert [block.tip] == repository["shas"] == [refs(storm.forge.root / f"{request['project']}.git")[BRANCH]]
        assert (request["state"], request["labels"], request["title"]) == ("open", ["ci"], block.title)
    fixed = git(bare(storm, 0), "show", "cifix/fixes:.pre-commit-config.yaml")
    assert fixed == HOOKS.decode().replace("python ", "python3 ").strip()


def told(storm: Storm) -> None:
    """What a run of the whole storm has measured, for whoever runs it with -s."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    writes = sum(method != "GET" for _, method, _ in storm.forge.log)
    span = storm.forge.log[-1][0] - storm.forge.log[0][0]
    calls = f"{len(storm.forge.log)} calls, {writes} writes in {span / 60:.0f} min of the forge's clock"
    print(f"\n{NUMBER} repositories, {calls}, {used.ru_utime + used.ru_stime:.0f} s CPU; {dict(Counter(storm.told))}")  # noqa: T201
