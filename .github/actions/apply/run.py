"""Run `cifix pr` with the inputs of the action, and hand its report to the next steps."""  # noqa: INP001 - a script

import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PASSING = (0, 1, 3, 7)
"""Exit codes that do not fail the step: done, found in a dry run, findings left for a person, held."""


def arguments(given: Mapping[str, str]) -> list[str]:
    """The command line for the inputs; every value is one word of its own."""
    single = {"base": "BASE", "branch": "BRANCH", "title": "TITLE", "split": "SPLIT", "safety": "SAFETY"}
    single |= {"on-human-edits": "EDITS"}
    listed = {"label": "LABELS", "reviewer": "REVIEWERS", "select": "SELECT", "ignore": "IGNORE"}
    flags = {"draft": "DRAFT", "dry-run": "DRY_RUN"}
    told = [f"--{name}={given[f'INPUT_{key}']}" for name, key in single.items() if given[f"INPUT_{key}"]]
    for name, key in listed.items():
        told += [f"--{name}={one.strip()}" for one in re.split(r"[,\n]", given[f"INPUT_{key}"]) if one.strip()]
    told += [f"--{name}" for name, key in flags.items() if given[f"INPUT_{key}"] == "true"]
    return [*told, "--", given["INPUT_PATH"]]


def outputs(report: Mapping[str, Any]) -> dict[str, str]:
    """The outputs of the action: those of the first request, and any reason for which one is held."""
    first, *_ = report["deliveries"]
    request = first["request"] or {}
    states = [one["state"] for one in report["deliveries"]]
    return {
        "state": first["state"],
        "changed": str(bool({"opened", "updated"} & {*states})).lower(),
        "branch": first["branch"],
        "commit-sha": (first["commits"] or [""])[-1],
        "pull-request-number": request.get("number", ""),
        "pull-request-url": request.get("url", ""),
        "held-reason": "; ".join(one["reason"] for one in report["deliveries"] if one["held"]),
    }


def write(told: Mapping[str, str], file: Path) -> None:
    """Append outputs in the form that takes any text, behind a mark that nobody can guess."""
    mark = f"end-{uuid.uuid4()}"
    with file.open("a", encoding="utf-8") as stream:
        for name, value in told.items():
            stream.write(f"{name}<<{mark}\n{value}\n{mark}\n")


def main() -> int:
    """Run, report, and give the exit code of the step."""
    place = Path(os.environ["RUNNER_TEMP"], "cifix-report.json")
    place.unlink(missing_ok=True)
    cifix = Path(os.environ["RUNNER_TEMP"], "cifix/bin/cifix")
    chosen = arguments(os.environ)
    done = subprocess.run([cifix, "pr", "--format=json", f"--output={place}", *chosen], check=False)
    told = {"exit-code": str(done.returncode), "report-path": str(place)}
    if place.is_file():
        told |= outputs(json.loads(place.read_text("utf-8")))
        sys.stdout.write(f"{told['branch']}: {told['state']} {told['pull-request-url']}\n")
        if told["held-reason"]:
            sys.stdout.write(f"::warning title=cifix is held::{_escaped(told['held-reason'])}\n")
    write(told, Path(os.environ["GITHUB_OUTPUT"]))
    return 0 if done.returncode in PASSING else done.returncode


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


if __name__ == "__main__":
    sys.exit(main())
