"""Import packages in every way their users do, each first in a process of its own, and write down what happens."""

from __future__ import annotations

import importlib
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any, Dict, List  # noqa: UP035 - runs on Python 3.9 too

from . import forks, prints

Told = Dict[str, Any]  # noqa: UP006


def main(job_file: str, result_file: str) -> None:
    """Do the job and write the answers as JSON.

    The job holds `tree`, a folder, and `paths`, those in it to import from; `seconds`, the limit of one question;
    `compiled`, None or the modules that a simulation replaces; and `packages`, each with `name`, `surfaces`,
    `modules`, the `names` to ask of each surface instead of its own, and `members`, those to ask of each module
    beside its own.
    """
    job = json.loads(Path(job_file).read_text("utf-8"))
    sys.path[:0] = job["paths"]
    if job["compiled"] is not None:
        from . import stubs  # noqa: PLC0415 - only then is there something to replace

        stubs.install(job["tree"], job["paths"], job["compiled"])
    told = {
        package["name"]: forks.ask(partial(_package, package, job), job["seconds"], job["tree"])
        for package in job["packages"]
    }
    Path(result_file).write_text(json.dumps(told), "utf-8")


def _package(package: Told, job: Told) -> Told:
    """Importing a submodule imports the package first, so forks of a process that has done that stand for new ones."""
    hidden, seconds = job["tree"], job["seconds"]
    importlib.import_module(package["name"])
    forks.alarm(0)
    asked = package["names"]
    return {
        "surfaces": {
            name: forks.ask(partial(_surface, name, asked.get(name, []), seconds, hidden), seconds, hidden)
            for name in package["surfaces"]
        },
        "modules": {
            name: forks.ask(partial(_module, name, package["members"].get(name, []), hidden), seconds, hidden)
            for name in package["modules"]
        },
    }


def _surface(name: str, asked: List[str], seconds: float, hidden: str) -> Told:  # noqa: UP006
    module = importlib.import_module(name)
    forks.alarm(0)
    star = forks.ask(partial(_star, name), seconds, hidden)
    shown = prints.public(module)
    names = asked or sorted({*shown, *star.get("value", ())})
    return {
        "dir": shown,
        "star": star,
        "together": forks.ask(partial(_together, name, names, hidden), seconds, hidden),
        "attribute": {one: forks.ask(partial(_attribute, name, one, hidden), seconds, hidden) for one in names},
        "from": {one: forks.ask(partial(_from, name, one, hidden), seconds, hidden) for one in names},
    }


def _star(name: str) -> List[str]:  # noqa: UP006
    space: Told = {}
    exec(f"from {name} import *", space)  # noqa: S102 - the statement that users write
    return sorted(space.keys() - {"__builtins__"})


def _together(name: str, names: List[str], hidden: str) -> Dict[str, Any]:  # noqa: UP006
    """Every name in one process, one after the other."""
    found = {}
    for one in names:
        try:
            found[one] = {"value": prints.fingerprint(getattr(sys.modules[name], one), hidden)}
        except BaseException as why:  # noqa: BLE001 - an answer like any other
            found[one] = {"error": forks.words(why, hidden)}
    return found


def _attribute(name: str, one: str, hidden: str) -> str:
    return prints.fingerprint(getattr(sys.modules[name], one), hidden)


def _from(name: str, one: str, hidden: str) -> str:
    space: Told = {}
    exec(f"from {name} import {one} as found", space)  # noqa: S102 - the statement that users write
    return prints.fingerprint(space["found"], hidden)


def _module(name: str, asked: List[str], hidden: str) -> Told:  # noqa: UP006
    """What a module holds right after its import; `implicit` are submodules that only a further import gives."""
    module = importlib.import_module(name)
    told: Told = {"members": prints.members(module, hidden), "implicit": [], "skipped": []}
    for one in sorted(set(asked) - told["members"].keys()):
        try:
            told["implicit"] += [] if hasattr(module, one) else [one]
            told["members"][one] = _from(name, one, hidden)
        except Exception as why:  # noqa: BLE001 - an answer like any other
            told["members"][one] = f"raises {forks.words(why, hidden)}"
    stubs = sys.modules.get(f"{__package__}.stubs")
    if stubs is not None:
        told["skipped"] = sorted(set(stubs.skipped))
    return told
