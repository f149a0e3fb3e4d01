"""A job of a workflow run as a runner runs it, and the log that it leaves."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

STAMP = "2026-11-20T10:00:{:02d}.{:07d}Z "


@dataclass(frozen=True)
class Run:
    """How a job ended, and its log."""

    green: bool
    log: str


def run_job(checkout: Path, workflow: str, job: str, environment: Mapping[str, str]) -> Run:
    """Run the `run` steps of a job in a checkout, up to the first that fails, with that environment alone."""
    told = YAML(typ="safe", pure=True).load((checkout / ".github/workflows" / workflow).read_bytes())
    lines, green = ["Current runner version: '2.330.0'"], True
    for step in told["jobs"][job]["steps"]:
        if not green:
            break
        lines += _heading(step)
        if "run" in step:
            code, said = _script(step, checkout, environment)
            lines += said
            green = code == 0
            lines += [] if green else [f"##[error]Process completed with exit code {code}."]
    lines.append("Post job cleanup.")
    return Run(green, "\ufeff" + "".join(f"{stamp}{line}\n" for stamp, line in zip(_stamps(), lines, strict=False)))


def _heading(step: Mapping[str, Any]) -> list[str]:
    if "uses" in step:
        return [f"##[group]Run {step['uses']}", "##[endgroup]"]
    written = step["run"].splitlines()
    shown = [f"\x1b[36;1m{line}\x1b[0m" for line in written]
    return [f"##[group]Run {written[0]}", *shown, "shell: /usr/bin/bash -e {0}", "##[endgroup]"]


def _script(step: Mapping[str, Any], checkout: Path, environment: Mapping[str, str]) -> tuple[int, list[str]]:
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=checkout,
        env={**environment, **step.get("env", {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


def _stamps() -> Iterator[str]:
    number = 0
    while True:
        yield STAMP.format(number // 100 % 60, number)
        number += 1
